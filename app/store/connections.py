"""The connections table."""

from __future__ import annotations

from app.domain.errors import UsageError
from app.domain.model import Connection
from app.domain.ports import Clock
from app.store.database import Database
from app.store.rows import connection_of, options_text


class ConnectionTable:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> list[Connection]:
        rows = self._database.rows("SELECT * FROM connection ORDER BY created_at, name")
        return [connection_of(row) for row in rows]

    def get(self, name: str) -> Connection:
        """Names match without regard to case; UsageError lists what there is."""
        row = self._database.row("SELECT * FROM connection WHERE name = ?", (name,))
        if row is None:
            known = ", ".join(connection.name for connection in self.all())
            raise UsageError(
                f"There is no connection named {name}.",
                f"There is: {known}." if known else "Add one with: postflight connection add",
            )
        return connection_of(row)

    def save(self, connection: Connection) -> None:
        """Adds it or replaces the one of the same name."""
        self._database.run(
            "INSERT INTO connection (name, service, url, options, created_at)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " service = excluded.service, url = excluded.url, options = excluded.options",
            (
                connection.name,
                connection.service,
                connection.url,
                options_text(connection.options),
                self._clock.now(),
            ),
        )

    def remove(self, name: str) -> None:
        self._database.run("DELETE FROM connection WHERE name = ?", (name,))
