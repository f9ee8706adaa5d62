"""Makes a sound database out of what was read of a damaged one and of its last copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from app.domain.states import ENDED
from app.store.database import migrations
from app.store.rows import (
    FILE_COLUMNS,
    FILE_SOURCE,
    batch_of,
    connection_of,
    grant_of,
    prepared_of,
    status_of,
)
from app.store.salvage import Salvage

# Kept by triggers: filled by itself while the files come in.
_DERIVED: Final = frozenset({"tally"})
# Rows that a batch cannot go on without are looked for on the card again.
_OF_A_SCAN: Final = ("batch", "root", "grant_", "file")
_SAY_LOST: Final = (
    "Postflight's database was damaged; what was lost of this batch is looked for again."
)
# Structure may be sound and the content nonsense: whoever reads it later would stumble.
_READERS: Final[Mapping[str, tuple[str, Callable[[sqlite3.Row], object]]]] = {
    "connection": ("SELECT *, rowid AS place_ FROM connection", connection_of),
    "batch": ("SELECT *, rowid AS place_ FROM batch", lambda row: batch_of(row, ())),
    "grant_": ("SELECT *, id AS place_ FROM grant_", grant_of),
    "file": (
        f"SELECT {FILE_COLUMNS}, file.id AS place_ FROM {FILE_SOURCE}",
        lambda row: (status_of(row), prepared_of(row)),
    ),
}


def schema(version: int) -> sqlite3.Connection:
    """An empty database in memory, as it was in this version."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    apply_schema(made, version)
    return made


def apply_schema(connection: sqlite3.Connection, version: int) -> None:
    for number, text in migrations():
        if number <= version:
            connection.executescript(f"BEGIN;\n{text}\nPRAGMA user_version = {number};\nCOMMIT;")


def tables(connection: sqlite3.Connection) -> list[str]:
    """In the order in which they were made: those that others lean on come first."""
    rows = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY rowid"
    )
    return [str(row[0]) for row in rows]


class Rebuilding:
    """Fills an empty database of `version` at `path`; `close` it before anybody else opens it."""

    def __init__(self, path: Path, version: int) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        apply_schema(self._connection, version)
        self._connection.execute("PRAGMA foreign_keys = OFF")
        self._connection.execute("BEGIN")
        self.tables = [name for name in tables(self._connection) if name not in _DERIVED]

    def close(self) -> None:
        self._connection.close()

    def count(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def take(self, source: Salvage) -> frozenset[str]:
        """All that can be read and fits. The tables of which something is missing."""
        lost: set[str] = set()
        for table in self.tables:
            told = source.columns(table)
            known = [name for name in self._columns(table) if name in told]
            if not known or not self._insert(table, known, source.rows(table, known)):
                lost.add(table)
        return frozenset(lost | source.lost)

    def fill_from(self, copy: Path, gaps: Iterable[str]) -> None:
        """What is missing as it was when the copy was made."""
        with closing(Salvage(copy)) as source:
            for table in self.tables:
                if table in gaps and (told := source.columns(table)):
                    known = [name for name in self._columns(table) if name in told]
                    self._insert(table, known, source.rows(table, known))
        # What was stored then may have been registered since: ask before telling again.
        self._connection.execute("UPDATE file SET asked = 1 WHERE state = 'sent'")

    def _insert(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> bool:
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        whole = True
        for row in rows:
            try:
                whole &= self._connection.execute(sql, row).rowcount == 1
            except (sqlite3.IntegrityError, OverflowError):  # of another type than its column
                whole = False
        return whole

    def _columns(self, table: str) -> list[str]:
        rows = self._connection.execute(f"PRAGMA table_info({table})").fetchall()
        return [str(row[1]) for row in rows]

    def finish(self, gaps: Iterable[str], now: float) -> None:
        """Takes out what makes no sense, and lets batches with gaps look at the card again."""
        nonsense = self._drop_nonsense()
        gone = {*gaps, *nonsense}
        self._mend_roots()
        self._mend_receipts()
        for table in tables(self._connection):
            self._drop_orphans(table)
        self._connection.execute("DELETE FROM tally WHERE files = 0")  # of rows that were no rows
        if gone & set(_OF_A_SCAN):
            self._scan_again(now)
        self._connection.execute("COMMIT")
        self._connection.execute("PRAGMA journal_mode = WAL")

    def _drop_nonsense(self) -> set[str]:
        found: set[str] = set()
        for table, place in _nonsense(self._connection):
            found.add(table)
            self._connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (place,))
        return found

    def _mend_roots(self) -> None:
        """Files without their folder's row would be seen by no list."""
        self._connection.execute(
            "INSERT OR IGNORE INTO root SELECT DISTINCT batch, root, CAST('lost' AS BLOB) FROM file"
        )

    def _mend_receipts(self) -> None:
        """Without its grant nothing more can be told of a file that is not registered yet."""
        self._connection.execute(
            "UPDATE file SET grant_ = NULL WHERE grant_ NOT IN (SELECT id FROM grant_)"
        )
        self._connection.execute(
            "UPDATE file SET state = 'queued', grant_ = NULL, object_key = NULL, etag = NULL,"
            " remote_id = NULL, asked = 0 WHERE state IN ('sending', 'sent')"
            " AND (grant_ IS NULL OR (state = 'sent' AND etag IS NULL))"
        )

    def _drop_orphans(self, table: str) -> None:
        for key in self._connection.execute(f"PRAGMA foreign_key_list({table})").fetchall():
            parent, column, aim = str(key[2]), str(key[3]), key[4] or self._key_of(str(key[2]))
            self._connection.execute(
                f"DELETE FROM {table} WHERE {column} IS NOT NULL"
                f" AND {column} NOT IN (SELECT {aim} FROM {parent})"
            )

    def _key_of(self, table: str) -> str:
        rows = self._connection.execute(f"PRAGMA table_info({table})").fetchall()
        return next(str(row[1]) for row in rows if row[5])

    def _scan_again(self, now: float) -> None:
        marks = ", ".join("?" * len(ENDED))
        ended = sorted(ENDED)
        self._connection.execute(
            f"INSERT INTO note (batch, at, words) SELECT id, ?, ? FROM batch"
            f" WHERE state NOT IN ({marks})",
            (now, _SAY_LOST, *ended),
        )
        self._connection.execute(
            "UPDATE batch SET state = 'scanning', reason_code = NULL, reason_title = NULL,"
            f" reason_hint = NULL, reason_details = NULL WHERE state NOT IN ({marks})",
            ended,
        )


def sensible(connection: sqlite3.Connection) -> bool:
    """Whether each row holds a value of ours and all fit together; reads everything."""
    counted = "SELECT batch, state, count(*), sum(size) FROM file GROUP BY batch, state"
    sums = set(connection.execute(counted))
    kept = set(connection.execute("SELECT batch, state, files, bytes FROM tally WHERE files <> 0"))
    orphans = connection.execute("PRAGMA foreign_key_check").fetchone()
    return sums == kept and orphans is None and not _nonsense(connection)


def _nonsense(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """Table and row number of rows that hold no value of ours. Raises sqlite3's errors."""
    found: list[tuple[str, int]] = []
    with closing(connection.cursor()) as cursor:
        cursor.row_factory = sqlite3.Row
        for table, (query, read) in _READERS.items():
            for row in cursor.execute(query):
                try:
                    read(row)
                except (ValueError, KeyError, TypeError, AttributeError):
                    found.append((table, row["place_"]))
    return found
