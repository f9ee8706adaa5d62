"""Real databases with real damage: what can be read is kept, the rest comes from the last copy.

POSTFLIGHT_NIGHTLY=1 tries 500 seeds of each kind instead of 4.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.domain.errors import Fault, StoreDamaged
from app.domain.model import Batch, Connection, Found, NewFile
from app.domain.placement import Grant
from app.domain.states import BatchState, FileState
from app.store.copies import copies_of
from app.store.database import Database, suspicion_of
from app.store.mending import mend
from app.store.store import FILE_NAME, Store
from tests.helpers.clock import HandClock

NIGHTLY = os.environ.get("POSTFLIGHT_NIGHTLY") == "1"
SEEDS = range(500 if NIGHTLY else 4)
FILES = 400
PAGE = 4096


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Store, Fault | None]]:
    """As the program starts and sends: mend, open, recover, keep a copy."""
    clock = HandClock()
    said = mend(folder / FILE_NAME, clock)
    store = Store(folder, clock)
    try:
        store.recover()
        store.keep_daily_copy()
        yield store, said
    finally:
        store.close()


def fill(folder: Path) -> None:
    """Two connections, one batch on its way and one delivered, with 400 files each."""
    with opened(folder) as (store, _):
        for name in ("harbour", "depot"):
            store.connections.save(Connection(name, "cloud-api", "http://127.0.0.1", {}))
        for name in ("sent", "going"):
            batch = Batch(name, name, "harbour", "cloud-api", (folder / name,), BatchState.SCANNING)
            store.batches.add(batch)
            files = [
                NewFile(Found(0, Path(f"{n:04}.JPG"), f"{n:04}.JPG", 1000 + n, n), f"{n}", "media")
                for n in range(FILES)
            ]
            store.files.add(name, files)
            grant = store.grants.add(Grant(batch=name, lane="media", group="g", prefix="p"))
            store.batches.move(name, BatchState.READY)
            store.batches.move(name, BatchState.RUNNING)
            for taken in store.files.take(name, FILES if name == "sent" else 100):
                store.files.placed(taken.id, grant.id, "", f"key/{taken.name}")
            store._database.run(  # pyright: ignore[reportPrivateUsage]  quicker than one by one
                "UPDATE file SET state = 'confirmed', etag = path WHERE state = 'sending'"
            )
        store.batches.move("sent", BatchState.FINISHING)
        store.batches.move("sent", BatchState.DELIVERED)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    fill(folder)
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "data")
    return tmp_path / "data"


def pages_of(path: Path, kinds: str) -> list[int]:
    """Numbers of the pages that belong to tables ("table") or indexes ("index")."""
    with closing(sqlite3.connect(path)) as connection:
        return [
            row[0]
            for row in connection.execute(
                "SELECT pageno FROM dbstat WHERE pageno > 1 AND name IN"
                " (SELECT name FROM sqlite_schema WHERE type = ?)",
                (kinds,),
            )
        ]


def garble(path: Path, pages: list[int], rng: random.Random) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(rng.randbytes(PAGE))


def contents(store: Store) -> tuple[set[str], dict[str, int]]:
    names = {connection.name for connection in store.connections.all()}
    return names, {b.id: len(list(store.lists.statuses(b.id))) for b in store.batches.all()}


def check_usable(store: Store) -> None:
    """Whatever was lost, what is there can be read and worked with."""
    for batch in store.batches.all():
        statuses = list(store.lists.statuses(batch.id))
        assert store.files.counts(batch.id).total == len(statuses)
        store.batches.notes(batch.id)
        assert batch.state is not BatchState.RUNNING
    row = store._database.row("PRAGMA integrity_check")  # pyright: ignore[reportPrivateUsage]
    assert row is not None and row[0] == "ok"
    assert not store._database.rows("PRAGMA foreign_key_check")  # pyright: ignore[reportPrivateUsage]


def without_copies(folder: Path) -> None:
    for copy in copies_of(folder / FILE_NAME):
        copy.unlink(missing_ok=True)


def damaged_files(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if ".damaged-" in p.name and "-wal" not in p.name]


def test_a_sound_database_is_left_alone(folder: Path) -> None:
    before = (folder / FILE_NAME).read_bytes()
    assert mend(folder / FILE_NAME, HandClock()) is None
    assert (folder / FILE_NAME).read_bytes() == before
    assert mend(folder / "none.db", HandClock()) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_damaged_index_loses_no_row(folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    without_copies(folder)
    pages = pages_of(folder / FILE_NAME, "index")
    garble(folder / FILE_NAME, rng.sample(pages, rng.randint(1, len(pages))), rng)
    with opened(folder) as (store, said):
        assert said is not None and "rebuilt (connections: 2, batches: 2)" in said.title
        assert contents(store) == ({"harbour", "depot"}, {"sent": FILES, "going": FILES})
        assert store.batches.get("going").state is BatchState.PAUSED  # nothing to look for again
        check_usable(store)
    assert len(damaged_files(folder)) == 1
    with opened(folder) as (_, said):
        assert said is None


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_pages_of_tables_cost_only_what_they_held(folder: Path, seed: int) -> None:
    """Leaves of the largest table: all other rows are kept, and the open batch scans again."""
    rng = random.Random(seed)
    without_copies(folder)
    path = folder / FILE_NAME
    with closing(sqlite3.connect(path)) as connection:
        leaves = [
            (row[0], row[1])
            for row in connection.execute(
                "SELECT pageno, ncell FROM dbstat WHERE name = 'file' AND pagetype = 'leaf'"
            )
        ]
    hit = rng.sample(leaves, rng.randint(1, len(leaves)))
    garble(path, [page for page, _ in hit], rng)
    with opened(folder) as (store, said):
        assert said is not None and said.hint.startswith("The damaged file stays")
        names, files = contents(store)
        assert names == {"harbour", "depot"} and set(files) == {"sent", "going"}
        assert sum(files.values()) == 2 * FILES - sum(cells for _, cells in hit)
        assert store.batches.get("sent").state is BatchState.DELIVERED
        assert store.batches.get("going").state is BatchState.SCANNING
        assert "looked for again" in store.batches.notes("going")[-1]
        check_usable(store)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_a_copy_nothing_that_it_held_is_lost(folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    path = folder / FILE_NAME
    with opened(folder) as (store, _):
        store.keep_copy()
    pages = [*pages_of(path, "table"), 1]
    garble(path, rng.sample(pages, rng.randint(1, len(pages))), rng)
    with opened(folder) as (store, said):
        assert said is not None
        assert contents(store) == ({"harbour", "depot"}, {"sent": FILES, "going": FILES})
        assert store.files.counts("sent").delivered == FILES
        assert store.files.counts("going").delivered == 100
        check_usable(store)


@pytest.mark.parametrize("with_copy", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_page_comes_from_elsewhere(folder: Path, seed: int, with_copy: bool) -> None:
    """The header and the schema: only where the tables begin is lost with them."""
    if with_copy:
        with opened(folder) as (store, _):
            store.keep_copy()
    else:
        without_copies(folder)
    garble(folder / FILE_NAME, [1], random.Random(seed))
    with opened(folder) as (store, said):
        assert said is not None and "rebuilt (connections: 2, batches: 2)" in said.title
        assert contents(store) == ({"harbour", "depot"}, {"sent": FILES, "going": FILES})
        check_usable(store)


Damage = Callable[[Path, random.Random], None]


def _some_bytes(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 40)):
        at, length = rng.randrange(len(content)), rng.randint(1, 200)
        content[at : at + length] = rng.randbytes(length)
    path.write_bytes(content)


def _cut(path: Path, rng: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])


def _zeros(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at = rng.randrange(len(content))
    content[at : at + rng.randint(1, 9 * PAGE)] = bytes(rng.randint(1, 9 * PAGE))
    path.write_bytes(content)


def _swapped_pages(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    one, two = (rng.randrange(len(content) // PAGE) * PAGE for _ in range(2))
    first, second = content[one : one + PAGE], content[two : two + PAGE]
    content[one : one + PAGE], content[two : two + PAGE] = second, first
    path.write_bytes(content)


def _header(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at = rng.randrange(100)
    content[at : at + 4] = rng.randbytes(4)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [_some_bytes, _cut, _zeros, _swapped_pages, _header])
@pytest.mark.parametrize("seed", SEEDS[::2])
def test_whatever_the_damage_the_program_starts(folder: Path, seed: int, damage: Damage) -> None:
    without_copies(folder)
    damage(folder / FILE_NAME, random.Random(seed))
    suspicion_of(folder / FILE_NAME).touch()  # as after the first reader that stumbled
    with opened(folder) as (store, _):
        contents(store)
        check_usable(store)


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_garbage_in_the_log_costs_only_the_last_changes(folder: Path, seed: int, cut: bool) -> None:
    rng = random.Random(seed)
    path = folder / FILE_NAME
    working = sqlite3.connect(path, isolation_level=None)
    working.execute("PRAGMA wal_autocheckpoint = 0")
    for number in range(50):
        working.execute("INSERT INTO note (batch, at, words) VALUES ('going', ?, 'n')", (number,))
    log = path.with_name(path.name + "-wal")
    content = bytearray(log.read_bytes())
    assert len(content) > 50 * PAGE
    at = rng.randrange(len(content))
    content[at:] = b"" if cut else rng.randbytes(len(content) - at)
    files = {path: path.read_bytes(), log: bytes(content)}
    working.close()
    for file, kept in files.items():
        file.write_bytes(kept)
    with opened(folder) as (store, _):
        assert contents(store) == ({"harbour", "depot"}, {"sent": FILES, "going": FILES})
        check_usable(store)


def test_what_was_no_database_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"holiday pictures" * 500)
    with opened(tmp_path) as (store, said):
        assert said is not None and "beyond repair" in said.title
        assert contents(store) == (set(), {})
    (kept,) = damaged_files(tmp_path)
    assert (tmp_path / kept).read_bytes().startswith(b"holiday")


def test_an_emptied_file_is_damage_where_there_is_a_copy(folder: Path) -> None:
    with opened(folder) as (store, _):
        store.keep_copy()
    (folder / FILE_NAME).write_bytes(b"")
    with opened(folder) as (store, said):
        assert said is not None and "last copy took its place" in said.title
        assert contents(store) == ({"harbour", "depot"}, {"sent": FILES, "going": FILES})


def test_damage_met_at_work_is_looked_for_closely_at_the_next_start(folder: Path) -> None:
    """An index that lacks a row is sound to the quick look of each start."""
    path = folder / FILE_NAME
    with _without_index(path, "file_by_state") as connection:
        connection.execute("UPDATE file SET state = 'failed' WHERE batch = 'going' AND id % 3 = 0")
    with opened(folder) as (_, said):
        assert said is None
    suspicion_of(path).touch()
    with opened(folder) as (store, said):
        assert said is not None
        assert contents(store) == ({"harbour", "depot"}, {"sent": FILES, "going": FILES})
        assert store.files.drop_failed("going")
        check_usable(store)


@contextmanager
def _without_index(path: Path, name: str) -> Iterator[sqlite3.Connection]:
    """What is changed inside, the index does not hear of."""
    change = "PRAGMA writable_schema = ON"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        row = connection.execute("SELECT * FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        connection.execute(change)
        connection.execute("DELETE FROM sqlite_schema WHERE name = ?", (name,))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(change)
        connection.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)


def test_a_reader_that_stumbles_says_so_and_leaves_a_mark(folder: Path) -> None:
    path = folder / FILE_NAME
    garble(path, pages_of(path, "table")[-30:], random.Random(1))
    database = Database(path)
    with pytest.raises(StoreDamaged, match="damaged") as caught:
        for table in ("file", "note", "job", "root", "tally"):
            database.rows(f"SELECT * FROM {table}")  # noqa: S608
    database.close()
    assert "resume" in caught.value.hint
    assert suspicion_of(path).exists()
    with opened(folder):
        assert not suspicion_of(path).exists()


def test_two_copies_are_kept_and_the_third_pushes_out_the_first(folder: Path) -> None:
    path = folder / FILE_NAME
    for number in range(3):
        with opened(folder) as (store, _):
            store.connections.save(Connection(f"c{number}", "cloud-api", "http://h", {}))
            store.keep_copy()
    newer, older = copies_of(path)
    for copy, names in ((newer, 5), (older, 4)):
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("SELECT count(*) FROM connection").fetchone() == (names,)
    assert {p.name for p in folder.iterdir() if "copy" in p.name} == {newer.name, older.name}


def test_a_start_that_was_cut_off_before_its_end_is_ended(folder: Path) -> None:
    """The rebuilt file was whole and the old one, or its log, still in place."""
    path = folder / FILE_NAME
    shutil.copyfile(path, path.with_name(f"{path.name}.rebuilt"))
    garble(path, [1, 2, 3, 4], random.Random(0))
    path.with_name(f"{path.name}-wal").write_bytes(b"of the old one")
    with opened(folder) as (store, said):
        assert said is None
        assert contents(store) == ({"harbour", "depot"}, {"sent": FILES, "going": FILES})


def test_states_of_lost_files_are_as_the_copy_had_them(folder: Path) -> None:
    """And what it had as stored is asked for before it is told again."""
    path = folder / FILE_NAME
    with opened(folder) as (store, _):
        store._database.run(  # pyright: ignore[reportPrivateUsage]
            "UPDATE file SET state = 'sent' WHERE batch = 'going' AND state = 'confirmed'"
        )
        store.keep_copy()
        store._database.run(  # pyright: ignore[reportPrivateUsage]
            "UPDATE file SET state = 'confirmed' WHERE batch = 'going' AND state = 'sent'"
        )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    garble(path, pages_of(path, "table"), random.Random(3))
    with opened(folder) as (store, _):
        sent = store.files.to_confirm("going")
        assert len(sent) == 100 and all(item.asked for _, item in sent)
        states = {status.state for status in store.lists.statuses("going")}
        assert states == {FileState.SENT, FileState.QUEUED}
