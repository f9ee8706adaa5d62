"""How a file's row gets from one state into another: what all of the table's writers share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.domain.ports import Clock
from app.domain.states import FileState, sources_of
from app.store.database import Database
from app.store.rows import FILE_COLUMNS, FILE_SOURCE

NO_FAULT: Final[Mapping[str, Any]] = {
    "fault_code": None,
    "fault_title": None,
    "fault_hint": None,
    "fault_details": None,
}
# What is known of stored bytes, forgotten when a file goes back to the start.
NO_RECEIPT: Final[Mapping[str, Any]] = {
    "grant_": None,
    "object_key": None,
    "etag": None,
    "remote_id": None,
    "asked": 0,
    "proof": None,
    "sized": 0,
    "reread_at": None,
}


class FileMoves:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def _one(self, file_id: int) -> Any:
        row = self._database.row(
            f"SELECT {FILE_COLUMNS} FROM {FILE_SOURCE} WHERE file.id = ?", (file_id,)
        )
        if row is None:
            raise AssertionError(f"no file {file_id}")
        return row

    def _ids(
        self,
        batch_id: str,
        states: Sequence[FileState],
        most: int = -1,
    ) -> list[int]:
        marks = ", ".join("?" * len(states))
        rows = self._database.rows(
            f"SELECT id FROM file WHERE batch = ? AND state IN ({marks}) LIMIT ?",
            (batch_id, *states, most),
        )
        return [row["id"] for row in rows]

    def _move(self, ids: Sequence[int], to: FileState, columns: Mapping[str, Any]) -> None:
        """The guarded statement of domain/states.py; fewer rows than asked is a bug."""
        sources = sorted(sources_of(to))
        sets = "".join(f", {name} = ?" for name in columns)
        marks = ", ".join("?" * len(sources))
        values = (to, self._clock.now(), *columns.values(), json.dumps(list(ids)), *sources)
        with self._database.transaction() as connection:
            changed = connection.execute(
                f"UPDATE file SET state = ?, changed_at = ?{sets}"
                f" WHERE id IN (SELECT value FROM json_each(?)) AND state IN ({marks})",
                values,
            ).rowcount
            if ids and changed != len(ids):
                raise AssertionError(
                    f"{len(ids) - changed} of {len(ids)} files may not become {to}"
                )
