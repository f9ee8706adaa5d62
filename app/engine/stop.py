"""A stop sign for one run, seen by threads and by coroutines alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from app.domain.errors import Cancelled, PostflightError
from app.domain.ports import Cancel


class Stop:
    """`cancel` is what threads look at. `cause` is the first error that stopped the run, if any."""

    def __init__(self) -> None:
        self.cancel = Cancel()
        self.cause: PostflightError | None = None
        self._event = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    def also(self, listener: Callable[[], None]) -> None:
        """Called once when the sign goes up, for those who wait for something else."""
        self._listeners.append(listener)

    def set(self, cause: PostflightError | None = None) -> None:
        """On the loop's thread. Later causes do not replace the first."""
        if self._event.is_set():
            return
        self.cause = cause
        self._event.set()
        self.cancel.set()
        for listener in self._listeners:
            listener()

    def is_set(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        self.cancel.check()

    def check_cause(self) -> None:
        """Raises what stopped the run: its first error, or Cancelled."""
        if self.cause is not None:
            raise self.cause
        self.cancel.check()

    async def sleep(self, seconds: float) -> None:
        """Raises Cancelled as soon as the sign is up."""
        self.check()
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        raise Cancelled("Stopped.", "It continues where it stopped.")
