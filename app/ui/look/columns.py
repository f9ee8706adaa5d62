"""Pages of one column in the middle, never too wide to be read."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QWidget

from app.ui.look import parts, theme

WIDTH: Final = 720
Margins = tuple[int, int, int, int]

_BAR: Final = 12  # as wide as the style sheet makes a scroll bar
_AROUND: Final = (theme.XL, theme.XL, theme.XL, theme.XL)


def narrow(inside: QLayout, margins: Margins) -> QHBoxLayout:
    """`inside` as wide as there is room, up to `WIDTH`."""
    column = QWidget()
    column.setMaximumWidth(WIDTH)
    column.setLayout(inside)
    around = parts.row(spacing=0, margins=margins)
    around.addStretch(1)
    around.addWidget(column, 1000)
    around.addStretch(1)
    return around


class _Area(QScrollArea):
    """Its column stays where it is, in line with what is above and below, bar or no bar."""

    def __init__(self) -> None:
        super().__init__()
        self.verticalScrollBar().installEventFilter(self)
        self._make_room()

    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._make_room()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        # A bar that goes before the area was ever seen tells nobody.
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        shown = self.verticalScrollBar().isVisibleTo(self)
        right = 0 if shown else _BAR
        if self.viewportMargins().right() != right or not self.viewportMargins().left():
            self.setViewportMargins(_BAR, 0, right, 0)


def scrolled(inside: QLayout, margins: Margins = _AROUND) -> QScrollArea:
    """The same with what does not fit below to be scrolled to."""
    widget = QWidget()
    left, top, right, bottom = margins
    widget.setLayout(narrow(inside, (left - _BAR, top, right - _BAR, bottom)))
    made = _Area()
    made.setWidgetResizable(True)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setWidget(widget)
    return made
