"""Tasks that nobody forgets, and garbage that is collected on the main thread only."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from types import TracebackType

import pytest
from PySide6.QtWidgets import QApplication

from app.domain.errors import PostflightError, UsageError
from app.ui.runtime import Tasks, new_loop, sweep


def test_what_waits_between_two_runs_of_the_loop_waits_for_the_next_one(
    qapp: QApplication,
) -> None:
    """Qt handles events there too: a window is closed, a test ends."""
    loop = new_loop(qapp)
    queue: asyncio.Queue[int] = asyncio.Queue()
    ran: list[bool] = []

    async def take() -> int:
        return await queue.get() + await queue.get()

    async def begin() -> asyncio.Task[int]:
        task = asyncio.create_task(take())
        await asyncio.sleep(0)
        return task

    try:
        task = loop.run_until_complete(begin())
        queue.put_nowait(1)
        loop.call_soon(lambda: ran.append(loop.is_running()))
        loop.call_soon(ran.append, False).cancel()
        for _ in range(5):
            qapp.processEvents()
        assert ran == []
        queue.put_nowait(2)
        assert loop.run_until_complete(task) == 3
        assert ran == [True]
    finally:
        loop.close()


async def test_an_expected_error_is_told(qapp: QApplication) -> None:
    told: list[PostflightError] = []
    tasks = Tasks(told.append)
    error = UsageError("There is no batch.", "Look again.")

    async def work() -> None:
        raise error

    tasks.start(work())
    await asyncio.sleep(0.01)
    assert told == [error]


async def test_a_bug_goes_to_the_hook_with_its_trace(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[type[BaseException], str, bool]] = []

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        heard.append((kind, str(error), trace is not None))

    monkeypatch.setattr(sys, "excepthook", hook)
    told: list[PostflightError] = []
    tasks = Tasks(told.append)

    async def work() -> None:
        raise KeyError("a bug")

    tasks.start(work())
    await asyncio.sleep(0.01)
    assert heard == [(KeyError, "'a bug'", True)]
    assert told == []


async def test_closing_cancels_what_still_waits_and_waits_for_its_end(qapp: QApplication) -> None:
    seen: list[str] = []
    tasks = Tasks(lambda error: seen.append(error.title))

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            seen.append("tidied up")
            raise

    tasks.start(work())
    await asyncio.sleep(0)
    await tasks.close()
    assert seen == ["tidied up"]
    await tasks.close()


async def test_a_task_lives_though_nobody_holds_it(qapp: QApplication) -> None:
    tasks = Tasks(lambda error: None)
    done: list[bool] = []

    async def work() -> None:
        # Nothing but the waiting task itself refers to this future.
        waits: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        keeper = weakref.ref(waits)
        asyncio.get_running_loop().call_later(
            0.02, lambda: (known := keeper()) and known.set_result(None)
        )
        await waits
        done.append(True)

    tasks.start(work())
    await asyncio.sleep(0.005)
    gc.collect()
    await asyncio.sleep(0.05)
    assert done == [True]


class _Cycle:
    def __init__(self, ends: list[str]) -> None:
        self.me = self
        self.ends = ends

    def __del__(self) -> None:
        self.ends.append(threading.current_thread().name)


def test_the_sweep_collects_cycles_when_many_have_gathered(qapp: QApplication) -> None:
    gc.collect()
    assert not gc.isenabled(), "tests run as the window does"
    ends: list[str] = []
    for _ in range(gc.get_threshold()[0] + 100):
        _Cycle(ends)
    assert ends == [], "nobody collects by themselves"
    sweep()
    assert len(ends) > gc.get_threshold()[0]
    assert set(ends) == {threading.main_thread().name}


def test_the_sweep_leaves_little_garbage_for_later(qapp: QApplication) -> None:
    gc.collect()
    ends: list[str] = []
    _Cycle(ends)
    sweep()
    assert ends == []
    gc.collect()
    assert len(ends) == 1


async def test_a_thread_that_computes_gives_the_window_its_turn(qapp: QApplication) -> None:
    assert sys.getswitchinterval() <= 0.001
