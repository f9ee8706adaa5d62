"""Postflight's own drawings, tinted by the theme at the moment they are painted."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.paths import Paths
from app.ui.look.theme import tokens

_RESOURCES: Final = Paths.find().resources
FOLDER: Final = _RESOURCES / "icons"
_SIZES: Final = (16, 20, 24, 32, 40, 48, 64, 128, 256)
_STEPS: Final = 20  # the little bar on the program's icon moves by twentieths


class Icon(StrEnum):
    """One member for each drawing in resources/icons."""

    ARROW_UP = "arrow_up"
    BANG = "bang"
    CANCEL = "cancel"
    CANCEL_CIRCLE = "cancel_circle"
    CARD = "card"
    CARD_OFF = "card_off"
    CHEVRON_DOWN = "chevron_down"
    CHEVRON_LEFT = "chevron_left"
    CHEVRON_UP = "chevron_up"
    CLOCK = "clock"
    CLOUD = "cloud"
    CLOUD_OFF = "cloud_off"
    CLOUD_TICK = "cloud_tick"
    COPY = "copy"
    CUBE = "cube"
    CUP = "cup"
    DRAWER = "drawer"
    DRONE = "drone"
    DROP = "drop"
    EDIT = "edit"
    EXTERNAL = "external"
    EYE = "eye"
    FILE = "file"
    FILTER = "filter"
    FOLDER = "folder"
    FOLDER_OPEN = "folder_open"
    GEAR = "gear"
    GRID = "grid"
    HISTORY = "history"
    INFO = "info"
    KEY = "key"
    KEYBOARD = "keyboard"
    LAYERS = "layers"
    LENS = "lens"
    LIMIT = "limit"
    LINK = "link"
    LIST = "list"
    MINUS = "minus"
    MORE = "more"
    NETWORK = "network"
    NETWORK_OFF = "network_off"
    PAUSE = "pause"
    PHOTO = "photo"
    PLUG = "plug"
    PLUS = "plus"
    POWER = "power"
    PULSE = "pulse"
    QUESTION = "question"
    RECEIPT = "receipt"
    RESUME = "resume"
    RETRY = "retry"
    SEARCH = "search"
    SKIP = "skip"
    SORT = "sort"
    STOP = "stop"
    STORAGE = "storage"
    TICK = "tick"
    TICK_CIRCLE = "tick_circle"
    TRASH = "trash"
    VIDEO = "video"
    ZIP = "zip"


class Tint(StrEnum):
    """Whose colour a drawing takes; the theme says which colour that is."""

    TEXT = "text"
    DIM = "dim"
    ACCENT = "accent"
    ACCENT_TEXT = "accent_text"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


def colour(tint: Tint) -> QColor:
    """What the tint is in the theme of this moment."""
    now = tokens()
    return {
        Tint.TEXT: now.text,
        Tint.DIM: now.dim,
        Tint.ACCENT: now.accent,
        Tint.ACCENT_TEXT: now.accent_text,
        Tint.GOOD: now.good,
        Tint.WARN: now.warn,
        Tint.BAD: now.bad,
    }[tint]


def icon(which: Icon, tint: Tint = Tint.TEXT) -> QIcon:
    """Follows the theme by itself; shown dimmed on what is disabled."""
    return QIcon(_Engine(which, tint))


def pixmap(which: Icon, size: int, color: QColor, ratio: float = 1.0) -> QPixmap:
    """For delegates: size in the painter's units, ratio that of the device painted on."""
    return _drawn(which, size, size, ratio, color.rgba())


class _Engine(QIconEngine):
    """Asks the theme for its colour each time it is painted, so a new theme needs no new icons."""

    def __init__(self, which: Icon, tint: Tint) -> None:
        super().__init__()
        self._which = which
        self._tint = tint

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(rect.topLeft(), self._now(rect.size(), mode, ratio))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self._now(size, mode, 1.0)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        return self._now(size, mode, scale)

    def clone(self) -> QIconEngine:
        made = _Engine(self._which, self._tint)
        # Qt takes it without telling Python, which would free it at the end of this call.
        _clones.append(made)
        return made

    def _now(self, size: QSize, mode: QIcon.Mode, ratio: float) -> QPixmap:
        tint = tokens().faint if mode is QIcon.Mode.Disabled else colour(self._tint)
        return _drawn(self._which, size.width(), size.height(), ratio, tint.rgba())


_clones: Final[list[_Engine]] = []


@lru_cache(maxsize=len(Icon))
def _source(which: Icon) -> str:
    return (FOLDER / f"{which}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def _drawn(which: Icon, width: int, height: int, ratio: float, rgba: int) -> QPixmap:
    tint = QColor.fromRgba(rgba)
    svg = _source(which).replace("currentColor", tint.name(QColor.NameFormat.HexRgb))
    image = _empty(width, height, ratio)
    side = min(width, height)
    painter = QPainter(image)
    target = QRectF((width - side) / 2, (height - side) / 2, side, side)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, target)
    if tint.alpha() < 255:
        # Afterwards and all at once: strokes that cross would show through each other.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        painter.fillRect(target, QColor(0, 0, 0, tint.alpha()))
    painter.end()
    return image


def _empty(width: int, height: int, ratio: float) -> QPixmap:
    image = QPixmap(max(1, round(width * ratio)), max(1, round(height * ratio)))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    return image


def app_icon(progress: float | None = None, attention: bool = False) -> QIcon:
    """The program's own picture; a small bar (0 to 1), a dot while it waits for a person."""
    step = None if progress is None else round(min(1.0, max(0.0, progress)) * _STEPS)
    return _app_icon(step, attention)


@lru_cache(maxsize=2 * (_STEPS + 2))
def _app_icon(step: int | None, attention: bool) -> QIcon:
    made = QIcon()
    for size in _SIZES:
        image = QPixmap(_app_picture(size))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if step is not None:
            _paint_bar(painter, size, step / _STEPS)
        if attention:
            _paint_dot(painter, size)
        painter.end()
        made.addPixmap(image)
    return made


@lru_cache(maxsize=len(_SIZES))
def _app_picture(size: int) -> QPixmap:
    image = _empty(size, size, 1.0)
    painter = QPainter(image)
    QSvgRenderer(str(_RESOURCES / "app.svg")).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image


# The colours on the program's icon are its own: a taskbar does not follow our theme.
def _paint_bar(painter: QPainter, size: int, share: float) -> None:
    height = max(4.0, round(size * 0.19))
    frame = QRectF(0, size - height, size, height)
    painter.setBrush(QColor("#0B1F28"))
    painter.drawRoundedRect(frame, height / 2, height / 2)
    edge = max(1.0, size / 32)
    inside = frame.adjusted(edge, edge, -edge, -edge)
    inside.setWidth(max(inside.height(), inside.width() * share))
    painter.setBrush(QColor("#FFFFFF"))
    painter.drawRoundedRect(inside, inside.height() / 2, inside.height() / 2)


def _paint_dot(painter: QPainter, size: int) -> None:
    radius = max(3.5, size * 0.19)
    middle = QPointF(size - radius, radius)
    painter.setBrush(QColor("#0B1F28"))
    painter.drawEllipse(middle, radius, radius)
    painter.setBrush(QColor("#FFB020"))
    painter.drawEllipse(middle, radius * 0.78, radius * 0.78)
