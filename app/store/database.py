"""Opens Postflight's SQLite database, brings it to the newest schema, and names what goes wrong."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager, suppress
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
from app.domain.os_errors import translate_os_error

Row = sqlite3.Row
_LITTLE = 1024 * 1024  # bytes: a disk with less is called full
_RESERVE = 256 * 1024  # bytes: the end of a batch writes a few pages
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
                self._connection.commit()
            except BaseException:
                # A commit fails on a full disk too; left open, all later ones would join it.
                self._connection.rollback()
                raise

    def copy_to(self, target: Path) -> None:
        """A whole copy as of now, in place of `target`. Raises DiskFull, StoreDamaged.

        Through a connection of its own: nobody waits for one who reads beside the log.
        """
        with translated(self.path), closing(sqlite3.connect(self.path, timeout=5.0)) as reader:
            copied(reader, target)

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
        copied(connection, path.with_name(f"{path.name}.before-{missing[0][0]:04}"))
    for number, text in missing:
        connection.executescript(f"BEGIN;\n{text}\nPRAGMA user_version = {number};\nCOMMIT;")


def copied(connection: sqlite3.Connection, target: Path) -> None:
    """SQLite's own way: the file alone may lack what its write-ahead log holds.

    Whole or not at all, and only when the copy itself is sound.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        copy = sqlite3.connect(part, isolation_level=None)
        try:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, to be read from anywhere
            (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            copy.close()
        if verdict != "ok":
            raise _damaged(target, str(verdict))
        part.replace(target)
    except OSError as error:
        raise translate_os_error(error, target) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def translated(path: Path) -> Generator[None]:
    """sqlite3's errors about the file or the disk become ours; wrong SQL stays a bug."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        known = _known(error, path)
        if known is None:
            raise
        if isinstance(known, StoreDamaged):
            _suspect(path)
        if isinstance(known, DiskFull):
            _give_room(path)
        raise known from error


def suspicion_of(path: Path) -> Path:
    """The mark that damage was met while the database was in use: the next start looks closely."""
    return path.with_name(f"{path.name}.suspect")


def reserve_of(path: Path) -> Path:
    """Room that is given back when the disk is full, so that the pause itself can be written."""
    return path.with_name(f"{path.name}.reserve")


def hold_room(path: Path) -> None:
    """Takes the room of `reserve_of`, anew after it was given back."""
    try:
        if not reserve_of(path).exists():
            reserve_of(path).write_bytes(bytes(_RESERVE))
    except OSError:
        _give_room(path)  # too full for it already


def _give_room(path: Path) -> None:
    with suppress(OSError):
        reserve_of(path).unlink(missing_ok=True)


def _suspect(path: Path) -> None:
    with suppress(OSError):  # a disk that takes nothing at all; the error itself is on its way
        suspicion_of(path).touch()


def damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file's content is to blame, and not the disk, the rights or our SQL."""
    name: str = getattr(error, "sqlite_errorname", "") or ""
    return name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or "decode to UTF-8" in str(error)


def _damaged(path: Path, details: str) -> StoreDamaged:
    return StoreDamaged(
        "Postflight's database is damaged.",
        "Open the window or resume a batch: Postflight then rebuilds what can be read.",
        leg=Leg.COMPUTER,
        details=f"{path.name}: {details}",
    )


def _full(path: Path, name: str) -> bool:
    """SQLite names a full disk only where a write was refused; elsewhere it is an I/O error."""
    if name == "SQLITE_FULL":
        return True
    try:
        return name.startswith("SQLITE_IOERR") and shutil.disk_usage(path.parent).free < _LITTLE
    except OSError:
        return False


def _known(error: sqlite3.DatabaseError, path: Path) -> LocalError | None:
    name: str = getattr(error, "sqlite_errorname", "") or ""
    details = f"{name} {error}"
    if damage(error):
        return _damaged(path, details)
    if _full(path, name):
        return DiskFull(
            "This computer's disk is full.",
            "Make room, then resume; everything sent so far is remembered.",
            leg=Leg.COMPUTER,
            details=details,
        )
    if name.startswith("SQLITE_IOERR"):
        return StoreError(
            "This computer's disk does not read or write Postflight's records.",
            "Check the disk, or give Postflight a folder on another one with POSTFLIGHT_HOME.",
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
