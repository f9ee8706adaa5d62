"""A batch's files as one panel: filters above, the table, and the details beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QAction, QPaintEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle, QWidget

from app.domain.errors import PostflightError
from app.ui.controller import Controller
from app.ui.files.drawer import Drawer
from app.ui.files.filters import Filters
from app.ui.files.model import FileModel, Filter
from app.ui.files.view import FileTable
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.parts import Translated

__all__ = ["FilePanel", "FileTable"]

_DRAWER: Final = 364
_LEAST: Final = 320  # pixels of the list beside the details


class _Handle(QSplitterHandle):
    """Only room to take hold of: both sides have frames of their own."""

    def paintEvent(self, event: QPaintEvent, /) -> None:
        event.accept()


class _Splitter(QSplitter):
    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setHandleWidth(theme.M)

    def createHandle(self) -> QSplitterHandle:
        return _Handle(self.orientation(), self)


class FilePanel(Translated, QWidget):
    drawer_turned = Signal()  # it was opened or closed

    def __init__(
        self,
        controller: Controller,
        monotonic: Callable[[], float] = time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self.model = FileModel(controller, monotonic, self)
        self.filters = Filters()
        self.table = FileTable(self.model, controller)
        self.drawer = Drawer(controller, self.model)
        self._sides: QByteArray | None = None
        self._put_together()
        self._connect()
        self._add_actions()
        self.retranslate()

    def _put_together(self) -> None:
        self._files = QWidget()
        files = parts.column(self.filters, self.table, spacing=theme.M)
        files.setStretch(1, 1)
        self._files.setLayout(files)
        self._box = parts.column(self._files, spacing=theme.M)
        self._box.setStretch(0, 1)
        self._left = QWidget()
        self._left.setLayout(self._box)
        # What is above the list makes do with what there is.
        self._left.setMinimumWidth(_LEAST)
        self._splitter = _Splitter()
        self._splitter.addWidget(self._left)
        self._splitter.addWidget(self.drawer)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setChildrenCollapsible(False)
        self.setLayout(parts.column(self._splitter))
        self._show_drawer(False)
        self.setFocusProxy(self.table)

    def put_above(self, *widgets: QWidget) -> None:
        """Over the list, and beside the details, which are as high as all of it together."""
        for place, widget in enumerate(widgets):
            self._box.insertWidget(place, widget)

    def _show_drawer(self, shown: bool) -> None:
        self.drawer.setVisible(shown)
        right = theme.XS if shown else theme.XL
        self._box.setContentsMargins(theme.XL, theme.L, right, theme.L)
        self.drawer_turned.emit()

    def _connect(self) -> None:
        self.filters.changed.connect(self._filter)
        self.filters.sort_wanted.connect(self.table.sort_by)
        self.filters.list_wanted.connect(self._go_to_list)
        self.table.details_wanted.connect(self.open_drawer)
        self.table.all_wanted.connect(lambda: self.show_filter(Filter.ALL))
        self.table.chosen.connect(self._choose)
        self.table.horizontalHeader().sortIndicatorChanged.connect(self._show_order)
        self.drawer.close_wanted.connect(self.close_drawer)
        self._controller.feed.batch_changed.connect(self._on_tick)

    def _add_actions(self) -> None:
        self.close_action = QAction(self)
        self.close_action.setShortcut("Esc")
        self.close_action.setEnabled(False)
        self.close_action.triggered.connect(self.close_drawer)
        for action in (
            *self.filters.actions_.values(),
            self.filters.search_action,
            self.close_action,
        ):
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            # Not of what is above the list: there Esc takes back a question.
            self._files.addAction(action)
            self.drawer.addAction(action)

    def retranslate(self) -> None:
        self.close_action.setText(t("Close details"))

    def actions_for_help(self) -> list[QAction]:
        """In the order of a list of shortcuts; their texts follow the language."""
        return [
            *self.table.actions_for_help(),
            self.close_action,
            self.filters.search_action,
            *self.filters.actions_.values(),
        ]

    # -- what it is asked for --------------------------------------------------------------------

    def show_batch(self, batch_id: str | None) -> None:
        """The same batch again changes nothing; another one is shown whole."""
        if batch_id == self.model.batch_id:
            return
        self.filters.clear()
        self.model.choose(Filter.ALL, "")
        self.model.load(batch_id)
        self.table.scrollToTop()
        self._count()
        self._choose()

    def show_filter(self, which: Filter) -> None:
        """All of these files: an earlier search is over."""
        self.filters.clear()
        self.filters.choose(which)
        self._filter()

    def open_drawer(self) -> None:
        if self.drawer.isHidden():
            self._show_drawer(True)
            if self._sides is not None:
                self._splitter.restoreState(self._sides)
            else:
                width = self._splitter.width()
                self._splitter.setSizes([max(width - _DRAWER, 240), _DRAWER])
            self.close_action.setEnabled(True)
        self._choose()

    def close_drawer(self) -> None:
        if self.drawer.isHidden():
            return
        self._sides = self._splitter.saveState()
        self._show_drawer(False)
        self.close_action.setEnabled(False)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- how it is carried out -------------------------------------------------------------------

    def _filter(self) -> None:
        self.model.choose(self.filters.chosen, self.filters.words)

    def _choose(self) -> None:
        if self.drawer.isHidden():
            return
        ids = self.table.selected_ids()
        current = self.table.current_id()
        self.drawer.show_files(ids or ([] if current is None else [current]))

    def _show_order(self) -> None:
        order = self.model.order
        self.filters.show_order(order.column if order else None)

    def _go_to_list(self) -> None:
        self._filter()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_tick(self, batch_id: str) -> None:
        if batch_id == self.model.batch_id and self.isVisible():
            self._count()

    def _count(self) -> None:
        if self.model.batch_id is None:
            return
        try:
            self.filters.show_counts(self._controller.engine.counts(self.model.batch_id))
        except PostflightError as error:
            self._controller.problem.emit(error.fault())
