"""A small picture of a photo, made in a thread; anything else shows the icon of its kind."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.files.words import kind
from app.ui.look import icons, theme
from app.ui.look.icons import Icon
from app.ui.relay import Relay

FORMATS: Final = frozenset({"jpeg", "png", "tiff", "webp", "bmp", "gif"})
_BYTES: Final = 128_000_000
_PIXELS: Final = 300_000_000  # a stitched panorama of a JPEG, which is read scaled
_WHOLE_PIXELS: Final = 60_000_000  # of formats that must be read whole before they are scaled
_HEIGHT: Final = 196
_LOW: Final = 72  # of a file that shows no picture of its own
_ICON: Final = 40
_FIT: Final = Qt.AspectRatioMode.KeepAspectRatio
_ON_SIDE: Final = QImageIOHandler.Transformation.TransformationRotate90  # in all quarter turns


def thumbnail(path: Path, room: QSize) -> QImage | None:
    """`path` scaled into `room`, turned as its EXIF says. Blocking.

    None for what is no picture, is damaged, or is too large to be worth it.
    """
    try:
        if not 0 < path.stat().st_size <= _BYTES:
            return None
    except OSError:
        return None
    reader = QImageReader(str(path))
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    name = bytes(reader.format().data()).decode("ascii", "replace")
    size = reader.size()
    pixels = size.width() * size.height()
    most = _PIXELS if name == "jpeg" else _WHOLE_PIXELS
    if name not in FORMATS or not size.isValid() or not 0 < pixels <= most:
        return None
    # The file's own size: a photo that is to be turned is scaled lying down.
    on_side = bool(reader.transformation() & _ON_SIDE)
    wanted = size.scaled(room.transposed() if on_side else room, _FIT)
    if wanted.width() < size.width():
        reader.setScaledSize(wanted.expandedTo(QSize(1, 1)))
    image = reader.read()
    return None if image.isNull() else image


class _Maker:
    """One thread at a time; of several wishes only the newest is fulfilled."""

    def __init__(self, made: Relay) -> None:
        """`made` is told the wish and its QImage or None."""
        self._made = made
        self._lock = threading.Lock()
        self._wish: tuple[int, Path, QSize] | None = None
        self._busy = False

    def ask(self, number: int, path: Path, room: QSize) -> None:
        with self._lock:
            self._wish = (number, path, room)
            if self._busy:
                return
            self._busy = True
        # A daemon, for a card that hangs must not keep the program from ending.
        threading.Thread(target=self._work, name="pf-preview", daemon=True).start()

    def forget(self) -> None:
        with self._lock:
            self._wish = None

    def _work(self) -> None:
        while True:
            with self._lock:
                wish, self._wish = self._wish, None
                if wish is None:
                    self._busy = False
                    return
            number, path, room = wish
            self._made(number, thumbnail(path, room))


class Preview(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = Icon.FILE
        self._path: Path | None = None
        self._image: QImage | None = None
        self._number = 0
        self._maker = _Maker(Relay(self._made))
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def image(self) -> QImage | None:
        """What is shown instead of the icon."""
        return self._image

    @property
    def icon(self) -> Icon:
        return self._icon

    def show_file(self, path: Path, readable: bool = True) -> None:
        """`readable` False: it is not there, so nobody looks. The same file stays as it is."""
        wanted = path if readable and kind(path.name) is Icon.PHOTO else None
        if wanted is not None and wanted == self._path:
            return
        self._show(kind(path.name), wanted)

    def _show(self, icon: Icon, path: Path | None) -> None:
        self._icon, self._path, self._image = icon, path, None
        self._number += 1
        self.setFixedHeight(_LOW if path is None else _HEIGHT)
        if path is None:
            self._maker.forget()
        else:
            # Twice the room: enough for the sharpest screens and for a wider drawer.
            self._maker.ask(self._number, path, QSize(4 * _HEIGHT, 2 * _HEIGHT))
        self.update()

    def _made(self, number: int, image: QImage | None) -> None:
        if number == self._number:
            self._image = image
            self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(frame, theme.S, theme.S)
        painter.setClipPath(shape)
        painter.fillRect(frame, now.window)
        if self._image is None:
            ratio = self.devicePixelRatioF()
            middle = self.rect().center()
            picture = icons.pixmap(self._icon, _ICON, now.dim, ratio)
            painter.drawPixmap(middle.x() - _ICON // 2, middle.y() - _ICON // 2, picture)
            return
        size = self._image.size().toSizeF().scaled(frame.size(), _FIT)
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(frame.center())
        painter.drawImage(target, self._image)
