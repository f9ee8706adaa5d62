"""A real screen, a real window manager, a real mouse: from another program onto the window."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.practice.cloud import PracticeCloud
from tests.helpers import drag_source
from tests.helpers.flights import write_flight
from tests.helpers.program import ROOT, Program, program_for

TOOLS = ("Xvfb", "openbox", "xdotool")

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}"
)


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=20)


class Screen:
    """A virtual screen of its own with a window manager on it."""

    def __init__(self, closing: ExitStack) -> None:
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24"]
        server = subprocess.Popen(
            command, pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        closing.callback(server.wait, 20)
        closing.callback(server.terminate)
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip()
        self.environment = {
            **os.environ,
            "DISPLAY": f":{number}",
            "QT_QPA_PLATFORM": "xcb",
            "PYTHONPATH": str(ROOT),
        }
        closing.enter_context(running(["openbox"], self.environment))

    def mouse(self, *words: str) -> str:
        return subprocess.run(
            ["xdotool", *words], env=self.environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    def window(self, title: str) -> str:
        """Its id, as soon as it is to be seen."""
        found: list[str] = []

        def there() -> bool:
            done = subprocess.run(
                ["xdotool", "search", "--onlyvisible", "--name", title],
                env=self.environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            found[:] = done.stdout.split()
            return bool(found)

        until(there)
        return found[0]

    def drag(self, source: str, target: str) -> None:
        """Slowly, as a hand does: programs talk to each other while the mouse moves."""
        self.mouse("mousemove", "--window", source, "60", "60")
        self.mouse("mousedown", "1")
        time.sleep(0.2)
        for step in range(1, 25):
            self.mouse("mousemove", "--window", source, str(60 + step * 3), str(60 + step))
            time.sleep(0.02)
        for step in range(1, 20):
            self.mouse("mousemove", "--window", target, str(380 + step * 8), str(260 + step * 4))
            time.sleep(0.05)
        time.sleep(0.8)
        self.mouse("mouseup", "1")


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


@pytest.fixture
def screen() -> Iterator[Screen]:
    with ExitStack() as closing:
        yield Screen(closing)


@contextmanager
def window_of(program: Program, screen: Screen, *words: str) -> Iterator[str]:
    """The program's own window on that screen; ends with the program."""
    environment = {**program.environment, **{
        key: screen.environment[key] for key in ("DISPLAY", "QT_QPA_PLATFORM")
    }}  # fmt: skip
    command = [sys.executable, "-P", "-m", "app", *words]
    with running(command, environment):
        yield screen.window("^Postflight$")


def test_a_folder_dragged_from_another_program_is_delivered(screen: Screen, tmp_path: Path) -> None:
    flight = write_flight(tmp_path / "card", 6, 1000, 30_000)
    with PracticeCloud(tmp_path / "cloud") as cloud:
        program = program_for(cloud, tmp_path / "home", ["cloud-api"])
        source = [sys.executable, str(Path(drag_source.__file__)), str(tmp_path / "card")]
        with window_of(program, screen) as window:
            screen.mouse("windowmove", window, "300", "150")
            with running(source, screen.environment):
                screen.drag(screen.window("^drag source$"), window)
                until(lambda: len(cloud.delivered("cloud-api")) == len(flight))
        listed = program.run("batches", "--json").lines[-1]["batches"]
    assert [batch["title"] for batch in listed] == ["card"]
    assert sorted(p.read_bytes() for p in cloud.delivered("cloud-api").values()) == sorted(
        flight.values()
    )


def test_a_second_start_hands_its_folder_to_the_first(screen: Screen, tmp_path: Path) -> None:
    flight = write_flight(tmp_path / "card", 3, 1000, 3000)
    with PracticeCloud(tmp_path / "cloud") as cloud:
        program = program_for(cloud, tmp_path / "home", ["flighthub2"])
        with window_of(program, screen):
            environment = {**program.environment, "QT_QPA_PLATFORM": "offscreen"}
            second = subprocess.run(
                [sys.executable, "-P", "-m", "app", str(tmp_path / "card")],
                env=environment, timeout=60, check=False,
            )  # fmt: skip
            assert second.returncode == 0
            until(lambda: len(cloud.delivered("flighthub2")) == len(flight))
