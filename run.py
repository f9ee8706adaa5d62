#!/usr/bin/env python3
"""Makes .venv from requirements.lock when needed, then starts Postflight, tests or builders."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
BUILD_LOCK = ROOT / "packaging" / "requirements-build.lock"
APT_PACKAGES = ROOT / "packaging" / "linux" / "apt-packages.txt"
SCREENSHOTS = ROOT / "packaging" / "screenshots.py"
BUILDER = ROOT / "packaging" / "build.py"
ENV = ROOT / ".venv"
BUILD_ENV = ROOT / "build" / "env"


def main(arguments: list[str]) -> int:
    if sys.version_info < (3, 11):
        sys.exit(f"Postflight needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if arguments[:1] == ["package"]:
        # Of its own: what freezes the program has no place in .venv.
        python = make_environment(BUILD_ENV, LOCK, BUILD_LOCK)
        make_qt_importable(python)
        return run_to_end([str(python), str(BUILDER), *arguments[1:]], dict(os.environ), ROOT)
    python = make_environment(ENV, LOCK)
    environment = dict(os.environ)
    folder: Path | None = None
    if arguments[:1] == ["test"]:
        make_qt_importable(python)
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        command = [str(python), "-m", "pytest", *arguments[1:]]
        folder = ROOT
    elif arguments[:1] == ["screenshots"]:
        make_qt_importable(python)
        command = [str(python), str(SCREENSHOTS), *arguments[1:]]
    else:
        # The caller's folder stays the working folder, so that relative paths mean what they say.
        # -P: a folder named "app" where the caller stands must not be taken for ours.
        command = [str(python), "-P", "-m", "app", *arguments]
        environment["PYTHONPATH"] = os.pathsep.join(
            part for part in (str(ROOT), environment.get("PYTHONPATH", "")) if part
        )
    return run_to_end(command, environment, folder)


def run_to_end(command: list[str], environment: dict[str, str], folder: Path | None) -> int:
    """Ctrl-C reaches the child as well: it ends in its own way, and we pass on its exit code."""
    with subprocess.Popen(command, cwd=folder, env=environment) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue


def make_environment(folder: Path, *locks: Path) -> Path:
    """Its Python. Done already while the locks, this Python and the place are the same."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "postflight-stamp"
    told = b"".join(lock.read_bytes() for lock in locks)
    wanted = hashlib.sha256(told + sys.version.encode() + str(ROOT).encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    names = " and ".join(lock.name for lock in locks)
    print(
        f"Setting up {folder.relative_to(ROOT)} from {names} (once, a minute or two) ...",
        file=sys.stderr,
    )
    # Debian and Ubuntu leave ensurepip out of python3; the system's pip can install into it.
    with_pip = importlib.util.find_spec("ensurepip") is not None
    venv.create(folder, with_pip=with_pip, clear=True)
    pip = (
        [str(python), "-m", "pip"]
        if with_pip
        else [sys.executable, "-m", "pip", "--python", str(python)]
    )
    # --no-deps: the locks are complete, and older pips would ask the index again for a package that
    # is named with an extra, and then refuse the newer release they find there.
    install = ["install", "-qq", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    if subprocess.call([*pip, *install, *(word for lock in locks for word in ("-r", str(lock)))]):
        sys.exit(
            f"The packages of {names} could not be installed; pip's own words are above.\n"
            "This needs pip and a way to a Python package index. On Debian or Ubuntu:\n"
            "  sudo apt-get install -y python3-pip"
        )
    stamp.write_text(wanted, encoding="utf-8")
    return python


def make_qt_importable(python: Path) -> None:
    """Qt's wheels expect some system libraries on Linux; name them, and as root install them."""
    if not sys.platform.startswith("linux") or qt_problem(python) is None:
        return
    lines = APT_PACKAGES.read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    apt = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(
            "Qt's system libraries are missing; installing them: " + " ".join(apt), file=sys.stderr
        )
        subprocess.call(["apt-get", "-qq", "update"])
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.call([*apt, "-qq"], env=environment, stdout=subprocess.DEVNULL)
    if problem := qt_problem(python):
        sys.exit(
            f"{problem}\nQt's system libraries are missing. Run this, then try again:\n"
            f"  sudo {' '.join(apt)}"
        )


def qt_problem(python: Path) -> str | None:
    probe = subprocess.run(
        [str(python), "-c", "import PySide6.QtWidgets"], capture_output=True, text=True, check=False
    )
    return None if probe.returncode == 0 else probe.stderr.strip().splitlines()[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
