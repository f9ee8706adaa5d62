"""A card is known by what is on it, not by its path."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from app.media.card import Landmark, Place, Presence, card_gone, find, presence, stands

HOUR = 3600 * 10**9


def fill(folder: Path, count: int = 6, seed: int = 1) -> Place:
    rng = random.Random(seed)
    marks: list[Landmark] = []
    for number in range(count):
        relative = Path("DCIM") / f"DJI_{number:04}.JPG"
        (folder / relative).parent.mkdir(parents=True, exist_ok=True)
        (folder / relative).write_bytes(rng.randbytes(rng.randint(100, 9999)))
        stat = (folder / relative).stat()
        marks.append(Landmark(relative, stat.st_size, stat.st_mtime_ns))
    return Place(folder, tuple(marks))


def test_a_card_is_there_while_any_of_its_files_is(tmp_path: Path) -> None:
    place = fill(tmp_path / "card")
    assert presence(place) is Presence.THERE
    for mark in place.landmarks[1:]:
        (place.folder / mark.relative).unlink()
    os.utime(place.folder / place.landmarks[0].relative, ns=(HOUR, place.landmarks[0].modified_ns))
    assert presence(place) is Presence.THERE


def test_a_missing_or_empty_folder_is_a_card_that_is_away(tmp_path: Path) -> None:
    place = fill(tmp_path / "card")
    (tmp_path / "card").rename(tmp_path / "pocket")
    assert presence(place) is Presence.AWAY
    (tmp_path / "card").mkdir()
    assert presence(place) is Presence.AWAY
    (tmp_path / "card").rmdir()
    (tmp_path / "card").write_bytes(b"a file of that name")
    assert presence(place) is Presence.AWAY


def test_the_same_names_on_another_card_are_another_card(tmp_path: Path) -> None:
    place = fill(tmp_path / "card")
    (tmp_path / "card").rename(tmp_path / "pocket")
    fill(tmp_path / "card", seed=2)
    assert presence(place) is Presence.OTHER
    said = card_gone(place.folder, Presence.OTHER)
    assert "other files" in said.title and "Put back" in said.hint


def test_of_one_or_two_files_nothing_is_concluded(tmp_path: Path) -> None:
    place = fill(tmp_path / "card", 2)
    for mark in place.landmarks:
        (place.folder / mark.relative).unlink()
    assert presence(place) is Presence.THERE


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user with limits")
def test_a_folder_nobody_may_look_into_is_there(tmp_path: Path) -> None:
    place = fill(tmp_path / "card")
    (tmp_path / "card").chmod(0)
    try:
        assert presence(place) is Presence.THERE
        assert stands(tmp_path / "card" / "DCIM")
    finally:
        (tmp_path / "card").chmod(0o700)


@pytest.mark.parametrize("where", ["B", "B/deep", "B/DCIM flights", "B/deep/DCIM flights"])
def test_it_is_found_by_the_end_of_its_path_or_where_it_was_pointed_at(
    tmp_path: Path, where: str
) -> None:
    place = fill(tmp_path / "A" / "deep" / "DCIM flights")
    target = tmp_path / where
    target.parent.mkdir(parents=True, exist_ok=True)
    place.folder.rename(target)
    for mark in place.landmarks:
        os.utime(target / mark.relative, ns=(0, mark.modified_ns - HOUR))
    top = tmp_path / "B" if "flights" in where else target
    assert find(place, [tmp_path / "nothing", top]) == target


def test_half_of_its_files_are_not_enough(tmp_path: Path) -> None:
    place = fill(tmp_path / "A")
    place.folder.rename(tmp_path / "B")
    for mark in place.landmarks[:2]:
        (tmp_path / "B" / mark.relative).unlink()
    assert find(place, [tmp_path / "B"]) == tmp_path / "B"
    (tmp_path / "B" / place.landmarks[2].relative).unlink()
    assert find(place, [tmp_path / "B"]) is None


def test_a_place_of_which_nothing_is_known_is_found_nowhere(tmp_path: Path) -> None:
    assert find(Place(tmp_path / "A"), [tmp_path]) is None
