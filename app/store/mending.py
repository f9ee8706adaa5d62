"""Looks at the database at each start; a damaged one is put aside and rebuilt."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.domain.errors import Fault, Leg, StoreError
from app.domain.os_errors import translate_os_error
from app.domain.ports import Clock
from app.store.copies import sound_copies
from app.store.database import damage, migrations, suspicion_of, translated
from app.store.rebuilding import Rebuilding, apply_schema, schema, sensible
from app.store.salvage import UNREADABLE, Salvage, with_schema_of, working_copy

_log = logging.getLogger(__name__)
_BELIEVED: Final = 9_999  # migrations have four digits; a higher version is damage
# Bytes that are read at every start, in about 80 ms. A larger file that was closed well is only
# opened; what is wrong inside leaves its mark when it is met, and the next start looks closely.
_SOON_READ: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Work:
    """Where things lie while a database is rebuilt; all beside it."""

    path: Path

    def beside(self, ending: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{ending}")

    @property
    def reading(self) -> Path:  # a copy of the damaged file, which may be patched
        return self.beside("reading")

    @property
    def building(self) -> Path:
        return self.beside("building")

    @property
    def rebuilt(self) -> Path:  # whole: only to be put in place
        return self.beside("rebuilt")


def mend(path: Path, clock: Clock) -> Fault | None:
    """Call with the folder's lock, before anybody opens the database. What was done, in a sentence.

    Raises DiskFull and StoreError; then the damaged file is where it was.
    """
    work = _Work(path)
    try:
        if work.rebuilt.exists():  # the last start was cut off just before its end
            _put_in_place(work)
        why = _damage(path)
        if why is None:
            return None
        _log.warning("the database is damaged: %s", why)
        aside = _put_aside(path, clock)
        with translated(path):
            said = _rebuilt(work, clock, aside)
        _put_in_place(work)
        suspicion_of(path).unlink(missing_ok=True)
    except OSError as error:
        if not isinstance(error, PermissionError):
            raise translate_os_error(error, path) from error
        raise StoreError(
            "Postflight's database is damaged, and another program keeps it open.",
            "Close every other Postflight and start again.",
            leg=Leg.COMPUTER,
            details=str(error),
        ) from error
    finally:
        _clean_up(work)
    _log.warning("%s %s", said.title, said.hint)
    return said


# -- looking -------------------------------------------------------------------------------------


def _damage(path: Path) -> str | None:
    """What is wrong with the file, None when nothing is."""
    if not path.exists():
        return None
    if not path.stat().st_size:
        # SQLite takes an empty file for a new one; with a copy beside it, it was none.
        return "empty" if any(sound_copies(path)) else None
    closely = suspicion_of(path).exists()
    if not closely and path.stat().st_size > _SOON_READ and _ended_well(path):
        return None
    try:
        with translated(path), closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return _wrong(connection, closely)
    except StoreError as error:
        if isinstance(error.__cause__, sqlite3.DatabaseError) and damage(error.__cause__):
            return error.details
        raise
    except UNREADABLE as error:  # the questions are right, so the file is not
        return str(error)


def _ended_well(path: Path) -> bool:
    """Whether the last program closed it: SQLite then took its log away."""
    return not any(log.exists() and log.stat().st_size for log in _logs(path))


def _wrong(connection: sqlite3.Connection, closely: bool) -> str | None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    check = "integrity_check" if closely else "quick_check"
    connection.text_factory = bytes  # the verdict may quote garbage
    (verdict,) = connection.execute(f"PRAGMA {check}(1)").fetchone()
    connection.text_factory = str
    if verdict != b"ok":
        return verdict.decode("utf-8", "replace")
    if migrations()[-1][0] < version <= _BELIEVED:
        return None  # a newer Postflight's: said by whoever opens it
    if not 0 <= version <= _BELIEVED:
        return f"user_version={version}"
    with closing(schema(version)) as expected:
        if _shape(connection) != _shape(expected):
            return "wrong-tables"
    return "wrong-rows" if closely and version and not sensible(connection) else None


def _shape(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    rows = connection.execute(
        "SELECT s.type, s.name, s.tbl_name, coalesce(t.name, '') FROM sqlite_schema AS s"
        " LEFT JOIN pragma_table_info(s.name) AS t WHERE s.name NOT LIKE 'sqlite_%'"
    )
    return {tuple(map(str, row)) for row in rows}


# -- rebuilding ----------------------------------------------------------------------------------


def _put_aside(path: Path, clock: Clock) -> Path:
    """A copy: the original stays until a new one takes its place."""
    day = datetime.fromtimestamp(clock.now(), UTC).strftime("%Y-%m-%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{day}")
    working_copy(path, aside)
    return aside


def _rebuilt(work: _Work, clock: Clock, aside: Path) -> Fault:
    copies = list(sound_copies(work.path))
    with ExitStack() as closing_all:
        build, gaps, read = _read(work, copies, closing_all)
        if gaps and copies:
            build.fill_from(copies[0], gaps)
        build.finish(gaps, clock.now())
        said = _sentence(build, aside, read, bool(copies))
    with work.building.open("rb+") as file:
        os.fsync(file.fileno())
    work.building.replace(work.rebuilt)
    return said


def _read(
    work: _Work, copies: list[Path], closing_all: ExitStack
) -> tuple[Rebuilding, frozenset[str], bool]:
    """The first way of reading that finds anything, what it missed, and whether there was one."""
    for source, version in _readings(work, copies):
        build = _begun(work, version, closing_all)
        with closing(source):
            gaps = build.take(source)
        if build.count("batch") or build.count("connection"):
            return build, gaps, True
        build.close()
    build = _begun(work, _version_of(copies[0]) if copies else _newest(), closing_all)
    return build, frozenset(build.tables), False


def _begun(work: _Work, version: int, closing_all: ExitStack) -> Rebuilding:
    for leftover in (work.building, *_logs(work.building)):
        leftover.unlink(missing_ok=True)
    build = Rebuilding(work.building, version)
    closing_all.callback(build.close)
    return build


def _readings(work: _Work, copies: list[Path]) -> Iterator[tuple[Salvage, int]]:
    """Ways to read the damaged file: as it is, then with the tables' places from elsewhere."""
    working_copy(work.path, work.reading)
    yield Salvage(work.reading), _version_of(work.reading) or _newest()
    for copy in copies:
        working_copy(work.path, work.reading)
        with_schema_of(copy, work.reading)
        yield Salvage(work.reading), _version_of(copy)
    pristine = work.beside("pristine")
    try:
        with closing(sqlite3.connect(pristine, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            apply_schema(connection, _newest())
        working_copy(work.path, work.reading)
        with_schema_of(pristine, work.reading)
    finally:
        pristine.unlink(missing_ok=True)
    yield Salvage(work.reading), _newest()


def _version_of(path: Path) -> int:
    """0 when it does not say, or nonsense."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except UNREADABLE:
        return 0
    return version if 0 < version <= _newest() else 0


def _newest() -> int:
    return migrations()[-1][0]


def _sentence(build: Rebuilding, aside: Path, read: bool, copied: bool) -> Fault:
    kept, batches = build.count("connection"), build.count("batch")
    hint = f"The damaged file stays beside it as {aside.name}."
    if read:
        title = (
            "Postflight's database was damaged and has been rebuilt"
            f" (connections: {kept}, batches: {batches})."
        )
    elif copied:
        title = (
            "Postflight's database was damaged and its last copy took its place"
            f" (connections: {kept}, batches: {batches})."
        )
    else:
        title = "Postflight's database was damaged beyond repair and begins anew, empty."
        hint = f"The damaged file stays beside it as {aside.name}. Add your connections again."
    return Fault("store-rebuilt", title, hint)


def _put_in_place(work: _Work) -> None:
    """The log of the old file must go first: SQLite would play it into the new one."""
    for leftover in _logs(work.path):
        leftover.unlink(missing_ok=True)
    work.rebuilt.replace(work.path)


def _logs(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal"))


def _clean_up(work: _Work) -> None:
    for path in (work.reading, work.building):
        for leftover in (path, *_logs(path)):
            try:
                leftover.unlink(missing_ok=True)
            except OSError:
                _log.info("%s stays", leftover.name)
