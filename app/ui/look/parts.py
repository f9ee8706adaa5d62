"""The small pieces every page of the window is put together from."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QShowEvent, QWheelEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QListWidget,
    QMenu,
    QPushButton,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.look import icons, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import ElidedLabel, EmptyNote, Picture, Role, as_it_is, label
from app.ui.look.meters import Bar, Sparkline

__all__ = [
    "Bar", "Card", "Chip", "ElidedLabel", "EmptyNote", "Kind", "Picture", "Role", "Sparkline",
    "Translated", "button", "column", "label", "line", "listing", "menu", "name",
    "restyle", "row", "spin", "tool",
]  # fmt: skip

_BUTTON_ICON: Final = 18
_TOOL_ICON: Final = 20

Item = QWidget | QLayout | None
Margins = int | tuple[int, int, int, int]

if TYPE_CHECKING:
    _Base = QWidget
else:
    _Base = object


class Kind(StrEnum):
    """At most one PRIMARY is to be seen at a time; DANGER cannot be undone."""

    PRIMARY = "primary"
    PLAIN = "plain"
    QUIET = "quiet"
    DANGER = "danger"


class Translated(_Base):
    """First among the bases of a widget with words; `retranslate` writes all of them anew."""

    def retranslate(self) -> None:
        raise NotImplementedError

    def changeEvent(self, event: QEvent, /) -> None:
        if event.type() is QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def name(widget: QWidget, text: str) -> None:
    """What a screen reader says and the pointer shows: for whatever has no words of its own."""
    widget.setToolTip(as_it_is(text))
    widget.setAccessibleName(text)


class _Button(QPushButton):
    def __init__(self) -> None:
        super().__init__()
        # The ring is for people on the keyboard: a click needs none.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def setToolTip(self, text: str, /) -> None:
        super().setToolTip(text)
        if not self.text():
            self.setAccessibleName(text)

    def paintEvent(self, event: QPaintEvent, /) -> None:
        super().paintEvent(event)
        if self.hasFocus() and self.property("kind") == Kind.PRIMARY.value:
            self._paint_ring()

    def _paint_ring(self) -> None:
        # Around it, a ring of the accent would be of the button's own colour.
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.tokens().accent_text, 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 4, 4)


class _Tool(QToolButton):
    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoRaise(True)

    def setToolTip(self, text: str, /) -> None:
        super().setToolTip(text)
        if not self.text():
            self.setAccessibleName(text)


def button(kind: Kind = Kind.PLAIN, icon: Icon | None = None) -> QPushButton:
    """Its words come with setText; without words, its tooltip becomes its accessible name."""
    made = _Button()
    made.setProperty("kind", kind.value)
    if icon is not None:
        tint = {Kind.PRIMARY: Tint.ACCENT_TEXT, Kind.DANGER: Tint.BAD}.get(kind, Tint.TEXT)
        made.setIcon(icons.icon(icon, tint))
        made.setIconSize(QSize(_BUTTON_ICON, _BUTTON_ICON))
    return made


def tool(icon: Icon) -> QToolButton:
    """A button of an icon only; give it its words with `name`."""
    made = _Tool()
    made.setIcon(icons.icon(icon))
    made.setIconSize(QSize(_TOOL_ICON, _TOOL_ICON))
    return made


class _Spin(QSpinBox):
    def __init__(self) -> None:
        super().__init__()
        # A style sheet's padding does not reach the text of a spin box.
        self.lineEdit().setTextMargins(theme.S - 2, 0, 0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        # Scrolling a page must not change a number the pointer happens to pass.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def spin() -> QSpinBox:
    """A field for a whole number."""
    return _Spin()


class _Listing(QListWidget):
    def showEvent(self, event: QShowEvent, /) -> None:
        super().showEvent(event)
        # The rows were placed before the style sheet had said how high they are.
        self.scheduleDelayedItemsLayout()


def listing() -> QListWidget:
    """A short list of roomy lines; long ones are views with a delegate."""
    made = _Listing()
    made.setProperty("part", "listing")
    made.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
    return made


def menu(parent: QWidget | None = None) -> QMenu:
    """A menu with round corners; the owner keeps it or gives it a parent."""
    made = QMenu(parent)
    made.setProperty("round", True)
    made.setWindowFlags(
        made.windowFlags()
        | Qt.WindowType.FramelessWindowHint
        | Qt.WindowType.NoDropShadowWindowHint
    )
    made.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
    return made


def restyle(widget: QWidget) -> None:
    """After a property the style sheet asks for has changed."""
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def row(*items: Item, spacing: int = theme.S, margins: Margins = 0) -> QHBoxLayout:
    """From left to right, each in the middle of its height; None takes the room left over."""
    box = QHBoxLayout()
    _fill(box, items, spacing, margins)
    return box


def column(*items: Item, spacing: int = theme.S, margins: Margins = 0) -> QVBoxLayout:
    """From top to bottom; None takes the room left over."""
    box = QVBoxLayout()
    _fill(box, items, spacing, margins)
    return box


def _fill(box: QBoxLayout, items: tuple[Item, ...], spacing: int, margins: Margins) -> None:
    left, top, right, bottom = (margins,) * 4 if isinstance(margins, int) else margins
    box.setContentsMargins(left, top, right, bottom)
    box.setSpacing(spacing)
    for item in items:
        if item is None:
            box.addStretch(1)
        elif isinstance(item, QWidget):
            box.addWidget(item)
        else:
            box.addLayout(item)


def line(vertical: bool = False) -> QFrame:
    """Parts what lies above and below, or left and right."""
    made = QFrame()
    made.setProperty("part", "line")
    if vertical:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made


class Card(QFrame):
    """A surface of its own with round corners; fill it with setLayout."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", "card")


class Chip(_Button):
    """A filter with a count, on or off; `tint` colours a count that is not zero."""

    def __init__(self, text: str = "", count: int | None = None, tint: Tint | None = None) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setProperty("part", "chip")
        self._count: int | None = None
        self._tint = tint
        self.setText(text)
        self.set_count(count)

    def setText(self, text: str, /) -> None:
        super().setText(text)
        self._tell()

    def set_count(self, count: int | None) -> None:
        """None shows no count at all."""
        self._count = count
        self._tell()

    def count(self) -> int | None:
        return self._count

    def sizeHint(self) -> QSize:
        room = super().sizeHint()
        number = self._number()
        if number:
            room.setWidth(room.width() + theme.S - 2 + self.fontMetrics().horizontalAdvance(number))
        return room

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        words, number = self.text(), self._number()
        metrics = self.fontMetrics()
        gap = theme.S - 2 if number else 0
        width = metrics.horizontalAdvance(words) + gap + metrics.horizontalAdvance(number)
        rect = self.rect().adjusted((self.width() - width) // 2, 0, 0, 0)
        now = theme.tokens()
        painter.setPen(now.text if self.isEnabled() else now.faint)
        painter.drawText(rect, _MIDDLE, words)
        painter.setPen(icons.colour(self._count_tint()) if self.isEnabled() else now.faint)
        rect.translate(metrics.horizontalAdvance(words) + gap, 0)
        painter.drawText(rect, _MIDDLE, number)

    def _number(self) -> str:
        return "" if self._count is None else f"{self._count:,}"

    def _count_tint(self) -> Tint:
        if self._tint is not None and self._count:
            return self._tint
        return Tint.ACCENT if self.isChecked() else Tint.DIM

    def _tell(self) -> None:
        # A list of the two, not a sentence: read the same in every language.
        self.setAccessibleName(f"{self.text()} {self._number()}".strip())
        self.updateGeometry()
        self.update()


_MIDDLE: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
