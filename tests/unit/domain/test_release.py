"""Versions are compared strictly, and little of what a list of releases says is believed."""

from __future__ import annotations

import pytest

from app import __version__
from app.domain.release import RELEASES, Feed, Release, Version, offered

FEED = Feed("https://api.example/latest", "code.example")
PAGE = "https://code.example/flight/releases/tag/v1.2.3"


def newer(offer: str, mine: str) -> bool:
    return Release(offer, PAGE).newer_than(mine)


@pytest.mark.parametrize(
    ("offer", "mine"),
    [("0.2.0", "0.1.0"), ("0.10.0", "0.9.9"), ("1.0", "0.9.9.9"), ("0.2.0", "0.2.0rc1"),
     ("0.2.0", "0.2.0.dev3"), ("0.2.1", "0.2.0+deb12")],
)  # fmt: skip
def test_a_newer_one_is_newer(offer: str, mine: str) -> None:
    assert newer(offer, mine)
    assert not newer(mine.partition("+")[0], offer)


@pytest.mark.parametrize("mine", ["0.2.0", "0.2", "0.2.0.0", "0.2.0+deb12", "v0.2.0", "0.10.0"])
def test_the_same_or_an_older_one_is_not(mine: str) -> None:
    assert not newer("0.2.0", mine)


@pytest.mark.parametrize("text", ["", "1", "latest", "1..2", "1.2.3.4.5", "1.2 3", "1,2", "１.２",
                                  "-1.2", "9999999.0", "1.2\n", "1.2-" + "x" * 80])  # fmt: skip
def test_what_is_no_version_is_never_newer(text: str) -> None:
    assert Version.parse(text) is None
    assert not newer(text, "0.1.0")
    assert not newer("9.9.9", text)


def test_our_own_version_can_be_compared() -> None:
    assert Version.parse(__version__) is not None


def test_a_release_is_offered_with_its_page() -> None:
    assert offered(FEED, "v1.2.3", PAGE) == Release("1.2.3", PAGE)


@pytest.mark.parametrize("tag", ["1.2.3rc1", "v2.0.0-beta.1", "2.0.dev1", "2.0+x", "nightly", ""])
def test_what_comes_before_a_release_is_not_offered(tag: str) -> None:
    assert offered(FEED, tag, PAGE) is None


@pytest.mark.parametrize(
    "page",
    ["http://code.example/r", "https://code.example.evil.example/r", "https://evil.example/r",
     "https://code.example@evil.example/r", "https://code.example:444/r", "https://code.example\\@x",
     "https://CODE.example/r", "javascript:alert(1)", "file:///etc/passwd", "//code.example/r",
     "https://code.example/" + "x" * 500, "https://code.example/\x1b[2J", "https://[code.example/",
     "https://code.example/a b", "https://code.example/\u202e", ""],
)  # fmt: skip
def test_only_a_page_of_the_right_host_is_linked(page: str) -> None:
    assert offered(FEED, "1.2.3", page) is None


def test_half_an_address_is_none() -> None:
    assert not Feed() and not Feed("https://api.example/latest") and not Feed("", "code.example")
    assert offered(Feed(), "1.2.3", "https:///r") is None


def test_what_is_set_here_is_whole_and_secure() -> None:
    """Once an owner sets the address, it must be one that may be asked."""
    assert not RELEASES or (RELEASES.url.startswith("https://") and "/" not in RELEASES.host)
    assert bool(RELEASES.url) == bool(RELEASES.host)
