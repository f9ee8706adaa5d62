"""Keeps the machine awake, only while told to, and never at the price of a stopped window."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

from PySide6.QtCore import QObject, Signal

from app.ui.relay import Relay

_log: Final = logging.getLogger(__name__)

_LOOK: Final = 2.0  # seconds between looks whether the program still lives
_FAREWELL: Final = 3.0


class Kept(Protocol):
    @property
    def active(self) -> bool: ...


Keeper = Callable[[], AbstractContextManager[Kept]]


def _wakepy() -> AbstractContextManager[Kept]:
    from wakepy import keep  # here, in the hold's own thread: the window starts without it

    if sys.platform != "linux":
        return keep.running(on_fail="pass")
    from wakepy import JeepneyDBusAdapter

    class Bus(JeepneyDBusAdapter):
        """wakepy's own calls Python's collector here, which destroys whatever widgets lie in
        garbage in this thread, and that ends the program (runtime.sweep)."""

        def close_connections(self) -> None:
            while self._connections:
                self.close_connection(self._connections.popitem()[1])

    return keep.running(on_fail="pass", dbus_adapter=Bus)


@dataclass(slots=True, eq=False)
class _Hold:
    stop: threading.Event = field(default_factory=threading.Event)


class _Keeping:
    """What the threads of the holds share; it knows nothing of Qt."""

    def __init__(self, keeper: Keeper, moved: Callable[[], None]) -> None:
        """`moved` is called from the threads, whenever `held` may be different."""
        self._keeper = keeper
        self._moved = moved
        self._lock = threading.Lock()
        self._hold: _Hold | None = None
        self._threads: list[threading.Thread] = []
        self._held = False
        self._possible: bool | None = None

    @property
    def held(self) -> bool:
        with self._lock:
            return self._held

    @property
    def possible(self) -> bool | None:
        with self._lock:
            return self._possible

    @property
    def threads(self) -> list[threading.Thread]:
        with self._lock:
            return list(self._threads)

    def hold(self, reason: str) -> None:
        with self._lock:
            if self._hold is not None:
                return
            hold = self._hold = _Hold()
            # A daemon: a D-Bus that never answers must not keep the program from ending.
            thread = threading.Thread(
                target=self._keep, args=(hold, reason), name="pf-awake", daemon=True
            )
            self._threads = [t for t in self._threads if t.is_alive()] + [thread]
            thread.start()

    def release(self) -> None:
        with self._lock:
            hold, self._hold = self._hold, None
            self._held = False
        if hold is not None:
            hold.stop.set()

    def _keep(self, hold: _Hold, reason: str) -> None:
        try:
            with self._keeper() as kept:
                self._became(hold, kept.active, reason)
                # wakepy's own thread on Windows would keep a program that crashed from ending.
                while kept.active and threading.main_thread().is_alive():
                    if hold.stop.wait(_LOOK):
                        break
        # wakepy promises no error class of its own, and nothing of it may stop a delivery.
        except Exception as error:
            _log.warning("keeping the computer awake: %r", error)
            self._became(hold, False, reason)

    def _became(self, hold: _Hold, active: bool, reason: str) -> None:
        with self._lock:
            first = self._possible is not active
            self._possible = active
            if self._hold is not hold:
                return  # released meanwhile
            if not active:
                self._hold = None
            self._held = active
        if first:
            words = "kept awake" if active else "cannot be kept awake"
            _log.info("this computer %s: %s", words, reason)
        self._moved()


class Awake(QObject):
    """Holding and releasing return at once: each hold is its own thread, entering and leaving the
    system's inhibition there, so that a slow system (D-Bus) can mix up neither their order nor
    the window's loop. Use from one thread."""

    changed = Signal(bool)  # `held` is different now

    def __init__(self, keeper: Keeper = _wakepy, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told = False
        self._keeping = _Keeping(keeper, Relay(self._tell))

    @property
    def held(self) -> bool:
        """The system agreed to stay awake; a moment later than `hold`."""
        return self._keeping.held

    @property
    def possible(self) -> bool | None:
        """None until it was tried once."""
        return self._keeping.possible

    def hold(self, reason: str) -> None:
        """`reason` is for the log. Holding what is held changes nothing; a hold that the system
        refused is tried anew."""
        self._keeping.hold(reason)

    def release(self) -> None:
        """Safe to repeat."""
        self._keeping.release()
        self._tell()

    def close(self, wait: float = _FAREWELL) -> None:
        """Releases and waits for the system to hear of it, `wait` seconds at most. Blocking."""
        self.release()
        for thread in self._keeping.threads:
            thread.join(wait)

    def _tell(self) -> None:
        held = self.held
        if held is not self._told:
            self._told = held
            self.changed.emit(held)
