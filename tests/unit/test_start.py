"""What the start may not wait for: facts instead of times, which differ from machine to machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from app.cli.arguments import COMMANDS, folders_of
from app.cli.main import postflight

ROOT = Path(__file__).resolve().parents[2]
NEEDLESS = (
    *("boto3", "botocore", "urllib3", "rich", "pygments", "click", "wakepy", "keyring"),
    *("httpx", "httpcore", "urllib.request", "app.net.http", "pydantic.plugin._loader"),
    *("app.services.flighthub2", "app.services.cloud_api", "app.services.metastudio"),
    *("app.cli.main", "app.practice", "app.evidence", "app.transfer.mover"),
    *("app.ui.settings.page", "app.ui.connections.page", "app.ui.batches.history_page"),
)


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Every module of a program that is about to show its window."""
    code = (
        "import sys, app.__main__, app.ui.main\n"
        "print(*(name for name, module in sys.modules.items() if module))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return set(ended.stdout.split())


@pytest.mark.parametrize("name", NEEDLESS)
def test_the_window_comes_without(name: str, imported: set[str]) -> None:
    assert "app.ui.window" in imported
    assert name not in imported


def test_the_warm_up_imports_it_all_afterwards() -> None:
    code = (
        "import sys\n"
        "from app import bootstrap\n"
        "for _ in bootstrap.warm_up(): pass\n"
        "before = set(sys.modules)\n"
        "import app.net.http, app.transfer.mover\n"
        "from app.services import cloud_api, flighthub2, metastudio\n"
        "print(*(set(sys.modules) - before))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert ended.stdout.split() == []


def test_the_names_of_the_commands_are_all_known_without_click() -> None:
    assert set(postflight.list_commands(click.Context(postflight))) == COMMANDS


def test_folders_open_the_window_and_everything_else_is_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "DCIM").mkdir()
    (tmp_path / "upload").mkdir()
    assert folders_of([]) == []
    assert folders_of(["DCIM", str(tmp_path)]) == [Path("DCIM"), tmp_path]
    for words in (["upload"], ["DCIM", "gone"], ["--help"], ["batches"]):
        assert folders_of(words) is None, words


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such limit")
def test_many_files_may_be_open_where_the_system_starts_with_few() -> None:
    code = (
        "import resource, sys\n"
        "most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, most))\n"
        "sys.argv = ['postflight', '--version']\n"
        "from app.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    now, most = map(int, ended.stdout.splitlines()[-1].strip("()").split(","))
    assert now == (1024 if most < 0 else min(1024, most))
