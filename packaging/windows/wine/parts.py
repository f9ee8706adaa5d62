"""Fetches what the Windows side is made of: a CPython for Windows, and the locked wheels."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from common import Failed

HERE: Final = Path(__file__).resolve().parent
_TAG: Final = "cp311"  # which of the archive's Pythons
_VERSION: Final = "3.11"
_PIP: Final = ("-m", "pip", "-q", "--disable-pip-version-check", "--no-input")


def windows_python(folder: Path) -> Path:
    """Its python.exe, below `folder`, with nothing installed in it."""
    lock = HERE / "python.lock"
    source = _download_source(lock, folder)
    target = folder / "python"
    shutil.rmtree(target, ignore_errors=True)
    with tarfile.open(source) as outer:
        inner = next(item for item in outer.getnames() if item.endswith("/data.zip"))
        stream = outer.extractfile(inner)
        if stream is None:
            raise Failed(f"{source.name} holds no data.zip")
        with stream, zipfile.ZipFile(stream) as archive:
            for name in archive.namelist():
                if name.startswith(f"{_TAG}/"):
                    archive.extract(name, folder)
    (folder / _TAG).rename(target)
    source.unlink()
    return target / "python.exe"


def install_wheels(python: Path, folder: Path, *locks: Path) -> None:
    """From the locks, with their hashes, for Windows; nothing is built, so none of it is run."""
    tools = folder / "tools"
    install = [sys.executable, *_PIP, "install", "--no-deps", "--require-hashes", "--upgrade"]
    _run([*install, "--target", str(tools), "-r", str(HERE / "tools.lock")])
    _run(
        [str(tools / "bin" / "uv"), "pip", "install", "-q", "--no-config"]
        + ["--python-platform", "x86_64-pc-windows-msvc", "--python-version", _VERSION]
        + ["--only-binary", ":all:", "--no-deps", "--require-hashes"]
        + [word for lock in locks for word in ("-r", str(lock))]
        + ["--target", str(python.parent / "Lib" / "site-packages")]
    )


def _download_source(lock: Path, folder: Path) -> Path:
    """pip asks even a mere download's set-up script for its name: as an ordinary user, then."""
    words = [*_PIP, "download", "--no-deps", "--no-binary", ":all:", "--no-cache-dir"]
    # Outside this folder: an ordinary user may not be let in here.
    with tempfile.TemporaryDirectory(prefix="postflight-python-") as name:
        place = Path(name)
        shutil.copy(lock, place)
        words += ["--require-hashes", "-d", str(place), "-r", str(place / lock.name)]
        if os.geteuid():
            _run([sys.executable, *words])
        else:
            # The system's Python and its pip: ours may lie where only root may look.
            nobody = pwd.getpwnam("nobody")
            os.chown(place, nobody.pw_uid, nobody.pw_gid)
            _run(["/usr/bin/python3", *words], user=nobody, home=place)
        found = sorted(place.glob("*.tar.gz"))
        if len(found) != 1:
            raise Failed(f"pip left {len(found)} archives for {lock.name}")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(found[0], folder / found[0].name))


def _run(
    command: list[str], user: pwd.struct_passwd | None = None, home: Path | None = None
) -> None:
    environment = dict(os.environ)
    if home is not None:
        environment |= {"HOME": str(home), "TMPDIR": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env=environment,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.strip()}")
