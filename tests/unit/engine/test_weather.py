"""The circuit breaker: one looks, all others wait, and the first sign of life lets all go on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from app.domain.errors import Cancelled, Offline, PostflightError, Refused, ServerBusy
from app.domain.retry import RetryPolicy
from app.engine.attempts import Attempts
from app.engine.stop import Stop
from app.engine.weather import BACK, WAITING, Looks, Weather

QUICK = Looks(first=0.01, longest=0.02, patience=30)
POLICY = RetryPolicy(tries=3, first=0.001, longest=0.002)


class Network:
    """Calls that fail while it is gone, and how many were out at once then."""

    def __init__(self) -> None:
        self.there = True
        self.calls = 0
        self.lost = 0
        self.most = 0
        self._out = 0

    async def call(self) -> str:
        self.calls += 1
        if self.there:
            return "done"
        self._out += 1
        self.most = max(self.most, self._out)
        await asyncio.sleep(0.005)
        self._out -= 1
        self.lost += 1
        raise Offline("The storage cannot be reached.", "Check the network.")


class Run:
    def __init__(self, looks: Looks = QUICK, monotonic: Callable[[], float] | None = None) -> None:
        self.stop = Stop()
        self.said: list[str] = []
        self.worries: list[tuple[PostflightError, float]] = []
        time = monotonic or asyncio.get_running_loop().time
        self.weather = Weather(self.stop, looks, random.Random(1), time, self.said.append)
        self.attempts = Attempts(POLICY, random.Random(1), self.weather)

    async def do(self, network: Network) -> str:
        worried = lambda error, wait: self.worries.append((error, wait))  # noqa: E731
        return await self.attempts.run(self.stop, network.call, worried=worried)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_twenty_files_wait_and_one_at_a_time_looks() -> None:
    run, network = Run(), Network()
    assert await run.do(network) == "done"
    network.there = False
    first = asyncio.create_task(run.do(network))
    await until(lambda: network.lost == 1 and run.said == [WAITING])
    others = [asyncio.create_task(run.do(network)) for _ in range(20)]
    await until(lambda: network.lost >= 8)  # more looks than a file has tries
    assert network.most == 1
    assert run.said == [WAITING]
    assert {error.title for error, _ in run.worries} == {WAITING}
    network.there = True
    assert await asyncio.gather(first, *others) == ["done"] * 21
    assert run.said == [WAITING, BACK]


async def test_files_that_lose_the_network_together_open_it_once() -> None:
    run, network = Run(), Network()
    await run.do(network)
    network.there = False
    tasks = [asyncio.create_task(run.do(network)) for _ in range(5)]
    await until(lambda: network.lost >= 9)
    network.most = 0
    await until(lambda: network.lost >= 12)
    assert network.most == 1 and run.said == [WAITING]
    network.there = True
    await asyncio.gather(*tasks)


async def test_the_wait_between_two_looks_grows_to_the_longest() -> None:
    run, network = Run(Looks(first=0.002, longest=0.016, patience=30)), Network()
    await run.do(network)
    network.there = False
    task = asyncio.create_task(run.do(network))
    await until(lambda: network.lost >= 8)
    waits = [wait for _, wait in run.worries]
    for number, wait in enumerate(waits):
        full = min(0.002 * 2**number, 0.016)
        assert full / 2 <= wait <= full
    network.there = True
    await task


async def test_a_poke_looks_at_once() -> None:
    run, network = Run(Looks(first=3600, longest=3600)), Network()
    await run.do(network)
    network.there = False
    tasks = [asyncio.create_task(run.do(network)) for _ in range(3)]
    await until(lambda: network.lost == 3)
    network.there = True
    run.weather.poke()
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)


async def test_a_poke_while_the_network_is_still_gone_starts_one_look_only() -> None:
    run, network = Run(Looks(first=3600, longest=3600)), Network()
    await run.do(network)
    network.there = False
    tasks = [asyncio.create_task(run.do(network)) for _ in range(4)]
    await until(lambda: network.lost == 4)
    run.weather.poke()
    await until(lambda: network.lost == 5)
    await asyncio.sleep(0.1)
    assert network.lost == 5
    run.stop.set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(error) for error in ended} == {Cancelled}


async def test_an_answer_to_a_call_that_was_out_lets_all_go_on() -> None:
    run, network = Run(Looks(first=3600, longest=3600)), Network()
    slow = asyncio.Event()

    async def answered() -> None:
        await slow.wait()
        raise Refused("No.")

    out = asyncio.create_task(run.attempts.run(run.stop, answered))
    await run.do(network)
    network.there = False
    waiting = asyncio.create_task(run.do(network))
    await until(lambda: network.lost == 1 and run.said == [WAITING])
    network.there = True
    slow.set()
    with pytest.raises(Refused):
        await out
    async with asyncio.timeout(5):
        assert await waiting == "done"


async def test_the_first_bytes_of_the_look_let_all_go_on() -> None:
    """It may be a video that takes an hour: nobody waits for its end."""
    run, network = Run(), Network()
    await run.do(network)
    network.there = False
    over = asyncio.Event()

    async def video() -> str:
        if not network.there:
            return await network.call()
        assert run.weather.looking
        run.weather.found()
        await over.wait()
        return "sent"

    long = asyncio.create_task(run.attempts.run(run.stop, video))
    await until(lambda: network.lost == 1 and run.said == [WAITING])
    waiting = asyncio.create_task(run.do(network))
    network.there = True
    async with asyncio.timeout(5):
        assert await waiting == "done"
    assert not long.done()
    over.set()
    assert await long == "sent"


async def test_it_is_given_up_after_patience_with_the_first_reason() -> None:
    seconds = iter(float(at) for at in range(0, 100_000, 100))
    run, network = Run(QUICK, lambda: next(seconds)), Network()
    await run.do(network)
    network.there = False
    with pytest.raises(Offline, match="The storage cannot be reached"):
        await run.do(network)
    assert network.lost == 2  # 30 s of patience were over at the first look


async def test_a_network_that_was_never_there_is_given_up_soon() -> None:
    run, network = Run(), Network()
    network.there = False
    with pytest.raises(Offline):
        await run.do(network)
    assert network.lost == 3


async def test_a_call_inside_of_other_work_does_not_wait() -> None:
    """Else the work that looks could wait for one that waits for the look."""
    run, network = Run(Looks(first=3600, longest=3600)), Network()
    await run.do(network)
    network.there = False
    task = asyncio.create_task(run.do(network))
    await until(lambda: network.lost == 1 and run.said == [WAITING])
    with pytest.raises(Offline, match="cannot be reached"):
        await run.attempts.inside().run(run.stop, network.call)
    assert network.lost == 1, "it is known already"
    run.stop.set()
    with pytest.raises(Cancelled):
        await task


async def test_work_that_looks_may_have_attempts_inside() -> None:
    run, network = Run(), Network()
    await run.do(network)
    network.there = False

    async def outer() -> str:
        return await run.attempts.run(run.stop, network.call)

    task = asyncio.create_task(run.attempts.run(run.stop, outer))
    await until(lambda: network.lost >= 4)
    network.there = True
    async with asyncio.timeout(5):
        assert await task == "done"


async def test_a_busy_server_is_no_weather_and_its_wait_is_not_cut_short() -> None:
    run = Run()
    calls = 0

    async def busy() -> str:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ServerBusy("Busy.", wait=0.2)
        return "done"

    start = asyncio.get_running_loop().time()
    task = asyncio.create_task(run.attempts.run(run.stop, busy))
    await asyncio.sleep(0.01)
    run.weather.poke()
    assert await task == "done"
    assert asyncio.get_running_loop().time() - start >= 0.2
    assert run.said == []
