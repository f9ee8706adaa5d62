"""Draws the program's icon in every size and kind.

Run it with .venv's Python when resources/app.svg has changed, and commit what it writes.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Final

from PIL import Image

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

HERE: Final = Path(__file__).resolve().parent
SOURCE: Final = HERE.parents[1] / "resources" / "app.svg"

LINUX: Final = (16, 24, 32, 48, 64, 128, 256, 512)
WINDOWS: Final = (16, 20, 24, 32, 40, 48, 64, 128, 256)
MACOS: Final = (16, 32, 64, 128, 256, 512, 1024)


def draw(size: int) -> Image.Image:
    """Drawn anew in each size: a large picture made small is blurred."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(SOURCE)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # pyright: ignore[reportArgumentType, reportCallIssue]
    return Image.open(io.BytesIO(buffer.data().data()))


def write(folder: Path) -> None:
    for size in LINUX:
        draw(size).save(folder / f"postflight-{size}.png", optimize=True)
    for sizes, name in ((WINDOWS, "postflight.ico"), (MACOS, "postflight.icns")):
        *smaller, largest = map(draw, sizes)
        largest.save(folder / name, sizes=[(size, size) for size in sizes], append_images=smaller)


if __name__ == "__main__":
    write(HERE)
