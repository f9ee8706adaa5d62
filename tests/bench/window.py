"""What the open window costs an upload, and how long its loop stands still meanwhile:
`python -m tests.bench.window [--workload W4] [--runs 3] [--hands]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from PySide6.QtCore import QTimer

from app.domain.states import BatchState
from app.engine.engine import Order
from app.ui.files.model import Column, Filter
from app.ui.files.table import FilePanel
from app.ui.main import open_window
from app.ui.window import Window
from tests.bench.places import sink
from tests.bench.upload import Ours, account_of
from tests.bench.workloads import WORKLOADS
from tests.helpers.far_cloud import far_cloud
from tests.helpers.heartbeat import Heartbeat

_FELT: Final = 0.1  # seconds that a person notices


class Hands:
    """Somebody who scrolls all the time, 60 steps a second, and now and then sorts and filters.

    `frames`: seconds from one step to the painted rows.
    """

    def __init__(self, panel: FilePanel) -> None:
        self.frames: list[float] = []
        self.clicks: list[float] = []
        self._panel = panel
        self._down = 1
        self._steps = 0
        self._timer = QTimer(interval=16)
        self._timer.timeout.connect(self._step)
        self._timer.start()

    def _step(self) -> None:
        self._steps += 1
        if self._steps % 250 == 0:
            self.clicks.append(_timed(self._click))
        bar = self._panel.table.verticalScrollBar()
        if not bar.minimum() < bar.value() < bar.maximum():
            self._down = -1 if bar.value() > bar.minimum() else 1
        # Three rows as a wheel does, and now and then a pull at the bar.
        far = bar.maximum() // 20 if self._steps % 40 == 0 else 3
        self.frames.append(_timed(lambda: self._scroll(bar.value() + self._down * far)))

    def _scroll(self, place: int) -> None:
        self._panel.table.verticalScrollBar().setValue(place)
        self._panel.table.viewport().repaint()

    def _click(self) -> None:
        number = self._steps // 250
        if number % 2:
            self._panel.table.sort_by(list(Column)[number // 2 % len(Column)])
        else:
            self._panel.show_filter((Filter.WAITING, Filter.DONE, Filter.ALL)[number // 2 % 3])


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def inside(connection: str, card: Path, with_hands: bool) -> None:
    """In a process of its own, with POSTFLIGHT_HOME set: sends the card from the window."""

    async def send(window: Window) -> None:
        controller = window.workspace.controller
        await asyncio.sleep(2)  # the start is measured by start.py
        with Heartbeat() as beat:
            began = time.monotonic()
            batch = controller.line.add(Order(connection, (card,)))
            window.workspace.show_batch(batch.id)
            hands = Hands(window.workspace.batch_page.panel) if with_hands else None
            while controller.engine.batch(batch.id).state is not BatchState.DELIVERED:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            seconds = time.monotonic() - began
        told = {"seconds": seconds, "step": beat.worst_computed, "stood": beat.worst_stood}
        if hands is not None:
            told |= {"frames": sorted(hands.frames), "clicks": sorted(hands.clicks)}
        print(json.dumps(told))
        for gap in beat.gaps:
            print(gap, file=sys.stderr)
        window.quit()

    open_window((), shown=send)


def _of_hands(frames: Sequence[float], clicks: Sequence[float]) -> str:
    """Seconds, in order."""
    rare = frames[len(frames) * 999 // 1000]
    slow = sum(frame > _FELT for frame in frames)
    return (
        f"{len(frames)} frames: median {median(frames) * 1000:.1f} ms, one of 1,000 longer than"
        f" {rare * 1000:.0f} ms, {slow} over {_FELT * 1000:.0f} ms; {len(clicks)} clicks to sort or"
        f" filter: median {median(clicks) * 1000:.0f} ms, longest {clicks[-1] * 1000:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workload", default="W4")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--hands", action="store_true", help="scroll, sort and filter meanwhile")
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    given = parser.parse_args()
    folder = given.folder.absolute()
    card = WORKLOADS[given.workload].write(folder)
    alone: list[float] = []
    shown: list[float] = []
    with (
        tempfile.TemporaryDirectory(dir=folder) as name,
        sink(Path(name), False) as place,
        far_cloud(Path(name) / "cloud", storage=place.url) as cloud,
    ):
        account = account_of(cloud, "flighthub2")
        ours = Ours(Path(name), account, "")
        for _ in range(given.runs):
            program = ours.prepared()
            began = time.monotonic()
            subprocess.run(
                ours.words(card), env=program.environment, check=True, capture_output=True
            )
            alone.append(time.monotonic() - began)
            program = ours.prepared()
            words = [sys.executable, "-m", "tests.bench.window", "--inside", account.name, card]
            words += ["hands"] if given.hands else []
            done = subprocess.run(
                words, env=program.environment, check=True, stdout=subprocess.PIPE
            )
            told = json.loads(done.stdout.splitlines()[-1])
            shown.append(told["seconds"])
            print(
                f"command line {alone[-1]:.1f} s, window {shown[-1]:.1f} s; the loop's longest step"
                f" {told['step'] * 1000:.0f} ms, standing still {told['stood'] * 1000:.0f} ms",
                flush=True,
            )
            if given.hands:
                print(_of_hands(told["frames"], told["clicks"]), flush=True)
    ratio = median(b / a for a, b in zip(alone, shown, strict=True))
    print(f"{given.workload}: window over command line, paired: {ratio:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], Path(sys.argv[3]), "hands" in sys.argv[4:])
    else:
        main()
