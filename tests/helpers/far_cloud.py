"""The practice cloud in a process of its own: what it costs is not the program's under test."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import IO, Any

from app import bootstrap
from app.domain.model import Connection
from app.paths import HOME, Paths
from app.practice.cloud import PracticeAccount, PracticeCloud
from app.practice.settings import Elsewhere
from app.store.secrets import SessionSecrets
from tests.helpers.random_faults import RandomFaults
from tests.helpers.workbench import QUICK

ROOT = Path(__file__).resolve().parents[2]
_REMEMBERED = 1_000  # calls in the journal, so that it does not pass for a leak


@dataclass(frozen=True, slots=True)
class Report:
    """What one service of the cloud has, and what went wrong there."""

    digests: list[str]  # MD5 of each object that arrived
    told: dict[str, int]  # how many files were registered so many times
    violations: list[str]
    faults: dict[str, int]  # how often each was made


class FarCloud:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.accounts = tuple(PracticeAccount(**account) for account in self._read())

    def report(self, service: str) -> Report:
        _pipe(self._process.stdin).write(service + "\n")
        _pipe(self._process.stdin).flush()
        return Report(**self._read())

    def _read(self) -> Any:
        return json.loads(_pipe(self._process.stdout).readline())

    def close(self) -> None:
        _pipe(self._process.stdin).close()
        self._process.wait(30)


@contextmanager
def far_cloud(
    folder: Path,
    share: float = 0.0,
    seed: int = 0,
    storage: str = "",
    elsewhere: Elsewhere | None = None,
) -> Iterator[FarCloud]:
    """It ends with the block, or with the process that asked. `share` of its calls go wrong;
    `storage` is another address of its own storage, `elsewhere` a storage of others, whose keys
    FlightHub 2 and the Cloud API lend."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [str(folder), str(share), str(seed), storage]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.helpers.far_cloud", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        _pipe(process.stdin).write(json.dumps(elsewhere and asdict(elsewhere)) + "\n")
        _pipe(process.stdin).flush()
        cloud = FarCloud(process)
        try:
            yield cloud
        finally:
            cloud.close()


def app_beside(folder: Path, accounts: tuple[PracticeAccount, ...]) -> bootstrap.App:
    """A program that knows the accounts; close it."""
    secrets = SessionSecrets()
    paths = Paths.find({HOME: str(folder / "home")})
    # A file of four calls meets trouble in two of five attempts at 12 in 100: six would not do.
    patience = replace(QUICK, policy=replace(QUICK.policy, tries=40))
    app = bootstrap.build(paths, exclusive=True, secrets=secrets, patience=patience)
    for item in accounts:
        secrets.set(item.name, item.secret)
        app.store.connections.save(Connection(item.name, item.service, item.url, item.options))
    return app


def _pipe(end: IO[str] | None) -> IO[str]:
    assert end is not None
    return end


def _account(account: PracticeAccount) -> Mapping[str, object]:
    plain = {item.name: getattr(account, item.name) for item in fields(account)}
    return {**plain, "options": dict(account.options)}


def _report(cloud: PracticeCloud, faults: RandomFaults, service: str) -> Report:
    arrived = [path.read_bytes() for _, path in cloud.arrivals(service)]
    times = Counter(str(entry.times) for entry in cloud.registrations(service))
    return Report(
        sorted(hashlib.md5(content).hexdigest() for content in arrived),
        dict(times),
        cloud.violations,
        dict(faults.hits),
    )


def main() -> None:
    folder, share, seed, storage = sys.argv[1:5]
    faults = RandomFaults(float(share), int(seed))
    lent = json.loads(sys.stdin.readline())
    with PracticeCloud(Path(folder), faults=faults, storage=storage) as cloud:
        cloud.journal.keep(_REMEMBERED)
        # It cannot look into another storage.
        cloud.settings.callback_looks = not storage and lent is None
        if lent is not None:
            keys = Elsewhere(**lent)
            cloud.settings.elsewhere = lambda: keys
        answer: object = [_account(account) for account in cloud.accounts]
        while True:
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
            line = sys.stdin.readline()
            if not line:
                return
            answer = asdict(_report(cloud, faults, line.strip()))


if __name__ == "__main__":
    main()
