"""The grants table: what services handed out, without its keys."""

from __future__ import annotations

from dataclasses import replace

from app.domain.placement import Grant
from app.store.database import Database
from app.store.rows import grant_of, storage_text


class GrantTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, grant: Grant) -> Grant:
        """Stores it and answers it with its id; keys stay with the caller."""
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO grant_ (batch, lane, group_, prefix, memo, storage, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    grant.batch,
                    grant.lane,
                    grant.group,
                    grant.prefix,
                    grant.memo,
                    storage_text(grant.storage),
                    grant.expires_at,
                ),
            )
        return replace(grant, id=cursor.lastrowid or 0)

    def get(self, grant_id: int) -> Grant:
        row = self._database.row("SELECT * FROM grant_ WHERE id = ?", (grant_id,))
        if row is None:
            raise AssertionError(f"no grant {grant_id}")
        return grant_of(row)

    def of_batch(self, batch_id: str) -> list[Grant]:
        """Oldest first."""
        rows = self._database.rows("SELECT * FROM grant_ WHERE batch = ? ORDER BY id", (batch_id,))
        return [grant_of(row) for row in rows]

    def newest(self, batch_id: str, lane: str) -> Grant | None:
        row = self._database.row(
            "SELECT * FROM grant_ WHERE batch = ? AND lane = ? ORDER BY id DESC LIMIT 1",
            (batch_id, lane),
        )
        return None if row is None else grant_of(row)
