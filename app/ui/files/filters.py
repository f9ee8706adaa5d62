"""The counters that are the filters, the search field, and the order for people on the keyboard."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QToolButton, QWidget

from app.domain.model import Counts
from app.ui.files.cells import title
from app.ui.files.rows import Column, Filter, count_of
from app.ui.language import t
from app.ui.look import icons, parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.parts import Chip, Translated

_SEARCH: Final = 200  # pixels the search field wants
_LEAST: Final = 150  # and with fewer than this it has a line of its own
_PAUSE: Final = 120  # milliseconds without a key before a search begins


class SearchField(QLineEdit):
    """Esc empties it, and once more gives the keyboard back; ↓ and Enter go to the list."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        # Made by ourselves: what QLineEdit makes and hands out loses its C++ side when another
        # widget dies.
        self._lens = QAction(icons.icon(Icon.SEARCH, Tint.DIM), "", self)
        self.addAction(self._lens, QLineEdit.ActionPosition.LeadingPosition)
        self.clear_action = QAction(icons.icon(Icon.CANCEL, Tint.DIM), "", self)
        self.addAction(self.clear_action, QLineEdit.ActionPosition.TrailingPosition)
        self.clear_action.setVisible(False)
        self.clear_action.triggered.connect(self.clear)
        self.textChanged.connect(lambda: self.clear_action.setVisible(bool(self.text())))

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent, /) -> bool:
        # Or the panel's own Esc would take it.
        if event.type() is not QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return super().event(event)
        if event.key() != Qt.Key.Key_Escape or not self.text():
            return super().event(event)
        event.accept()
        return True


class Filters(Translated, QWidget):
    changed = Signal()  # another filter or other words
    sort_wanted = Signal(object)  # Column, or None for the order of the scan
    list_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.chips = {
            which: Chip("", 0, Tint.WARN if which is Filter.NEEDS_YOU else None) for which in Filter
        }
        self.search = SearchField()
        self.order = parts.tool(Icon.SORT)
        self.actions_ = {which: QAction(self) for which in Filter}
        self.search_action = QAction(self)
        self._orders: dict[Column | None, QAction] = {}
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_PAUSE)
        self._put_together()
        self._connect()
        self.retranslate()

    def _put_together(self) -> None:
        self._group = QButtonGroup(self)
        for chip in self.chips.values():
            self._group.addButton(chip)
        self.chips[Filter.ALL].setChecked(True)
        self._chips = QWidget()
        self._lines = [parts.row(None, spacing=theme.XS) for _ in Filter]
        self._chips.setLayout(parts.column(*self._lines, spacing=theme.XS))
        self._placed: list[list[Chip]] = []
        self.search.setMinimumWidth(_LEAST)
        self._fields = QWidget()
        fields = parts.row(self.search, self.order, spacing=theme.XS)
        self._fields.setLayout(fields)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.S)
        self._grid.addWidget(self._chips, 0, 0)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self._wide: bool | None = None
        self._build_menu()
        self._lay_out()

    def _build_menu(self) -> None:
        menu = parts.menu(self)
        group = QActionGroup(menu)
        for column in (None, *Column):
            action = QAction(menu)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, column=column: self.sort_wanted.emit(column))
            group.addAction(action)
            menu.addAction(action)
            self._orders[column] = action
        self._orders[None].setChecked(True)
        self.order.setMenu(menu)
        self.order.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _connect(self) -> None:
        self._group.buttonClicked.connect(lambda: self.changed.emit())
        self.search.textChanged.connect(lambda: self._typing.start())
        self._typing.timeout.connect(self.changed)
        self.search.left.connect(self.list_wanted)
        for number, (which, action) in enumerate(self.actions_.items(), start=1):
            action.setShortcut(str(number))
            action.triggered.connect(lambda _=False, which=which: self._pressed(which))
        self.search_action.setShortcut("/")
        self.search_action.triggered.connect(self._go_search)

    def _pressed(self, which: Filter) -> None:
        self.choose(which)
        self.changed.emit()

    def _go_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def retranslate(self) -> None:
        for which, words in _words().items():
            self.chips[which].setText(words)
        for which, words in _help().items():
            self.actions_[which].setText(words)
        self.search.setPlaceholderText(t("Search files"))
        self.search.setAccessibleName(t("Search files"))
        self.search.clear_action.setText(t("Clear the search"))
        self.search_action.setText(t("Search files"))
        parts.name(self.order, t("Sort"))
        for column, action in self._orders.items():
            action.setText(t("In the order of the card") if column is None else title(column))
        self._lay_out()

    # -- what it is asked for --------------------------------------------------------------------

    @property
    def chosen(self) -> Filter:
        return next(which for which, chip in self.chips.items() if chip.isChecked())

    @property
    def words(self) -> str:
        return self.search.text()

    def choose(self, which: Filter) -> None:
        """Without a signal."""
        self.chips[which].setChecked(True)

    def clear(self) -> None:
        """All files, no search; without a signal."""
        self.search.clear()
        self._typing.stop()
        self.choose(Filter.ALL)

    def show_counts(self, counts: Counts) -> None:
        for which, chip in self.chips.items():
            number = count_of(which, counts)
            if chip.count() != number:
                chip.set_count(number)
        self._lay_out()

    def show_order(self, column: Column | None) -> None:
        self._orders[column].setChecked(True)

    # -- looks -----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        """Side by side, or the search under the counters: nothing is ever cut off."""
        tool = self.order.sizeHint().width() + theme.XS
        chips = list(self.chips.values())
        self._place(_broken(chips, self.width()))
        wanted = _width(chips) + theme.S + _LEAST + tool
        wide = self.width() >= wanted
        if wide is self._wide:
            return
        self._wide = wide
        self._grid.removeWidget(self._fields)
        self._grid.addWidget(self._fields, 0 if wide else 1, 1 if wide else 0)
        self._fields.setMaximumWidth(_SEARCH + tool if wide else 16777215)

    def _place(self, lines: list[list[Chip]]) -> None:
        if lines == self._placed:
            return
        self._placed = lines
        for chip in self.chips.values():
            for layout in self._lines:
                layout.removeWidget(chip)
        for layout, chips in zip(self._lines, lines, strict=False):
            for at, chip in enumerate(chips):
                layout.insertWidget(at, chip)


def _width(chips: list[Chip]) -> int:
    return sum(chip.sizeHint().width() for chip in chips) + theme.XS * (len(chips) - 1)


def _broken(chips: list[Chip], room: int) -> list[list[Chip]]:
    """The counters in one line, or in as few as there is room for."""
    lines: list[list[Chip]] = [[]]
    for chip in chips:
        if lines[-1] and _width([*lines[-1], chip]) > room:
            lines.append([])
        lines[-1].append(chip)
    return lines


def _words() -> dict[Filter, str]:
    return {
        Filter.ALL: t("All"),
        Filter.MOVING: t("Moving"),
        Filter.WAITING: t("Waiting"),
        Filter.NEEDS_YOU: t("Needs you"),
        Filter.SKIPPED: t("Skipped"),
        Filter.DONE: t("Done"),
    }


def _help() -> dict[Filter, str]:
    return {
        Filter.ALL: t("Show all files"),
        Filter.MOVING: t("Show files on their way"),
        Filter.WAITING: t("Show waiting files"),
        Filter.NEEDS_YOU: t("Show files that need you"),
        Filter.SKIPPED: t("Show skipped files"),
        Filter.DONE: t("Show delivered files"),
    }
