"""Killed while it starts for the first time, moves to a newer schema, or looks at the card."""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from app.store.database import migrations
from tests.crash.conftest import NIGHTLY, Lay
from tests.crash.siege import LANDED
from tests.helpers.program import Program

KILLS = 20 if NIGHTLY else 3


def kill_after(program: Program, file: str, seconds: float) -> None:
    """Counted from the moment the file appears: there the program begins to write."""
    with program.start("batches") as process:
        while process.poll() is None and not (program.home / file).exists():
            time.sleep(0.001)
        time.sleep(seconds)
        if process.poll() is None:
            LANDED.append(file)
        process.kill()
        process.communicate()


def schema(path: Path) -> tuple[int, list[str]]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        rows = database.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
        return version, sorted(row[0] for row in rows)


def test_a_first_start_that_is_killed_may_simply_be_repeated(tmp_path: Path) -> None:
    rng = random.Random(seed := random.getrandbits(32))
    print(f"seed {seed}")  # noqa: T201
    untouched = Program(tmp_path / "untouched")
    assert untouched.run("batches").code == 0
    for number in range(KILLS):
        program = Program(tmp_path / f"home {number}")
        kill_after(program, "postflight.db", rng.uniform(0, 0.05))
        assert program.run("batches").code == 0
        made, wanted = program.home / "postflight.db", untouched.home / "postflight.db"
        assert schema(made) == schema(wanted)


def test_a_move_to_the_newest_schema_that_is_killed_may_simply_be_repeated(
    tmp_path: Path,
) -> None:
    """The oldest database with 20,000 files in it, so that the move takes long enough."""
    rng = random.Random(seed := random.getrandbits(32))
    print(f"seed {seed}")  # noqa: T201
    newest = migrations()[-1][0]
    old = tmp_path / "old.db"
    write_oldest(old, 20_000)
    for number in range(KILLS):
        program = Program(tmp_path / f"home {number}")
        program.home.mkdir()
        shutil.copyfile(old, program.home / "postflight.db")
        kill_after(program, "postflight.db.before-0002", rng.uniform(0, 0.2))
        ended = program.run("batches", "--json")
        assert ended.code == 0, ended
        (batch,) = ended.lines[0]["batches"]
        assert batch["counts"]["total"] == 20_000
        assert schema(program.home / "postflight.db")[0] == newest
        version, _ = schema(next(program.home.glob("postflight.db.before-*")))
        assert version == 1, "the copy that was put aside is not the old one"


def write_oldest(path: Path, files: int) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"{migrations()[0][1]}\nPRAGMA user_version = 1;")
        database.execute(
            "INSERT INTO batch (id, title, connection, service, state, jobs_wanted, include,"
            " exclude, created_at) VALUES ('b', 't', 'c', 'cloud-api', 'paused', '[]', '[]', '[]',"
            " 1)"
        )
        database.executemany(
            "INSERT INTO file (batch, root, relative, path, name, lane, size, modified_ns, state,"
            " changed_at) VALUES ('b', 0, x'41', ?, 'n', 'media', 9, 1, 'queued', 1)",
            [(f"{number}",) for number in range(files)],
        )
        database.commit()


@pytest.mark.parametrize("number", range(6 if NIGHTLY else 1))
def test_a_scan_that_is_killed_starts_anew(lay: Lay, number: int) -> None:
    """600 files come from the card in three transactions; the kill falls behind one of them."""
    rng = random.Random(seed := random.getrandbits(32))
    print(f"seed {seed}")  # noqa: T201
    siege = lay("flighthub2", count=600, largest=300)
    rows = rng.choice((1, 251, 501))
    assert siege.strike_when(lambda: siege.rows() >= rows, f"{rows} rows")
    siege.deliver()
