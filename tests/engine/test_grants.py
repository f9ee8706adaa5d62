"""Storage keys that end early, late, or at no time anybody knows; and sign-ins that end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from app.domain.retry import RetryPolicy
from app.domain.states import BatchState, FileState
from app.engine.line import Line
from app.practice.calls import Call, Moment
from app.practice.faults import parse_faults
from tests.contract.test_weather import OPEN
from tests.engine.test_network_gone import PATIENT, Ear, put, until
from tests.helpers.clock import JumpingClock
from tests.helpers.flights import write_flight
from tests.helpers.workbench import SERVICES, Workbench, workbench

KEYED = ["flighthub2", "cloud-api"]  # the services that give keys
LIVE = 1000.0  # seconds; ahead of need is the last fifth
SLOW = replace(PATIENT, policy=RetryPolicy(tries=12, first=0.05, longest=0.5))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


@pytest.fixture
def clock() -> JumpingClock:
    """The cloud's and ours."""
    return JumpingClock()


@pytest.fixture
def dated(tmp_path: Path, clock: JumpingClock) -> Iterator[Workbench]:
    with workbench(tmp_path, SLOW, clock=clock, clouds_clock=clock) as made:
        made.cloud.settings.keys_live = LIVE
        made.cloud.settings.upload_rate = 150_000
        yield made


def opened(bench: Workbench, service: str) -> int:
    return len(bench.cloud.journal.calls(OPEN[service]))


@pytest.mark.parametrize("service", KEYED)
async def test_a_renewal_ahead_of_need_that_fails_is_no_trouble(
    dated: Workbench, clock: JumpingClock, service: str, tmp_path: Path
) -> None:
    """The old keys are good for 150 s: all goes on with them, and new ones are asked for later."""
    flight = write_flight(tmp_path / "card", 32, 10_000, 30_000)
    ear = Ear(dated)
    batch_id = dated.add(service, tmp_path / "card")
    run = asyncio.create_task(dated.run(batch_id))
    await until(lambda: put(dated, service) >= 5)
    dated.cloud.faults.add(*parse_faults(f"{OPEN[service]}:status=503*0"))
    clock.jump(LIVE - 150)
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, dated.complaints(batch_id)
    dated.check_arrived(service, batch_id, flight)
    assert dated.cloud.faults.fired, "nobody asked ahead of need"
    assert opened(dated, service) == 2, "it was asked for again and again"
    assert not ear.waits, "a file waited for keys that it did not need yet"


@pytest.mark.parametrize("service", KEYED)
async def test_nobody_waits_for_a_renewal_ahead_of_need(
    dated: Workbench, clock: JumpingClock, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 32, 10_000, 30_000)
    answer = threading.Event()

    def hold(call: Call, moment: Moment) -> None:
        if call == OPEN[service] and moment is Moment.ARRIVED and opened(dated, service) > 1:
            answer.wait(60)

    dated.cloud.watch(hold)
    batch_id = dated.add(service, tmp_path / "card")
    run = asyncio.create_task(dated.run(batch_id))
    await until(lambda: put(dated, service) >= 5)
    clock.jump(LIVE - 150)
    try:
        await until(lambda: put(dated, service) == len(flight))
        assert opened(dated, service) == 2
    finally:
        answer.set()
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, dated.complaints(batch_id)
    dated.check_arrived(service, batch_id, flight)


@pytest.mark.parametrize("service", KEYED)
async def test_keys_are_renewed_ahead_of_need_and_no_file_is_refused(
    dated: Workbench, clock: JumpingClock, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 48, 10_000, 30_000)
    batch_id = dated.add(service, tmp_path / "card")
    run = asyncio.create_task(dated.run(batch_id))
    await until(lambda: put(dated, service) >= 5)
    clock.jump(LIVE - 150)
    await until(lambda: put(dated, service) >= 24)
    clock.jump(200)  # the first keys have ended
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, dated.complaints(batch_id)
    dated.check_arrived(service, batch_id, flight)
    assert opened(dated, service) == 2
    assert all(entry.status == 200 for entry in dated.cloud.journal.calls("storage.put"))


@pytest.mark.parametrize("service", KEYED)
@pytest.mark.parametrize("down", ["status=503", "status=500", "cut-before", "unplugged"])
async def test_the_batch_outlasts_services_that_are_down_longer_than_the_keys_live(
    dated: Workbench, clock: JumpingClock, service: str, down: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 24, 10_000, 30_000)
    ear = Ear(dated)
    batch_id = dated.add(service, tmp_path / "card")
    run = asyncio.create_task(dated.run(batch_id))
    await until(lambda: put(dated, service) >= 5)
    if down == "unplugged":
        await asyncio.to_thread(dated.cloud.unplug_services)
    else:
        dated.cloud.faults.add(*parse_faults(f"{OPEN[service]}:{down}*0"))
    clock.jump(LIVE + 100)
    await asyncio.sleep(1.5)
    assert not run.done(), (await run).batch
    if down == "unplugged":
        dated.cloud.plug_in_services()
    dated.cloud.faults.clear()
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, dated.complaints(batch_id)
    dated.check_arrived(service, batch_id, flight)
    assert FileState.FAILED not in ear.states
    assert opened(dated, service) <= 2 + SLOW.policy.tries


