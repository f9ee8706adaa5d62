"""Keeps calls below a server's limit, and learns the limit from its refusals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """At most `per_second` calls a second, shared by all threads of one connection.

    A refusal halves the rate; others of calls that were out already then say nothing new. Each
    unhurried success raises it a little, never above the start.
    """

    _FLOOR = 0.2
    _GAIN = 1.05

    def __init__(
        self,
        per_second: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._most = per_second
        self._rate = per_second
        self._next = 0.0
        self._cuts: int = 0
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()

    @property
    def rate(self) -> float:
        return self._rate

    def wait_turn(self) -> int:
        """Answers what `refused` wants to know of the call that goes out now."""
        with self._lock:
            now = self._monotonic()
            turn = max(self._next, now)
            self._next = turn + 1 / self._rate
        if turn > now:
            self._sleep(turn - now)
        return self._cuts

    def refused(self, begun: int) -> None:
        with self._lock:
            if begun != self._cuts:
                return
            self._cuts += 1
            self._rate = min(max(self._rate / 2, self._FLOOR), self._most)

    def accepted(self) -> None:
        with self._lock:
            self._rate = min(self._rate * self._GAIN, self._most)
