"""The list of keyboard shortcuts, made from the actions that have one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QGridLayout, QScrollArea, QScrollBar, QVBoxLayout, QWidget

from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.labels import Role, label
from app.ui.look.parts import Kind
from app.ui.look.sheet import Sheet

_WIDTH = 680

Group = tuple[str, Sequence[QAction]]
Groups = Callable[[], Sequence[Group]]


def open_help(parent: QWidget, groups: Groups) -> Sheet:
    """`groups`: headings with their actions, asked again when the language changes."""
    sheet = HelpSheet(parent, groups)
    sheet.add_button(lambda: t("Close"), Kind.PRIMARY)
    sheet.open()
    return sheet


class HelpSheet(Sheet):
    """Two columns of keys and words; Page up and Page down move what does not fit."""

    def __init__(self, parent: QWidget, groups: Groups) -> None:
        self._groups = groups
        self._roll = _Roll()
        super().__init__(parent, lambda: t("Keyboard shortcuts"), width=_WIDTH)
        self.body.addWidget(self._roll)

    def retranslate(self) -> None:
        super().retranslate()
        shown = [
            (heading, [action for action in actions if not action.shortcut().isEmpty()])
            for heading, actions in self._groups()
        ]
        left, right = balanced([group for group in shown if group[1]])
        inside = QWidget()
        columns = parts.row(spacing=theme.XXL, margins=(0, 0, theme.S, 0))
        for column in (left, right):
            columns.addLayout(_column(column), 1)
        inside.setLayout(columns)
        self._roll.setWidget(inside)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        bar: QScrollBar = self._roll.verticalScrollBar()
        if event.key() == Qt.Key.Key_PageDown:
            bar.setValue(bar.value() + bar.pageStep())
        elif event.key() == Qt.Key.Key_PageUp:
            bar.setValue(bar.value() - bar.pageStep())
        super().keyPressEvent(event)


class _Roll(QScrollArea):
    """As large as what is in it, where there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Clear, so that the card's own surface is seen.
        self.viewport().setAutoFillBackground(False)

    def setWidget(self, widget: QWidget, /) -> None:
        super().setWidget(widget)
        widget.setAutoFillBackground(False)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        inside = self.widget()
        return inside.sizeHint() if inside is not None else super().sizeHint()


def balanced(groups: Sequence[Group]) -> tuple[Sequence[Group], Sequence[Group]]:
    """Two columns in the order given, the longer of them as short as can be."""

    def height(some: Sequence[Group]) -> int:
        return sum(len(actions) + 1 for _, actions in some)

    cuts = range(len(groups) + 1)
    best = min(cuts, key=lambda cut: max(height(groups[:cut]), height(groups[cut:])))
    return groups[:best], groups[best:]


def _column(groups: Sequence[Group]) -> QVBoxLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme.M)
    grid.setVerticalSpacing(theme.XS)
    grid.setColumnStretch(1, 1)
    for heading, actions in groups:
        row = grid.rowCount()
        head = label(Role.BODY)
        head.setFont(theme.font(semibold=True))
        head.setText(heading)
        head.setContentsMargins(0, theme.S if row > 1 else 0, 0, 0)
        grid.addWidget(head, row, 0, 1, 2)
        for number, action in enumerate(actions, row + 1):
            _add(grid, number, action)
    return parts.column(grid, None, spacing=0)


def _add(grid: QGridLayout, row: int, action: QAction) -> None:
    keys, words = label(Role.FIGURES), label(Role.BODY)
    keys.setProperty("part", "key")
    keys.setText(action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
    words.setText(action.text().replace("&", "").rstrip(" …"))
    grid.addWidget(keys, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    grid.addWidget(words, row, 1)
