"""The line of batches: order, pause, retry, weather, and jobs that are followed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.domain.states import BatchState, FileState, JobState
from app.engine.engine import Order
from app.engine.line import Line
from app.practice.faults import parse_faults
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as bench:
        yield bench


@asynccontextmanager
async def running(bench: Workbench, first_wait: float = 0.05) -> AsyncIterator[Line]:
    line = Line(bench.app.engine, first_wait=first_wait)
    line.start()
    try:
        yield line
    finally:
        await line.close()


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def flight(tmp_path: Path, name: str, count: int = 6, size: int = 2_000) -> Path:
    write_flight(tmp_path / name, count, size, size)
    return tmp_path / name


def order(bench: Workbench, folder: Path, service: str = "cloud-api") -> Order:
    return Order(bench.connection(service).name, (folder,))


def put_in(card: Path, at: Path) -> None:
    card.rename(at)


def state(bench: Workbench, batch_id: str) -> BatchState:
    return bench.app.engine.batch(batch_id).state


async def test_what_is_added_is_delivered_without_another_word(
    bench: Workbench, tmp_path: Path
) -> None:
    async with running(bench) as line:
        batches = [line.add(order(bench, flight(tmp_path, name))) for name in "abc"]
        await until(lambda: all(state(bench, b.id) is BatchState.DELIVERED for b in batches))
        await until(lambda: not line.busy)


async def test_one_batch_is_sent_at_a_time_in_the_order_of_the_line(
    bench: Workbench, tmp_path: Path
) -> None:
    engine = bench.app.engine
    ids = [engine.add(order(bench, flight(tmp_path, name))).id for name in "abc"]
    engine.move(ids[2], ids[0])
    together: set[int] = set()
    ended: list[str] = []

    def look(event: object) -> None:
        sending = [i for i in ids if state(bench, i) is BatchState.RUNNING]
        together.add(len(sending))
        ended.extend(i for i in ids if state(bench, i) is BatchState.DELIVERED and i not in ended)

    engine.subscribe(look)
    async with running(bench):
        await until(lambda: len(ended) == 3)
    assert max(together) == 1
    assert ended == [ids[2], ids[0], ids[1]]


async def test_a_paused_batch_waits_for_the_person_also_after_a_restart(
    bench: Workbench, tmp_path: Path
) -> None:
    folder = flight(tmp_path, "a", 30, 20_000)
    async with running(bench) as line:
        batch = line.add(order(bench, folder))
        await until(lambda: bench.app.engine.counts(batch.id).delivered > 3)
        line.pause(batch.id)
        await until(lambda: state(bench, batch.id) is BatchState.PAUSED)
        await asyncio.sleep(0.2)
        assert state(bench, batch.id) is BatchState.PAUSED
        assert not line.busy
    bench.reopen()
    async with running(bench) as line:
        await asyncio.sleep(0.2)
        assert state(bench, batch.id) is BatchState.PAUSED
        line.resume(batch.id)
        await until(lambda: state(bench, batch.id) is BatchState.DELIVERED)


async def test_a_pause_and_a_quit_at_the_very_first_moment_are_heard(
    bench: Workbench, tmp_path: Path
) -> None:
    folder = flight(tmp_path, "a", 60, 20_000)
    for turns in range(6):
        async with running(bench) as line:
            batch = line.add(order(bench, folder))
            for _ in range(turns):
                await asyncio.sleep(0)
            line.pause(batch.id)
            await until(lambda: not bench.app.engine.running)
            await asyncio.sleep(0.1)
            assert not bench.app.engine.runs(batch.id), turns
    for turns in range(6):
        async with running(bench) as line:
            batch = line.add(order(bench, folder))
            for _ in range(turns):
                await asyncio.sleep(0)
        assert bench.app.engine.counts(batch.id).delivered < 60


async def test_after_a_quit_the_next_start_goes_on_by_itself(
    bench: Workbench, tmp_path: Path
) -> None:
    async with running(bench) as line:
        batch = line.add(order(bench, flight(tmp_path, "a", 30, 20_000)))
        await until(lambda: bench.app.engine.counts(batch.id).delivered > 3)
    assert state(bench, batch.id) is BatchState.PAUSED
    bench.reopen()
    async with running(bench):
        await until(lambda: state(bench, batch.id) is BatchState.DELIVERED)


async def test_a_batch_dragged_to_the_front_is_sent_first(bench: Workbench, tmp_path: Path) -> None:
    async with running(bench) as line:
        slow = line.add(order(bench, flight(tmp_path, "slow", 60, 50_000)))
        quick = line.add(order(bench, flight(tmp_path, "quick", 2)))
        await until(lambda: bench.app.engine.counts(slow.id).delivered > 3)
        line.move(quick.id, slow.id)
        await until(lambda: state(bench, quick.id) is BatchState.DELIVERED)
        assert state(bench, slow.id) is not BatchState.DELIVERED
        await until(lambda: state(bench, slow.id) is BatchState.DELIVERED)


async def test_bad_weather_passes_by_itself(bench: Workbench, tmp_path: Path) -> None:
    bench.cloud.faults.add(*parse_faults("storage.put:status=503*60"))
    async with running(bench) as line:
        batch = line.add(order(bench, flight(tmp_path, "a", 2)))
        await until(lambda: state(bench, batch.id) is BatchState.DELIVERED)


@pytest.mark.skipif(sys.platform == "win32", reason="a folder with open files keeps its name there")
@pytest.mark.parametrize("back", ["media/A", "media/B"])
async def test_a_card_that_is_back_goes_on_by_itself_and_others_do_not_wait_for_it(
    bench: Workbench, tmp_path: Path, back: str
) -> None:
    engine = bench.app.engine
    card, pocket, again = tmp_path / "media/A", tmp_path / "pocket", tmp_path / back
    flight(tmp_path, "media/A/day", 30, 600_000)  # too large to go by the handful
    pulled = False

    def heard(event: object) -> None:
        nonlocal pulled
        if not pulled and engine.counts(first.id).delivered > 3:
            pulled = True
            card.rename(pocket)

    async with running(bench) as line:
        first = line.add(order(bench, card / "day", "flighthub2"))
        engine.subscribe(heard)
        other = line.add(order(bench, flight(tmp_path, "other", 3)))
        await until(lambda: state(bench, other.id) is BatchState.DELIVERED)
        assert pulled
        waiting = engine.batch(first.id)
        assert waiting.state is BatchState.PAUSED
        assert waiting.reason is not None and waiting.reason.code == "card-gone"
        put_in(pocket, again)
        bench.card_roots = [again]
        await until(lambda: state(bench, first.id) is BatchState.DELIVERED)
    assert engine.counts(first.id).delivered == 30
    assert engine.batch(first.id).roots == (again / "day",)


async def test_a_refused_sign_in_waits_for_a_person(bench: Workbench, tmp_path: Path) -> None:
    name = bench.connection("flighthub2").name
    right = bench.app.secrets.get(name) or ""
    bench.app.secrets.set(name, "wrong")
    async with running(bench, first_wait=0.01) as line:
        batch = line.add(order(bench, flight(tmp_path, "a", 2), "flighthub2"))
        await until(lambda: bench.app.engine.batch(batch.id).reason is not None)
        await until(lambda: not line.busy)
        calls = len(bench.cloud.journal.entries)
        await asyncio.sleep(0.2)
        assert len(bench.cloud.journal.entries) == calls
        bench.app.secrets.set(name, right)
        line.resume(batch.id)
        await until(lambda: state(bench, batch.id) is BatchState.DELIVERED)


async def test_skipping_what_needs_the_person_lets_the_batch_end(
    bench: Workbench, tmp_path: Path
) -> None:
    folder = flight(tmp_path, "a", 3)
    (folder / "empty.JPG").touch()
    async with running(bench) as line:
        batch = line.add(order(bench, folder, "flighthub2"))
        await until(lambda: state(bench, batch.id) is BatchState.ATTENTION)
        bad = [s.file.id for s in bench.statuses(batch.id) if s.state is FileState.FAILED]
        assert len(bad) == 1
        assert line.skip(batch.id, bad) == 1
        await until(lambda: state(bench, batch.id) is BatchState.DELIVERED)
        assert bench.app.engine.counts(batch.id).dropped == 1


async def test_retry_takes_only_the_files_that_were_named(bench: Workbench, tmp_path: Path) -> None:
    folder = flight(tmp_path, "a", 3)
    (folder / "one.JPG").touch()
    (folder / "two.JPG").touch()
    async with running(bench) as line:
        batch = line.add(order(bench, folder, "flighthub2"))
        await until(lambda: state(bench, batch.id) is BatchState.ATTENTION)
        (folder / "one.JPG").write_bytes(b"now it has something")
        one = [s.file.id for s in bench.statuses(batch.id) if s.file.path.endswith("one.JPG")]
        assert line.retry(batch.id, one) == 1
        await until(lambda: bench.app.engine.counts(batch.id).delivered == 4)
        await until(lambda: state(bench, batch.id) is BatchState.ATTENTION)
        assert bench.app.engine.counts(batch.id).failed == 1


async def test_a_batch_is_cancelled_in_the_middle(bench: Workbench, tmp_path: Path) -> None:
    async with running(bench) as line:
        batch = line.add(order(bench, flight(tmp_path, "a", 60, 50_000)))
        other = line.add(order(bench, flight(tmp_path, "b", 2)))
        await until(lambda: bench.app.engine.counts(batch.id).delivered > 3)
        assert (await line.cancel(batch.id)).state is BatchState.CANCELLED
        await until(lambda: state(bench, other.id) is BatchState.DELIVERED)


async def test_reconstructions_are_followed_to_their_end(bench: Workbench, tmp_path: Path) -> None:
    bench.set_option("flighthub2", "reconstruct", "3d")
    folder = flight(tmp_path, "a", 6)
    async with running(bench) as line:
        asked = order(bench, folder, "flighthub2")
        batch = line.add(Order(asked.connection, asked.roots, jobs=("3d",)))
        jobs = bench.app.engine.jobs
        await until(lambda: any(j.state is JobState.SUCCEEDED for j in jobs(batch.id)))
