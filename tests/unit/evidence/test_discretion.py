"""Words lose secrets, the person's folders and the names of files, and keep what support needs."""

from __future__ import annotations

import pytest

from app.evidence.discretion import Discreet, host_of

NAMES = {
    "DCIM/DJI_0001.JPG": "<file 1>.JPG",
    "DJI_0001.JPG": "<file 1>.JPG",
    "Anna and Ben's roof.jpg": "<file 2>.jpg",
    "Cafe\u0301.mp4": "<file 3>.mp4",
}
DISCREET = Discreet({"/card/anna": "<folder>", "/": "?"}, ["s3cr3t", ""], NAMES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DCIM/DJI_0001.JPG: Busy. (503 id 7)", "<file 1>.JPG: Busy. (503 id 7)"),
        ("a /card/anna/DCIM/DJI_0001.JPG b", "a <folder>/<file 1>.JPG b"),
        ("keeps Anna and Ben's roof.jpg to itself", "keeps <file 2>.jpg to itself"),
        ("Caf\u00e9.mp4 and Cafe\u0301.mp4", "<file 3>.mp4 and <file 3>.mp4"),
        ("forgot DJI_0999.JPG here", "forgot <file>.JPG here"),
        ("EIO /mnt/x/DJI_0999.JPG", "EIO <file>.JPG"),
        ("EACCES /home/anna/notes/x", "EACCES ~/notes/x"),
        ("EACCES C:\\Users\\Anna Bell\\x", "EACCES ~ Bell\\x"),
        ("EACCES /Users/anna/x", "EACCES ~/x"),
        ("GET https://x.example/users/list", "GET https://x.example/users/list"),
        ("it said s3cr3t", "it said ***"),
        ("X-Auth-Token: abcdef", "X-Auth-Token: ***"),
        ("batch 3f2a is ready in app.jpgs", "batch 3f2a is ready in app.jpgs"),
    ],
)
def test_words_become_discreet(text: str, said: str) -> None:
    assert DISCREET(text) == said


def test_without_names_files_keep_theirs() -> None:
    assert Discreet({})("DJI_0001.JPG is empty.") == "DJI_0001.JPG is empty."


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://u:p@h.example:8443/token?a=b", "https://h.example:8443"),
        ("https://h.example", "https://h.example"),
        ("http://h:port/", ""),
        ("nonsense", ""),
    ],
)
def test_of_an_address_only_the_host_is_told(url: str, host: str) -> None:
    assert host_of(url) == host
