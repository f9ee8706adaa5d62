"""Freezes Postflight on a Windows Python, makes the installer, and tries it all, on Debian by Wine.

`python3 packaging/try_under_wine.py` begins from nothing and works in build/wine only; the
installer then lies in build/dist. The packages it needs are in windows/wine/apt-packages.txt. What
Wine cannot tell: Explorer, SmartScreen, the looks of a window.
"""

from __future__ import annotations

import shutil
import struct
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from build import write_sums
from common import BUILD, DIST, HERE, ROOT, Failed, megabytes, size_of, step, version
from smoke import Program, smoke
from windows import package
from windows.wine import installed, parts
from windows.wine.installed import CONSOLE, WINDOWED, Installed, content
from windows.wine.world import Windows, as_windows

FOLDER: Final = BUILD / "wine"
NEEDED: Final = ("wine", "wineserver", "Xvfb", "makensis", "x86_64-w64-mingw32-gcc")
OLDER: Final = "0.0.1"
WORDS: Final = "a secret that stays"
LEFT_OVER: Final = Path("_internal", "of_an_older_version.txt")
# What the frozen program must have from Windows itself: of Wine, or of ours in place of Wine's.
FOREIGN: Final = ("icuuc.dll", "bcryptprimitives.dll", "ucrtbase.dll", "api-ms-win-*.dll")
_FREEZE: Final = 1200.0  # seconds; two minutes on an idle computer of today
SUBSYSTEMS: Final = {WINDOWED: 2, CONSOLE: 3}  # a window, a console


def main() -> int:
    if lost := [name for name in NEEDED if shutil.which(name) is None]:
        packages = parts.HERE.relative_to(ROOT) / "apt-packages.txt"
        print(f"Windows: there is no {', '.join(lost)}; install {packages}", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        python = step("a Python for Windows, and the locked wheels", _fetch_python)
        with _windows() as windows:
            step("a new Windows", windows.create)
            frozen = step("freeze", lambda: _freeze(windows, python))
            step("what was frozen", lambda: _inspect(frozen))
            older, newer = step("two installers", lambda: _installers(frozen))
            _try(windows, python, older, newer)
    except Failed as problem:
        print(f"Windows: {problem}", file=sys.stderr)
        return 1
    write_sums()
    print(f"{newer.name}: {megabytes(newer.stat().st_size)}; all of it worked")
    return 0


def _try(windows: Windows, python: Path, older: Path, newer: Path) -> None:
    there = Installed(windows)
    step("refused by Windows 8", lambda: _refuse_old(windows, there, older))
    step("install", lambda: _install(there, older))
    step("smoke", lambda: _smoke(windows, there))
    step("connection and secret", lambda: _connect(there))
    step("folders dropped on the icon", lambda: _drop(windows, there))
    step("refused while it runs", lambda: _refuse(there, newer))
    step("upgrade", lambda: _upgrade(there, newer))
    step("uninstall", lambda: _uninstall(windows, python, there))


def _fetch_python() -> Path:
    python = parts.windows_python(FOLDER)
    locks = (ROOT / "requirements.lock", HERE / "requirements-build.lock")
    parts.install_wheels(python, FOLDER, *locks)
    return python


@contextmanager
def _windows() -> Generator[Windows]:
    windows = Windows(FOLDER)
    try:
        yield windows
    finally:
        windows.close()


def _freeze(windows: Windows, python: Path) -> Path:
    """From a copy: what is built for this computer may lie in the original's build folder."""
    source = FOLDER / "source"
    shutil.rmtree(source, ignore_errors=True)
    for name in ("app", "resources", "packaging"):
        no_waste = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=no_waste)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, source)
    words = ("-c", "from freeze import freeze; freeze()")
    windows.check(python, *words, folder=source / "packaging", timeout=_FREEZE)
    return source / "build" / "frozen" / "postflight"


def _inspect(frozen: Path) -> None:
    print(f"   {megabytes(size_of(frozen))} unpacked")
    for pattern in FOREIGN:
        if found := sorted(frozen.rglob(pattern)):
            raise Failed(f"{found[0]} must not be given to anybody")
    for name, subsystem in SUBSYSTEMS.items():
        program = (frozen / name).read_bytes()
        header = struct.unpack_from("<I", program, 0x3C)[0]
        if struct.unpack_from("<H", program, header + 0x5C)[0] != subsystem:
            raise Failed(f"{name} is not of the right kind")
        for words in ("Postflight", version()):
            if words.encode("utf-16-le") not in program:
                raise Failed(f"{name} does not say {words} among its properties")


