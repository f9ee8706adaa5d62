"""What an installer leaves in Windows, and how an installed Postflight is used there."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from common import Failed
from windows.wine.world import Windows

WINDOWED: Final = "postflight.exe"
CONSOLE: Final = "postflight-cli.exe"
# Exit codes of setup, the first also of uninstall.
RUNNING: Final = 10
TOO_OLD: Final = 11
_OWN_KEY: Final = r"HKCU\Software\Postflight"
_UNINSTALL_KEY: Final = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Postflight"
_PATIENCE: Final = 120.0


class Installed:
    """The program in the folder that the installer chose, and the records of the one user."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        local, roaming = (self._folder_of(name) for name in ("LOCALAPPDATA", "APPDATA"))
        self.folder = local / "Programs" / "Postflight"
        self.records = local / "Postflight"
        menu = roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs"
        self.shortcut = menu / "Postflight.lnk"

    def setup(self, installer: Path) -> int:
        return self._windows.run(installer, "/S").returncode

    def uninstall(self, wait: bool = False) -> int:
        """It copies itself away and ends at once, unless it is told where it is; then it cannot
        take itself away."""
        inside = r"_?=" + self._folder_inside()
        words = ["/S", *([inside] if wait else [])]
        return self._windows.run(self.folder / "uninstall.exe", *words).returncode

    def version(self) -> str:
        """As the list of installed programs shows it; empty when it is not in there."""
        return self._registered(_UNINSTALL_KEY, "DisplayVersion")

    def look(self, version: str) -> None:
        """Raises Failed unless all is there."""
        for name in (WINDOWED, CONSOLE, "uninstall.exe", "_internal"):
            _expect((self.folder / name).exists(), f"{name} was not installed")
        _expect(self.version() == version, f"the list of programs says {self.version()!r}")
        for value in ("DisplayName", "DisplayIcon", "UninstallString", "QuietUninstallString"):
            _expect(bool(self._registered(_UNINSTALL_KEY, value)), f"{value} is not registered")
        _expect(int(self._registered(_UNINSTALL_KEY, "EstimatedSize"), 16) > 50_000, "its size")
        place = self._registered(_OWN_KEY, "InstallDir")
        _expect(self._windows.path(place) == self.folder, f"it is registered in {place}")
        _expect(self.shortcut.is_file(), "the start menu has no Postflight")
        target = f"{self._folder_inside()}\\{WINDOWED}"
        link = self.shortcut.read_bytes()
        found = any(target.encode(letters) in link for letters in ("ascii", "utf-16-le"))
        _expect(found, "the start menu leads elsewhere")

    def look_gone(self) -> None:
        """Raises Failed when something is left but the person's own things."""
        _until(lambda: not self.folder.exists(), "the program's folder is still there")
        _expect(not self.shortcut.exists(), "the start menu still has Postflight")
        for key in (_OWN_KEY, _UNINSTALL_KEY):
            gone = self._windows.run("reg", "query", key).returncode != 0
            _expect(gone, f"{key} is still registered")

    def say(self, *words: str, told: str = "") -> dict[str, Any]:
        """Calls the program in its console; the last thing it says."""
        output = self._windows.check(self.folder / CONSOLE, *words, "--json", told=told)
        return json.loads(output.splitlines()[-1])

    def open(self, program: str, *folders: str) -> subprocess.Popen[str]:
        """Opens the window, and waits until it owns the records."""
        process = self._windows.start(self.folder / program, *folders)
        owner = self.records / "postflight.owner.json"
        _until(lambda: owner.exists() or process.poll() is not None, "the window does not open")
        if process.poll() is not None:
            output, _ = process.communicate()
            raise Failed(f"the window ended with {process.returncode}: {output[-2000:]}")
        return process

    def end(self, process: subprocess.Popen[str], program: str) -> None:
        """As when the computer's plug is pulled: Postflight loses nothing by it."""
        self._windows.run("taskkill", "/F", "/IM", program)
        process.communicate(timeout=_PATIENCE)
        (self.records / "postflight.owner.json").unlink(missing_ok=True)

    def batches(self) -> list[str]:
        return sorted(batch["title"] for batch in self.say("batches")["batches"])

    def wait_for_batches(self, *titles: str) -> None:
        _until(lambda: self.batches() == sorted(titles), f"there are not the batches {titles}")

    def _registered(self, key: str, value: str) -> str:
        done = self._windows.run("reg", "query", key, "/v", value)
        for line in done.stdout.splitlines():
            name, _, rest = line.strip().partition(" ")
            if name == value:
                return rest.strip().partition(" ")[2].strip()
        return ""

    def _folder_of(self, name: str) -> Path:
        return self._windows.path(self._windows.check("cmd", "/c", f"echo %{name}%").strip())

    def _folder_inside(self) -> str:
        return "C:\\" + str(self.folder.relative_to(self._windows.drive_c)).replace("/", "\\")


def content(folder: Path) -> dict[str, str]:
    """Every file below `folder` and what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _until(true: Callable[[], bool], words: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not true():
        _expect(time.monotonic() < end, f"{words} after {_PATIENCE:.0f} s")
        time.sleep(0.2)


def _expect(true: bool, words: str) -> None:
    if not true:
        raise Failed(words)
