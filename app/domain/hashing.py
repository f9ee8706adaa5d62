"""Hashes of bytes that go by, side by side with whoever reads or sends them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol


class Hash(Protocol):
    """What `hashlib` makes."""

    def update(self, data: memoryview, /) -> None: ...
    def copy(self) -> Hash: ...
    def hexdigest(self) -> str: ...


class Hashes:
    """Some hashes of the same bytes; for one thread at a time."""

    def __init__(self, *each: Hash) -> None:
        self.each = each

    def update(self, data: memoryview, /) -> None:
        for one in self.each:
            one.update(data)

    def copy(self) -> Hashes:
        """As they are now: its `each`, put in place of ours, takes back what came since."""
        return Hashes(*(one.copy() for one in self.each))


class Beside:
    """Makes the first of the hashes, the slow one, in a thread of its own, while the caller makes
    the others and reads or sends on.

    Two blocks of memory in turn are enough: each must stay as it is until `update` of the next one
    returns, or until the context was left, after which the hashes hold all of them.
    """

    def __init__(self, hashes: Hashes) -> None:
        self._hashes = hashes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pf-digest")
        self._running: Future[None] | None = None

    def __enter__(self) -> Beside:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown()

    def update(self, data: memoryview, /) -> None:
        first, *others = self._hashes.each
        if self._running is not None:
            self._running.result()
        self._running = self._thread.submit(first.update, data)
        for one in others:
            one.update(data)
