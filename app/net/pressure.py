"""How many requests may be out at once to one server: halved when it asks for patience."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from app.domain.errors import Refused, ServerBusy, ServerFailed

_CALM = 8  # answers in a row until one more may be out
_LOOK = 0.25  # seconds between two looks at the stop sign


class Pressure:
    """Thread-safe, and as if it were not there until the server throttles.

    A refusal halves what was out when it came, never below one; others of requests that were out
    already then say nothing new. Answers open it again, one by one, up to the most there were.
    """

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._out = 0
        self._most = 0
        self._limit: int | None = None
        self._cuts = 0
        self._calm = 0

    @property
    def limit(self) -> int | None:
        """None: as many as come."""
        return self._limit

    @contextmanager
    def slot(self, check: Callable[[], None] = lambda: None) -> Generator[None]:
        """Around one request; waits until it may go. `check` is called while it waits."""
        begun = self._enter(check)
        try:
            yield
        except ServerBusy as error:
            if not isinstance(error, ServerFailed):
                self._refused(begun)
            raise
        except Refused:  # a "no" is given as calmly as a "yes"
            self._passed(begun)
            raise
        else:
            self._passed(begun)
        finally:
            self._leave()

    def _enter(self, check: Callable[[], None]) -> int:
        with self._free:
            while self._limit is not None and self._out >= self._limit:
                self._free.wait(_LOOK)
                check()
            self._out += 1
            self._most = max(self._most, self._out)
            return self._cuts

    def _leave(self) -> None:
        with self._free:
            self._out -= 1
            self._free.notify()

    def _refused(self, begun: int) -> None:
        with self._free:
            self._calm = 0
            if begun == self._cuts:
                self._cuts += 1
                self._limit = max(self._out // 2, 1)

    def _passed(self, begun: int) -> None:
        with self._free:
            if self._limit is None or begun != self._cuts:
                return
            self._calm += 1
            if self._calm >= _CALM:
                self._calm = 0
                self._limit += 1
                self._free.notify()
                if self._limit > self._most:
                    self._limit = None
                    self._free.notify_all()


class Pressures:
    """One for each server, by its name; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_host: dict[str, Pressure] = {}

    def of(self, host: str) -> Pressure:
        with self._lock:
            return self._by_host.setdefault(host, Pressure())
