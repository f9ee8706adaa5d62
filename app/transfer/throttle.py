"""The bandwidth limit: one for all bodies of the program, and as if it were not there when off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from app.domain.ports import Cancel
from app.transfer.pacing import SEND

_BURST: Final = 0.25  # seconds of the limit that may go out at once after a pause
_LOOK: Final = 0.1  # seconds between two looks at limit and stop sign
_SMALLEST: Final = 8 * 1024  # bytes
_SHORTEST: Final = 0.001  # seconds; the bucket evens out what a sleep is too long


class Throttle:
    """`limit` in bytes a second, 0 for none; set it from any thread, at any time.

    A token bucket whose tokens are given out in the order in which they were asked for: each
    request asks for one block at a time, and so all get the same share. Asked and earned bytes
    are counted from the start, so that a waiting thread needs no other one to wake it.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limit = 0
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._last = clock()
        self._asked = 0
        self._earned = 0.0

    def let(self, wanted: int, cancel: Cancel) -> int:
        """How many of `wanted` bytes may go now, at least one; waits for them.

        Raises Cancelled soon after the stop sign.
        """
        limit = self.limit
        if limit <= 0:
            return min(wanted, SEND)
        # An eighth of a second: a storage that hears nothing for long gives up, and a bar that
        # moves by leaps looks broken.
        amount = min(wanted, SEND, max(_SMALLEST, limit // 8))
        self._wait(amount, cancel)
        return amount

    def _wait(self, amount: int, cancel: Cancel) -> None:
        with self._lock:
            self._refill()
            self._asked += amount
            turn = self._asked
        try:
            while (left := self._left(turn)) > 0:
                self._sleep(min(max(left, _SHORTEST), _LOOK))
                cancel.check()
        except BaseException:
            with self._lock:
                self._earned += amount  # will not be sent: those behind need not wait for it
            raise

    def _left(self, turn: int) -> float:
        """Seconds until all that was asked for up to `turn` is earned, at the limit of now."""
        with self._lock:
            limit = self._refill()
            return 0.0 if self._earned >= turn else (turn - self._earned) / limit

    def _refill(self) -> int:
        now, limit = self._clock(), self.limit
        elapsed, self._last = now - self._last, now
        if limit <= 0:
            self._earned = float(self._asked)
        else:
            most = self._asked + limit * _BURST
            self._earned = min(self._earned + elapsed * limit, most)
        return limit
