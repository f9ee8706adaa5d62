"""A small Windows of its own: a Wine prefix, a screen for it, and what Wine itself lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from common import Failed

HERE: Final = Path(__file__).resolve().parent
_COMPILER: Final = "x86_64-w64-mingw32-gcc"
_STAND_INS: Final = ("icuuc", "bcryptprimitives")
_FONTS: Final = Path("/usr/share/fonts/truetype")
# Latin and Chinese letters. Qt looks at no .ttc in a folder of fonts, and reads it under this name.
_LETTERS: Final = {
    "dejavu.ttf": _FONTS / "dejavu" / "DejaVuSans.ttf",
    "wqy.ttf": _FONTS / "wqy" / "wqy-microhei.ttc",
}
_PATIENCE: Final = 300.0  # seconds; more than anything but a freeze takes


class Windows:
    """Runs Windows programs. Everything lies below `folder`; `close` ends all that runs in it."""

    def __init__(self, folder: Path) -> None:
        self.drive_c = folder / "prefix" / "drive_c"
        self._folder = folder
        self._screen, display = _start_screen()
        home, runtime = folder / "home", folder / "runtime"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("QT_", "WINE", "PYTHON", "POSTFLIGHT_"))
        } | {
            "DISPLAY": display,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "WINEPREFIX": str(folder / "prefix"),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # Neither .NET nor a browser is wanted, and no entries in this computer's own menu. Who
            # asks Wine's netprofm whether there is a network never gets an answer.
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d;netprofm=d",
            "PYTHONIOENCODING": "utf-8",
            # Wine keeps QT_... from its programs, and hands WINEQT_... on under that name.
            "WINEQT_QPA_PLATFORM": "offscreen",
            "WINEQT_QPA_FONTDIR": as_windows(folder / "fonts"),
        }
        home.mkdir(parents=True, exist_ok=True)
        runtime.mkdir(mode=0o700, exist_ok=True)
        (folder / "fonts").mkdir(exist_ok=True)
        for name, source in _LETTERS.items():
            shutil.copy(source, folder / "fonts" / name)

    def create(self) -> None:
        """A new prefix, which is a Windows 10, with the stand-ins in it."""
        shutil.rmtree(self._folder / "prefix", ignore_errors=True)
        self.run("wineboot", "-i")
        self.become("win10")
        system = self.drive_c / "windows" / "system32"
        if not system.is_dir():
            raise Failed("Wine made no prefix: is wine64 installed?")
        for name in _STAND_INS:
            made, source = system / f"{name}.dll", HERE / f"{name}.c"
            compile_it = [_COMPILER, "-shared", "-s", "-O2", "-o", str(made), str(source)]
            _run_here([*compile_it, "-ladvapi32"])

    def run(
        self,
        *command: str | Path,
        extra: Mapping[str, str] | None = None,
        timeout: float = _PATIENCE,
        folder: Path | None = None,
        told: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """To its end. Raises Failed when that takes too long; the exit code is the caller's."""
        with self.start(*command, extra=extra, folder=folder) as process:
            try:
                output, _ = process.communicate(told, timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise Failed(f"{command[0]} did not end within {timeout:.0f} s") from None
        return subprocess.CompletedProcess(process.args, process.returncode, output, "")

    def check(
        self,
        *command: str | Path,
        folder: Path | None = None,
        told: str = "",
        timeout: float = _PATIENCE,
    ) -> str:
        """What it said. Raises Failed when it ends with anything but 0."""
        done = self.run(*command, folder=folder, told=told, timeout=timeout)
        if done.returncode:
            last = "\n".join(done.stdout.splitlines()[-30:])
            raise Failed(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{last}")
        return done.stdout

    def start(
        self,
        *command: str | Path,
        extra: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> subprocess.Popen[str]:
        """All goes through pipes: Python for Windows takes no file of Linux for a console."""
        return subprocess.Popen(
            ["wine", *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            cwd=folder or self._folder,
            env={**self.environment, **(extra or {})},
        )

    def path(self, name: str) -> Path:
        """Where this computer has what Windows calls `name`, a path on drive C."""
        if not name.lower().startswith("c:\\"):
            raise Failed(f"{name} is not on drive C")
        return self.drive_c.joinpath(*name[3:].split("\\"))

    def close(self) -> None:
        """Ends the prefix's own server, and with it every program in this prefix."""
        subprocess.run(["wineserver", "-k"], env=self.environment, check=False)
        self._screen.terminate()
        self._screen.wait()

    def become(self, release: str) -> None:
        """The Windows of that name, in winecfg's words. Waits until the registry is written."""
        self.run("winecfg", "-v", release)
        subprocess.run(["wineserver", "-w"], env=self.environment, check=False, timeout=120)


def as_windows(path: Path) -> str:
    """Wine shows this computer's own files as drive Z."""
    return "Z:" + str(path.resolve()).replace("/", "\\")


def _start_screen() -> tuple[subprocess.Popen[bytes], str]:
    """A screen that nobody sees, under a number that nobody else has."""
    reading, writing = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = answer.readline().strip()
    if not number:
        raise Failed("Xvfb gave no screen")
    return screen, f":{number}"


def _run_here(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
