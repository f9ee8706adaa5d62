"""What all builders share: names, places, the version, and how a command is run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

Result = TypeVar("Result")

ROOT: Final = Path(__file__).resolve().parents[1]
HERE: Final = ROOT / "packaging"
BUILD: Final = ROOT / "build"
DIST: Final = BUILD / "dist"  # what is given to people
FROZEN: Final = BUILD / "frozen" / "postflight"

IDENTIFIER: Final = "org.postflight.postflight"
SUMMARY: Final = "Gets a drone flight's media into the cloud and proves that it arrived"
MACOS_OLDEST: Final = "13.0"  # what Qt's wheels of this version ask for


class Failed(Exception):
    """The build cannot go on; the words are for whoever started it."""


def version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["version"]


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
    """Shows what it says; raises Failed when it does not end with 0."""
    try:
        code = subprocess.call([str(word) for word in command], cwd=ROOT, env=environment)
    except FileNotFoundError as error:
        raise Failed(f"{command[0]} is not installed") from error
    if code:
        raise Failed(f"{Path(command[0]).name} ended with {code}")


def size_of(folder: Path) -> int:
    """Bytes of all files below it; a link counts as nothing."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


def program_in(frozen: Path) -> Path:
    """The one that has a terminal, where people will have it."""
    if sys.platform == "darwin":
        return frozen.with_name("Postflight.app") / "Contents" / "MacOS" / "postflight"
    return frozen / ("postflight-cli.exe" if sys.platform == "win32" else "postflight")


def offscreen() -> dict[str, str]:
    """This environment, without what would show a window or find the person's own settings."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DISPLAY", "PYTHONPATH")
    }
    return {**kept, "QT_QPA_PLATFORM": "offscreen"}


def step(name: str, work: Callable[[], Result]) -> Result:
    """Says what begins and how long it took."""
    print(f"-- {name}", flush=True)
    started = time.monotonic()
    result = work()
    print(f"   {time.monotonic() - started:.0f} s", flush=True)
    return result
