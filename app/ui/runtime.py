"""The only file that knows qasync: the event loop under Qt, and tasks that nobody forgets."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop  # pyright: ignore[reportMissingTypeStubs]

from app.domain.errors import PostflightError

T = TypeVar("T")

_SWEEP = 1000  # milliseconds
_TURN = 0.001  # seconds; shorter ones cost more than they give


def new_loop(application: QApplication) -> asyncio.AbstractEventLoop:
    """A loop for the main thread; `application` must outlive it."""
    # Each call of Qt gives Python's lock away: a thread that computes may keep it only so long,
    # or a window that is painted while a card is scanned would stand still for a quarter second.
    sys.setswitchinterval(_TURN)
    return _Loop(application)


class _Loop(QEventLoop):
    """Its callbacks run only while it runs, as asyncio promises.

    Its parent runs them whenever Qt handles events, also before, between and after its own runs;
    a task that goes on there finds no running loop and dies of it.
    """

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: object,
        context: Context | None = None,
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        super().call_later(delay, self._turn, handle)  # pyright: ignore[reportUnknownMemberType]
        return handle

    def _turn(self, handle: asyncio.Handle) -> None:
        if handle.cancelled():
            return
        if self.is_running():
            handle._run()
        else:
            super().call_later(0, self._turn, handle)  # pyright: ignore[reportUnknownMemberType]


def run(application: QApplication, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs Qt until `main` returns; closing windows does not end it.

    Qt ends its loop with the last window unless told otherwise, and a runner whose main coroutine
    is cut off raises.
    """
    application.setQuitOnLastWindowClosed(False)
    gc.disable()
    gc.freeze()  # what was imported stays: no sweep needs to look at it again
    sweeping = QTimer(application, interval=_SWEEP)
    sweeping.timeout.connect(sweep)
    sweeping.start()
    with asyncio.Runner(loop_factory=lambda: new_loop(application)) as runner:
        return runner.run(main())


def sweep() -> None:
    """Collects cyclic garbage when it is due; with Python's own collector off, call it often.

    That one runs in whatever thread allocates. A widget or timer in a cycle would be destroyed in
    a worker thread, where Qt cannot stop its timers, and the next tick would end the program.
    """
    counts, thresholds = gc.get_count(), gc.get_threshold()
    if counts[0] > thresholds[0]:
        due = [
            n
            for n in range(3)
            if all(c > t for c, t in zip(counts[: n + 1], thresholds, strict=False))
        ]
        gc.collect(max(due))


class Tasks:
    """Coroutines started from slots. Held here, because the loop itself keeps only weak ones."""

    def __init__(self, problem: Callable[[PostflightError], None]) -> None:
        """`problem` hears the expected errors of all of them, on the loop's thread."""
        self._problem = problem
        self._all: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Any other exception that `work` lets out is a bug and goes to `sys.excepthook`."""
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
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, PostflightError):
            self._problem(error)
        else:
            sys.excepthook(type(error), error, error.__traceback__)
