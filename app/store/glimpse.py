"""One look into the database before anything is opened: which language the person chose."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from app.domain.preferences import Language
from app.store.store import FILE_NAME


def language_of(folder: Path) -> Language:
    """Changes nothing and fails in nothing: help is also given where the database is damaged,
    locked or not there yet."""
    file = folder / FILE_NAME
    if not file.is_file():
        return Language.SYSTEM
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0.2)) as opened:
            row = opened.execute("SELECT value FROM preference WHERE key = 'language'").fetchone()
        return Language(json.loads(row[0])) if row else Language.SYSTEM
    except (sqlite3.Error, ValueError, TypeError, OSError):
        return Language.SYSTEM
