"""One run's view of the network: when it is gone, everybody waits and one at a time looks."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from app.domain.errors import Leg, Offline, RemoteError
from app.engine.stop import Stop

_log = logging.getLogger(__name__)

_FIRST_CONTACT = 3  # looks until a network that was never there is given up
WAITING = "Waiting for the network."
BACK = "The network is back."

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Looks:
    """Seconds: between two looks for the network, and until a run gives it up."""

    first: float = 2.0
    longest: float = 60.0
    patience: float = 300.0


@dataclass(slots=True)
class _Gone:
    error: Offline
    since: float
    looks: int = 1


class Weather:
    """A circuit breaker, used on the loop's thread.

    The first work that finds no network opens it. From then on all work waits; one piece at a time
    is let through after a growing wait, and its success, or the first bytes it moves, lets all
    others go on. When there was a network in this run, it is given up after `Looks.patience`, else
    after three looks: an address that is wrong should be said soon.
    """

    def __init__(
        self,
        stop: Stop,
        looks: Looks,
        rng: random.Random,
        monotonic: Callable[[], float],
        told: Callable[[str], None] = lambda words: None,
    ) -> None:
        """`told` hears a sentence when the network goes and when it comes back."""
        self._stop = stop
        self._looks = looks
        self._rng = rng
        self._monotonic = monotonic
        self._told = told
        self._reached = False
        self._gone: _Gone | None = None
        self._looking: asyncio.Task[object] | None = None
        self._news = asyncio.Event()
        stop.also(self.poke)

    @property
    def looking(self) -> bool:
        """Whether this task is the one that looks whether the network is back."""
        return self._looking is not None and self._looking is asyncio.current_task()

    @property
    def gone(self) -> bool:
        """Whether everybody waits for the network."""
        return self._gone is not None

    def poke(self) -> None:
        """The system says that the network is back: whoever waits for it looks at once."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def found(self) -> None:
        """An answer came, or bytes went out."""
        self._reached = True
        if self._gone is None:
            return
        seconds = self._monotonic() - self._gone.since
        _log.info("the network is back after %.0f s", seconds)
        self._gone = self._looking = None
        self.poke()
        self._told(BACK)

    def check(self) -> None:
        """For a call inside of other work: raises Offline when that work had better wait."""
        if self._gone is not None and not self.looking:
            raise _again(self._gone.error)

    async def through(
        self, work: Callable[[], Awaitable[T]], worried: Callable[[Offline, float], None]
    ) -> T:
        """`work` as soon as there is a network. Raises what it raises; Offline after patience.

        `worried` hears of every wait, with what to say and about how many seconds.
        """
        if self.looking:
            return await work()  # inside of other work that was let through
        while True:
            await self._wait_for_it(worried)
            try:
                done = await work()
            except Offline as error:
                self._lost(error)
            except RemoteError:
                self.found()
                raise
            else:
                self.found()
                return done
            finally:
                self._looked()

    async def rest(self, seconds: float) -> None:
        """Until then, or until there is news. Raises Cancelled as soon as the stop sign is up."""
        self._stop.check()
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
        self._stop.check()

    async def _wait_for_it(self, worried: Callable[[Offline, float], None]) -> None:
        said = False
        while self._gone is not None:
            self._stop.check()
            mine = self._looking is None
            wait = self._wait_of(self._gone)
            if mine or not said:
                worried(_waiting(self._gone.error), wait)
                said = True
            if not mine:
                await self._news.wait()
                continue
            self._looking = asyncio.current_task()
            try:
                await self.rest(wait)
            except BaseException:
                self._looked()
                raise
            if self.looking:
                return

    def _wait_of(self, gone: _Gone) -> float:
        doubled = min(self._looks.first * 2.0 ** min(gone.looks - 1, 60), self._looks.longest)
        return doubled * (0.5 + self._rng.random() / 2)

    def _lost(self, error: Offline) -> None:
        """Raises `error` when there is no hope left."""
        now = self._monotonic()
        if self._gone is None:
            _log.info("no network: %s (%s)", error.title, error.details)
            self._gone = _Gone(error, now)
            self._told(WAITING)
        elif self.looking:
            self._gone.error = error
            self._gone.looks += 1
            lasting = now - self._gone.since >= self._looks.patience
            if lasting if self._reached else self._gone.looks >= _FIRST_CONTACT:
                raise error

    def _looked(self) -> None:
        if self.looking:
            self._looking = None
            self.poke()


def _waiting(error: Offline) -> Offline:
    return Offline(WAITING, error.hint, leg=Leg.NETWORK, details=error.title)


def _again(error: Offline) -> Offline:
    return Offline(error.title, error.hint, leg=error.leg, details=error.details)
