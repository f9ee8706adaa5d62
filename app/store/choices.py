"""What a person decides about files: to try them again, to leave them out."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from app.domain.states import MOVING, NEEDS_PERSON, FileState
from app.store.moves import NO_FAULT, NO_RECEIPT, FileMoves


class FileChoices(FileMoves):
    def retry(self, batch_id: str, ids: Collection[int] | None = None) -> list[int]:
        """Failed and missing files wait again, all or these; what is stored well is only
        registered again. Which."""
        wanted = None if ids is None else set(ids)
        rows = [
            row
            for row in self._database.rows(
                "SELECT id, etag, md5 FROM file WHERE batch = ? AND state IN (?, ?)",
                (batch_id, *sorted(NEEDS_PERSON)),
            )
            if wanted is None or row["id"] in wanted
        ]
        stored = [row["id"] for row in rows if row["etag"] and _may_be_ours(row)]
        rest = sorted({row["id"] for row in rows} - set(stored))
        with self._database.transaction():
            self._move(stored, FileState.SENT, NO_FAULT)
            self._move(rest, FileState.QUEUED, {**NO_FAULT, **NO_RECEIPT})
        return [row["id"] for row in rows]

    def drop_open(self, batch_id: str, most: int = -1) -> list[int]:
        """A cancelled batch: what is not delivered is dropped, so many at once. Ids of those."""
        states = (FileState.QUEUED, *MOVING, FileState.SENT, *NEEDS_PERSON)
        with self._database.transaction():
            ids = self._ids(batch_id, states, most=most)
            self._move(ids, FileState.DROPPED, {})
        return ids

    def drop_failed(self, batch_id: str) -> list[int]:
        """The person goes on without what could not be sent. Which."""
        ids = self._ids(batch_id, tuple(NEEDS_PERSON))
        self._move(ids, FileState.DROPPED, {})
        return ids

    def drop(self, batch_id: str, ids: Collection[int]) -> list[int]:
        """The person leaves these out; those already on their way or settled stay. Which."""
        states = (FileState.QUEUED, *NEEDS_PERSON)
        marks = ", ".join("?" * len(states))
        with self._database.transaction():
            rows = self._database.rows(
                f"SELECT id FROM file WHERE id IN (SELECT value FROM json_each(?))"
                f" AND batch = ? AND state IN ({marks})",
                (json.dumps(sorted(ids)), batch_id, *states),
            )
            dropped = [row["id"] for row in rows]
            self._move(dropped, FileState.DROPPED, {})
        return dropped


def _may_be_ours(row: Any) -> bool:
    """An etag that is an MD5 of other bytes than ours is a reason to send the file again."""
    etag = row["etag"].lower()
    return len(etag) != 32 or etag == row["md5"] or not set(etag) <= set("0123456789abcdef")
