"""The batches as rows: unfinished ones in the order of the line, then the last ended ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.domain.errors import UsageError
from app.domain.model import Batch
from app.domain.states import ENDED
from app.ui.batches import progress
from app.ui.batches.roster import Roster
from app.ui.controller import Controller
from app.ui.language import said, t
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import as_it_is

ENDED_SHOWN: Final = 20
ID: Final = Qt.ItemDataRole.UserRole + 1
LOOK: Final = Qt.ItemDataRole.UserRole + 2  # a BatchLook

_Index = QModelIndex | QPersistentModelIndex
_Flag = Qt.ItemFlag


@dataclass(frozen=True, slots=True)
class BatchLook:
    """All that a card of the list shows."""

    title: str
    connection: str
    word: str
    icon: Icon
    tint: Tint
    sentences: tuple[str, ...]  # longest first
    share: float | None  # None: nobody can say yet
    confirmed: float
    open: bool


class BatchModel(QAbstractListModel):
    """Reads a batch's numbers when its row is painted, and again only after they changed."""

    def __init__(
        self, controller: Controller, ended_shown: int = ENDED_SHOWN, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._most = ended_shown
        self._roster = Roster(controller, self)
        self._ratchet = progress.Ratchet()
        self._ids: list[str] = []
        self._batches: dict[str, Batch] = {}
        self._looks: dict[str, BatchLook] = {}
        self._roster.changed.connect(self._follow)
        controller.feed.batch_changed.connect(self._repaint)

    def load(self) -> None:
        self._roster.load()

    @property
    def open_rows(self) -> int:
        """How many rows, from the top, belong to the line and can be moved."""
        return sum(1 for batch_id in self._ids if self._batches[batch_id].state not in ENDED)

    def id_at(self, row: int) -> str:
        return self._ids[row]

    def row_of(self, batch_id: str) -> int:
        """-1 where it is not shown."""
        return self._ids.index(batch_id) if batch_id in self._batches else -1

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, self.CheckIndexOption.IndexIsValid):
            return None
        batch_id = self._ids[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._batches[batch_id].title
            case Qt.ItemDataRole.ToolTipRole:
                return as_it_is(self._tip(batch_id))
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(batch_id)
            case _ if role == ID:
                return batch_id
            case _ if role == LOOK:
                return self.look(batch_id)
            case _:
                return None

    def flags(self, index: _Index) -> _Flag:
        if not index.isValid():
            return _Flag.ItemIsDropEnabled
        usual = _Flag.ItemIsEnabled | _Flag.ItemIsSelectable | _Flag.ItemNeverHasChildren
        is_open = self._batches[self._ids[index.row()]].state not in ENDED
        return usual | _Flag.ItemIsDragEnabled if is_open else usual

    # -- order -----------------------------------------------------------------------------------

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: _Index
    ) -> bool:
        return not parent.isValid() and 0 <= row <= self.open_rows

    def moveRows(
        self,
        sourceParent: _Index,  # noqa: N803
        sourceRow: int,  # noqa: N803
        count: int,
        destinationParent: _Index,  # noqa: N803
        destinationChild: int,  # noqa: N803
    ) -> bool:
        """One row of the line, to another place in it; the engine hears of it."""
        line = self.open_rows
        if count != 1 or not (0 <= sourceRow < line and 0 <= destinationChild <= line):
            return False
        nowhere = QModelIndex()
        if not self.beginMoveRows(nowhere, sourceRow, sourceRow, nowhere, destinationChild):
            return False
        moved = self._ids.pop(sourceRow)
        target = destinationChild - (destinationChild > sourceRow)
        self._ids.insert(target, moved)
        self.endMoveRows()
        before = self._ids[target + 1] if target + 1 < line else None
        self._controller.move(moved, before)
        return True

    # -- keeping up ------------------------------------------------------------------------------

    def retranslate(self) -> None:
        self._looks.clear()
        if self._ids:
            self.dataChanged.emit(self.index(0), self.index(len(self._ids) - 1))

    def _follow(self) -> None:
        batches = [*self._roster.open, *self._roster.ended(self._most)]
        wanted = [batch.id for batch in batches]
        self._drop_gone(frozenset(wanted))
        before = self._batches
        self._batches = {batch.id: batch for batch in batches}
        self._arrange(wanted)
        runs = self._controller.engine.runs
        for batch in batches:
            # What one that waits says is about the others.
            waits = progress.waits_for_turn(batch, runs(batch.id))
            if waits or before.get(batch.id, batch) != batch:
                self._repaint(batch.id)

    def _drop_gone(self, wanted: frozenset[str]) -> None:
        for row in range(len(self._ids) - 1, -1, -1):
            batch_id = self._ids[row]
            if batch_id in wanted:
                continue
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._ids[row]
            self._batches.pop(batch_id, None)
            self._looks.pop(batch_id, None)
            self._ratchet.forget(batch_id)
            self.endRemoveRows()

    def _arrange(self, wanted: Sequence[str]) -> None:
        nowhere = QModelIndex()
        known = set(self._ids)
        for row, batch_id in enumerate(wanted):
            if batch_id not in known:
                self.beginInsertRows(nowhere, row, row)
                self._ids.insert(row, batch_id)
                self.endInsertRows()
            elif self._ids[row] != batch_id:
                old = self._ids.index(batch_id, row)
                self.beginMoveRows(nowhere, old, old, nowhere, row)
                self._ids.insert(row, self._ids.pop(old))
                self.endMoveRows()

    def _repaint(self, batch_id: str) -> None:
        self._looks.pop(batch_id, None)
        row = self.row_of(batch_id)
        if row >= 0:
            index = self.index(row)
            self.dataChanged.emit(index, index)

    # -- words -----------------------------------------------------------------------------------

    def look(self, batch_id: str) -> BatchLook:
        if batch_id not in self._looks:
            self._looks[batch_id] = self._read(batch_id)
        return self._looks[batch_id]

    def _read(self, batch_id: str) -> BatchLook:
        try:
            snapshot = self._controller.snapshot(batch_id)
        except UsageError:  # removed a moment ago: its row goes with the next tick
            return _gone(self._batches[batch_id])
        runs = self._controller.engine.runs(batch_id)
        step = self._ratchet.step(snapshot)
        icon, tint = progress.look_of(snapshot.batch, runs)
        return BatchLook(
            snapshot.batch.title,
            snapshot.batch.connection,
            progress.word_of(snapshot.batch, runs),
            icon,
            tint,
            progress.sentences(snapshot, step.resending, self._turn(snapshot.batch)),
            step.share if runs or step.share else 0.0,
            progress.confirmed_of(snapshot),
            snapshot.batch.state not in ENDED,
        )

    def _turn(self, batch: Batch) -> progress.Turn | None:
        line = [self._batches[batch_id] for batch_id in self._ids[: self.open_rows]]
        return progress.turn_of(batch, line, self._controller.engine.runs)

    def _spoken(self, batch_id: str) -> str:
        look = self.look(batch_id)
        return t(
            "{title}: {state}, {words}, to {connection}",
            title=look.title,
            state=look.word,
            words=look.sentences[0],
            connection=look.connection,
        )

    def _tip(self, batch_id: str) -> str:
        batch = self._batches[batch_id]
        lines = [self._spoken(batch_id)]
        if batch.reason is not None and progress.blocked(batch):
            lines += [said(batch.reason.title), said(batch.reason.hint)]
        return "\n".join(line for line in lines if line)


def _gone(batch: Batch) -> BatchLook:
    return BatchLook(
        batch.title, batch.connection, "", Icon.SKIP, Tint.DIM, ("",), 0.0, 0.0, open=False
    )
