"""The database file: migrations, newer versions, damage, a full disk, other processes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from app.domain.errors import DiskFull, StoreDamaged, StoreError, StoreLocked, StoreTooNew
from app.store.database import Database, migrations


def opened(folder: Path) -> Database:
    return Database(folder / "postflight.db")


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_new_file_has_the_newest_schema_and_opens_again(tmp_path: Path) -> None:
    opened(tmp_path).close()
    database = opened(tmp_path)
    row = database.row("PRAGMA user_version")
    database.close()
    assert row is not None and row[0] == migrations()[-1][0]


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    opened(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "postflight.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = (tmp_path / "postflight.db").read_bytes()
    with pytest.raises(StoreTooNew, match="newer Postflight"):
        opened(tmp_path)
    assert (tmp_path / "postflight.db").read_bytes() == before


def test_something_that_is_no_database_is_named_and_kept(tmp_path: Path) -> None:
    (tmp_path / "postflight.db").write_bytes(b"holiday pictures" * 500)
    with pytest.raises(StoreDamaged, match="damaged"):
        opened(tmp_path)
    assert (tmp_path / "postflight.db").read_bytes().startswith(b"holiday")


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO connection VALUES (?, 's', 'u', '{}', 0)", [(f"c{n}",) for n in range(999)]
        )
    database.row("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    path = tmp_path / "postflight.db"
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        damaged = opened(tmp_path)
        try:
            damaged.rows("SELECT * FROM connection ORDER BY url")
        finally:
            damaged.close()


def test_a_full_disk_is_named_and_the_transaction_undone(tmp_path: Path) -> None:
    database = opened(tmp_path)
    pages = database.row("PRAGMA page_count")
    assert pages is not None
    database.row(f"PRAGMA max_page_count = {pages[0] + 1}")
    with pytest.raises(DiskFull, match="disk is full"), database.transaction() as connection:
        for number in range(10_000):
            connection.execute(
                "INSERT INTO connection VALUES (?, 's', 'u', ?, 0)", (f"c{number}", "x" * 900)
            )
    row = database.row("SELECT count(*) FROM connection")
    database.close()
    assert row is not None and row[0] == 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="may not write"):
        Database(tmp_path / "missing" / "postflight.db")


def test_another_process_that_writes_for_long_is_named(tmp_path: Path) -> None:
    database = opened(tmp_path)
    database.row("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(tmp_path / "postflight.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked, match="Another Postflight"):
        database.run("DELETE FROM connection")
    other.rollback()
    other.close()
    database.close()


def test_wrong_sql_is_a_bug_and_not_a_sentence(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with pytest.raises(sqlite3.OperationalError):
        database.run("DELETE FROM nowhere")
    database.close()


def test_nested_transactions_are_one(tmp_path: Path) -> None:
    database = opened(tmp_path)
    with pytest.raises(RuntimeError), database.transaction():
        database.run("INSERT INTO connection VALUES ('a', 's', 'u', '{}', 0)")
        raise RuntimeError
    assert database.rows("SELECT * FROM connection") == []
    database.close()
