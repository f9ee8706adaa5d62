"""Pages of one column in the middle, never too wide to be read."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QWidget

from app.ui.look import parts, theme

WIDTH: Final = 720
Margins = tuple[int, int, int, int]

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


def scrolled(inside: QLayout, margins: Margins = _AROUND) -> QScrollArea:
    """The same with what does not fit below to be scrolled to."""
    widget = QWidget()
    widget.setLayout(narrow(inside, margins))
    made = QScrollArea()
    made.setWidgetResizable(True)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setWidget(widget)
    return made
