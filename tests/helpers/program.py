"""Runs the program itself, as a person does: in a process and a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import bootstrap
from app.practice.cloud import PracticeCloud

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """With --json: every object that was printed."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self) -> dict[str, Any]:
        last = self.lines[-1]
        assert last["event"] == "result", last
        return last["batch"]

    @property
    def error(self) -> dict[str, Any]:
        last = self.lines[-1]
        assert last["event"] == "error", last
        return last["error"]


class Program:
    """`home` is POSTFLIGHT_HOME; secrets come from the environment, as on a server."""

    def __init__(self, home: Path, secrets: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.wrapper: list[str] = []  # a command that starts the program in some special way
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "POSTFLIGHT_HOME"},
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            "LC_ALL": "C.UTF-8",  # English, whoever runs the tests
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "POSTFLIGHT_HOME": str(home),
            "COLUMNS": "160",
        }
        for name, secret in (secrets or {}).items():
            self.environment[bootstrap.variable_of(name)] = secret

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen(
            [*self.wrapper, sys.executable, "-P", "-m", "app", *words],
            env=self.environment,
            text=True,
            encoding="utf-8",
            **given,
        )

    def run(self, *words: str, given: str | None = None, within: float = 120) -> Ended:
        options: dict[str, Any] = {"stdin": subprocess.PIPE if given else subprocess.DEVNULL}
        with self.start(*words, **options) as process:
            try:
                out, err = process.communicate(given, timeout=within)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                raise AssertionError(f"{words} did not end:\n{out}\n{err}") from None
        ended = Ended(process.returncode, out, err)
        assert "Traceback" not in out + err, out + err
        return ended

    def add(self, account: Any, *options: str) -> Ended:
        """The connection of a practice account."""
        given = [word for key, value in account.options.items() for word in (f"--{key}", value)]
        ended = self.run(
            "connection", "add", account.name, "--service", account.service, "--url", account.url,
            *given, *options,
        )  # fmt: skip
        assert ended.code == 0, ended
        return ended


def program_for(cloud: PracticeCloud, home: Path, services: Sequence[str] = ()) -> Program:
    """With a connection and a secret for every account of the cloud, or for `services`."""
    accounts = [a for a in cloud.accounts if not services or a.service in services]
    made = Program(home, {account.name: account.secret for account in accounts})
    for account in accounts:
        made.add(account)
    return made
