"""Everything inside the window for one data folder: header, sidebar, pages, message bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QSplitter, QStackedWidget, QWidget

from app.domain.errors import Fault
from app.engine.glance import too_much
from app.ui.batches.page import BatchPage
from app.ui.batches.sidebar import Sidebar
from app.ui.batches.wishes import Wish
from app.ui.controller import Controller
from app.ui.drop_overlay import DropOverlay
from app.ui.empty_page import EmptyPage
from app.ui.files.rows import Filter
from app.ui.header import Header
from app.ui.language import t
from app.ui.look import parts
from app.ui.message_bar import Message, MessageBar, Weight
from app.ui.messages import Messages

if TYPE_CHECKING:
    from app.ui.batches.history_page import HistoryPage
    from app.ui.connections.page import ConnectionsPage
    from app.ui.settings.page import SettingsPage

W = TypeVar("W", bound=QWidget)


class Page(Enum):
    DROP = "drop"
    BATCH = "batch"
    HISTORY = "history"
    CONNECTIONS = "connections"
    SETTINGS = "settings"


class Workspace(QWidget):
    try_practice = Signal()
    leave_practice = Signal()
    help_wanted = Signal()

    def __init__(self, controller: Controller, practising: bool = False) -> None:
        super().__init__()
        self.controller = controller
        self.practising = practising
        self._batch: str | None = None
        self._waiting_paths: list[Path] = []
        self.header = Header(controller)
        self.sidebar = Sidebar(controller)
        self.drop_page = EmptyPage(controller)
        self.batch_page = BatchPage(controller)
        self.bar = MessageBar()
        self.messages = Messages(controller, self.bar)
        self._pages: dict[Page, QWidget] = {}
        self._stack = QStackedWidget()
        self._enter(Page.DROP, self.drop_page)
        self._enter(Page.BATCH, self.batch_page)
        self._put_together()
        self.overlay = DropOverlay(controller, self)
        self._connect()
        self.drop_page.show_practising(practising)
        self.drop_page.show_destination(self.header.destination)
        self._say_practice()
        self._open_first()

    def _put_together(self) -> None:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.sidebar)
        split.addWidget(self._stack)
        split.setStretchFactor(1, 1)
        split.setCollapsible(0, False)
        split.setCollapsible(1, False)
        split.setHandleWidth(1)
        split.setSizes([272, 900])
        box = parts.column(self.header, parts.line(), spacing=0, margins=0)
        box.addWidget(split, 1)
        box.addWidget(self.bar)
        self.setLayout(box)

    def _connect(self) -> None:
        header, drop = self.header, self.drop_page
        header.destination_chosen.connect(self._chose_destination)
        header.add_connection.connect(self.add_connection)
        header.settings_wanted.connect(lambda: self.go(Page.SETTINGS))
        header.help_wanted.connect(self.help_wanted)
        drop.choose_folder.connect(self.choose_folder)
        drop.choose_files.connect(self.choose_files)
        drop.add_connection.connect(header.add_connection)
        drop.try_practice.connect(self.try_practice)
        drop.send_folder.connect(self._send_one)
        self.sidebar.chosen.connect(self.show_batch)
        self.sidebar.asked.connect(self._asked)
        self.sidebar.send_folder.connect(self._send_one)
        self.sidebar.new_wanted.connect(lambda: self.go(Page.DROP))
        self.sidebar.history_wanted.connect(lambda: self.go(Page.HISTORY))
        self.sidebar.connections_wanted.connect(lambda: self.go(Page.CONNECTIONS))
        self.batch_page.connections_wanted.connect(lambda: self.go(Page.CONNECTIONS))
        self.messages.show_batch.connect(self.show_batch)
        self.messages.show_trouble.connect(self.show_trouble)
        self.controller.feed.batches_changed.connect(self._batch_gone)
        if self.practising:
            self.controller.feed.batches_changed.connect(self._show_first)

    # -- pages that are made, and imported, when first visited: no start waits for them ----------

    @cached_property
    def history_page(self) -> HistoryPage:
        from app.ui.batches.history_page import HistoryPage

        page = self._enter(Page.HISTORY, HistoryPage(self.controller))
        page.chosen.connect(self.show_batch)
        return page

    @cached_property
    def connections_page(self) -> ConnectionsPage:
        from app.ui.connections.page import ConnectionsPage

        page = self._enter(Page.CONNECTIONS, ConnectionsPage(self.controller))
        page.try_practice.connect(self.try_practice)
        page.saved.connect(self._connection_saved)
        return page

    @cached_property
    def settings_page(self) -> SettingsPage:
        from app.ui.settings.page import SettingsPage

        return self._enter(Page.SETTINGS, SettingsPage(self.controller))

    def _enter(self, page: Page, widget: W) -> W:
        self._pages[page] = widget
        self._stack.addWidget(widget)
        return widget

    def _widget(self, page: Page) -> QWidget:
        match page:
            case Page.HISTORY:
                return self.history_page
            case Page.CONNECTIONS:
                return self.connections_page
            case Page.SETTINGS:
                return self.settings_page
            case _:
                return self._pages[page]

    # -- where the person is ---------------------------------------------------------------------

    @property
    def page(self) -> Page:
        now = self._stack.currentWidget()
        return next(page for page, widget in self._pages.items() if widget is now)

    @property
    def batch(self) -> str | None:
        """The batch on the page, if one is there."""
        return self._batch if self.page is Page.BATCH else None

    def go(self, page: Page) -> None:
        widget = self._widget(page)
        self._stack.setCurrentWidget(widget)
        if page is not Page.BATCH:
            self.sidebar.show_chosen(None)
        self.take_focus()

    def take_focus(self) -> None:
        """The keyboard goes to the page and not to the header, which comes first."""
        self.current_page.setFocus(Qt.FocusReason.OtherFocusReason)

    def focusNextPrevChild(self, next: bool, /) -> bool:
        """Header, sidebar, page, message bar: most pages are made later than what follows them."""
        order, now = self._tab_order(), QApplication.focusWidget()
        if now not in order:
            return super().focusNextPrevChild(next)
        reason = Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason
        order[(order.index(now) + (1 if next else -1)) % len(order)].setFocus(reason)
        return True

    def _tab_order(self) -> list[QWidget]:
        areas = (self.header, self.sidebar, self.current_page, self.bar)
        found: list[list[QWidget]] = [[] for _ in areas]
        widget = self.nextInFocusChain()
        while widget is not None and widget is not self:
            if _takes_tab(widget):
                for area, inside in zip(areas, found, strict=True):
                    if area is widget or area.isAncestorOf(widget):
                        inside.append(widget)
            widget = widget.nextInFocusChain()
        return [widget for inside in found for widget in inside]

    @property
    def current_page(self) -> QWidget:
        shown = self._stack.currentWidget()
        return shown if shown is not None else self.drop_page

    def add_connection(self) -> None:
        self.connections_page.add()
        self.go(Page.CONNECTIONS)

    def show_batch(self, batch_id: str) -> None:
        """The keyboard stays beside the pages, or goes to the batch; Qt would choose by itself."""
        now = QApplication.focusWidget()
        areas = (self.header, self.sidebar, self.bar)
        beside = now is not None and any(area.isAncestorOf(now) for area in areas)
        if self._batch != batch_id:
            self._batch = batch_id
            self.batch_page.show_batch(batch_id)
        self._stack.setCurrentWidget(self.batch_page)
        self.sidebar.show_chosen(batch_id)
        if not beside:
            self.take_focus()

    def step(self, by: int) -> None:
        """To the next batch of the sidebar, or the one before."""
        model = self.sidebar.list.batches
        row = model.row_of(self._batch or "") + by
        if 0 <= row < model.rowCount():
            self.show_batch(model.id_at(row))

    def show_trouble(self, batch_id: str) -> None:
        """The batch, and in it only the files that need the person."""
        self.show_batch(batch_id)
        self.batch_page.show_filter(Filter.NEEDS_YOU)

    def _asked(self, batch_id: str, wish: Wish) -> None:
        """A wish of the list that its page has to ask about first."""
        self.show_batch(batch_id)
        self.batch_page.ask(wish)

    def _open_first(self) -> None:
        batches = self.controller.engine.in_line()
        if batches:
            self.show_batch(batches[0].id)
        else:
            self.go(Page.DROP)

    def _show_first(self) -> None:
        """The practice cloud's sample flight is written while its window is there already."""
        if self._batch is None and self.page is Page.DROP:
            self._open_first()

    def _batch_gone(self) -> None:
        """The one on the page was removed from the list."""
        if self._batch is not None and self._batch not in self.controller.engine.states():
            self._batch = None
            self.batch_page.show_batch(None)
            if self.page is Page.BATCH:
                self.go(Page.DROP)

    # -- sending ---------------------------------------------------------------------------------

    def send(self, paths: Sequence[Path], connection: str = "") -> None:
        """To `connection`, or to the destination of the header; without one it is asked for."""
        target = connection or self.header.destination
        if not paths:
            return
        if wrong := next((fault for path in paths if (fault := too_much(path))), None):
            self.refuse(wrong)
            return
        if not target:
            self._waiting_paths = list(paths)
            self.add_connection()
            self.messages.news(
                "no-connection", lambda: t("Add a connection first; then the drop is sent there.")
            )
            return
        self.bar.clear("problem")
        self.bar.clear("no-connection")
        batch = self.controller.add(paths, target)
        if batch is not None:
            self.header.choose(target)
            self._remember_destination(target)
            self.show_batch(batch.id)

    def _send_one(self, folder: Path) -> None:
        self.send([folder])

    def refuse(self, wrong: Fault) -> None:
        """A drop that cannot be meant is said and not sent."""
        self.messages.problem(wrong)

    def choose_folder(self) -> None:
        dialog = QFileDialog(self, t("Choose folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._ask(dialog)

    def choose_files(self) -> None:
        dialog = QFileDialog(self, t("Choose files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._ask(dialog)

    def _ask(self, dialog: QFileDialog) -> None:
        """Not exec(): the loop under the window must go on."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._selected)
        dialog.open()

    def _selected(self, names: list[str]) -> None:
        self.send([Path(name) for name in names])

    def _chose_destination(self, name: str) -> None:
        self.drop_page.show_destination(name)
        self._remember_destination(name)

    def _remember_destination(self, name: str) -> None:
        self.drop_page.show_destination(name)
        self.controller.prefer(replace(self.controller.preferences, connection=name))

    def _connection_saved(self, name: str) -> None:
        self.header.refill()
        if not self.header.destination or self._waiting_paths:
            self.header.choose(name)
        self.drop_page.show_destination(self.header.destination)
        waiting, self._waiting_paths = self._waiting_paths, []
        self.send(waiting, name)

    # -- practising ------------------------------------------------------------------------------

    def _say_practice(self) -> None:
        if not self.practising:
            return
        leave: Callable[[], None] = self.leave_practice.emit
        self.bar.say(
            "practice",
            Message(
                Weight.NEWS,
                lambda: t("This is the practice cloud: nothing leaves this computer."),
                lambda: t("Back to my flights"),
                leave,
                passing=False,
            ),
        )


def _takes_tab(widget: QWidget) -> bool:
    """A widget with a proxy lets that one have the keyboard."""
    wants = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return wants and widget.focusProxy() is None and widget.isVisible() and widget.isEnabled()
