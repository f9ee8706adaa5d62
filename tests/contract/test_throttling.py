"""A server that asks for patience is asked less at once, more again later, and never stormed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.retry import RetryPolicy
from app.domain.states import BatchState
from app.engine.context import Patience
from app.practice.calls import Call, Moment
from app.practice.faults import parse_faults
from tests.contract.test_weather import PLACE, PUT
from tests.helpers.flights import write_flight
from tests.helpers.workbench import QUICK, SERVICES, Workbench, workbench

AT_ONCE = 8
HALF = AT_ONCE // 2
CALM = HALF + 8  # calls after the wave; no sooner may one more be out
FILES = {"flighthub2": 60, "cloud-api": 60, "metastudio": 28}
SLOWING = {"429": "status=429,wait=0", "503": "status=503", "SlowDown": "business=SlowDown"}


class Gauge:
    """How many calls of one kind the server has at once; each of its waits ends when enough came.

    However slow this machine is, `wave` calls are refused together, then half as many meet, and
    once there was time to grow the server keeps what it has until one more comes than half.
    """

    def __init__(self, call: str, wave: int) -> None:
        self._call = call
        self._wave = wave
        self._together = threading.Barrier(wave)
        self._halved = threading.Barrier(wave // 2)
        self._grown = threading.Event()
        self.in_time = True
        self._lock = threading.Lock()
        self._arrived = 0
        self._out = 0
        self.most: list[int] = []  # greatest number so far, for each call after the wave

    def __call__(self, call: Call, moment: Moment) -> None:
        if call != self._call or moment is Moment.ANSWERED:
            return
        if moment is Moment.DONE:
            with self._lock:
                self._out -= 1
            return
        with self._lock:
            self._arrived += 1
            number = self._arrived - self._wave
            if number > 0:
                self._out += 1
                self.most.append(max(self._out, self.most[-1] if self.most else 0))
                if self._out > self._wave // 2:
                    self._grown.set()
        if number <= 0:
            self._together.wait(20)
        elif number <= self._wave // 2:
            self._halved.wait(20)
        elif number > CALM + self._wave:
            self.in_time &= self._grown.wait(20)


@contextmanager
def wide(folder: Path, patience: Patience = QUICK) -> Iterator[Workbench]:
    """A workbench that sends eight files at once."""
    with workbench(folder, patience) as bench:
        bench.always_at_once(AT_ONCE)
        yield bench


@pytest.mark.parametrize(
    ("service", "call", "how"),
    [(service, PUT[service], "429") for service in SERVICES]
    + [("flighthub2", "storage.put", "SlowDown"), ("cloud-api", "storage.put", "503")]
    + [("cloud-api", PLACE["cloud-api"], "429")],
)
async def test_a_wave_of_refusals_halves_what_is_out_and_it_grows_back(
    service: str, call: str, how: str, tmp_path: Path
) -> None:
    # Files too large to go by the handful: each is a call of its own, eight at once.
    sizes = (500, 2000) if service == "metastudio" else (525_000, 530_000)
    flight = write_flight(tmp_path / "card", FILES[service], *sizes)
    with wide(tmp_path) as bench:
        gauge = Gauge(call, AT_ONCE)
        bench.cloud.watch(gauge)
        bench.cloud.faults.add(*parse_faults(f"{call}:{SLOWING[how]}*{AT_ONCE}"))
        snapshot = await bench.deliver(service, tmp_path / "card")
        assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
        bench.check_arrived(service, snapshot.batch.id, flight)
        asked = bench.cloud.journal.calls(call)
    assert sum(entry.status in (429, 503) for entry in asked) == AT_ONCE
    assert gauge.most[CALM - 1] == HALF, "requests in flight were not halved"
    assert gauge.in_time and HALF < gauge.most[-1] <= AT_ONCE, "it did not grow back"
    assert len(asked) == len(flight) + AT_ONCE


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("wait", ["", ",wait=0"])
async def test_a_server_that_throttles_for_a_while_is_not_stormed(
    service: str, wait: str, tmp_path: Path
) -> None:
    """For a second it takes nothing. A Retry-After of 0 is no leave to come back at once."""
    tries = 9
    flight = write_flight(tmp_path / "card", 24, 500, 2000)
    patient = replace(QUICK, policy=RetryPolicy(tries, first=0.05, longest=0.8))
    with wide(tmp_path, patient) as bench:
        bench.cloud.faults.add(*parse_faults(f"{PUT[service]}:status=429{wait}*0"))
        run = asyncio.create_task(bench.deliver(service, tmp_path / "card"))
        async with asyncio.timeout(30):
            while not bench.cloud.faults.fired:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await asyncio.sleep(1.0)
        bench.cloud.faults.clear()
        snapshot = await run
        assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
        bench.check_arrived(service, snapshot.batch.id, flight)
        refused = [e for e in bench.cloud.journal.calls(PUT[service]) if e.status == 429]
    assert len(refused) <= AT_ONCE * (tries - 2), "a storm"
