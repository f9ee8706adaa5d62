"""Postflight beside s5cmd, rclone and others, run by run: `python -m tests.bench.upload --help`."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from app.practice.cloud import PracticeAccount
from tests.bench.clients import FOREIGN, command, environment, install
from tests.bench.picture import drawn
from tests.bench.places import Place, radosgw, sink
from tests.bench.workloads import MIB, WORKLOADS, Workload
from tests.helpers.far_cloud import FarCloud, far_cloud
from tests.helpers.program import Program

OURS = "postflight"


@dataclass(frozen=True)
class Run:
    wall: float  # seconds
    cpu: float  # seconds, user and system
    peak: float  # MiB


def timed(words: Sequence[str], settings: Mapping[str, str]) -> Run:
    """The whole process, from its start to its end."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(words, env=dict(settings), stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{words[0]} ended with {process.returncode}:\n{said.read()[-2000:]}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Ours:
    """Postflight's command line, with a new folder for each run: nothing was ever sent."""

    def __init__(self, folder: Path, account: PracticeAccount, authority: str) -> None:
        self._home = folder / "home"
        self._account = account
        self._authority = authority

    def run(self, folder: Path) -> Run:
        program = self.prepared()
        return timed(self.words(folder), program.environment)

    def words(self, folder: Path) -> list[str]:
        to = self._account.name
        return [sys.executable, "-P", "-m", "app", "upload", "--to", to, str(folder)]

    def prepared(self) -> Program:
        """With a new folder and the connection in it."""
        shutil.rmtree(self._home, ignore_errors=True)
        name = self._account.name
        program = Program(self._home, {name: self._account.secret})
        trust = ["--ca-file", self._authority] if self._authority else []
        program.add(self._account, *trust)
        return program


def measured(
    workload: Workload, clients: Sequence[str], given: argparse.Namespace, folder: Path
) -> dict[str, list[Run]]:
    """In turn, so that a machine that slows down slows everybody."""
    card = workload.write(folder)
    tools = install(folder / "tools") if set(clients) & set(FOREIGN) else folder
    found: dict[str, list[Run]] = {client: [] for client in clients}
    expected = _md5_of(card) if workload.files == 1 else ""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        home = Path(name)
        with (
            radosgw(home) if given.store == "radosgw" else sink(home, given.tls, expected=expected)
        ) as place:
            for number in range(given.runs + 1):
                for client in clients:
                    if client == OURS:
                        run = _ours(home, place, given.service, card)
                    else:
                        words = command(client, tools, place, card, workload, f"{client}{number}")
                        run = timed(words, environment(place))
                    if number:  # the first one only warms up
                        found[client].append(run)
    return found


def _md5_of(card: Path) -> str:
    (file,) = (path for path in card.rglob("*") if path.is_file())
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


def _ours(home: Path, place: Place, service: str, card: Path) -> Run:
    """With a cloud that has seen nothing yet: one of the Cloud API skips what it knows."""
    with (
        tempfile.TemporaryDirectory(dir=home) as folder,
        far_cloud(
            Path(folder),
            storage="" if place.real else place.url,
            elsewhere=place.lent() if place.real else None,
        ) as cloud,
    ):
        return Ours(home, account_of(cloud, service), place.authority).run(card)


def account_of(cloud: FarCloud, service: str) -> PracticeAccount:
    return next(item for item in cloud.accounts if item.service == service)


def table(workload: Workload, found: Mapping[str, Sequence[Run]]) -> str:
    lines = [
        f"{workload.name}: {workload.files:,} files of {workload.size:,} bytes",
        f"{'client':<12}{'wall s':>20}{'MiB/s':>8}{'CPU s':>8}{'peak MiB':>10}{'wall, paired':>14}",
    ]
    ours = found.get(OURS, [])
    for client, runs in sorted(found.items(), key=lambda item: median(r.wall for r in item[1])):
        walls = sorted(run.wall for run in runs)
        wall = f"{median(walls):.2f} ({walls[0]:.2f}-{walls[-1]:.2f})"
        speed = workload.bytes / MIB / median(walls)
        cpu = median(run.cpu for run in runs)
        peak = max(run.peak for run in runs)
        ratio = median(a.wall / b.wall for a, b in zip(ours, runs, strict=True)) if ours else 0.0
        lines.append(f"{client:<12}{wall:>20}{speed:>8.0f}{cpu:>8.2f}{peak:>10.0f}{ratio:>14.2f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "workloads", nargs="*", default=["W1", "W2", "W3"], metavar="W1..W4, G1..G3"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--store", choices=("sink", "radosgw"), default="sink")
    parser.add_argument(
        "--service",
        choices=("flighthub2", "cloud-api"),
        default="flighthub2",
        help="cloud-api sends large files in parts",
    )
    parser.add_argument("--clients", default=f"{OURS},s5cmd,rclone")
    parser.add_argument("--folder", type=Path, default=Path("build/bench"), help="files and tools")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    walls: dict[str, dict[str, list[float]]] = {}
    for name in given.workloads:
        workload = WORKLOADS[name]
        found = measured(workload, given.clients.split(","), given, given.folder.absolute())
        print(table(workload, found), end="\n\n", flush=True)
        title = f"{name}: {workload.files:,} × {workload.size:,} bytes"
        walls[title] = {client: [run.wall for run in runs] for client, runs in found.items()}
    way = "HTTPS" if given.tls else "HTTP"
    picture = given.folder / f"{given.store}-{given.service}-{way.lower()}.svg"
    title = (
        f"From start to end, {given.service} with {given.store}, over {way} on loopback: median of"
        f" {given.runs} runs, and range"
    )
    picture.write_text(drawn(title, walls, OURS), encoding="utf-8")
    print(f"drawn: {picture}")


if __name__ == "__main__":
    main()
