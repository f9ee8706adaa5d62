"""The page of one batch: its head, what came of it, and its files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.domain.errors import UsageError
from app.domain.states import ENDED
from app.engine.engine import Snapshot
from app.ui.batches.actions import carry_out
from app.ui.batches.card_check import CardCheck
from app.ui.batches.head import BatchHead
from app.ui.batches.jobs import Jobs
from app.ui.batches.questions import cancelling, deleting, deleting_for_good, removing
from app.ui.batches.receipt_saver import ReceiptSaver
from app.ui.batches.summary import Summary
from app.ui.batches.wishes import Wish
from app.ui.controller import Controller
from app.ui.files.delegate import ROW
from app.ui.files.rows import Filter
from app.ui.files.table import FilePanel
from app.ui.look import parts, theme
from app.ui.look.strips import Confirm

_ENDS: Final = 72  # pixels that the summary always has
_LOW: Final = 600  # a lower page has no room for the summary beside the details
_TAKEN: Final = 470  # pixels of all that is not a row of the list, the unfolded summary included
_ROWS: Final = 12  # of the list, which come before all that can be folded away


class BatchPage(QWidget):
    """Empty until a batch is shown; everything destructive is asked inside the page."""

    connections_wanted = Signal()

    def __init__(
        self,
        controller: Controller,
        monotonic: Callable[[], float] = time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._batch_id: str | None = None
        self._ended = False
        self._total = 0
        self.head = BatchHead(controller, monotonic)
        self.confirm = Confirm()
        self.summary = Summary(controller)
        self.jobs = Jobs(controller)
        self.panel = FilePanel(controller)
        self.saver = ReceiptSaver(controller, self)
        self.card = CardCheck(controller, self)
        self._ends = _Ends(self.summary, self.jobs)
        self._put_together()
        self._connect()
        self.show_batch(None)

    def _put_together(self) -> None:
        above = QWidget()
        above.setLayout(parts.column(self.head, self.confirm, spacing=theme.M))
        self.panel.put_above(above, self._ends)
        self.setLayout(parts.column(self.panel, spacing=0))
        self.setFocusProxy(self.panel)

    def _connect(self) -> None:
        self.head.wished.connect(self.ask)
        self.summary.receipt_wished.connect(lambda: self.ask(Wish.RECEIPT))
        self.head.not_sent_wished.connect(self._show_not_sent)
        self.summary.not_sent_wished.connect(self._show_not_sent)
        self.saver.saved.connect(self._receipt_saved)
        self.summary.verify_wished.connect(self._verify)
        self.summary.stop_wished.connect(lambda: self.card.stop(self._batch_id or ""))
        self.card.changed.connect(self._card_read)
        self.panel.drawer_turned.connect(self._make_room)
        self._controller.feed.batch_changed.connect(self._changed)
        self._controller.feed.batches_changed.connect(self._line_changed)

    # -- which batch -----------------------------------------------------------------------------

    @property
    def batch_id(self) -> str | None:
        return self._batch_id

    def show_batch(self, batch_id: str | None) -> None:
        if batch_id != self._batch_id:
            self.confirm.close_question()
        self._batch_id = batch_id
        self.panel.setVisible(batch_id is not None)
        self.panel.show_batch(batch_id)
        self.refresh()

    def show_filter(self, wanted: Filter) -> None:
        self.panel.show_filter(wanted)

    def refresh(self) -> None:
        """Reads the batch's numbers again; one that is gone empties the page."""
        if self._batch_id is None:
            return
        snapshot = self._snapshot()
        if snapshot is None:
            self.show_batch(None)
            return
        self._keep_question_true(snapshot)
        self.head.show_snapshot(snapshot)
        self._total = snapshot.counts.total
        self._make_room()
        self.summary.show_snapshot(snapshot)
        self.jobs.show_snapshot(snapshot)
        self._ends.fit()

    def _keep_question_true(self, snapshot: Snapshot) -> None:
        """What is asked follows the numbers, and goes away when the batch ends by itself."""
        ended = snapshot.batch.state in ENDED
        if ended != self._ended:
            self.confirm.close_question()
        self._ended = ended
        self.confirm.retranslate()

    def _snapshot(self) -> Snapshot | None:
        try:
            return self._controller.snapshot(self._batch_id or "")
        except UsageError:  # removed
            return None

    def _changed(self, batch_id: str) -> None:
        if batch_id == self._batch_id:
            self.refresh()

    def _line_changed(self) -> None:
        """What a batch says that waits for its turn is about the others."""
        snapshot = self._snapshot()
        if snapshot is not None and not self._controller.engine.runs(snapshot.batch.id):
            self.head.show_snapshot(snapshot)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """The list comes first, then the details, then what has come of the batch."""
        self.summary.set_roomy(has_room(self.height(), self._total))
        low = self.height() < _LOW * theme.scale()
        self._ends.put_away(low and not self.panel.drawer.isHidden())

    # -- what is asked of it ---------------------------------------------------------------------

    def ask(self, wish: Wish) -> None:
        """Does it, or asks first where it cannot be undone."""
        snapshot = self._snapshot()
        if self._batch_id is None or snapshot is None:
            return
        if carry_out(self._controller, self._batch_id, wish):
            self.refresh()
            return
        match wish:
            case Wish.RECEIPT:
                self.saver.ask(snapshot.batch, self)
            case Wish.CHECK:
                self.connections_wanted.emit()
            case Wish.CANCEL:
                self._ask_cancel(snapshot)
            case Wish.DELETE:
                self._ask_delete(snapshot)
            case _:
                self._ask_remove(snapshot)

    def _ask_cancel(self, snapshot: Snapshot) -> None:
        batch_id, service = snapshot.batch.id, self._service(snapshot)

        def act() -> None:
            self._controller.cancel(batch_id)
            self.head.show_cancelling(batch_id)

        self.confirm.ask(lambda: cancelling(self._controller.snapshot(batch_id), service), act)

    def _ask_delete(self, snapshot: Snapshot) -> None:
        batch_id, service = snapshot.batch.id, self._service(snapshot)

        def delete() -> None:
            self._controller.cancel(batch_id, delete=True)

        def again() -> None:
            self.confirm.ask(lambda: deleting_for_good(snapshot, service), delete)

        self.confirm.ask(lambda: deleting(snapshot, service), again)

    def _ask_remove(self, snapshot: Snapshot) -> None:
        batch_id = snapshot.batch.id
        self.confirm.ask(lambda: removing(1), lambda: self._controller.remove(batch_id))

    def _service(self, snapshot: Snapshot) -> str:
        return self._controller.spec(snapshot.batch).title

    def _show_not_sent(self) -> None:
        snapshot = self._snapshot()
        if snapshot is not None:
            failed = snapshot.counts.failed
            self.panel.show_filter(Filter.NEEDS_YOU if failed else Filter.SKIPPED)
            self.panel.setFocus(Qt.FocusReason.OtherFocusReason)

    def _verify(self) -> None:
        snapshot = self._snapshot()
        if snapshot is not None:
            self.card.ask(snapshot.batch, self)

    def _card_read(self, batch_id: str) -> None:
        self.summary.show_card(batch_id, self.card.state(batch_id))
        self._ends.fit()

    def _receipt_saved(self, batch_id: str, path: str) -> None:
        self.summary.show_saved(batch_id, Path(path))
        self._ends.fit()


