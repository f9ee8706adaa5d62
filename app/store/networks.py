"""The network table: what was learned of networks and servers this computer was on."""

from __future__ import annotations

from typing import Final

from app.domain.ports import Clock
from app.store.database import Database

_KEPT: Final = 200  # networks: a laptop that travels would collect them for ever


class NetworkTable:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def at_once(self, name: str) -> tuple[int, int]:
        """Files and parts that got the most through there; 0 for what is not known."""
        row = self._database.row("SELECT files, parts FROM network WHERE name = ?", (name,))
        return (row["files"], row["parts"]) if row is not None else (0, 0)

    def learned(self, name: str, files: int, parts: int) -> None:
        """0 leaves what was known."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO network VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                " files = coalesce(nullif(excluded.files, 0), files),"
                " parts = coalesce(nullif(excluded.parts, 0), parts),"
                " learned_at = excluded.learned_at",
                (name, files, parts, self._clock.now()),
            )
            connection.execute(
                "DELETE FROM network WHERE name NOT IN"
                " (SELECT name FROM network ORDER BY learned_at DESC LIMIT ?)",
                (_KEPT,),
            )
