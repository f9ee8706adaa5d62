"""Rows as Qt asks for them, and every way in which they come, go and move."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.domain.model import FileLine
from app.ui import text
from app.ui.files import words as file_words
from app.ui.files.rows import Column, Rows, spans
from app.ui.files.words import Around
from app.ui.language import t
from app.ui.look.labels import as_it_is

Index = QModelIndex | QPersistentModelIndex

_NONE: Final = QModelIndex()
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Data(IntEnum):
    """Roles beside Qt's. RAW is what the column is sorted by."""

    LINE = Qt.ItemDataRole.UserRole + 1
    ID = Qt.ItemDataRole.UserRole + 2
    RAW = Qt.ItemDataRole.UserRole + 3
    SHARE = Qt.ItemDataRole.UserRole + 4


class FileCells(QAbstractTableModel):
    """Holds the rows; `FileModel` decides about them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows = Rows()
        self._around = Around()

    # -- Qt's questions --------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NONE, /) -> int:
        return 0 if parent.isValid() else len(self._rows.shown)

    def columnCount(self, parent: Index = _NONE, /) -> int:
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole, /) -> Any:
        if not index.isValid() or index.row() >= len(self._rows.shown):
            return None
        line, column = self._rows.line(index.row()), Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(line, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._heard(line, column)
            case Qt.ItemDataRole.ToolTipRole:
                return as_it_is(self._tip(line, column) or "")
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case _:
                return self._raw(line, column, role)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole, /
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(Column(section))
        return title(Column(section)) if role == Qt.ItemDataRole.DisplayRole else None

    def _text(self, line: FileLine, column: Column) -> str:
        match column:
            case Column.NAME:
                return file_words.name_of(line)
            case Column.SIZE:
                return text.size(line.size)
            case Column.STATE:
                return file_words.word(line, self._around)
            case Column.SAYS:
                return file_words.says(line, self._around)
            case Column.TIME:
                return file_words.when(line)

    def _heard(self, line: FileLine, column: Column) -> str:
        # The first cell is where the keyboard is: it speaks for the row.
        if column is Column.NAME:
            return file_words.spoken(line, self._around)
        return self._text(line, column)

    def _tip(self, line: FileLine, column: Column) -> str | None:
        if column is Column.NAME:
            return file_words.printable(line.path)
        return self._text(line, column) or None

    def _raw(self, line: FileLine, column: Column, role: int) -> Any:
        if role == Data.LINE:
            return line
        if role == Data.ID:
            return line.id
        if role == Data.SHARE:
            return file_words.share(line, self._around)
        if role != Data.RAW:
            return None
        return (line.path, line.size, line.state, line.words, line.changed_at)[column]

    # -- how rows come, go and move --------------------------------------------------------------

    def append(self, lines: Sequence[FileLine]) -> None:
        """New files of the scan; those that fit are shown at the end."""
        fresh = self._rows.add(lines)
        if fresh:
            start = len(self._rows.shown)
            self.beginInsertRows(_NONE, start, start + len(fresh) - 1)
            self._rows.append(fresh)
            self.endInsertRows()

    def _take_out(self, gone: Sequence[tuple[int, int]]) -> None:
        for first, last in reversed(gone):
            self.beginRemoveRows(_NONE, first, last)
            self._rows.remove(first, last)
            self.endRemoveRows()

    def _put_in(self, come: Sequence[int]) -> None:
        for row, numbers in self._rows.seats(come):
            self.beginInsertRows(_NONE, row, row + len(numbers) - 1)
            self._rows.insert(row, numbers)
            self.endInsertRows()

    def _start_anew(self, numbers: list[int], ascends: bool) -> None:
        self.beginResetModel()
        self._rows.show(numbers, ascends)
        self.endResetModel()

    def _place(self, numbers: list[int]) -> None:
        """The same rows in another order."""
        rows = self._rows
        if numbers == rows.shown:
            rows.ascends = not rows.arranges
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [rows.shown[index.row()] for index in before]
        rows.show(numbers, not rows.arranges)
        after = [
            self.index(rows.row_of(number) or 0, index.column())
            for number, index in zip(kept, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _tell(self, rows: Sequence[int], first: Column) -> None:
        for top, bottom in spans(rows):
            self.dataChanged.emit(self.index(top, first), self.index(bottom, Column.TIME))

    def _tell_all(self, first: Column, last: Column) -> None:
        if self._rows.shown:
            bottom = len(self._rows.shown) - 1
            self.dataChanged.emit(self.index(0, first), self.index(bottom, last))


def title(column: Column) -> str:
    return {
        Column.NAME: t("Name"),
        Column.SIZE: t("Size"),
        Column.STATE: t("State"),
        Column.SAYS: t("Progress"),
        Column.TIME: t("Time"),
    }[column]


def _alignment(column: Column) -> Qt.AlignmentFlag:
    return _RIGHT if column in (Column.SIZE, Column.TIME) else _LEFT
