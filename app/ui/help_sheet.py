"""The list of keyboard shortcuts, made from the actions that have one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QGridLayout, QWidget

from app.ui.language import t
from app.ui.look import theme
from app.ui.look.labels import Role, label
from app.ui.look.parts import Kind
from app.ui.look.sheet import Sheet

_WIDTH = 640


def open_help(parent: QWidget, groups: Sequence[tuple[str, Sequence[QAction]]]) -> Sheet:
    """`groups`: a heading with its actions; two columns of keys and words."""
    sheet = Sheet(parent, t("Keyboard shortcuts"), width=_WIDTH)
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme.L)
    grid.setVerticalSpacing(theme.XS)
    grid.setColumnStretch(1, 1)
    grid.setColumnStretch(3, 1)
    columns = [0, 0]
    for heading, actions in groups:
        shown = [action for action in actions if not action.shortcut().isEmpty()]
        if shown:
            at = 0 if columns[0] <= columns[1] else 1
            columns[at] = _add_group(grid, columns[at], at * 2, heading, shown)
    sheet.body.addLayout(grid)
    sheet.add_button(t("Close"), Kind.PRIMARY)
    sheet.open()
    return sheet


def _add_group(
    grid: QGridLayout, row: int, column: int, heading: str, actions: Sequence[QAction]
) -> int:
    head = label(Role.DIM)
    head.setText(heading)
    head.setContentsMargins(0, theme.S, 0, 0)
    grid.addWidget(head, row, column, 1, 2)
    for number, action in enumerate(actions, row + 1):
        keys, words = label(Role.FIGURES), label(Role.BODY)
        native = QKeySequence.SequenceFormat.NativeText
        keys.setText(action.shortcut().toString(native))
        words.setText(action.text().replace("&", "").rstrip(" …"))
        grid.addWidget(keys, number, column)
        grid.addWidget(words, number, column + 1)
    return row + 1 + len(actions)
