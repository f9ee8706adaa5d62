"""The practice cloud in this process, and a siege for each service."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from app.practice.cloud import PracticeCloud
from tests.crash.siege import LANDED, Siege
from tests.helpers.flights import write_flight
from tests.helpers.program import Program

# At the import, because tests run without the person's own POSTFLIGHT_ settings.
NIGHTLY = os.environ.get("POSTFLIGHT_NIGHTLY") == "1"

_NO_OTHERS: Mapping[str, int] = MappingProxyType({})
Lay = Callable[..., Siege]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"the program was killed {len(LANDED)} times")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[PracticeCloud]:
    (tmp_path / "cloud").mkdir()
    with PracticeCloud(tmp_path / "cloud") as made:
        made.settings.import_polls = 1
        made.settings.reads = True
        yield made


@pytest.fixture
def lay(cloud: PracticeCloud, tmp_path: Path) -> Lay:
    """Makes a card and a program with one connection, which gets the options.

    The card holds `count` small files, and `others` by path and size.
    """

    def made(
        service: str,
        *options: str,
        count: int = 8,
        largest: int = 60_000,
        others: Mapping[str, int] = _NO_OTHERS,
    ) -> Siege:
        account = cloud.account(service)
        flight = dict(write_flight(tmp_path / "card", count, 200, largest))
        for number, path in enumerate(others):
            flight[path] = random.Random(number).randbytes(others[path])
            target = tmp_path / "card" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(flight[path])
        program = Program(tmp_path / "home", {account.name: account.secret})
        program.add(account, *options)
        program.environment["PYTHON_KEYRING_BACKEND"] = "keyrings.alt.file.PlaintextKeyring"
        for folder in ("XDG_DATA_HOME", "LOCALAPPDATA"):  # where such a keyring lies
            program.environment[folder] = str(tmp_path / "ring")
        return Siege(cloud, account, program, tmp_path / "card", flight)

    return made
