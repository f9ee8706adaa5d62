"""Clocks that a test moves: one that stands still, one that goes on."""

from __future__ import annotations

import time


class HandClock:
    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def move(self, seconds: float) -> None:
        self._now += seconds


class JumpingClock:
    """The system's, and as much ahead as a test let it jump."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def jump(self, seconds: float) -> None:
        self._ahead += seconds
