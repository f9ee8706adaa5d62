"""Previews: small, upright, made in a thread, and never of what could hurt."""

from __future__ import annotations

import struct
import threading
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.files.preview import Preview, thumbnail
from app.ui.look.icons import Icon
from tests.ui.file_kit import until

ROOM = QSize(200, 100)
ORIENTATION = 0x0112


def photo(path: Path, size: tuple[int, int] = (800, 400), turn: int = 1) -> Path:
    """Left half red, right half blue, as it lies in the file."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    image.save(path, "JPEG", exif=exif, quality=95)
    return path


def test_a_photo_is_made_to_fit(tmp_path: Path, qapp: QApplication) -> None:
    image = thumbnail(photo(tmp_path / "a.JPG"), ROOM)
    assert image is not None
    assert image.size() == QSize(200, 100)
    assert image.pixelColor(10, 50).red() > 200
    assert image.pixelColor(190, 50).blue() > 200


def test_a_photo_stands_as_the_camera_was_held(tmp_path: Path, qapp: QApplication) -> None:
    image = thumbnail(photo(tmp_path / "a.JPG", turn=6), ROOM)
    assert image is not None
    assert image.size() == QSize(50, 100)
    assert image.pixelColor(25, 5).red() > 200
    assert image.pixelColor(25, 95).blue() > 200


def test_a_small_photo_is_not_blown_up(tmp_path: Path, qapp: QApplication) -> None:
    image = thumbnail(photo(tmp_path / "a.JPG", (40, 20)), ROOM)
    assert image is not None
    assert image.size() == QSize(40, 20)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 60,000 by 60,000."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    start = b"\x89PNG\r\n\x1a\n"
    return start + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    (
        b"",
        b"no picture at all",
        b"\xff\xd8\xff\xe0 damaged",
        bomb(),
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>',
    ),
    ids=("empty", "text", "damaged", "bomb", "svg"),
)
def test_what_is_no_harmless_picture_has_no_preview(
    tmp_path: Path, qapp: QApplication, content: bytes
) -> None:
    path = tmp_path / "a.JPG"
    path.write_bytes(content)
    assert thumbnail(path, ROOM) is None


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, qapp: QApplication) -> None:
    path = photo(tmp_path / "a.JPG")
    with path.open("r+b") as file:
        file.truncate(200_000_000)
    assert thumbnail(path, ROOM) is None


def test_a_missing_file_and_a_folder_have_no_preview(tmp_path: Path, qapp: QApplication) -> None:
    assert thumbnail(tmp_path / "gone.JPG", ROOM) is None
    assert thumbnail(tmp_path, ROOM) is None


def test_the_widget_shows_the_icon_until_the_photo_is_there(tmp_path: Path, qtbot: QtBot) -> None:
    preview = Preview()
    qtbot.addWidget(preview)
    preview.show()
    preview.show_file(photo(tmp_path / "a.JPG"))
    assert (preview.icon, preview.image) == (Icon.PHOTO, None)
    until(lambda: preview.image is not None)
    shown = preview.image
    preview.show_file(tmp_path / "a.JPG")
    assert preview.image is shown
    assert not preview.grab().isNull()


@pytest.mark.parametrize(
    ("name", "icon"), (("a.MP4", Icon.VIDEO), ("a.MRK", Icon.FILE), ("a", Icon.FILE))
)
def test_what_is_no_photo_shows_its_icon_and_is_not_opened(
    tmp_path: Path, qtbot: QtBot, name: str, icon: Icon
) -> None:
    preview = Preview()
    qtbot.addWidget(preview)
    preview.show_file(photo(tmp_path / name))
    qtbot.wait(100)
    assert (preview.icon, preview.image) == (icon, None)


def test_a_file_that_is_not_there_is_not_looked_for(tmp_path: Path, qtbot: QtBot) -> None:
    preview = Preview()
    qtbot.addWidget(preview)
    preview.show_file(photo(tmp_path / "a.JPG"), readable=False)
    qtbot.wait(100)
    assert (preview.icon, preview.image) == (Icon.PHOTO, None)


def test_of_many_wishes_the_newest_is_what_is_seen(tmp_path: Path, qtbot: QtBot) -> None:
    preview = Preview()
    qtbot.addWidget(preview)
    wide, high = photo(tmp_path / "a.JPG"), photo(tmp_path / "b.JPG", turn=6)
    for number in range(20):
        preview.show_file(high if number % 2 else wide)
    until(lambda: preview.image is not None)
    qtbot.wait(100)
    assert preview.image is not None
    assert preview.image.height() > preview.image.width()
    preview.show_file(tmp_path / "a.MRK")
    assert preview.image is None


def test_a_photo_that_is_no_longer_wanted_does_not_appear(tmp_path: Path, qtbot: QtBot) -> None:
    preview = Preview()
    qtbot.addWidget(preview)
    preview.show_file(photo(tmp_path / "a.JPG", (6000, 4000)))
    time.sleep(0.05)  # the thread has begun with it
    preview.show_file(tmp_path / "a.MRK")
    until(lambda: not [t for t in threading.enumerate() if t.name == "pf-preview"])
    qtbot.wait(50)
    assert preview.image is None


def test_a_large_photo_does_not_hold_up_the_loop(tmp_path: Path, qtbot: QtBot) -> None:
    preview = Preview()
    qtbot.addWidget(preview)
    preview.show()
    path = photo(tmp_path / "a.JPG", (6000, 4000))
    began, worst = time.perf_counter(), 0.0
    preview.show_file(path)
    worst = time.perf_counter() - began
    until(lambda: preview.image is not None)
    assert worst < 0.05
    until(lambda: not [t for t in threading.enumerate() if t.name == "pf-preview"])
