"""The network goes while files are on their way: the batch waits, and no file fails for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.events import Event, FilesChanged, FileWaits, Notice
from app.domain.states import BatchState, FileState
from app.engine.line import Line
from app.engine.weather import BACK, WAITING, Looks
from tests.contract.test_weather import PUT
from tests.helpers.flights import write_flight
from tests.helpers.workbench import QUICK, SERVICES, Workbench, workbench

PATIENT = replace(QUICK, looks=Looks(first=0.05, longest=0.1, patience=60))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path, PATIENT) as made:
        yield made


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class Ear:
    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.states: set[FileState] = set()
        self.waits: list[FileWaits] = []
        self.words: list[str] = []
        bench.app.engine.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        match event:
            case FileWaits():
                self.waits.append(event)
            case Notice(_, words):
                self.words.append(words)
            case FilesChanged(_, ids) if ids:
                status = self._bench.app.store.files
                self.states |= {status.state(file_id) for file_id in ids}
            case _:
                pass


def put(bench: Workbench, service: str) -> int:
    return sum(e.status == 200 for e in bench.cloud.journal.calls(PUT[service]))


@pytest.mark.parametrize("service", SERVICES)
async def test_the_batch_waits_for_the_network_and_goes_on(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 24, 20_000, 60_000)
    bench.cloud.settings.upload_rate = 400_000
    ear = Ear(bench)
    batch_id = bench.add(service, tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    await until(lambda: put(bench, service) >= 5)
    await asyncio.to_thread(bench.cloud.unplug)
    await until(lambda: WAITING in ear.words)
    await asyncio.sleep(1.0)  # many looks, and many more than a file has tries
    assert not run.done()
    assert bench.app.engine.counts(batch_id).failed == 0
    waiting = {wait.file for wait in ear.waits if wait.fault.title == WAITING}
    assert waiting, "no row says what it waits for"
    bench.cloud.plug_in()
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    bench.check_arrived(service, batch_id, flight)
    assert FileState.FAILED not in ear.states
    assert BACK in ear.words


async def test_the_systems_word_that_the_network_is_back_ends_the_wait(tmp_path: Path) -> None:
    never = replace(QUICK, looks=Looks(first=3600, longest=3600, patience=1e9))
    with workbench(tmp_path, never) as bench:
        write_flight(tmp_path / "card", 24, 20_000, 60_000)
        bench.cloud.settings.upload_rate = 400_000
        ear = Ear(bench)
        line = Line(bench.app.engine)
        line.start()
        batch_id = bench.add("cloud-api", tmp_path / "card")
        line.resume(batch_id)
        await until(lambda: put(bench, "cloud-api") >= 5)
        await asyncio.to_thread(bench.cloud.unplug)
        await until(lambda: WAITING in ear.words)
        bench.cloud.plug_in()
        await asyncio.sleep(0.2)
        assert bench.app.engine.batch(batch_id).state is BatchState.RUNNING
        line.poke()
        await until(lambda: bench.app.engine.batch(batch_id).state is BatchState.DELIVERED)
        await line.close()


async def test_out_of_patience_the_batch_pauses_and_resume_delivers_it(tmp_path: Path) -> None:
    with workbench(tmp_path, replace(QUICK, looks=Looks(0.01, 0.05, 0.3))) as bench:
        flight = write_flight(tmp_path / "card", 24, 20_000, 60_000)
        bench.cloud.settings.upload_rate = 400_000
        batch_id = bench.add("metastudio", tmp_path / "card")
        run = asyncio.create_task(bench.run(batch_id))
        await until(lambda: put(bench, "metastudio") >= 5)
        await asyncio.to_thread(bench.cloud.unplug)
        snapshot = await run
        assert snapshot.batch.state is BatchState.PAUSED
        assert snapshot.batch.reason is not None and snapshot.batch.reason.code == "offline"
        assert "cannot be reached" in snapshot.batch.reason.title
        assert snapshot.counts.failed == 0
        bench.cloud.plug_in()
        snapshot = await bench.run(batch_id)
        assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
        bench.check_arrived("metastudio", batch_id, flight)
