"""How much goes at once: a lane for files that go whole, and one for parts of large ones."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from app.domain.ports import Tuning
from app.transfer.climb import Climb
from app.transfer.pacing import MEMORY_FOR_PARTS

_log = logging.getLogger(__name__)

START: Final = 4  # 2 to 4 threads fill a line without delay (design: speed 3)
# A line of 300 ms carries three small files a second for each of them: 32 get 150 Mbit/s through
# where the line has 200, and without any other limit 64 get twice as much as 32.
MOST_FILES: Final = 64
MOST_PARTS: Final = 16
_BESIDE: Final = 2  # files in parts beside those that go whole
_LOOK: Final = 0.25  # seconds between two looks at the stop sign
_WINDOW: Final = 1.5  # seconds in which is counted what gets through
_SETTLE: Final = 1.0  # seconds after a change that are not counted: new connections start slowly
# Blocks for each place, before a window and in it: where 16 places send two blocks a second, what
# happens to fall into 1.5 s differs by more than what is looked for.
_TURNS_TO_SETTLE, _TURNS = 2, 8
_FULL: Final = 0.6  # of the limit in use on average, or the window says nothing
# Storages refuse a request whose signature is older than 15 minutes when they look at it, which
# some do when the last byte is there: every request must come to its end well before.
_SIGNED_FOR: Final = 600.0


class Lane:
    """Thread-safe. A number that was set by a person stays; else it is found by trying."""

    def __init__(
        self,
        name: str,
        most: int,
        fixed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`fixed` 0: find it out."""
        self._name = name
        self.most = max(most, fixed)
        self._fixed = fixed
        self._clock = clock
        self._lock = threading.Condition()
        self._climb = Climb(START, most)
        self._cap = most
        self._running = 0
        self._open(_SETTLE)

    @property
    def limit(self) -> int:
        """How many may be under way now."""
        return self._fixed or min(self._climb.limit, self._cap)

    @property
    def running(self) -> int:
        return self._running

    @property
    def learned(self) -> int:
        """The best number found, for the next run on this network; 0: nothing was found out."""
        return self._climb.home if self._climb.tried else 0

    def start_with(self, number: int) -> None:
        """What an earlier run learned on the network of now; 0: nothing."""
        with self._lock:
            self._climb, self._cap = Climb(number or START, self.most), self.most
            self._open(_SETTLE)

    def try_enter(self, size: int) -> bool:
        """Takes the place of one request of `size` bytes, where there is one and memory for it."""
        with self._lock:
            if not self._has_room(size):
                return False
            self._enter(size)
            return True

    def enter(self, size: int, check: Callable[[], None]) -> None:
        """The same, and waits for it; `check` is called meanwhile, and may raise."""
        with self._lock:
            while not self._has_room(size):
                self._lock.wait(_LOOK)
                check()
            self._enter(size)

    def leave(self) -> None:
        with self._lock:
            self._pass_time()
            self._running -= 1
            self._lock.notify()

    @contextmanager
    def request(self, size: int) -> Generator[None]:
        """Around one request for which there is a place: whoever called kept to `limit`."""
        with self._lock:
            self._enter(size)
        try:
            yield
        finally:
            self.leave()

    def _has_room(self, size: int) -> bool:
        fits = self._running < self.limit and (self._running + 1) * size <= MEMORY_FOR_PARTS
        return fits or self._running == 0

    def _enter(self, size: int) -> None:
        self._pass_time()
        self._running += 1
        self._largest = max(self._largest, size)

    def moved(self, amount: int) -> None:
        """Bytes that went out; negative when they turned out not to count."""
        with self._lock:
            self._unsettled -= 1
            self._pass_time()
            self._bytes += amount
            self._blocks += 1
            long_enough = self._now >= self._from + _WINDOW
            if not self._fixed and long_enough and self._blocks >= _TURNS * self.limit:
                self._close()

    def _pass_time(self) -> None:
        """How many were running, times the seconds they were; the lock is held."""
        now = self._clock()
        if now < self._from or self._unsettled > 0:
            self._bytes = self._blocks = 0
            self._now, self._from = now, max(now, self._from)
            return
        self._in_use += self._running * (now - max(self._now, self._from))
        self._now = now

    def _open(self, settle: float) -> None:
        self._now = self._clock()
        self._from = self._now + settle
        self._unsettled = _TURNS_TO_SETTLE * self.limit if settle else 0
        self._in_use = 0.0
        self._bytes = self._blocks = self._largest = 0

    def _close(self) -> None:
        before, seconds = self.limit, self._now - self._from
        if self._in_use >= _FULL * before * seconds:
            rate = max(self._bytes, 0) / seconds
            if before == self._climb.limit:
                self._climb.heard(rate)
            if self._largest:
                self._cap = max(min(int(rate * _SIGNED_FOR / self._largest), self.most), 1)
            if self.limit != before:
                _log.debug(
                    "%s at once: %d get %.0f KB/s through, now %d",
                    self._name, before, rate / 1000, self.limit,
                )  # fmt: skip
        self._open(_SETTLE if self.limit != before else 0.0)


class Lanes:
    """Both lanes of the program; every batch and every storage shares them. Thread-safe."""

    def __init__(self, files: Lane, parts: Lane) -> None:
        self.files = files
        self.parts = parts
        self._lock = threading.Lock()
        self._in_parts = 0
        self.network = ""  # that this is about

    @classmethod
    def of(cls, tuning: Tuning) -> Lanes:
        return cls(
            Lane("files", MOST_FILES, tuning.files_at_once),
            Lane("parts", MOST_PARTS, tuning.parts_at_once),
        )

    def move_to(self, network: str, files: int, parts: int) -> None:
        """Begins with what is known of another network; 0 for what is not."""
        self.network = network
        self.files.start_with(files)
        self.parts.start_with(parts)

    @contextmanager
    def in_parts(self) -> Generator[None]:
        """Around a file that goes in parts, in the thread that begins them."""
        with self._lock:
            self._in_parts += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_parts -= 1

    @property
    def files_at_once(self) -> int:
        """How many files may be under way: a long video in parts takes no place of a photo. Of
        many videos in a row all but two do, or all of them would be begun at once."""
        return self.files.limit + min(self._in_parts, _BESIDE)

    @property
    def files_at_most(self) -> int:
        return self.files.most + _BESIDE
