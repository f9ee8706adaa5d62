"""What all parts of the practice cloud share: clock, chance, settings, and the judge's notes."""

from __future__ import annotations

import base64
import random
import threading
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from app.domain.ports import Clock
from app.practice.calls import Call, Moment
from app.practice.faults import FaultPlan
from app.practice.journal import Journal
from app.practice.message import ClientGone
from app.practice.settings import Settings


@dataclass(frozen=True, slots=True)
class Registration:
    """An accepted callback's file. `times` counts how often it was reported."""

    name: str
    etag: str
    times: int = 1


class Core:
    """Thread-safe. `lock` is held by an interface while it reads or changes its own tables."""

    def __init__(self, clock: Clock, rng: random.Random, faults: FaultPlan) -> None:
        self.settings = Settings()
        self.faults = faults
        self.journal = Journal()
        self.lock = threading.RLock()
        self.closing = threading.Event()
        # What the faults of that name do; the storage puts its own functions here.
        self.expire_keys: Callable[[], None] = lambda: None
        self.forget_uploads: Callable[[], None] = lambda: None
        # Hears of each step of a call in the call's own thread; see PracticeCloud.watch.
        self.witness: Callable[[Call, Moment], None] = lambda call, moment: None
        self._clock = clock
        self._rng = rng
        self._violations: list[str] = []
        self._registered: dict[str, dict[str, Registration]] = {}
        self._under_way: dict[str, int] = {}

    def now(self) -> float:
        """The server's clock, UTC seconds."""
        return self._clock.now() + self.settings.offset

    def uuid(self) -> str:
        with self.lock:
            return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def text(self, size: int) -> str:
        """`size` random bytes in the address-safe base 64, without padding."""
        with self.lock:
            return base64.urlsafe_b64encode(self._rng.randbytes(size)).decode().rstrip("=")

    def letters(self, count: int) -> str:
        """Upper-case letters and digits, as access keys are made of."""
        with self.lock:
            return "".join(self._rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=count))

    def breach(self, call: Call, words: str) -> None:
        with self.lock:
            self._violations.append(f"{call.value}: {words}")

    @property
    def violations(self) -> list[str]:
        with self.lock:
            return list(self._violations)

    def register(self, service: str, key: str, name: str, etag: str) -> int:
        """Counts an accepted registration; answers how often `key` was registered by now."""
        with self.lock:
            table = self._registered.setdefault(service, {})
            old = table.get(key)
            new = replace(old, times=old.times + 1) if old else Registration(name, etag)
            table[key] = new
            return new.times

    def registrations(self, service: str) -> list[Registration]:
        with self.lock:
            return list(self._registered.get(service, {}).values())

    def pause(self, seconds: float) -> None:
        """Sleeps; ClientGone when the cloud closes meanwhile."""
        if self.closing.wait(seconds):
            raise ClientGone

    @contextmanager
    def alone(self, call: Call, what: str) -> Generator[None]:
        """Notes a breach when another call is at work on the same thing."""
        if not what:
            yield
            return
        with self.lock:
            self._under_way[what] = self._under_way.get(what, 0) + 1
            if self._under_way[what] > 1:
                self.breach(call, f"two calls at once for {what}")
        try:
            yield
        finally:
            with self.lock:
                self._under_way[what] -= 1
