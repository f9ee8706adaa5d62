"""Repeats a piece of work as the retry policy says; the only place that does."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from app.domain.errors import NetworkError, Offline, PostflightError, Retry
from app.domain.retry import RetryPolicy
from app.engine.stop import Stop
from app.engine.weather import Weather

_log = logging.getLogger(__name__)

T = TypeVar("T")
Worried = Callable[[PostflightError, float], None]


class Attempts:
    """With `weather`, work that finds no network waits for it together with all other work."""

    def __init__(
        self,
        policy: RetryPolicy,
        rng: random.Random,
        weather: Weather | None = None,
        inside: bool = False,
    ) -> None:
        """`inside` of other work: that one waits for the network, this one says so at once."""
        self._policy = policy
        self._rng = rng
        self._weather = weather
        self._inside = inside

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
        counted anew. What is put right at once (new keys) does not count as one of the others.
        `worried` hears of every wait, with the error and the seconds.
        """
        tries, before = Counter[Retry](), progress()
        while True:
            stop.check()
            try:
                return await self._once(work, worried)
            except PostflightError as error:
                if self._weather is not None and isinstance(error, Offline):
                    raise  # it waited as long as there was hope
                if progress() != before:
                    tries, before = Counter[Retry](), progress()
                tries[error.retry] += 1
                wait = self._policy.wait(error, tries[error.retry], self._rng)
                if wait is None:
                    raise
                _log.info("attempt %d: %s (%s)", tries.total(), error.title, error.details)
                worried(error, wait)
                await self._rest(stop, error, wait)

    async def _once(self, work: Callable[[], Awaitable[T]], worried: Worried) -> T:
        if self._weather is None:
            return await work()
        if self._inside:
            self._weather.check()
            return await work()
        return await self._weather.through(work, worried)

    async def _rest(self, stop: Stop, error: PostflightError, seconds: float) -> None:
        if self._weather is not None and isinstance(error, NetworkError):
            await self._weather.rest(seconds)
        else:
            await stop.sleep(seconds)

    def inside(self) -> Attempts:
        return Attempts(self._policy, self._rng, self._weather, inside=True)

    def brief(self) -> Attempts:
        """For a first contact: a wrong address should be said soon, not after a minute."""
        policy = replace(self._policy, tries=min(self._policy.tries, 3))
        return Attempts(policy, self._rng, self._weather, self._inside)
