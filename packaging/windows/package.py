"""The installer for Windows, by NSIS; it can be compiled on Linux as well."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

from common import HERE, Failed, run, version

SCRIPT: Final = HERE / "windows" / "postflight.nsi"
ICON: Final = HERE / "icons" / "postflight.ico"
# Small to fetch, and slow to make: where one is only tried out, FAST will do.
SMALL: Final = "/SOLID lzma"
FAST: Final = "zlib"


def package(frozen: Path, target: Path) -> None:
    compile_installer(frozen, target, version())


def compile_installer(frozen: Path, target: Path, number: str, compressor: str = SMALL) -> Path:
    """`frozen` is the folder with the programs, `target` the one for the installer."""
    installer = target / f"Postflight-{number}-windows-x64-setup.exe"
    told = {
        "VERSION": number,
        "FOUR_NUMBERS": four_numbers(number),
        "PAYLOAD": frozen,
        "OUT": installer,
        "ICON": ICON,
        "COMPRESSOR": compressor,
    }
    # A warning is an error: NSIS only warns of names that it does not know.
    run(
        [_makensis(), "-V2", "-WX", "-INPUTCHARSET", "UTF8"]
        + [f"-D{name}={value}" for name, value in told.items()]
        + [SCRIPT]
    )
    return installer


def four_numbers(number: str) -> str:
    """Windows knows versions of four numbers only: 1.2.0rc1 is 1.2.0.0."""
    begin = re.match(r"\d+(\.\d+){0,3}", number)
    if begin is None:
        raise Failed(f"{number} is no version")
    parts = begin[0].split(".")
    return ".".join([*parts, *["0"] * (4 - len(parts))])


def _makensis() -> str:
    """NSIS' own installer for Windows leaves the path alone."""
    places = [os.environ.get(name, "") for name in ("PROGRAMFILES(X86)", "PROGRAMFILES")]
    found = shutil.which("makensis") or next(
        (str(path) for path in (Path(place, "NSIS", "makensis.exe") for place in places if place)
         if path.is_file()), None
    )  # fmt: skip
    if found is None:
        raise Failed("there is no makensis: install NSIS 3 (on Debian the package nsis)")
    return found
