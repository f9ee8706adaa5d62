"""Reads the files table for lists: whole, in pieces, or single rows; changes nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from app.domain.model import MEDIA, FileLine, FileStatus, FoundAt
from app.domain.states import NEEDS_PERSON, BatchState, FileState
from app.store.database import Database, Row
from app.store.rows import FILE_COLUMNS, FILE_SOURCE, found_of, status_of

PIECE: Final = 500  # rows read at once: a few milliseconds, so that nobody waits for the lock

_LINE = "id, path, size, state, coalesce(fault_title, words) AS said, changed_at"


class FileLists:
    def __init__(self, database: Database) -> None:
        self._database = database

    def statuses(self, batch_id: str) -> Iterator[FileStatus]:
        """All of a batch in the order of the scan, read in pieces while it is iterated."""
        rows = self._rows(f"{FILE_COLUMNS} FROM {FILE_SOURCE} WHERE file.batch = ?", batch_id)
        return (status_of(row) for row in rows)

    def foremost(self, batch_id: str, most: int) -> list[FileStatus]:
        """At most so many of a batch: all in the order of the scan, or where there are more, first
        those that need the person."""
        query = f"SELECT {FILE_COLUMNS} FROM {FILE_SOURCE} WHERE file.batch = ? AND state"
        needy, order = tuple(sorted(NEEDS_PERSON)), "IN (?, ?) ORDER BY file.id LIMIT ?"
        rows = self._database.rows(f"{query} {order}", (batch_id, *needy, most))
        rows += self._database.rows(f"{query} NOT {order}", (batch_id, *needy, most - len(rows)))
        if len(rows) < most:
            rows.sort(key=lambda row: row["id"])
        return [status_of(row) for row in rows]

    def names(self, batch_id: str) -> dict[str, str]:
        """Path to name of every file that has a row."""
        rows = self._rows("id, path, name FROM file WHERE batch = ?", batch_id)
        return {row["path"]: row["name"] for row in rows}

    def found(self, batch_id: str) -> Iterator[FoundAt]:
        """Where each file is, in the order of the scan; without folders that nobody could read."""
        rows = self._rows(
            "file.id, relative, size, modified_ns, root.path AS root_path"
            f" FROM {FILE_SOURCE} WHERE file.batch = ? AND modified_ns <> 0",
            batch_id,
        )
        return (found_of(row) for row in rows)

    def unregistered(self, batch_id: str) -> dict[str, int]:
        """MD5 and id of everything stored and not yet acknowledged."""
        rows = self._rows(
            "id, md5 FROM file WHERE batch = ? AND state = ?", batch_id, FileState.SENT
        )
        return {row["md5"]: row["id"] for row in rows}

    def delivered_names(self, batch_id: str) -> Mapping[str, frozenset[str]]:
        """The media that the service has acknowledged, by remote group."""
        rows = self._rows(
            "file.id, group_, name FROM file JOIN grant_ ON grant_.id = file.grant_"
            " WHERE file.batch = ? AND state = ? AND file.lane = ?",
            batch_id,
            FileState.CONFIRMED,
            MEDIA,
        )
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row["group_"], set()).add(row["name"])
        return {group: frozenset(names) for group, names in found.items()}

    def without_position(self, batch_id: str) -> int:
        """How many photos say nothing of where they were taken."""
        # A column and no condition: a piece must end after so many rows, not so many finds.
        rows = self._rows(
            "id, capture IS NOT NULL AND json_extract(capture, '$.taken') IS NOT NULL"
            " AND json_extract(capture, '$.position') IS NULL AS lost FROM file WHERE batch = ?",
            batch_id,
        )
        return sum(row["lost"] for row in rows)

    def delivered_with_size(self, size: int) -> list[tuple[str, str]]:
        """MD5 and SHA-256 of every file of so many bytes that some service holds for certain."""
        rows = self._database.rows(
            "SELECT DISTINCT md5, coalesce(sha256, '') AS sha256 FROM file"
            " JOIN batch ON batch.id = file.batch WHERE file.size = ? AND file.state = ?"
            " AND proof IS NOT NULL AND batch.state = ? AND deleted_at IS NULL",
            (size, FileState.CONFIRMED, BatchState.DELIVERED),
        )
        return [(row["md5"], row["sha256"]) for row in rows]

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

    def _rows(self, query: str, *values: Any) -> Iterator[Row]:
        """In the order of the scan; between two pieces others get at the database."""
        after = 0
        while True:
            rows = self._database.rows(
                f"SELECT {query} AND file.id > ? ORDER BY file.id LIMIT ?", (*values, after, PIECE)
            )
            yield from rows
            if len(rows) < PIECE:
                return
            after = rows[-1]["id"]

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
