"""Copies of the database for the day when it is damaged: the two newest are kept beside it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from app.domain.errors import PostflightError
from app.store.database import Database

_DAY: Final = 24 * 3600.0  # seconds
_log = logging.getLogger(__name__)


def copies_of(path: Path) -> tuple[Path, Path]:
    """Where the newer and the older copy lie, whether or not they are there."""
    return path.with_name(f"{path.name}.copy"), path.with_name(f"{path.name}.copy-before")


def keep_copy(database: Database) -> bool:
    """A new copy; the last one becomes the older one. Whether it is there now.

    Never raises: nothing that is being done depends on it.
    """
    newer, older = copies_of(database.path)
    fresh = newer.with_name(f"{newer.name}-new")
    try:
        database.copy_to(fresh)
        if newer.exists():
            newer.replace(older)
        fresh.replace(newer)
    except (PostflightError, OSError) as error:
        _log.warning("no copy of the database: %s", error)
        return False
    return True


def copy_is_old(path: Path, now: float) -> bool:
    """Whether the last copy is of another day; a clock that was set back makes it old too."""
    try:
        return not 0 <= now - copies_of(path)[0].stat().st_mtime < _DAY
    except OSError:
        return True


def sound_copies(path: Path) -> Iterator[Path]:
    """Those that can be read whole, newest first."""
    for copy in copies_of(path):
        try:
            uri = f"{copy.absolute().as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                if connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                    yield copy
        except sqlite3.DatabaseError:
            continue
