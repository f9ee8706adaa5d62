"""The list of batches: to choose one, to put them in order, and to ask for what it needs."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QListView, QMenu, QWidget

from app.ui.batches.actions import carry_out, fill_menu, possible
from app.ui.batches.card import BatchCard
from app.ui.batches.model import ENDED_SHOWN, ID, BatchModel
from app.ui.batches.wishes import Wish
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import icons, parts, theme
from app.ui.look.icons import Tint
from app.ui.look.parts import Translated

_UP_DOWN: Final = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_MARK: Final = 3.0
_STYLE: Final = "QListView { background: transparent; border: none; }"


class BatchList(Translated, QListView):
    """Ctrl+Up and Ctrl+Down move a batch in the line, Space pauses it, Delete asks to end it."""

    chosen = Signal(str)
    asked = Signal(str, object)  # a batch and the Wish that its page has to ask about first

    def __init__(
        self, controller: Controller, ended_shown: int = ENDED_SHOWN, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._quiet = False
        self._awaited = ""  # to be marked as soon as it is shown
        self._drop_row: int | None = None
        self._menu = parts.menu(self)
        self.batches = BatchModel(controller, ended_shown, self)
        self.setModel(self.batches)
        self.setItemDelegate(BatchCard(self))
        self.setStyleSheet(_STYLE)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.setDragDropMode(QListView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(False)  # ours is easier to see
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.batches.rowsInserted.connect(self._mark_awaited)
        self.retranslate()

    def load(self) -> None:
        self.batches.load()

    def retranslate(self) -> None:
        self.setAccessibleName(t("Batches"))
        self.setAccessibleDescription(t("Ctrl+Up and Ctrl+Down change the order"))
        self.batches.retranslate()

    def current(self) -> str:
        index = self.currentIndex()
        return self.batches.id_at(index.row()) if index.isValid() else ""

    def select(self, batch_id: str) -> None:
        """Marks it without telling. A batch that is not shown clears the mark, and gets it when it
        comes: a new one is chosen before the list has read of it."""
        row = self.batches.row_of(batch_id)
        self._awaited = batch_id if row < 0 else ""
        self._quiet = True
        try:
            if row < 0:
                self.selectionModel().clear()
            else:
                index = self.batches.index(row)
                self.setCurrentIndex(index)
                self.scrollTo(index)
        finally:
            self._quiet = False

    def sizeHint(self) -> QSize:
        return QSize(264, 240)

    def _mark_awaited(self) -> None:
        if self._awaited and self.batches.row_of(self._awaited) >= 0:
            self.select(self._awaited)

    def _current_changed(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid() and not self._quiet:
            self._awaited = ""
            self.chosen.emit(now.data(ID))

    # -- keys ------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, key = self.currentIndex().row(), Qt.Key(event.key())
        if row < 0:
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier and key in _UP_DOWN:
            self.shift(row, _UP_DOWN[key])
        elif key is Qt.Key.Key_Space:
            self._ask_first(self.current(), Wish.PAUSE, Wish.RESUME)
        elif key is Qt.Key.Key_Delete:
            self._ask_first(self.current(), Wish.CANCEL, Wish.REMOVE)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.current())
        else:
            super().keyPressEvent(event)

    def shift(self, row: int, by: int) -> None:
        """One place up or down in the line, where there is one."""
        target = row + by + (by > 0)
        if row + by >= 0:
            self.batches.moveRows(QModelIndex(), row, 1, QModelIndex(), target)
            self.scrollTo(self.currentIndex())

    # -- wishes ----------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            where = self.viewport().mapToGlobal(self.visualRect(index).center())
        else:
            index = self.indexAt(event.pos())
            where = event.globalPos()
        if index.isValid():
            self.menu_of(self.batches.id_at(index.row())).popup(where)

    def menu_of(self, batch_id: str) -> QMenu:
        """The list's one menu, with only what makes sense for the batch now."""
        fill_menu(self._menu, self._controller, batch_id, lambda wish: self.do(batch_id, wish))
        return self._menu

    def do(self, batch_id: str, wish: Wish) -> None:
        if not carry_out(self._controller, batch_id, wish):
            self.select(batch_id)
            self.asked.emit(batch_id, wish)

    def _ask_first(self, batch_id: str, *wanted: Wish) -> None:
        can = possible(self._controller, batch_id)
        for wish in wanted:
            if wish in can:
                self.do(batch_id, wish)
                return

    # -- dragging --------------------------------------------------------------------------------

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)
        self.mark_drop(self._row_at(event.position().toPoint()) if event.isAccepted() else None)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self.mark_drop(None)

    def dropEvent(self, event: QDropEvent) -> None:
        self.mark_drop(None)
        super().dropEvent(event)

    def mark_drop(self, row: int | None) -> None:
        """Draws where a dragged batch would go: above this row."""
        if row != self._drop_row:
            self._drop_row = row
            self.viewport().update()

    def _row_at(self, pos: QPoint) -> int:
        index = self.indexAt(pos)
        if not index.isValid():
            return self.batches.open_rows
        below = pos.y() >= self.visualRect(index).center().y()
        return min(index.row() + below, self.batches.open_rows)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._drop_row is None:
            return
        row = self._drop_row
        above = self.visualRect(self.batches.index(row - 1)).bottom() if row else 1
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(icons.colour(Tint.ACCENT), _MARK, c=Qt.PenCapStyle.RoundCap))
        painter.drawLine(10, above, self.viewport().width() - 4, above)
        painter.setBrush(theme.tokens().surface)
        painter.drawEllipse(3, above - 4, 8, 8)
