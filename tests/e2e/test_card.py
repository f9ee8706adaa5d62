"""The program on a card with bad places and on one that is pulled: real errors of the system.

A small library in front of the C library makes the reads fail; that is Linux's way to do it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.practice.cloud import PracticeAccount, PracticeCloud
from tests.e2e.test_interruptions import stored, wait_for
from tests.helpers.flights import write_flight
from tests.helpers.program import Program, program_for

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None,
    reason="needs Linux and a C compiler to make reads fail",
)

# Reads of an open file whose path holds what stands in the file $BAD_READS fail.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t plain(int fd, void *to, size_t most) {
    static ssize_t (*real)(int, void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "read");
    return real(fd, to, most);
}

ssize_t read(int fd, void *to, size_t most) {
    char link[64], path[4096], bad[512];
    const char *name = getenv("BAD_READS");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    int list = name && length > 0 ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (list < 0) return plain(fd, to, most);
    path[length] = 0;
    ssize_t given = plain(list, bad, sizeof bad - 1);
    close(list);
    bad[given > 0 ? given : 0] = 0;
    if (given <= 0 || !strstr(path, bad)) return plain(fd, to, most);
    errno = EIO;
    return -1;
}
"""


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shim")
    (folder / "reads.c").write_text(SHIM, encoding="utf-8")
    built = folder / "reads.so"
    command = ["gcc", "-shared", "-fPIC", "-O1", "-o", built, folder / "reads.c", "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return built


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Say here which reads fail."""
    return tmp_path / "bad"


@pytest.fixture
def program(
    cloud: PracticeCloud, account: PracticeAccount, shim: Path, bad: Path, tmp_path: Path
) -> Program:
    made = program_for(cloud, tmp_path / "home", [account.service])
    made.environment |= {"LD_PRELOAD": str(shim), "BAD_READS": str(bad)}
    return made


def states(program: Program) -> dict[str, str]:
    (batch,) = program.run("batches", "--json").lines[0]["batches"]
    shown = program.run("show", batch["id"], "--json").lines[0]
    return {item["path"]: item["state"] for item in shown["files"]}


def test_a_bad_place_on_the_card_costs_one_file(
    program: Program, cloud: PracticeCloud, account: PracticeAccount, bad: Path, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 8, 20_000, 120_000)
    broken = sorted(flight)[3]
    bad.write_text(broken, encoding="utf-8")
    ended = program.run("upload", str(tmp_path / "card"), "--to", account.name)
    assert ended.code == 1
    assert "The card could not read" in ended.out + ended.err
    assert {path for path, state in states(program).items() if state == "failed"} == {broken}
    assert list(states(program).values()).count("confirmed") == 7
    bad.unlink()
    batch = program.run("batches", "--json").lines[0]["batches"][0]["id"]
    assert program.run("retry", batch).code == 0
    assert len(cloud.delivered(account.service)) == 8


def test_a_card_that_is_pulled_gives_odd_errors_first_and_is_understood(
    program: Program, cloud: PracticeCloud, account: PracticeAccount, bad: Path, tmp_path: Path
) -> None:
    """Every read fails at once; the folder goes away a moment later, as when it is unmounted."""
    card = tmp_path / "media" / "card"
    flight = write_flight(card, 24, 20_000, 120_000)
    cloud.settings.upload_rate = 400_000
    process = program.start("upload", str(card), "--to", account.name, "--json")
    wait_for(cloud, account.service, 4)
    bad.write_text("/media/card/", encoding="utf-8")
    time.sleep(0.5)
    moved = card.rename(tmp_path / "media" / "elsewhere")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert '"card-gone"' in out
    found = set(states(program).values())
    assert found == {"queued", "confirmed"}, found
    shown = program.run("batches").out
    assert "Paused" in shown and "card or folder" in " ".join(shown.split())
    bad.unlink()
    cloud.settings.upload_rate = None
    before = set(stored(cloud, account.service))
    batch = program.run("batches", "--json").lines[0]["batches"][0]["id"]
    wrong = program.run("resume", batch, str(tmp_path / "home"), "--json")
    assert wrong.code == 2 and "does not hold the files" in wrong.error["title"]
    assert program.run("resume", batch, "--json").code == 1
    assert program.run("resume", batch, str(moved)).code == 0
    again = stored(cloud, account.service)
    assert len(again) == len(set(again)) == len(flight) and before <= set(again)
    delivered = cloud.delivered(account.service)
    assert sorted(path.read_bytes() for path in delivered.values()) == sorted(flight.values())
    assert {entry.times for entry in cloud.registrations(account.service)} == {1}
    assert cloud.violations == []