@pytest.mark.parametrize("service", KEYED)
@pytest.mark.parametrize("expire", [0, -120, 30, None])
async def test_odd_lifetimes_of_keys_do_not_stop_a_batch(
    bench: Workbench, service: str, expire: int | None, tmp_path: Path
) -> None:
    """FlightHub 2 tells a date, of which all but a missing one are long over."""
    bench.cloud.settings.expire_answer = expire
    flight = write_flight(tmp_path / "card", 10, 1000, 20_000)
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)
    assert opened(bench, service) == 1


async def test_dates_that_are_nearly_over_are_no_reason_to_ask_for_new_keys(
    dated: Workbench, clock: JumpingClock, tmp_path: Path
) -> None:
    dated.cloud.settings.expire_answer = int(clock.now()) + 30
    flight = write_flight(tmp_path / "card", 24, 10_000, 30_000)
    batch_id = dated.add("flighthub2", tmp_path / "card")
    run = asyncio.create_task(dated.run(batch_id))
    await until(lambda: put(dated, "flighthub2") >= 5)
    clock.jump(60)
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, dated.complaints(batch_id)
    dated.check_arrived("flighthub2", batch_id, flight)
    assert opened(dated, "flighthub2") == 1


@pytest.mark.parametrize("service", KEYED)
async def test_keys_that_are_dead_when_they_come_end_in_a_sentence_soon(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    bench.cloud.settings.keys_live = -1.0
    write_flight(tmp_path / "card", 24, 1000, 20_000)
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.PAUSED and snapshot.batch.reason is not None
    assert snapshot.batch.reason.code == "keys-expired" and snapshot.counts.failed == 0
    assert opened(bench, service) <= 5, "asked for keys again and again"


@pytest.mark.parametrize("service", KEYED)
async def test_each_end_of_short_keys_costs_one_renewal(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    """Keys of two seconds over 200 files; a renewal is never sooner than the end before it."""
    live = bench.cloud.settings.keys_live = 2.0
    bench.cloud.settings.upload_rate = 150_000
    asked: list[float] = []

    def note(call: Call, moment: Moment) -> None:
        if call == OPEN[service] and moment is Moment.ARRIVED:
            asked.append(time.monotonic())

    bench.cloud.watch(note)
    bench.always_at_once(4)
    ear = Ear(bench)
    flight = write_flight(tmp_path / "card", 200, 15_000, 25_000)
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)
    assert FileState.FAILED not in ear.states
    assert len(asked) == opened(bench, service) >= 3
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert min(gaps) >= live, "keys were renewed before they ended"
    refused = [e for e in bench.cloud.journal.calls("storage.put") if e.status == 403]
    assert len(refused) <= 4 * len(gaps), "a file was refused twice by the same keys"


@pytest.mark.parametrize("answer", ["403 ExpiredToken", "400 ExpiredToken", "403 AccessDenied"])
async def test_short_keys_over_many_files_cost_one_renewal_each(
    bench: Workbench, answer: str, tmp_path: Path
) -> None:
    """Keys of two seconds, told as 2: too little to rely on, so each end is found by a refusal."""
    bench.cloud.settings.keys_live = 2.0
    bench.cloud.settings.expired_answer = answer  # type: ignore[assignment]
    bench.cloud.settings.upload_rate = 150_000
    bench.always_at_once(4)
    flight = write_flight(tmp_path / "card", 60, 15_000, 25_000)
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived("cloud-api", snapshot.batch.id, flight)
    refused = [e for e in bench.cloud.journal.calls("storage.put") if e.status in (400, 403)]
    assert 2 <= opened(bench, "cloud-api") <= 1 + len(refused)
    assert len(refused) <= 4 * (opened(bench, "cloud-api") - 1), (
        "a file was refused twice by the same keys"
    )


@pytest.mark.parametrize("service", SERVICES)
async def test_a_secret_refused_in_mid_batch_asks_the_person_and_goes_on_with_a_new_one(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    """As the window does it: the line waits for the person, who enters a secret and resumes."""
    flight = write_flight(tmp_path / "card", 24, 5_000, 20_000)
    bench.cloud.settings.upload_rate = 100_000
    line = Line(bench.app.engine)
    line.start()
    batch_id = bench.add(service, tmp_path / "card")
    line.resume(batch_id)
    await until(lambda: put(bench, service) >= 6)
    secret = bench.cloud.new_secret(service)
    if service == "flighthub2":
        bench.cloud.expire_keys()  # else the token is next asked for when all is sent
    await until(lambda: bench.app.engine.batch(batch_id).state is BatchState.PAUSED)
    snapshot = bench.app.engine.snapshot(batch_id)
    assert snapshot.batch.reason is not None and snapshot.batch.reason.code == "not-signed-in"
    assert snapshot.counts.failed == 0
    await asyncio.sleep(0.3)  # until the cloud is done with what was cut off
    calls, sent = len(bench.cloud.journal.entries), put(bench, service)
    await asyncio.sleep(0.3)
    assert len(bench.cloud.journal.entries) == calls, "it asked on with a secret that was refused"
    bench.sign_in_as(service, secret)
    line.resume(batch_id)
    await until(lambda: bench.app.engine.batch(batch_id).state is BatchState.DELIVERED)
    await line.close()
    bench.check_arrived(service, batch_id, flight)
    assert put(bench, service) - sent == snapshot.counts.queued, "something was sent again"
