"""Makes the frozen folder with PyInstaller; refuses one that is too large or lacks a library."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from common import BUILD, FROZEN, HERE, ROOT, Failed, megabytes, size_of

# Bytes, unpacked. More means that something came along which nobody needs; on macOS each library
# is there for both processors. For Windows it is 80 MB as Explorer and du count them, in MiB.
LARGEST: Final = {"linux": 160_000_000, "win32": 80 * 1024 * 1024, "darwin": 320_000_000}
# A library that is missing where the program is built is missing in the program.
_MISSING: Final = re.compile(r"Library not found: could not resolve '(libxcb[^']*|libxkb[^']*)'")


def freeze() -> Path:
    """The folder with the program; on macOS Postflight.app stands beside it."""
    work = BUILD / "pyinstaller"
    for old in (work, FROZEN.parent):
        shutil.rmtree(old, ignore_errors=True)
    command = [
        *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
        *("--distpath", str(FROZEN.parent), "--workpath", str(work)),
        str(HERE / "postflight.spec"),
    ]
    # The order of names in sets would be another one in each build.
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, check=False
    )
    sys.stderr.write(done.stderr)
    if done.returncode:
        raise Failed(f"PyInstaller ended with {done.returncode}")
    if missing := sorted(set(_MISSING.findall(done.stderr))):
        raise Failed(
            f"this computer lacks {', '.join(missing)}, and so would the program: "
            "install what packaging/linux/apt-packages.txt names"
        )
    size = size_of(FROZEN)
    if size > LARGEST[sys.platform]:
        raise Failed(f"the frozen folder has {megabytes(size)}, see packaging/postflight.spec")
    return FROZEN
