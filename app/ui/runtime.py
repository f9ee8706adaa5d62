"""The only file that knows qasync: the event loop under Qt, and tasks that nobody forgets."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop  # pyright: ignore[reportMissingTypeStubs]

T = TypeVar("T")


def new_loop(application: QApplication) -> asyncio.AbstractEventLoop:
    """A loop for the main thread; `application` must outlive it."""
    return QEventLoop(application)


def run(application: QApplication, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs Qt until `main` returns; closing windows does not end it.

    Qt ends its loop with the last window unless told otherwise, and a runner whose main coroutine
    is cut off raises.
    """
    application.setQuitOnLastWindowClosed(False)
    with asyncio.Runner(loop_factory=lambda: new_loop(application)) as runner:
        return runner.run(main())


class Tasks:
    """Coroutines started from slots. Held here, because the loop itself keeps only weak ones."""

    def __init__(self) -> None:
        self._all: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """An exception that `work` lets out is a bug and goes to `sys.excepthook`."""
        task = asyncio.get_running_loop().create_task(work)
        self._all.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Cancels what still waits and returns when all have ended."""
        tasks = list(self._all)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._all.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            sys.excepthook(type(error), error, error.__traceback__)
