"""The first look at a drop: counts, and what cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.errors import Cancelled
from app.domain.ports import Cancel
from app.engine.glance import Glance, glance, too_much


def look(*paths: Path) -> Glance:
    return glance(paths, Cancel(), lambda seen: None)


def write(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"12345")
    return folder


def test_photos_videos_and_flight_data_are_counted(tmp_path: Path) -> None:
    folder = write(tmp_path / "card", "a.JPG", "b.dng", "c.MP4", "d.MRK", "e.txt", ".DS_Store")
    seen = look(folder)
    assert seen == Glance(files=5, size=25, photos=2, videos=1, flight_data=1, whole=True)
    assert seen.other == 1


def test_a_single_text_file_is_named(tmp_path: Path) -> None:
    seen = look(write(tmp_path, "notes.txt") / "notes.txt")
    assert seen.wrong is not None
    assert "notes.txt" in seen.wrong.title


def test_a_folder_of_unknown_files_may_be_sent(tmp_path: Path) -> None:
    assert look(write(tmp_path / "card", "a.xyz", "b.xyz")).wrong is None


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    assert look(write(tmp_path / "card")).wrong is not None


def test_a_path_that_is_gone_is_named(tmp_path: Path) -> None:
    assert look(tmp_path / "gone").wrong is not None


def test_a_whole_drive_and_a_home_folder_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert too_much(Path(tmp_path.anchor)) is not None
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert too_much(tmp_path) is not None
    assert too_much(tmp_path / "flight") is None


def test_a_look_that_nobody_needs_any_more_ends(tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        glance([write(tmp_path / "card", "a.JPG")], cancel, lambda seen: None)
