"""Reads the files table for lists: whole, in pieces, or single rows; changes nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Final

from app.domain.model import FileLine, FileStatus
from app.domain.states import FileState
from app.store.database import Database, Row
from app.store.rows import FILE_COLUMNS, FILE_SOURCE, status_of

PIECE: Final = 1000  # rows read at once: a few milliseconds, so that nobody waits for the lock

_LINE = "id, path, size, state, coalesce(fault_title, words) AS said, changed_at"


class FileLists:
    def __init__(self, database: Database) -> None:
        self._database = database

    def statuses(self, batch_id: str) -> Iterator[FileStatus]:
        """All of a batch in the order of the scan, read in pieces while it is iterated."""
        after = 0
        while rows := self._database.rows(
            f"SELECT {FILE_COLUMNS} FROM {FILE_SOURCE} WHERE file.batch = ? AND file.id > ?"
            " ORDER BY file.id LIMIT ?",
            (batch_id, after, PIECE),
        ):
            yield from (status_of(row) for row in rows)
            after = rows[-1]["id"]

    def status(self, file_id: int) -> FileStatus | None:
        """None when the file is no longer known."""
        row = self._database.row(
            f"SELECT {FILE_COLUMNS} FROM {FILE_SOURCE} WHERE file.id = ?", (file_id,)
        )
        return None if row is None else status_of(row)

    def lines_after(self, batch_id: str, after: int, most: int = PIECE) -> list[FileLine]:
        """The next rows of a batch behind the id `after`, 0 at the start."""
        return [
            _line(row)
            for row in self._database.rows(
                f"SELECT {_LINE} FROM file WHERE batch = ? AND id > ? ORDER BY id LIMIT ?",
                (batch_id, after, most),
            )
        ]

    def lines(self, ids: Collection[int]) -> list[FileLine]:
        return [
            _line(row)
            for row in self._database.rows(
                f"SELECT {_LINE} FROM file WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(sorted(ids)),),
            )
        ]


def _line(row: Row) -> FileLine:
    return FileLine(
        row["id"], row["path"], row["size"], FileState(row["state"]), row["said"], row["changed_at"]
    )
