"""Repeats a piece of work as the retry policy says; the only place that does."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.domain.errors import PostflightError
from app.domain.retry import RetryPolicy
from app.engine.stop import Stop

_log = logging.getLogger(__name__)

T = TypeVar("T")
Worried = Callable[[PostflightError, float], None]


class Attempts:
    def __init__(self, policy: RetryPolicy, rng: random.Random) -> None:
        self._policy = policy
        self._rng = rng

    async def run(
        self,
        stop: Stop,
        work: Callable[[], Awaitable[T]],
        *,
        progress: Callable[[], int] = lambda: 0,
        worried: Worried = lambda error, wait: None,
    ) -> T:
        """`work` until it succeeds, the policy gives up, or the stop sign is up.

        `progress` is any number that changes when something useful was done: the attempts are then
        counted anew. `worried` hears of every wait, with the error and the seconds.
        """
        attempt, before = 1, progress()
        while True:
            stop.check()
            try:
                return await work()
            except PostflightError as error:
                if progress() != before:
                    attempt, before = 1, progress()
                wait = self._policy.wait(error, attempt, self._rng)
                if wait is None:
                    raise
                _log.info("attempt %d: %s (%s)", attempt, error.title, error.details)
                worried(error, wait)
                await stop.sleep(wait)
                attempt += 1

    def brief(self) -> Attempts:
        """For a first contact: a wrong address should be said soon, not after a minute."""
        policy = RetryPolicy(min(self._policy.tries, 3), self._policy.first, self._policy.longest)
        return Attempts(policy, self._rng)
