"""The program is stopped and started again: nothing lost, nothing twice, nothing resent."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from app.practice.cloud import PracticeAccount, PracticeCloud
from tests.helpers.flights import write_flight
from tests.helpers.program import Program, program_for

PUT = {"flighthub2": "storage.put", "cloud-api": "storage.put", "metastudio": "metastudio.put"}


def stored(cloud: PracticeCloud, service: str) -> list[str]:
    """Paths of the objects that were stored and answered for."""
    return [entry.path for entry in cloud.journal.calls(PUT[service]) if entry.status == 200]


def wait_for(cloud: PracticeCloud, service: str, count: int) -> None:
    until = time.monotonic() + 60
    while len(stored(cloud, service)) < count:
        assert time.monotonic() < until, "the upload never got going"
        time.sleep(0.005)


def finished(program: Program) -> set[str]:
    """Object keys of files that the queue holds as stored or more."""
    (batch,) = program.run("batches", "--json").lines[0]["batches"]
    shown = program.run("show", batch["id"], "--json").lines[0]
    return {
        item["object_key"] or item["name"]
        for item in shown["files"]
        if item["state"] in ("sent", "confirmed")
    }


def check_whole(
    cloud: PracticeCloud, service: str, flight: dict[str, bytes], before: set[str], at: int
) -> None:
    delivered = cloud.delivered(service)
    assert sorted(path.read_bytes() for path in delivered.values()) == sorted(flight.values())
    assert {entry.times for entry in cloud.registrations(service)} == {1}
    again = [path for path in stored(cloud, service)[at:] if any(path.endswith(k) for k in before)]
    assert again == [], "finished files were sent again"
    assert cloud.violations == []


@pytest.mark.skipif(sys.platform == "win32", reason="a console is needed to press Ctrl-C there")
def test_ctrl_c_leaves_everything_resumable(
    cloud: PracticeCloud, account: PracticeAccount, tmp_path: Path
) -> None:
    flight = dict(write_flight(tmp_path / "card", 24, 20_000, 120_000))
    program = program_for(cloud, tmp_path / "home", [account.service])
    cloud.settings.upload_rate = 400_000
    with program.start("upload", str(tmp_path / "card"), "--to", account.name) as process:
        wait_for(cloud, account.service, 5)
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert time.monotonic() - pressed < 10
    assert "postflight resume" in err and "Traceback" not in err
    cloud.settings.upload_rate = None
    before, at = finished(program), len(stored(cloud, account.service))
    ended = program.run("resume", "--json")
    assert ended.code == 0, ended
    check_whole(cloud, account.service, flight, before, at)