def has_room(height: int, files: int) -> bool:
    """Whether the summary may be unfolded in a page so high, and the list is still the list."""
    return height >= (_TAKEN + min(files, _ROWS) * ROW) * theme.scale()


class _Ends(QScrollArea):
    """As high as what is in it, while the page has the room; then it scrolls."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__()
        self._inner = QWidget()
        self._inner.setLayout(parts.column(*widgets, spacing=theme.S))
        self._widgets = widgets
        self._away = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.fit)
        for widget in (*widgets, self._inner):
            widget.installEventFilter(self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(self._inner)
        self._inner.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def put_away(self, away: bool) -> None:
        if away != self._away:
            self._away = away
            self.fit()

    def fit(self) -> None:
        """After what is in it has changed."""
        some = any(not widget.isHidden() for widget in self._widgets)
        self.setVisible(some and not self._away)
        wanted = self._wanted()
        self.setMaximumHeight(wanted)
        self.setMinimumHeight(min(wanted, _ENDS))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._wanted())

    def _wanted(self) -> int:
        room = max(self.viewport().width(), 320)
        layout = self._inner.layout()
        if layout is not None and layout.hasHeightForWidth():
            return layout.totalHeightForWidth(room)
        return self._inner.sizeHint().height()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.ShowToParent,
                            QEvent.Type.HideToParent):  # fmt: skip
            # Not at once: what is being laid out must not be given another height meanwhile.
            self._soon.start()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._soon.start()