def _installers(frozen: Path) -> tuple[Path, Path]:
    """The one of this version, and one that pretends to be older and has a file more."""
    DIST.mkdir(parents=True, exist_ok=True)
    newer = package.compile_installer(frozen, DIST, version(), package.FAST)
    left_over = frozen / LEFT_OVER
    left_over.write_text("An upgrade takes this away.", encoding="utf-8")
    try:
        older = package.compile_installer(frozen, FOLDER, OLDER, package.FAST)
    finally:
        left_over.unlink()
    return older, newer


def _refuse_old(windows: Windows, there: Installed, older: Path) -> None:
    windows.become("win81")
    _ends_with(installed.TOO_OLD, there.setup(older), "setup on Windows 8.1")
    there.look_gone()
    windows.become("win10")


def _install(there: Installed, older: Path) -> None:
    _ends_with(0, there.setup(older), "the installer")
    there.look(OLDER)


def _smoke(windows: Windows, there: Installed) -> None:
    """As on other systems, by the program with a console; then the window by the one without."""
    folder = FOLDER / "smoke"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pictures = BUILD / "pictures-windows"
    for name in (CONSOLE, WINDOWED):
        program = Program(("wine", str(there.folder / name)), windows.environment, as_windows)
        if name == CONSOLE:
            smoke(program, folder, "Windows", pictures)
        else:
            program.run(folder / "home", "--self-check", folder)


def _connect(there: Installed) -> None:
    """A service that does not answer: what is sent to it waits."""
    words = ("add", "harbour", "--service", "cloud-api", "--url", "http://127.0.0.1:9")
    options = ("--workspace", "01234567-89ab-4cde-8f01-23456789abcd", "--secret-stdin")
    there.say("connection", *words, *options, told=f"{WORDS}\n")


def _drop(windows: Windows, there: Installed) -> None:
    """Explorer starts the program with the paths of what is dropped on it or on its shortcut."""
    flights = ["First flight", "第二次飞行"]
    for flight in flights:
        folder = windows.drive_c / "flights" / flight
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "DJI_0001.JPG").write_bytes(flight.encode())
    paths = [f"C:\\flights\\{flight}" for flight in flights]
    window = there.open(WINDOWED, paths[0])
    there.wait_for_batches(flights[0])
    second = windows.run(there.folder / WINDOWED, paths[1])
    _ends_with(0, second.returncode, "a second start")
    there.wait_for_batches(*flights)
    there.end(window, WINDOWED)


def _refuse(there: Installed, newer: Path) -> None:
    """Whichever of the two programs runs."""
    for name in (WINDOWED, CONSOLE):
        before = content(there.folder)
        window = there.open(name)
        _ends_with(installed.RUNNING, there.setup(newer), f"setup while {name} runs")
        _ends_with(installed.RUNNING, there.uninstall(wait=True), f"uninstall while {name} runs")
        if content(there.folder) != before:
            raise Failed(f"setup changed something while {name} was running")
        there.look(OLDER)
        if window.poll() is not None:
            raise Failed(f"{name} did not survive setup")
        there.end(window, name)


def _upgrade(there: Installed, newer: Path) -> None:
    batches = there.batches()
    _ends_with(0, there.setup(newer), "the upgrade")
    there.look(version())
    if (there.folder / LEFT_OVER).exists():
        raise Failed("a part of the older version is left")
    connections = there.say("connection", "list")["connections"]
    if there.batches() != batches or [item["name"] for item in connections] != ["harbour"]:
        raise Failed("the upgrade lost records")


def _uninstall(windows: Windows, python: Path, there: Installed) -> None:
    records = content(there.records)
    _ends_with(0, there.uninstall(), "uninstall")
    there.look_gone()
    if not records or content(there.records) != records:
        raise Failed("uninstall touched the person's records")
    asked = "WinVaultKeyring().get_password('postflight', 'harbour')"
    code = f"from keyring.backends.Windows import WinVaultKeyring; print({asked})"
    if windows.check(python, "-c", code).strip() != WORDS:
        raise Failed("the secret is no longer in the Credential Manager")


def _ends_with(wanted: int, code: int, what: str) -> None:
    if code != wanted:
        raise Failed(f"{what} ended with {code}, not with {wanted}")


if __name__ == "__main__":
    sys.exit(main())
