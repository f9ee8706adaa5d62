"""Counts bytes on their way, thread-safe; speed and remaining time come from here."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.ports import Progress

SPEED_WINDOW = 15.0  # seconds
_ETA_WINDOW = 180.0
_ETA_AFTER = 20.0


class Meter:
    """One batch's bytes. Threads add, the front ends sample; nothing is pushed."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._moving: dict[int, int] = {}
        self._settled = 0  # bytes of files that ended in this run
        # From the start: small files may be on their way as a whole before anybody samples.
        self._samples: deque[tuple[float, int]] = deque([(monotonic(), 0)])

    def file(self, file_id: int) -> FileProgress:
        return FileProgress(self, file_id)

    def add(self, file_id: int, amount: int) -> None:
        with self._lock:
            self._moving[file_id] = self._moving.get(file_id, 0) + amount

    def moving(self) -> dict[int, int]:
        """A copy: bytes by file id."""
        with self._lock:
            return dict(self._moving)

    def settle(self, file_id: int, counts: bool) -> None:
        """The file left the wire; `counts` says whether its bytes stay there."""
        with self._lock:
            amount = self._moving.pop(file_id, 0)
            self._settled += amount if counts else 0

    def sample(self) -> Pulse:
        """The bytes now moving, and speeds over the last seconds and minutes."""
        now = self._monotonic()
        with self._lock:
            moving = sum(self._moving.values())
            total = self._settled + moving
            self._samples.append((now, total))
            while self._samples[0][0] < now - _ETA_WINDOW:
                self._samples.popleft()
            recent = next(s for s in self._samples if s[0] >= now - SPEED_WINDOW)
            oldest = self._samples[0]
        return Pulse(moving, total, _rate(recent, (now, total)), _long_rate(oldest, (now, total)))


@dataclass(frozen=True, slots=True)
class Pulse:
    moving: int  # bytes of files on their way now
    sent: int  # bytes sent in this run
    speed: float  # bytes a second over 15 s
    steady: float | None  # bytes a second over minutes; None: too early to say

    def remaining(self, bytes_left: int) -> float | None:
        """Seconds, or None when no honest estimate can be made."""
        if bytes_left <= 0 or not self.steady or self.steady < 1:
            return None
        return bytes_left / self.steady


@dataclass(frozen=True, slots=True)
class FileProgress:
    """The `Progress` port of one file."""

    meter: Meter
    file_id: int

    def moved(self, amount: int) -> None:
        self.meter.add(self.file_id, amount)


@dataclass(slots=True)
class FirstBytes:
    """Passes progress on, and calls `heard` on the loop's thread when it first moves."""

    progress: Progress
    loop: asyncio.AbstractEventLoop
    heard: Callable[[], None]
    silent: bool = True

    def moved(self, amount: int) -> None:
        if self.silent and amount > 0:
            self.silent = False
            self.loop.call_soon_threadsafe(self.heard)
        self.progress.moved(amount)


def _rate(start: tuple[float, int], end: tuple[float, int]) -> float:
    seconds = end[0] - start[0]
    return max(end[1] - start[1], 0) / seconds if seconds > 0 else 0.0


def _long_rate(start: tuple[float, int], end: tuple[float, int]) -> float | None:
    return _rate(start, end) if end[0] - start[0] >= _ETA_AFTER else None
