"""Server processes of one test store: started in a folder, watched, and always ended."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing(*programs: str) -> list[str]:
    """Which of the programs are not installed."""
    return [name for name in programs if shutil.which(name, path=_SYSTEM_PATH) is None]


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on, and that the system gives to nobody by itself: a
    store that is started anew finds its own again."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found += [port] if port not in found else []
    return found


class NotStarted(Exception):
    """A store did not come up; its last words are in the message."""


class Daemons:
    """Processes by name. Each dies with the process of the tests, however that one ends."""

    def __init__(self, logs: Path, home: Path) -> None:
        self._logs = logs
        logs.mkdir(parents=True)
        # Nothing of this process: its virtual environment is not the system's Python.
        self._environment = {"PATH": _SYSTEM_PATH, "HOME": str(home), "LC_ALL": "C.UTF-8"}
        self._commands: dict[str, Sequence[str]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str, environment: Mapping[str, str] | None = None) -> None:
        """`environment` is for the process of this one start only."""
        # The system ends the process with the thread, not only with the process, that began it.
        assert threading.current_thread() is threading.main_thread()
        self._commands[name] = command
        with (self._logs / f"{name}.out").open("ab") as log:
            self._running[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**self._environment, **(environment or {})},
                start_new_session=True,
            )

    def run(self, *command: str) -> str:
        """One short command to its end; answers what it printed."""
        done = subprocess.run(
            command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise NotStarted(f"{' '.join(command)}: {done.stderr or done.stdout}")
        return done.stdout

    def wait(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Until `ready`; NotStarted when a process ended, or when it takes too long."""
        end = time.monotonic() + seconds
        while not ready():
            dead = [name for name, one in self._running.items() if one.poll() is not None]
            if dead or time.monotonic() > end:
                self.stop()
                raise NotStarted(f"{dead or 'too slow'}: {self._last_words()}")
            time.sleep(0.1)

    def freeze(self, name: str) -> None:
        os.killpg(self._running[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        os.killpg(self._running[name].pid, signal.SIGCONT)

    def kill(self, name: str) -> None:
        """As when the power goes."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def again(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Starts what was killed."""
        self.start(name, *self._commands[name], environment=environment)

    def stop(self) -> None:
        """Everything ends, what is frozen too; the last one started first."""
        for name, process in reversed(self._running.items()):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                self.thaw(name)
        end = time.monotonic() + 10
        for process in self._running.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        self._running.clear()

    def _last_words(self) -> str:
        files = sorted(self._logs.glob("*.out"))
        return "; ".join(
            f"{file.stem}: {file.read_text(errors='replace')[-600:]}" for file in files
        )


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
