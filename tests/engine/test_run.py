"""The engine's own rules: what changes under its hands, what it stops for, what it says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.events import Event, FilesChanged
from app.domain.states import BatchState, FileState
from app.engine.engine import Order
from app.practice.faults import parse_faults
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


@pytest.mark.parametrize("service", ["flighthub2", "cloud-api", "metastudio"])
async def test_a_file_rewritten_after_the_scan_is_sent_as_it_is_now(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = dict(write_flight(tmp_path / "card", 8, 1000, 5000))
    bench.cloud.faults.add(*parse_faults("*:stall=0.3"))  # the first call of all
    batch_id = bench.add(service, tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    while not bench.app.engine.snapshot(batch_id).counts.total:  # noqa: ASYNC110
        await asyncio.sleep(0)
    path = max(flight)
    flight[path] = b"written anew while Postflight was at it" * 99
    (tmp_path / "card" / path).write_bytes(flight[path])
    os.utime(tmp_path / "card" / path, (1_700_000_000, 1_700_000_000))
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    bench.check_arrived(service, batch_id, flight)


async def test_stopping_comes_back_soon_and_every_file_keeps_its_place(
    bench: Workbench, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 20, 100_000, 200_000)
    bench.cloud.settings.upload_rate = 50_000
    batch_id = bench.add("cloud-api", tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    while not bench.app.engine.snapshot(batch_id).pulse.moving:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    bench.app.engine.stop()
    async with asyncio.timeout(5):
        snapshot = await run
    assert snapshot.batch.state is BatchState.PAUSED
    states = {item.state for item in bench.statuses(batch_id)}
    assert states <= {FileState.QUEUED, FileState.SENT, FileState.CONFIRMED}
    assert snapshot.counts.total == len(flight)
    bench.cloud.settings.upload_rate = None
    assert (await bench.run(batch_id)).batch.state is BatchState.DELIVERED
    bench.check_arrived("cloud-api", batch_id, flight)


async def test_forty_threads_that_meet_ended_keys_ask_once(
    bench: Workbench, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 40, 1000, 5000)
    bench.cloud.faults.add(*parse_faults("storage.put:expire@10; storage.put:expire@30"))
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    bench.check_arrived("cloud-api", snapshot.batch.id, flight)
    assert len(bench.cloud.journal.calls("cloud-api.sts")) == 3


async def test_a_flight_too_large_for_one_set_of_keys_is_not_sent_for_ever(
    bench: Workbench, tmp_path: Path
) -> None:
    bench.set_option("flighthub2", "reconstruct", "3d")
    rules = "; ".join(f"storage.put:expire@{count}" for count in (3, 9, 15, 21, 27))
    bench.cloud.faults.add(*parse_faults(rules))
    write_flight(tmp_path / "card", 12, 1000, 5000)
    snapshot = await bench.deliver("flighthub2", tmp_path / "card")
    assert snapshot.batch.state is BatchState.PAUSED
    assert snapshot.batch.reason is not None
    assert "keys end before the whole flight" in snapshot.batch.reason.title


async def test_listeners_hear_of_every_file_on_the_loops_thread(
    bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 6, 1000, 5000)
    heard: set[int] = set()
    loop = asyncio.get_running_loop()

    def listen(event: Event) -> None:
        assert asyncio.get_running_loop() is loop
        if isinstance(event, FilesChanged):
            heard.update(event.ids)

    unsubscribe = bench.app.engine.subscribe(listen)
    snapshot = await bench.deliver("metastudio", tmp_path / "card")
    assert heard == {item.file.id for item in bench.statuses(snapshot.batch.id)}
    unsubscribe()
    heard.clear()
    await bench.deliver("metastudio", tmp_path / "card")
    assert not heard


async def test_a_closed_app_opens_again_with_everything_in_its_place(
    bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 4, 1000, 5000)
    batch_id = bench.add("flighthub2", tmp_path / "card")
    bench.reopen()
    assert [batch.id for batch in bench.app.engine.unfinished()] == [batch_id]
    assert (await bench.run(batch_id)).batch.state is BatchState.DELIVERED
    bench.reopen()
    assert bench.app.engine.unfinished() == []
    assert bench.app.engine.snapshot(batch_id).counts.delivered == 4


def test_a_title_is_one_line_of_a_bearable_length(bench: Workbench, tmp_path: Path) -> None:
    name = bench.connection("metastudio").name
    for said, kept in (
        ("x\ny\x1b[31m\tz", "x y"),
        ("北" * 300, "北" * 120),
        (" \n ", "Untitled"),
        ("", tmp_path.name),
    ):
        batch = bench.app.engine.add(Order(name, (tmp_path,), title=said))
        assert batch.title.startswith(kept) and len(batch.title) <= 120
        assert batch.title.isprintable()
