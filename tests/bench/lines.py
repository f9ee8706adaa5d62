"""What gets through on lines of all kinds, with so many requests at once and with as many as
Postflight finds out: `python -m tests.bench.lines --help`. Needs root, gcc and /dev/net/tun.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from app import bootstrap
from app.paths import HOME, Paths
from tests.bench.places import HERE, sink
from tests.bench.upload import Ours, account_of
from tests.bench.workloads import WORKLOADS
from tests.helpers.far_cloud import far_cloud

MBIT = 1_000_000
_SPACE = "postflight-line"
_NEAR, _FAR = "10.77.0.1", "10.77.0.2"
_FIRST = 20.0  # seconds that are not counted: the program starts, and finds its number out


@dataclass(frozen=True)
class Line:
    rate: int  # bits a second, 0: as fast as this machine goes
    delay: int  # milliseconds there and back

    def __str__(self) -> str:
        rate = f"{self.rate / MBIT:g} Mbit/s" if self.rate else "no limit"
        return f"{rate}, {self.delay} ms"


LINES = [Line(rate * MBIT, delay) for rate in (1, 20, 200, 0) for delay in (5, 80, 300)]


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextmanager
def slow_line(line: Line, folder: Path) -> Iterator[Callable[[], int]]:
    """Between this computer and the name space; answers how many bytes came through."""
    program = folder / "line"
    subprocess.run(["gcc", "-O2", "-o", program, HERE / "line.c"], check=True)
    with suppress(subprocess.CalledProcessError):
        subprocess.run(["ip", "netns", "del", _SPACE], check=True, stderr=subprocess.DEVNULL)
    _ip("netns", "add", _SPACE)
    words = [program, str(line.rate), str(line.delay), "pf-near", "pf-far"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        size = "1500" if line.rate else "60000"
        _ip("link", "set", "pf-far", "netns", _SPACE)
        for space, name, address in ((), "pf-near", _NEAR), (("-n", _SPACE), "pf-far", _FAR):
            _ip(*space, "addr", "add", f"{address}/24", "dev", name)
            _ip(*space, "link", "set", name, "mtu", size, "up")

        def through() -> int:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("?\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield through
        process.stdin.close()
    _ip("netns", "del", _SPACE)


def speed(
    line: Line, service: str, card: Path, at_once: int, seconds: float, folder: Path
) -> float:
    """Bytes a second through the line from `_FIRST` on. `at_once` 0: as Postflight finds out."""
    within = ("ip", "netns", "exec", _SPACE)
    with (
        tempfile.TemporaryDirectory(dir=folder) as name,
        slow_line(line, folder) as through,
        sink(Path(name), False, _FAR, within) as place,
        far_cloud(Path(name) / "cloud", storage=place.url) as cloud,
    ):
        ours = Ours(Path(name), account_of(cloud, service), "")
        program = ours.prepared()
        app = bootstrap.build(Paths.find({HOME: str(program.home)}), exclusive=False)
        chosen = replace(app.store.preferences.load(), files_at_once=at_once, parts_at_once=at_once)
        app.store.preferences.save(chosen)
        app.close()
        with subprocess.Popen(
            ours.words(card),
            env=program.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            time.sleep(_FIRST)
            before, began = through(), time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds - _FIRST)
            rate = (through() - before) / (time.monotonic() - began)
            process.kill()
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workload", default="W2", help="of workloads.py")
    parser.add_argument(
        "--service", default="flighthub2", help="cloud-api sends large files in parts"
    )
    parser.add_argument("--at-once", default="2,4,8,16,32,0")
    parser.add_argument("--seconds", type=float, default=50)
    parser.add_argument("--lines", default="", help="as 20/80,200/300: Mbit/s and ms; 0: no limit")
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    given = parser.parse_args()
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    card = WORKLOADS[given.workload].write(folder)
    numbers = [int(word) for word in given.at_once.split(",")]
    pairs = [word.split("/") for word in given.lines.split(",") if word]
    lines = [Line(int(float(rate) * MBIT), int(delay)) for rate, delay in pairs] or LINES
    print(f"{'':<20}" + "".join(f"{n or 'found out':>10}" for n in numbers) + f"{'of best':>9}")
    for line in lines:
        rates = [speed(line, given.service, card, n, given.seconds, folder) for n in numbers]
        best = max(rate for rate, n in zip(rates, numbers, strict=True) if n)
        found = f"{rates[numbers.index(0)] / best:>9.2f}" if 0 in numbers else ""
        row = "".join(f"{rate * 8 / MBIT:>10.2f}" for rate in rates)
        print(f"{line!s:<20}{row}{found}", flush=True)


if __name__ == "__main__":
    main()
