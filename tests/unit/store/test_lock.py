"""One Postflight per folder, also across processes and crashes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.domain.errors import StoreError, StoreLocked
from app.store.lock import OWNER_FILE, FolderLock

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from pathlib import Path
from app.store.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


class Noon:
    """2026-05-03 12:00 UTC."""

    def now(self) -> float:
        return 1777809600.0


def hold(folder: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_the_second_is_told_who_was_first_and_since_when(tmp_path: Path) -> None:
    with FolderLock(tmp_path, Noon()), pytest.raises(StoreLocked) as raised:
        FolderLock(tmp_path).acquire()
    assert f"process {os.getpid()}, since 2026-05-0" in raised.value.title
    assert "POSTFLIGHT_HOME" in raised.value.hint


def test_after_release_the_next_one_gets_it(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.acquire()
    first.release()
    first.release()
    second.acquire()
    with pytest.raises(StoreLocked):
        first.acquire()
    # A late release of the first must not open the door that the second holds.
    first.release()
    assert (tmp_path / OWNER_FILE).exists()
    with pytest.raises(StoreLocked):
        FolderLock(tmp_path).acquire()
    second.release()
    assert not (tmp_path / OWNER_FILE).exists()


def test_leaving_by_an_error_releases(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), FolderLock(tmp_path):
        raise ZeroDivisionError
    with FolderLock(tmp_path):
        pass


def test_another_process_is_named_and_its_death_frees_the_folder(tmp_path: Path) -> None:
    with hold(tmp_path) as holder:
        try:
            with pytest.raises(StoreLocked, match=f"process {holder.pid}, since"):
                FolderLock(tmp_path).acquire()
        finally:
            holder.kill()
            holder.wait()
    assert (tmp_path / OWNER_FILE).exists()
    with FolderLock(tmp_path):
        pass


@pytest.mark.parametrize("note", ["", "nonsense", '{"pid": "x"}', '{"pid": 1, "since": 1e300}'])
def test_an_unreadable_note_costs_only_the_name(tmp_path: Path, note: str) -> None:
    with FolderLock(tmp_path):
        (tmp_path / OWNER_FILE).write_text(note, encoding="utf-8")
        with pytest.raises(StoreLocked, match="Another Postflight is using"):
            FolderLock(tmp_path).acquire()


def test_a_note_that_cannot_be_written_costs_only_the_name(tmp_path: Path) -> None:
    (tmp_path / OWNER_FILE).mkdir()
    with FolderLock(tmp_path), pytest.raises(StoreLocked, match="Another Postflight is using"):
        FolderLock(tmp_path).acquire()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="may not work in"):
        FolderLock(tmp_path / "file").acquire()
