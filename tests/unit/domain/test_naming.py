"""Names that are shown, sent and kept apart."""

from __future__ import annotations

import hashlib
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from app.domain.naming import FlatNames, key_of, long_path, numbered, printable, sent_name

DECOMPOSED = "Zu\u0308rich.jpg"
anything = st.text(st.characters(categories=None), max_size=40)


def test_the_sent_name_is_the_base_name_in_composed_form() -> None:
    assert sent_name(f"DCIM/DJI_001/{DECOMPOSED}") == "Z\u00fcrich.jpg"


def test_bytes_that_are_no_unicode_and_control_characters_become_underscores() -> None:
    assert sent_name("a/caf\udce9\n\x7f\u2028.jpg") == "caf____.jpg"


def test_a_name_of_nothing_is_still_a_name() -> None:
    assert sent_name("folder/") == "_"


def test_printable_text_stays_and_strange_characters_are_marked() -> None:
    assert printable("航线 1/Zürich ❤.JPG") == "航线 1/Zürich ❤.JPG"
    assert printable("a\udce9\tb\x1b[31m") == "a\ufffd\ufffdb\ufffd[31m"


def test_blanks_that_are_not_ascii_stay() -> None:
    assert printable("a\u00a0b\u3000c") == "a\u00a0b\u3000c"


@given(anything)
def test_sent_names_can_be_encoded_and_are_one_line(path: str) -> None:
    name = sent_name(path)
    name.encode()
    assert name and "/" not in name and len(name.splitlines()) == 1
    assert unicodedata.is_normalized("NFC", name)


def test_the_first_comer_keeps_its_name_and_the_next_gets_digits_of_its_path() -> None:
    names = FlatNames()
    digits = hashlib.md5(b"DJI_002/DJI_0001.JPG").hexdigest()[:6]
    assert names.claim("DJI_001/DJI_0001.JPG") == "DJI_0001.JPG"
    assert names.claim("DJI_002/DJI_0001.JPG") == f"DJI_0001-{digits}.JPG"


def test_names_that_differ_in_case_or_composition_only_are_equal() -> None:
    names = FlatNames()
    names.claim("a/Z\u00fcrich.jpg")
    assert names.claim(f"b/{DECOMPOSED.upper()}") != sent_name(DECOMPOSED.upper())


def test_names_claimed_before_a_restart_are_taken() -> None:
    digits = hashlib.md5(b"b/x.jpg").hexdigest()
    assert FlatNames(["X.JPG"]).claim("b/x.jpg") == f"x-{digits[:6]}.jpg"
    assert FlatNames(["x.jpg", f"x-{digits[:6]}.jpg"]).claim("b/x.jpg") == f"x-{digits[:8]}.jpg"


def test_the_mark_stands_before_the_extension() -> None:
    assert numbered("a.b.JPG", "-1") == "a.b-1.JPG"
    assert numbered("README", "-1") == "README-1"
    assert numbered(".hidden", "-1") == ".hidden-1"


@given(st.lists(anything, max_size=12))
def test_flat_names_are_unique_and_the_same_each_time(paths: list[str]) -> None:
    first, second = FlatNames(), FlatNames()
    names = [first.claim(path) for path in paths]
    assert len({key_of(name) for name in names}) == len(paths)
    assert names == [second.claim(path) for path in paths]


def test_one_path_claimed_very_often_still_ends() -> None:
    names = FlatNames()
    assert len({names.claim("a/b.jpg") for _ in range(40)}) == 40


def test_long_windows_paths_get_the_prefix_and_others_stay() -> None:
    deep = "\\".join(["x" * 50] * 5)
    assert long_path(f"E:\\{deep}", True) == f"\\\\?\\E:\\{deep}"
    assert long_path(f"E:/{deep}", True) == f"\\\\?\\E:\\{deep}"
    assert long_path(f"\\\\nas\\share\\{deep}", True) == f"\\\\?\\UNC\\nas\\share\\{deep}"
    assert long_path(f"\\\\?\\E:\\{deep}", True) == f"\\\\?\\E:\\{deep}"
    assert long_path("E:\\DCIM", True) == "E:\\DCIM"
    assert long_path(f"/{deep}", False) == f"/{deep}"
