"""Opens Postflight's SQLite database, brings it to the newest schema, and names what goes wrong."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from app.domain.errors import (
    DiskFull,
    Leg,
    LocalError,
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreTooNew,
)

Row = sqlite3.Row
_NUMBERED = re.compile(r"(\d{4})_\w+\.sql")


class Database:
    """One connection behind one lock, usable from any thread.

    A lock and not a thread of its own: a part's etag must be on disk before the thread that sent
    it goes on, and a statement takes well under a millisecond.
    """

    def __init__(self, path: Path) -> None:
        """Opens or makes the file. Raises StoreTooNew, StoreDamaged, StoreLocked, DiskFull."""
        self.path = path
        self._lock = threading.RLock()
        self._durable = False  # whether the next commit waits for the disk
        with translated(path):
            self._connection = sqlite3.connect(
                path, timeout=5.0, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        migrate(self._connection, self.path)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self, durable: bool = False) -> Generator[sqlite3.Connection]:
        """All or nothing; nested use joins the outer transaction.

        What is `durable` outlives a loss of power once this returns, with all that was committed
        before it. Without it a loss of power may take the last transactions, whole and in order;
        the end of the process alone takes nothing.
        """
        with self._lock, translated(self.path):
            if self._connection.in_transaction:
                if durable and not self._durable:
                    raise AssertionError("a durable transaction inside one that is not")
                yield self._connection
                return
            self._wait_for_disk(durable)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def _wait_for_disk(self, durable: bool) -> None:
        # SQLite ignores this inside a transaction. In WAL mode FULL means one sync a commit.
        if durable != self._durable:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        with self._lock, translated(self.path):
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        with self._lock, translated(self.path):
            return self._connection.execute(sql, values).fetchone()

    def run(self, sql: str, values: Sequence[Any] = (), durable: bool = False) -> int:
        """Runs one statement in its own transaction and answers how many rows it changed."""
        with self.transaction(durable) as connection:
            return connection.execute(sql, values).rowcount


def migrations() -> list[tuple[int, str]]:
    """Number and text of every migration, in order."""
    found: list[tuple[int, str]] = []
    for entry in resources.files("app.store.migrations").iterdir():
        if match := _NUMBERED.fullmatch(entry.name):
            found.append((int(match[1]), entry.read_text(encoding="utf-8")))
    return sorted(found)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Applies what is missing, each in one transaction; the old file is copied aside first."""
    present = int(connection.execute("PRAGMA user_version").fetchone()[0])
    steps = migrations()
    newest = steps[-1][0]
    if present > newest:
        raise StoreTooNew(
            "Postflight's database was written by a newer Postflight.",
            "Install the newer version again; nothing was changed.",
            leg=Leg.COMPUTER,
            details=f"schema {present}, this version knows {newest}",
        )
    missing = [step for step in steps if step[0] > present]
    if missing and present > 0:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy2(path, path.with_name(f"{path.name}.before-{missing[0][0]:04}"))
    for number, text in missing:
        connection.executescript(f"BEGIN;\n{text}\nPRAGMA user_version = {number};\nCOMMIT;")


@contextmanager
def translated(path: Path) -> Generator[None]:
    """sqlite3's errors about the file or the disk become ours; wrong SQL stays a bug."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        known = _known(error, path)
        if known is None:
            raise
        raise known from error


def _known(error: sqlite3.DatabaseError, path: Path) -> LocalError | None:
    name: str = getattr(error, "sqlite_errorname", "") or ""
    details = f"{name} {error}"
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return StoreDamaged(
            "Postflight's database is damaged.",
            f"Move {path.name} out of {path.parent} and start again, or put back a copy of it.",
            leg=Leg.COMPUTER,
            details=details,
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return DiskFull(
            "This computer's disk is full.",
            "Make room, then resume; everything sent so far is remembered.",
            leg=Leg.COMPUTER,
            details=details,
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreLocked(
            "Another Postflight is using the same folder.",
            "Close it, or give this one another folder with POSTFLIGHT_HOME.",
            leg=Leg.COMPUTER,
            details=details,
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return StoreError(
            f"Postflight may not write in {path.parent}.",
            "Give it a folder it may write in with POSTFLIGHT_HOME.",
            leg=Leg.COMPUTER,
            details=details,
        )
    return None
