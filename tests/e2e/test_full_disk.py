"""Postflight's folder on a real disk of a few hundred kilobytes, which fills up under way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.practice.cloud import PracticeAccount, PracticeCloud
from tests.helpers.flights import write_flight
from tests.helpers.program import program_for


def _mounted(folder: Path, size: str) -> bool:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only Linux' root can make a small disk")
    folder = tmp_path / "home"
    if not _mounted(folder, "4m"):
        pytest.skip("this machine lets nobody mount a disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    """A file of somebody else's that leaves so many bytes."""
    ballast = disk / "somebody-elses"
    free = os.statvfs(disk)
    ballast.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - left)))
    return ballast


@pytest.mark.parametrize("left", [0, 60_000])
def test_a_full_disk_pauses_the_batch_and_room_lets_it_go_on(
    cloud: PracticeCloud, account: PracticeAccount, small_disk: Path, tmp_path: Path, left: int
) -> None:
    """Full before the first row, and in the middle; the log finds no room either."""
    flight = write_flight(tmp_path / "card", 24, 1000, 3000)
    program = program_for(cloud, small_disk, [account.service])
    ballast = fill(small_disk, left)
    ended = program.run("upload", str(tmp_path / "card"), "--to", account.name, "--title", "Field")
    said = ended.out + ended.err
    assert ended.code == 1 and "disk is full" in said and "Make room" in said, said
    assert "Logging error" not in said
    ballast.unlink()
    found = program.run("batches", "--json").lines[0]["batches"]
    if found:
        assert found[0]["state"] in ("paused", "scanning"), found
        ended = program.run("resume", "--json")
    else:  # nothing could be remembered at all, which it said
        ended = program.run("upload", str(tmp_path / "card"), "--to", account.name, "--json")
    assert ended.code == 0, ended
    delivered = cloud.delivered(account.service)
    assert sorted(p.read_bytes() for p in delivered.values()) == sorted(flight.values())
    assert {entry.times for entry in cloud.registrations(account.service)} == {1}
    assert cloud.violations == []


def test_a_read_only_folder_is_named(small_disk: Path, cloud: PracticeCloud) -> None:
    program = program_for(cloud, small_disk, [cloud.accounts[0].service])
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for words in (["batches"], ["resume"]):
        ended = program.run(*words)
        assert ended.code == 2 and f"cannot keep its records in {small_disk}" in ended.err, ended
