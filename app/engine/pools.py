"""The named threads in which blocking code runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

# Twice what a service takes callbacks at once: new keys and questions do not wait behind those.
_CONTROL: Final = 8

P = ParamSpec("P")
T = TypeVar("T")


class Pools:
    """Control calls, files and the disk never wait for each other's threads.

    The awaiting coroutine is never cancelled: stopping means raising a `Stop`, and then waiting
    for the thread to come back, so that no thread is left behind and no slot is counted twice.
    """

    def __init__(self, most_files: int) -> None:
        """`most_files`: no more are ever sent at once."""
        self._control = ThreadPoolExecutor(_CONTROL, "pf-control")
        self._file = ThreadPoolExecutor(most_files, "pf-file")
        self._disk = ThreadPoolExecutor(1, "pf-disk")

    async def control(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _in(self._control, work, *args, **kwargs)

    async def file(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _in(self._file, work, *args, **kwargs)

    async def disk(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _in(self._disk, work, *args, **kwargs)

    def close(self) -> None:
        for pool in (self._control, self._file, self._disk):
            pool.shutdown(wait=True, cancel_futures=True)


async def _in(
    pool: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    # Taken out of the box when it runs, so that the thread never holds the last reference to the
    # work and to what that holds: some things must not be destroyed in a thread, as windows.
    box = [work]
    return await asyncio.get_running_loop().run_in_executor(
        pool, lambda: box.pop()(*args, **kwargs)
    )
