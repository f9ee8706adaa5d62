"""The preferences table: one row for each that differs from what Postflight would choose."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

from pydantic import TypeAdapter, ValidationError

from app.domain.preferences import Preferences
from app.store.database import Database

_READ = TypeAdapter(Preferences)
_USUAL = Preferences()


class PreferenceTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> Preferences:
        """What cannot be read, or is from another version, counts as never set."""
        known: dict[str, object] = {}
        names = {item.name for item in fields(Preferences)}
        for row in self._database.rows("SELECT key, value FROM preference"):
            if row["key"] not in names:
                continue
            try:
                value = getattr(
                    _READ.validate_json(f'{{"{row["key"]}": {row["value"]}}}'), row["key"]
                )
            except ValidationError:
                continue
            known[row["key"]] = value
        return _READ.validate_python(known)

    def save(self, preferences: Preferences) -> None:
        usual = asdict(_USUAL)
        rows = [
            (key, json.dumps(value, ensure_ascii=False))
            for key, value in asdict(preferences).items()
            if value != usual[key]
        ]
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM preference")
            connection.executemany("INSERT INTO preference VALUES (?, ?)", rows)
