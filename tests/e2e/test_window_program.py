"""The window as a program of its own, without a screen: it delivers, stays, and ends in order."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.practice.cloud import PracticeCloud
from tests.helpers.flights import write_flight
from tests.helpers.program import Program, program_for

SERVICE = "cloud-api"


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def program(cloud: PracticeCloud, tmp_path: Path) -> Program:
    made = program_for(cloud, tmp_path / "home", [SERVICE])
    made.environment["QT_QPA_PLATFORM"] = "offscreen"
    return made


@contextmanager
def window_of(program: Program, *words: str) -> Iterator[subprocess.Popen[str]]:
    with program.start(*words) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()


def batches(program: Program) -> list[dict[str, object]]:
    return program.run("batches", "--json").lines[-1]["batches"]


def test_a_folder_is_delivered_and_the_window_stays(
    cloud: PracticeCloud, program: Program, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 6, 1000, 9000)
    with window_of(program, str(tmp_path / "card")) as process:
        until(lambda: len(cloud.delivered(SERVICE)) == len(flight))
        until(lambda: [b["state"] for b in batches(program)] == ["delivered"])
        time.sleep(1)
        assert process.poll() is None
        process.terminate()
        process.communicate(timeout=30)
    assert sorted(p.read_bytes() for p in cloud.delivered(SERVICE).values()) == sorted(
        flight.values()
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a console is needed to press Ctrl-C there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order_and_everything_goes_on_later(
    cloud: PracticeCloud, program: Program, tmp_path: Path, number: signal.Signals
) -> None:
    flight = write_flight(tmp_path / "card", 24, 20_000, 60_000)
    cloud.settings.upload_rate = 300_000
    with window_of(program, str(tmp_path / "card")) as process:
        until(lambda: len(cloud.delivered(SERVICE)) >= 3)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, out + err
    assert "Traceback" not in out + err, out + err
    cloud.settings.upload_rate = None
    (batch,) = batches(program)
    assert batch["state"] == "paused"
    # A crash would leave its files moving, and the next start would call it interrupted.
    shown = program.run("show", str(batch["id"]), "--json").lines[0]
    assert shown["batch"]["reason"]["code"] == "stopped"
    assert {item["state"] for item in shown["files"]} <= {"queued", "sent", "confirmed"}
    assert program.run("resume", "--json").code == 0
    assert len(cloud.delivered(SERVICE)) == len(flight)
    assert {entry.times for entry in cloud.registrations(SERVICE)} == {1}
    assert cloud.violations == []


def test_while_a_command_sends_the_window_says_so_and_ends(
    cloud: PracticeCloud, program: Program, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 12, 20_000, 60_000)
    cloud.settings.upload_rate = 5_000
    words = ("upload", str(tmp_path / "card"), "--to", cloud.accounts[1].name, "--json")
    with window_of(program, *words) as command:
        until(lambda: cloud.journal.calls("storage.put"))
        ended = program.run()
        assert command.poll() is None
    assert ended.code != 0
    assert f"Another Postflight (process {command.pid}" in ended.err
    assert "POSTFLIGHT_HOME" in ended.err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_without_a_screen_it_says_what_to_do(tmp_path: Path) -> None:
    program = Program(tmp_path / "home")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        program.environment.pop(name, None)
    ended = program.run()
    assert ended.code == 2
    assert "no screen" in ended.err
    assert "postflight --help" in ended.err


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None,
    reason="reads are held up with LD_PRELOAD and gcc, on Linux only",
)
def test_a_reader_that_does_not_answer_keeps_no_window_alive(
    program: Program, tmp_path: Path
) -> None:
    library = tmp_path / "stuck.so"
    source = Path(__file__).with_name("stuck.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    card = tmp_path / "card"
    write_flight(card, 2, 1000, 9000)
    stuck = card / "DCIM" / "DJI_STUCK.JPG"
    stuck.write_bytes(b"1" * 5000)
    program.environment["LD_PRELOAD"] = str(library)
    with window_of(program, str(card)) as process:
        until(stuck.with_name(f"{stuck.name}.waits").exists)
        process.terminate()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    del program.environment["LD_PRELOAD"]
    with window_of(program) as process:
        until(lambda: [b["state"] for b in batches(program)] == ["delivered"])
        process.terminate()
        process.communicate(timeout=30)
