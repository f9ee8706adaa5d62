"""The preferences table: one row for each that differs from what Postflight would choose."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any, Final

from app.domain.preferences import Hours, Preferences
from app.store.database import Database

_USUAL: Final = Preferences()


class PreferenceTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> Preferences:
        """What cannot be read, or is from another version, counts as never set."""
        known: dict[str, Any] = {}
        names = {item.name for item in fields(Preferences)}
        for row in self._database.rows("SELECT key, value FROM preference"):
            if row["key"] not in names:
                continue
            try:
                known[row["key"]] = _read(getattr(_USUAL, row["key"]), str(row["value"]))
            except ValueError:
                continue
        return Preferences(**known)

    def save(self, preferences: Preferences, since: Preferences | None = None) -> None:
        """With `since`, only what differs from it: the rest may have been set elsewhere by now,
        in the window while a command runs, or the other way round."""
        usual, before = asdict(_USUAL), asdict(since) if since else {}
        changed = {
            key: value
            for key, value in asdict(preferences).items()
            if since is None or value != before[key]
        }
        rows = [
            (key, json.dumps(value, ensure_ascii=False))
            for key, value in changed.items()
            if value != usual[key]
        ]
        with self._database.transaction() as connection:
            if since is None:
                connection.execute("DELETE FROM preference")
            else:
                names = [(key,) for key in changed]
                connection.executemany("DELETE FROM preference WHERE key = ?", names)
            connection.executemany("INSERT INTO preference VALUES (?, ?)", rows)


# By hand: for pydantic to learn the type takes longer than all else that is read at the start.
def _read(usual: object, text: str) -> object:
    """Of the same kind as `usual`; ValueError when it is not."""
    value: Any = json.loads(text)
    if isinstance(usual, StrEnum):
        return type(usual)(value)
    if usual is None:  # the hours, the only one that may be absent
        return _hours(value)
    if type(value) is not type(usual):  # not isinstance: to Python a bool is an int
        raise ValueError(text)
    return value


def _hours(value: Any) -> Hours | None:
    match value:
        case {"start": int(start), "end": int(end)}:
            return Hours(start, end)
        case None:
            return None
        case _:
            raise ValueError(value)
