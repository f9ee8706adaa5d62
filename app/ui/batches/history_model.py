"""The ended batches as a table, newest first; numbers are read for the rows that are looked at."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.errors import UsageError
from app.domain.model import Batch, Counts
from app.ui import text
from app.ui.batches.progress import wanted
from app.ui.batches.roster import Roster, ended_at
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import icons
from app.ui.look.labels import as_it_is
from app.ui.states import batch_look, batch_word

ID: Final = Qt.ItemDataRole.UserRole + 1

_Index = QModelIndex | QPersistentModelIndex
_NOTHING: Final = Counts()
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Column(IntEnum):
    TITLE = 0
    CONNECTION = 1
    SERVICE = 2
    FILES = 3
    SIZE = 4
    FINISHED = 5
    STATE = 6


class HistoryModel(QAbstractTableModel):
    """Counts are kept until the batch changes: an ended one hardly ever does."""

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._roster = Roster(controller, self)
        self._search = ""
        self._shown: list[Batch] = []
        self._counts: dict[str, Counts] = {}
        self._roster.changed.connect(self._follow)
        controller.feed.batch_changed.connect(self._recount)

    @property
    def loaded(self) -> bool:
        return self._roster.loaded

    @property
    def known(self) -> int:
        """How many there are, whatever is searched for."""
        return len(self._roster.ended())

    @property
    def counted(self) -> int:
        """Of how many batches the numbers were read."""
        return len(self._counts)

    def load(self) -> None:
        self._roster.load()

    def search(self, words: str) -> None:
        """Only batches whose title, connection or service holds every one of these words."""
        self._search = words
        self._follow()

    def id_at(self, row: int) -> str:
        return self._shown[row].id

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(Column)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self.checkIndex(index, self.CheckIndexOption.IndexIsValid):
            return None
        batch, column = self._shown[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._words(batch, column)
            case Qt.ItemDataRole.ToolTipRole:
                return as_it_is(self._words(batch, column))
            case Qt.ItemDataRole.DecorationRole if column is Column.STATE:
                return icons.icon(*batch_look(batch))
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if column is Column.SIZE else _LEFT
            case _ if role == ID:
                return batch.id
            case _:
                return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section == Column.SIZE else _LEFT
        return _title(Column(section)) if role == Qt.ItemDataRole.DisplayRole else None

    def retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
        if self._shown:
            last = self.index(len(self._shown) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _words(self, batch: Batch, column: Column) -> str:
        match column:
            case Column.TITLE:
                return batch.title
            case Column.CONNECTION:
                return batch.connection
            case Column.SERVICE:
                return self._controller.spec(batch).title
            case Column.FILES:
                return text.tally(self.counts(batch.id))
            case Column.SIZE:
                return text.size(wanted(self.counts(batch.id)))
            case Column.FINISHED:
                return text.moment(ended_at(batch))
            case Column.STATE:
                return batch_word(batch)

    def counts(self, batch_id: str) -> Counts:
        if batch_id not in self._counts:
            try:
                self._counts[batch_id] = self._controller.engine.counts(batch_id)
            except UsageError:  # removed a moment ago
                return _NOTHING
        return self._counts[batch_id]

    # -- keeping up ------------------------------------------------------------------------------

    def _follow(self) -> None:
        wanted_now = [batch for batch in self._roster.ended() if self._fits(batch)]
        if [b.id for b in wanted_now] == [b.id for b in self._shown]:
            self._shown = wanted_now
            self.retranslate()
        elif not self._one_more_or_less(wanted_now):
            self.beginResetModel()
            self._shown = wanted_now
            self.endResetModel()

    def _one_more_or_less(self, wanted_now: list[Batch]) -> bool:
        """The usual change keeps the selection and the place of the scroll bar."""
        before, after = self._shown, wanted_now
        if abs(len(before) - len(after)) != 1:
            return False
        longer, shorter = (before, after) if len(before) > len(after) else (after, before)
        row = next((i for i, batch in enumerate(shorter) if batch.id != longer[i].id), len(shorter))
        if [b.id for b in longer[row + 1 :]] != [b.id for b in shorter[row:]]:
            return False
        if longer is before:
            self.beginRemoveRows(QModelIndex(), row, row)
            self._shown = after
            self.endRemoveRows()
        else:
            self.beginInsertRows(QModelIndex(), row, row)
            self._shown = after
            self.endInsertRows()
        return True

    def _fits(self, batch: Batch) -> bool:
        if not self._search.strip():
            return True
        service = self._controller.spec(batch).title
        hay = f"{batch.title}\n{batch.connection}\n{service}".casefold()
        return all(word in hay for word in self._search.casefold().split())

    def _recount(self, batch_id: str) -> None:
        if self._counts.pop(batch_id, None) is None:
            return
        for row, batch in enumerate(self._shown):
            if batch.id == batch_id:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))


def _title(column: Column) -> str:
    return {
        Column.TITLE: t("Batch"),
        Column.CONNECTION: t("Connection"),
        Column.SERVICE: t("Service"),
        Column.FILES: t("Files"),
        Column.SIZE: t("Size"),
        Column.FINISHED: t("Finished"),
        Column.STATE: t("State"),
    }[column]
