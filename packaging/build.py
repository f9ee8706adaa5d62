"""Builds Postflight's installers for the system it runs on: `python3 run.py package`."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Final

from common import BUILD, DIST, FROZEN, Failed, megabytes, offscreen, program_in, size_of, step
from freeze import freeze
from smoke import Program, smoke

# Each has `package(frozen, target)`, which puts what people install into the folder `target`.
PACKAGERS: Final = {
    "linux": "linux.package",
    "win32": "windows.package",
    "darwin": "macos.package",
}
# Of Linux any will do here: the builder may have none. test_desktop.sh starts one.
KEYRINGS: Final = {"linux": "", "win32": "Windows", "darwin": "macOS"}
PICTURES: Final = BUILD / "pictures"


def main() -> int:
    if len(sys.argv) != 1:
        print("usage: python3 run.py package", file=sys.stderr)
        return 2
    try:
        build()
    except Failed as problem:
        print(f"The build failed: {problem}", file=sys.stderr)
        return 1
    return 0


def build() -> None:
    if DIST.exists():
        shutil.rmtree(DIST)
    DIST.mkdir(parents=True)
    step("freeze", freeze)
    print(f"   {megabytes(size_of(FROZEN))} unpacked", flush=True)
    step("smoke", try_frozen)
    packager = import_module(PACKAGERS[sys.platform])
    step("package", lambda: packager.package(FROZEN, DIST))
    for path in write_sums():
        print(f"{path.name}: {megabytes(path.stat().st_size)}")


def write_sums() -> list[Path]:
    """Of everything in build/dist, which is the answer."""
    sums = DIST / "SHA256SUMS"
    made = sorted(path for path in DIST.iterdir() if path.is_file() and path != sums)
    sums.write_text("".join(map(_sum_line, made)), encoding="utf-8", newline="\n")
    return made


def try_frozen() -> None:
    with tempfile.TemporaryDirectory(prefix="postflight-smoke-") as folder:
        program = Program((str(program_in(FROZEN)),), offscreen())
        smoke(program, Path(folder), KEYRINGS[sys.platform], PICTURES)


def _sum_line(path: Path) -> str:
    with path.open("rb") as stream:
        return f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {path.name}\n"


if __name__ == "__main__":
    sys.exit(main())
