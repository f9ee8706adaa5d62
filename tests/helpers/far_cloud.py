"""The practice cloud in a process of its own: its work costs the process under test no time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.practice.cloud import PracticeAccount, PracticeCloud

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def far_cloud(folder: Path) -> Iterator[tuple[PracticeAccount, ...]]:
    """Its accounts, while it runs; it ends with the block, or with the process that asked."""
    folder.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.helpers.far_cloud", str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            yield tuple(PracticeAccount(**account) for account in told)
        finally:
            process.stdin.close()
            process.wait(30)


def main() -> None:
    with PracticeCloud(Path(sys.argv[1])) as cloud:
        told = [
            {
                "service": account.service,
                "name": account.name,
                "url": account.url,
                "options": dict(account.options),
                "secret": account.secret,
            }
            for account in cloud.accounts
        ]
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
