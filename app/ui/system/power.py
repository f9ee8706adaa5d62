"""What happens when everything is delivered: stay on, sleep, shut down or quit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.errors import Leg, LocalError
from app.ui.language import t
from app.ui.system.platforms import System, this_system

SECONDS: Final = 60
# Longer than macOS waits for the person's consent (120 s).
_PATIENCE: Final = 150.0

Run = Callable[[Sequence[str]], int]


class Finish(Enum):
    STAY = "stay"
    SLEEP = "sleep"
    SHUT_DOWN = "shut-down"
    QUIT = "quit"


# {root} is Windows' own folder: nothing is looked up on the search path there.
COMMANDS: Final[Mapping[tuple[System, Finish], tuple[str, ...]]] = MappingProxyType(
    {
        (System.WINDOWS, Finish.SLEEP): (
            r"{root}\System32\rundll32.exe",
            "powrprof.dll,SetSuspendState",
            "0,1,0",
        ),
        (System.WINDOWS, Finish.SHUT_DOWN): (r"{root}\System32\shutdown.exe", "/s", "/t", "60"),
        (System.MACOS, Finish.SLEEP): ("/usr/bin/pmset", "sleepnow"),
        (System.MACOS, Finish.SHUT_DOWN): (
            "/usr/bin/osascript",
            "-e",
            'tell application "System Events" to shut down',
        ),
        (System.LINUX, Finish.SLEEP): ("systemctl", "suspend"),
        (System.LINUX, Finish.SHUT_DOWN): ("systemctl", "poweroff"),
    }
)


def command(
    finish: Finish, system: System, environment: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """Empty for what needs no help of the system: staying on and quitting."""
    root = environment.get("SystemRoot") or r"C:\Windows"
    return tuple(part.replace("{root}", root) for part in COMMANDS.get((system, finish), ()))


def run(words: Sequence[str], patience: float = _PATIENCE) -> int:
    """The exit code; 0 too where the command is still at work after `patience` seconds, for
    Windows' own sleeps along with the machine. Blocking; raises OSError."""
    try:
        done = subprocess.run(  # noqa: S603
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=patience,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        return 0
    return done.returncode


def act(finish: Finish, run: Run = run, system: System | None = None) -> None:
    """Sleeps or shuts down; STAY and QUIT do nothing here. Blocking. Raises LocalError, in the
    window's language."""
    words = command(finish, system or this_system())
    if not words:
        return
    try:
        code = run(words)
    except OSError as error:
        raise _refused(finish, str(error)) from error
    if code != 0:
        raise _refused(finish, f"{words[0]} ended with {code}")


def _refused(finish: Finish, details: str) -> LocalError:
    asleep = t("This computer did not go to sleep.")
    return LocalError(
        asleep if finish is Finish.SLEEP else t("This computer did not shut down."),
        t("The system refused it. Postflight stays open and nothing is lost."),
        leg=Leg.COMPUTER,
        details=details,
    )


class WhenFinished(QObject):
    """The pilot's choice for this once: taking it sets it back to staying on."""

    changed = Signal(Finish)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice = Finish.STAY

    @property
    def choice(self) -> Finish:
        return self._choice

    def choose(self, finish: Finish) -> None:
        if finish is not self._choice:
            self._choice = finish
            self.changed.emit(finish)

    def take(self) -> Finish:
        taken = self._choice
        self.choose(Finish.STAY)
        return taken


class Countdown(QObject):
    """The minute in which the pilot can still say no. `tick` tells the seconds left, the first
    one at once; then comes either `due` or `cancelled`."""

    tick = Signal(int)
    cancelled = Signal()
    due = Signal()

    def __init__(
        self, seconds: int = SECONDS, interval_ms: int = 1000, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._seconds = seconds
        self._left = 0
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._count)

    @property
    def running(self) -> bool:
        return self._timer.isActive()

    def start(self) -> None:
        """From the beginning; does nothing while it runs."""
        if not self.running:
            self._left = self._seconds
            self._timer.start()
            self.tick.emit(self._left)

    def cancel(self) -> None:
        if self.running:
            self._timer.stop()
            self.cancelled.emit()

    def _count(self) -> None:
        self._left -= 1
        if self._left > 0:
            self.tick.emit(self._left)
            return
        self._timer.stop()
        self.due.emit()
