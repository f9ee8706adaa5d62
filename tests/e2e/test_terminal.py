"""What the program draws in a terminal while it works."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from app.engine.weather import WAITING
from app.practice.cloud import PracticeCloud
from tests.helpers.flights import write_flight
from tests.helpers.program import program_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")


class Terminal:
    """What is written to `end`, read as it comes."""

    def __init__(self) -> None:
        self._ours, self.end = os.openpty()
        self._shown = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._ours, 65536)
            except OSError:  # Linux: nobody has the other end open any more
                return
            if not piece:
                return
            self._shown += piece

    @property
    def shown(self) -> str:
        return self._shown.decode(errors="replace")

    def wait_for(self, words: str, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while words not in self.shown:
            assert time.monotonic() < until, self.shown[-2000:]
            time.sleep(0.02)

    def close(self) -> None:
        os.close(self.end)
        self._reader.join(10)
        os.close(self._ours)


def test_the_bar_says_that_it_waits_for_the_network(cloud: PracticeCloud, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 40, 20_000, 60_000)
    cloud.settings.upload_rate = 100_000
    program = program_for(cloud, tmp_path / "home", ["cloud-api"])
    terminal = Terminal()
    program.environment["TERM"] = "xterm"
    name = cloud.account("cloud-api").name
    with program.start(
        "upload", str(tmp_path / "card"), "--to", name, stderr=terminal.end
    ) as process:
        terminal.wait_for(" of 40 files")
        cloud.unplug()
        terminal.wait_for(WAITING)
        cloud.plug_in()
        out, _ = process.communicate(timeout=60)
    after = terminal.shown.rpartition(WAITING)[2]
    terminal.close()
    assert process.returncode == 0, out
    assert " of 40 files" in after, "the bar kept on saying that it waits"
