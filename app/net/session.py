"""An httpx client that can be put aside while others still use it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import httpx

_DIED = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)

T = TypeVar("T")
Extensions = dict[str, object]


@dataclass(slots=True)
class _Held:
    client: httpx.Client
    users: int = 0
    dropped: bool = False


class Session:
    """Thread-safe. The client is made when it is first used, and again after each `drop`."""

    def __init__(self, make: Callable[[], httpx.Client]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._drops = 0

    @contextmanager
    def use(self) -> Generator[httpx.Client]:
        mine = self._taken()
        try:
            yield mine.client
        finally:
            with self._lock:
                mine.users -= 1
                last = mine.dropped and not mine.users
            if last:
                mine.client.close()

    def ask(self, work: Callable[[httpx.Client, Extensions], T], again: bool) -> T:
        """`work` with a client, and with the extensions for its request.

        A kept connection may have died while it was idle, which only shows when it is used. Work
        that may run `again` does so once, at once, over a fresh connection.
        """
        opened: list[str] = []

        def trace(event: str, info: object) -> None:
            if event.startswith("connection.connect_tcp"):
                opened.append(event)

        try:
            with self.use() as client:
                return work(client, {"trace": trace})
        except _DIED:
            if opened or not again:
                raise
        self.drop()
        with self.use() as client:
            return work(client, {})

    def _taken(self) -> _Held:
        with self._making:
            with self._lock:
                before = self._drops
                if self._held is not None:
                    self._held.users += 1
                    return self._held
            # Outside of the lock, as it may wait for a keyring to be unlocked.
            made = _Held(self._make(), users=1)
            with self._lock:
                made.dropped = self._drops != before
                if not made.dropped:
                    self._held = made
            return made

    def drop(self) -> None:
        """The client is closed as soon as nobody uses it: no call under way breaks off.

        Never waits, except for connections to close.
        """
        with self._lock:
            self._drops += 1
            old, self._held = self._held, None
            if old is None:
                return
            old.dropped = True
            idle = not old.users
        if idle:
            old.client.close()
