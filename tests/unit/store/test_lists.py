"""Lists in pieces, counts kept by triggers, preferences, and the step from the first schema."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Fault
from app.domain.model import Batch, Counts, Found, NewFile
from app.domain.ports import SystemClock
from app.domain.preferences import Hours, Language, Preferences, Theme
from app.domain.states import FILE_MOVES, BatchState, FileState
from app.store.database import migrations
from app.store.lists import PIECE
from app.store.store import FILE_NAME, Store


@pytest.fixture
def store(tmp_path: Path):
    made = Store(tmp_path, SystemClock())
    yield made
    made.close()


def batch(name: str) -> Batch:
    return Batch(name, name, "c", "cloud-api", (Path("/card"),), BatchState.SCANNING)


def found(number: int, size: int = 10) -> NewFile:
    path = f"DCIM/DJI_{number:04}.JPG"
    return NewFile(Found(0, Path(path), path, size, 1), path, "media")


def test_a_list_longer_than_a_piece_is_read_whole_and_in_order(store: Store) -> None:
    store.batches.add(batch("a"))
    store.batches.add(batch("b"))
    store.files.add("a", [found(n) for n in range(PIECE)])
    store.files.add("b", [found(n) for n in range(5)])
    store.files.add("a", [found(n) for n in range(PIECE, PIECE + 7)])
    paths = [status.file.path for status in store.lists.statuses("a")]
    assert paths == [f"DCIM/DJI_{n:04}.JPG" for n in range(PIECE + 7)]
    first = store.lists.lines_after("a", 0)
    rest = store.lists.lines_after("a", first[-1].id)
    assert [line.path for line in first + rest] == paths
    assert store.lists.lines([line.id for line in rest]) == rest


def test_of_a_long_batch_those_that_need_the_person_come_first(store: Store) -> None:
    store.batches.add(batch("a"))
    store.batches.add(batch("b"))
    fault = Fault("file-refused", "The file is empty.", "Leave it out.")
    files = [replace(found(n), fault=fault if n in (3, 8) else None) for n in range(10)]
    store.files.add("a", files)
    store.files.add("b", files)

    def paths(most: int) -> list[int]:
        return [int(s.file.path[9:13]) for s in store.lists.foremost("a", most)]

    assert paths(1) == [3]
    assert paths(5) == [3, 8, 0, 1, 2]
    assert paths(11) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_line_says_why_a_file_failed_or_was_skipped(store: Store) -> None:
    store.batches.add(batch("a"))
    fault = Fault("file-refused", "The file is empty.", "Leave it out.")
    store.files.add("a", [replace(found(1), fault=fault), found(2)])
    (taken,) = store.files.take("a", 1)
    store.files.skipped(taken.id, "already there", "")
    assert [line.words for line in store.lists.lines_after("a", 0)] == [
        "The file is empty.",
        "already there",
    ]
    assert store.lists.status(taken.id) is not None
    assert store.lists.status(999) is None


def test_counts_agree_with_the_rows_after_any_moves(store: Store, tmp_path: Path) -> None:
    rng = random.Random(3)
    store.batches.add(batch("a"))
    store.files.add("a", [found(n, rng.randint(0, 99)) for n in range(60)])
    other = sqlite3.connect(tmp_path / FILE_NAME)
    for _ in range(300):
        line = rng.choice(store.lists.lines_after("a", 0))
        moves = sorted(FILE_MOVES[line.state])
        if moves:
            with other:
                other.execute(
                    "UPDATE file SET state = ?, size = ? WHERE id = ?",
                    (rng.choice(moves), rng.randint(0, 99), line.id),
                )
    other.close()
    lines = store.lists.lines_after("a", 0)
    counts = store.files.counts("a")

    def files(*states: FileState) -> int:
        return sum(line.state in states for line in lines)

    assert counts.total == 60
    assert counts.delivered == files(FileState.CONFIRMED)
    assert counts.failed == files(FileState.FAILED, FileState.GONE)
    assert counts.queued == files(FileState.QUEUED)
    assert counts.moving == files(FileState.PREPARING, FileState.SENDING, FileState.SENT)
    assert counts.bytes_total == sum(line.size for line in lines)


def test_a_removed_batch_leaves_nothing_behind(store: Store) -> None:
    store.batches.add(batch("a"))
    store.files.add("a", [found(1)])
    store.batches.remove("a")
    assert store.files.counts("a").total == 1, "an unfinished batch may not go"
    store.batches.move("a", BatchState.CANCELLED)
    store.batches.remove("a")
    assert store.files.counts("a") == Counts()
    assert store.batches.all() == []


def test_only_what_may_be_left_out_is_left_out(store: Store) -> None:
    store.batches.add(batch("a"))
    store.files.add("a", [found(n) for n in range(3)])
    moving = store.files.take("a", 1)[0].id
    ids = [line.id for line in store.lists.lines_after("a", 0)]
    assert len(store.files.drop("a", ids)) == 2
    assert store.files.state(moving) is FileState.PREPARING


def test_batches_stand_in_the_order_they_were_given(store: Store) -> None:
    for name in "abc":
        store.batches.add(batch(name))
    store.batches.arrange(["c", "a", "b"])
    store.batches.add(batch("d"))
    assert [b.id for b in store.batches.in_line()] == ["c", "a", "b", "d"]
    store.batches.move("a", BatchState.CANCELLED)
    assert [b.id for b in store.batches.in_line()] == ["c", "b", "d"]


def test_preferences_come_back_as_they_were_set(store: Store) -> None:
    assert store.preferences.load() == Preferences()
    wanted = Preferences(
        language=Language.CHINESE, theme=Theme.DARK, limit=500_000, limit_hours=Hours(480, 1080)
    )
    store.preferences.save(wanted)
    assert store.preferences.load() == wanted
    store.preferences.save(replace(wanted, limit_hours=None, theme=Theme.SYSTEM))
    assert store.preferences.load() == Preferences(language=Language.CHINESE, limit=500_000)


def test_a_preference_nobody_understands_counts_as_not_set(store: Store, tmp_path: Path) -> None:
    store.preferences.save(Preferences(language=Language.CHINESE))
    with sqlite3.connect(tmp_path / FILE_NAME) as other:
        for key, value in (("theme", '"sepia"'), ("limit", "nonsense"), ("future", "1")):
            other.execute("INSERT INTO preference VALUES (?, ?)", (key, value))
    other.close()
    assert store.preferences.load() == Preferences(language=Language.CHINESE)


def test_a_database_of_the_first_schema_keeps_its_batches_and_counts(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / FILE_NAME)
    old.executescript(migrations()[0][1])
    old.execute("PRAGMA user_version = 1")
    for number, name in enumerate(("late", "early")):
        old.execute(
            "INSERT INTO batch (id, title, connection, service, state, jobs_wanted, include,"
            " exclude, created_at) VALUES (?, ?, 'c', 's', 'paused', '[]', '[]', '[]', ?)",
            (name, name, 200.0 - number * 100),
        )
        old.execute("INSERT INTO root VALUES (?, 0, ?)", (name, b"/card"))
    for number, state in enumerate(("confirmed", "confirmed", "queued")):
        old.execute(
            "INSERT INTO file (batch, root, relative, path, name, lane, size, modified_ns, state,"
            " changed_at) VALUES ('late', 0, ?, ?, 'n', 'media', 5, 1, ?, 0)",
            (b"p%d" % number, f"p{number}", state),
        )
    old.commit()
    old.close()
    store = Store(tmp_path, SystemClock())
    assert [b.id for b in store.batches.in_line()] == ["early", "late"]
    counts = store.files.counts("late")
    assert (counts.total, counts.delivered, counts.queued, counts.bytes_total) == (3, 2, 1, 15)
    assert not store.batches.get("late").held
    store.close()
    assert (tmp_path / f"{FILE_NAME}.before-0002").exists()


def test_what_is_read_in_pieces_is_whole(store: Store) -> None:
    store.batches.add(batch("a"))
    store.files.add("a", [found(n) for n in range(2 * PIECE + 3)])
    names = store.lists.names("a")
    assert len(names) == 2 * PIECE + 3
    assert names["DCIM/DJI_0007.JPG"] == "DCIM/DJI_0007.JPG"
    assert store.lists.without_position("a") == 0
    assert store.lists.unregistered("a") == {}
    assert store.lists.delivered_names("a") == {}


def test_a_cancelled_batch_is_given_up_a_piece_at_a_time(store: Store) -> None:
    store.batches.add(batch("a"))
    store.files.add("a", [found(n) for n in range(12)])
    assert [len(store.files.drop_open("a", 5)) for _ in range(4)] == [5, 5, 2, 0]
    assert store.files.counts("a").dropped == 12
