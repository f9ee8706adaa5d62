"""What the open window costs an upload, and how long its loop stands still meanwhile:
`python -m tests.bench.window [--workload W4] [--runs 3]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench.places import sink
from tests.bench.upload import Ours, account_of
from tests.bench.workloads import WORKLOADS
from tests.helpers.far_cloud import far_cloud


def inside(connection: str, card: Path) -> None:
    """In a process of its own, with POSTFLIGHT_HOME set: sends the card from the window."""
    import app.bootstrap  # noqa: F401 - before Qt, as the program does
    from app.domain.states import BatchState
    from app.engine.engine import Order
    from app.ui.main import open_window
    from app.ui.window import Window
    from tests.helpers.heartbeat import Heartbeat

    async def send(window: Window) -> None:
        controller = window.workspace.controller
        await asyncio.sleep(2)  # the start is measured by start.py
        with Heartbeat() as beat:
            began = time.monotonic()
            batch = controller.line.add(Order(connection, (card,)))
            while controller.engine.batch(batch.id).state is not BatchState.DELIVERED:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            seconds = time.monotonic() - began
        told = {"seconds": seconds, "step": beat.worst_computed, "stood": beat.worst_stood}
        print(json.dumps(told))
        window.quit()

    open_window((), shown=send)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workload", default="W4")
    parser.add_argument("--runs", type=int, default=3)
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
            done = subprocess.run(words, env=program.environment, check=True, capture_output=True)
            told = json.loads(done.stdout.splitlines()[-1])
            shown.append(told["seconds"])
            print(
                f"command line {alone[-1]:.1f} s, window {shown[-1]:.1f} s; the loop's longest step"
                f" {told['step'] * 1000:.0f} ms, standing still {told['stood'] * 1000:.0f} ms",
                flush=True,
            )
    ratio = median(b / a for a, b in zip(alone, shown, strict=True))
    print(f"{given.workload}: window over command line, paired: {ratio:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
