"""A person's hand at the settings: it picks, clicks and types."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QWidget
from pytestqt.qtbot import QtBot


def pick(combo: QComboBox, data: object) -> None:
    """As with the keyboard: the row, then Return."""
    at = combo.findData(data)
    combo.setCurrentIndex(at)
    combo.activated.emit(at)


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(12, widget.height() // 2))


def put(qtbot: QtBot, line: QWidget, text: str) -> None:
    """Typed, then left."""
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)
