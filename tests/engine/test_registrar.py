"""How stored files are told to the service: so many at once, each marked before its call."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.states import BatchState, FileState
from app.practice.calls import Call, Moment
from tests.engine.test_grants import opened
from tests.engine.test_network_gone import until
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench, workbench

CALLBACKS = {"cloud-api": Call.CA_CALLBACK, "metastudio": Call.MS_COMPLETE}
WIDTH = 4


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


class Crowd:
    """How many callbacks the server has at once. It holds them until all files are `stored`, and
    then until so many of them have met as go at once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._lock = threading.Lock()
        self._met = threading.Barrier(WIDTH)
        self._later = self._out = 0
        self.stored = threading.Event()
        self.most = 0

    def __call__(self, call: Call, moment: Moment) -> None:
        if call is not self._call or moment is Moment.ANSWERED:
            return
        early = not self.stored.is_set()
        with self._lock:
            self._out += 1 if moment is Moment.ARRIVED else -1
            self.most = max(self.most, self._out)
        if moment is Moment.DONE:
            return
        if early:
            self.stored.wait(20)
            return
        with self._lock:
            self._later += 1
            number = self._later
        if number <= WIDTH:
            self._met.wait(20)


@pytest.mark.parametrize("service", CALLBACKS)
async def test_so_many_callbacks_are_out_at_once_as_the_service_takes(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 24, 500, 2000)
    crowd = Crowd(CALLBACKS[service])
    bench.cloud.watch(crowd)
    batch_id = bench.add(service, tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    await until(lambda: bench.app.store.files.count_to_confirm(batch_id) == len(flight))
    crowd.stored.set()
    await run
    bench.check_arrived(service, batch_id, flight)
    assert crowd.most == WIDTH


async def test_of_a_stopped_batch_only_what_was_told_is_in_doubt(
    bench: Workbench, tmp_path: Path
) -> None:
    """Many are marked in one commit; whoever did not get a call any more needs no question."""
    flight = write_flight(tmp_path / "card", 40, 500, 2000)
    held, go = threading.Event(), threading.Event()

    def hold(call: Call, moment: Moment) -> None:
        if call is Call.CA_CALLBACK and moment is Moment.ARRIVED:
            held.set()
            go.wait(20)

    bench.cloud.watch(hold)
    batch_id = bench.add("cloud-api", tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    files = bench.app.store.files
    await until(lambda: held.is_set() and files.count_to_confirm(batch_id) == len(flight))
    bench.app.engine.stop(batch_id)
    go.set()
    assert (await run).batch.state is BatchState.PAUSED
    waiting = files.to_confirm(batch_id)
    assert len(waiting) >= len(flight) - WIDTH
    assert not any(sent.asked for _, sent in waiting)
    states = [one.state for one in bench.statuses(batch_id)]
    assert set(states) <= {FileState.SENT, FileState.CONFIRMED}
    await bench.run(batch_id)
    bench.check_arrived("cloud-api", batch_id, flight)
    assert len(bench.cloud.journal.calls("cloud-api.fast-upload")) == len(flight), "asked again"


async def test_what_goes_into_a_new_group_is_not_told_in_the_old_one(
    bench: Workbench, tmp_path: Path
) -> None:
    """New keys open a new group while a callback is out, and more than a callback takes waits."""
    flight = write_flight(tmp_path / "card", 260, 500, 2000)
    bench.set_option("flighthub2", "reconstruct", "3d")
    go, puts = threading.Event(), itertools.count(1)

    def watch(call: Call, moment: Moment) -> None:
        if call is Call.S3_PUT and moment is Moment.DONE and next(puts) == 200:
            bench.cloud.expire_keys()
        if call is Call.FH_CALLBACK and moment is Moment.ARRIVED:
            go.wait(20)

    bench.cloud.watch(watch)
    batch_id = bench.add("flighthub2", tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    await until(lambda: opened(bench, "flighthub2") == 2)
    await asyncio.sleep(0.3)  # the new keys are here, and wait for the callback that is out
    go.set()
    assert (await run).batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    statuses = bench.statuses(batch_id)
    assert {one.state for one in statuses} == {FileState.CONFIRMED}
    assert len({one.receipt.key.split("/")[-2] for one in statuses if one.receipt}) == 1
    assert len(statuses) == len(flight)
