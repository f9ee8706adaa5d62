"""Starts a frozen program and believes it only when it delivers, draws its window and is whole.

`python packaging/smoke.py PROGRAM [KEYRING]` tries one that is installed; KEYRING is part of the
name of the keyring it must find.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from common import Failed, version

SERVICES: Final = {"flighthub2", "cloud-api", "metastudio"}
# Files over 64 MiB go in parts, which is what botocore and its data are needed for.
_LARGE: Final = 65 * 1024 * 1024
_PATIENCE: Final = 300  # seconds for one start, on a busy computer or an emulated one
_SMALLEST_PICTURE: Final = 20_000  # bytes; an empty window has some 6,000


@dataclass(frozen=True)
class Program:
    """`command` starts it; `inside` is how the program calls a path of this computer."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    inside: Callable[[Path], str] = str

    def run(self, home: Path, *words: str | Path) -> str:
        """What it printed; raises Failed when it does not end with 0."""
        names = [self.inside(word) if isinstance(word, Path) else word for word in words]
        try:
            done = subprocess.run(
                [*self.command, *names],
                env={**self.environment, "POSTFLIGHT_HOME": self.inside(home)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"postflight {' '.join(names)} does not end: {error.stderr!r}") from error
        if done.returncode:
            told = f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            raise Failed(f"postflight {' '.join(names)} ended with {done.returncode}\n{told}")
        return done.stdout


def smoke(program: Program, folder: Path, keyring: str = "", pictures: Path | None = None) -> None:
    """`folder` is for what the program writes, and must be there for it as well.

    Raises Failed. The window is drawn wherever `program.environment` says; `pictures` keeps it.
    """
    home = folder / "home"
    told = program.run(home, "--version").strip()
    if told != f"postflight, version {version()}":
        raise Failed(f"the program calls itself {told!r}")
    _delivers(program, home)
    card = folder / "card"
    card.mkdir(parents=True)
    with (card / "DJI_20260614101500_0001_V.MP4").open("wb") as video:
        video.truncate(_LARGE)
    _delivers(program, home, card)
    _is_whole(program, home, folder / "diagnostics.zip", keyring)
    _draws(program, home, folder)
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        for picture in folder.glob("*.png"):
            shutil.copy(picture, pictures)


def _delivers(program: Program, home: Path, *given: Path) -> None:
    """The sample flight, or the folder given, to all services of the practice cloud."""
    lines = program.run(home, "demo", "--terminal", "--json", *given).splitlines()
    told = [json.loads(line) for line in lines]
    batches = [line["batch"] for line in told if line["event"] == "result"]
    for batch in batches:
        counts, state = batch["counts"], batch["state"]
        if state != "delivered" or not counts["total"] or counts["delivered"] != counts["total"]:
            raise Failed(f"not everything was delivered: {json.dumps(batch)}")
    if {batch["service"] for batch in batches} != SERVICES:
        raise Failed(f"the demo delivered to {[batch['service'] for batch in batches]} only")


def _is_whole(program: Program, home: Path, target: Path, keyring: str) -> None:
    """Versions, migrations and the keyring, by the program's own diagnostics."""
    program.run(home, "diagnostics", "-o", target)
    with zipfile.ZipFile(target) as archive:
        found: dict[str, Any] = json.loads(archive.read("environment.json"))
        schema = archive.read("schema.sql").decode()
    if not found["packed"]:
        raise Failed("this program is not a frozen one")
    if lost := [name for name, told in found["packages"].items() if told == "not found"]:
        raise Failed(f"the program does not know the version of {', '.join(lost)}")
    if keyring not in found["keyring"]:
        raise Failed(f"the keyring is {found['keyring']}, not {keyring}")
    if "CREATE TABLE" not in schema:
        raise Failed("the database's migrations are missing")


def _draws(program: Program, home: Path, folder: Path) -> None:
    """The window's own look at itself, and that it is no empty one in either language."""
    written = folder / "report.json"
    try:
        program.run(home, "--self-check", folder)
    except Failed as problem:
        found = written.read_text(encoding="utf-8") if written.exists() else "no report"
        raise Failed(f"{problem}\n{found}") from problem
    report = json.loads(written.read_text(encoding="utf-8"))
    wanted = program.environment.get("QT_QPA_PLATFORM")
    if report["problems"] or (wanted and report["platform"] != wanted):
        raise Failed(f"the window: {json.dumps(report)}")
    english, chinese = ((folder / f"window-{name}.png").read_bytes() for name in ("en", "zh"))
    if min(len(english), len(chinese)) < _SMALLEST_PICTURE or english == chinese:
        raise Failed("the pictures of the window are empty, or the same in both languages")


def main() -> int:
    program, keyring = Program((str(Path(sys.argv[1]).absolute()),)), "".join(sys.argv[2:3])
    with tempfile.TemporaryDirectory(prefix="postflight-smoke-") as folder:
        try:
            smoke(program, Path(folder), keyring)
        except Failed as problem:
            print(f"The program is not fit: {problem}", file=sys.stderr)
            return 1
    print("delivered to all three services, drawn in both languages, whole")
    return 0


if __name__ == "__main__":
    sys.exit(main())
