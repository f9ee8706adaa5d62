"""Reads what can be read of a damaged database: row by row, around the pages that cannot."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

_MOST_FAILURES: Final = 2_000  # one after the other, in one table
_PATIENCE: Final = 60.0  # seconds for one table; a page may lead back to itself
_STEPS: Final = 100_000  # of SQLite's machine between two looks at the clock
# SQLite's words about garbage may quote it.
UNREADABLE: Final = (sqlite3.DatabaseError, UnicodeDecodeError)
_HIGHEST: Final = 2**63 - 1
_HEADER, _INNER = 100, 5  # of SQLite's file format: where the first page begins; not a leaf


class Salvage:
    """One damaged file, of which the caller has made a copy. `lost` names tables with gaps."""

    def __init__(self, path: Path) -> None:
        self.lost: set[str] = set()
        self._until = _HIGHEST * 1.0
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.set_progress_handler(lambda: time.monotonic() > self._until, _STEPS)

    def close(self) -> None:
        self._connection.close()

    def columns(self, table: str) -> list[str]:
        """As the damaged file tells them; none when it does not."""
        try:
            rows = self._connection.execute(f"PRAGMA table_info({table})").fetchall()
            return [str(row[1]) for row in rows]
        except UNREADABLE:
            return []

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Each row once. Never through an index: those may be what is damaged."""
        self._until = time.monotonic() + _PATIENCE
        names = ", ".join(columns)
        if self._has_rowid(table):
            yield from self._by_number(table, names)
        else:
            yield from self._from_both_ends(table, names)

    def _has_rowid(self, table: str) -> bool:
        try:
            self._connection.execute(f"SELECT rowid FROM {table} LIMIT 0")
        except UNREADABLE as error:
            return "no such column" not in str(error)
        return True

    def _by_number(self, table: str, names: str) -> Iterator[tuple[Any, ...]]:
        """Where a stretch cannot be read, its halves are tried, down to the single row."""
        query = f"SELECT rowid, {names} FROM {table} NOT INDEXED WHERE rowid BETWEEN ? AND ?"
        single = f"SELECT rowid, {names} FROM {table} NOT INDEXED WHERE rowid = ?"
        stretches, failures = [(0, _HIGHEST)], 0
        while stretches and failures < _MOST_FAILURES and time.monotonic() < self._until:
            low, high = stretches.pop()
            last = low - 1
            try:
                # One row is asked for by its number: to look past it may be what fails.
                asked = (
                    (single, (low,)) if low == high else (f"{query} ORDER BY rowid", (low, high))
                )
                for row in self._connection.execute(*asked):
                    if not last < row[0] <= high:  # pages that lead back to themselves
                        raise sqlite3.DatabaseError
                    last, failures = row[0], 0
                    yield row[1:]
            except UNREADABLE:
                failures += 1
                if low == high:
                    self.lost.add(table)
                elif (low := last + 1) <= high:
                    middle = low + (high - low) // 2
                    stretches += [(middle + 1, high)] * (middle < high) + [(low, middle)]
        if stretches:
            self.lost.add(table)
            yield from self._backwards(table, names, stretches[-1][0])

    def _backwards(self, table: str, names: str, after: int) -> Iterator[tuple[Any, ...]]:
        """From the end to the first damage, where from the beginning there is too much of it."""
        query = f"SELECT {names} FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid DESC"
        yield from self._until_damage(table, query, (after,))

    def _from_both_ends(self, table: str, names: str) -> Iterator[tuple[Any, ...]]:
        """Without numbers there are no stretches: up to the first damage from either side."""
        seen: set[tuple[Any, ...]] = set()
        for order in ("", " DESC"):
            ordered = ", ".join(f"{key}{order}" for key in self._key_of(table))
            for row in self._until_damage(table, f"SELECT {names} FROM {table} ORDER BY {ordered}"):
                if row not in seen:
                    seen.add(row)
                    yield row
            if table not in self.lost:
                return

    def _until_damage(
        self, table: str, query: str, values: Sequence[int] = ()
    ) -> Iterator[tuple[Any, ...]]:
        count = 0
        try:
            for row in self._connection.execute(query, values):
                count += 1
                yield row
        except UNREADABLE:
            self.lost.add(table)
            # Python reads one row ahead, and keeps a good one to itself when that fails.
            try:
                yield from self._connection.execute(f"{query} LIMIT 1 OFFSET {count}", values)
            except UNREADABLE:
                return

    def _key_of(self, table: str) -> list[str]:
        rows = self._connection.execute(f"PRAGMA table_info({table})").fetchall()
        return [str(row[1]) for row in sorted(rows, key=lambda row: row[5]) if row[5]]


def with_schema_of(donor: Path, damaged: Path) -> None:
    """Gives `damaged` the pages of the donor that say which table begins where.

    A copy of the database has them at the same places, and so has an empty one as long as no
    migration found rows. Wrong ones do no harm: what they lead to fits no table.
    """
    given = donor.read_bytes()
    size = int.from_bytes(given[16:18], "big") or 4096
    size = 65536 if size == 1 else size
    pages = -(-damaged.stat().st_size // size)
    first = bytearray(given[:size])
    first[28:32] = pages.to_bytes(4, "big")
    first[32:40] = bytes(8)  # no page is free: none is written
    with damaged.open("r+b") as file:
        for number in _schema_pages(given, size):
            file.seek((number - 1) * size)
            file.write(given[(number - 1) * size : number * size])
        file.seek(0)
        file.write(first)
        file.seek(0, 2)
        file.write(bytes(-file.tell() % size))


def _schema_pages(content: bytes, size: int) -> Iterator[int]:
    """The leaves below the first page, where the schema does not fit on that."""
    if content[_HEADER] != _INNER:
        return
    count = int.from_bytes(content[_HEADER + 3 : _HEADER + 5], "big")
    for place in range(_HEADER + 12, _HEADER + 12 + 2 * count, 2):
        cell = int.from_bytes(content[place : place + 2], "big")
        yield int.from_bytes(content[cell : cell + 4], "big")
    yield int.from_bytes(content[_HEADER + 8 : _HEADER + 12], "big")


def working_copy(path: Path, to: Path) -> None:
    """The file with its write-ahead log, as they lie on the disk."""
    for ending in ("", "-wal"):
        source = path.with_name(path.name + ending)
        target = to.with_name(to.name + ending)
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)
