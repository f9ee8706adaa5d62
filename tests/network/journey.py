"""One delivery over a link that is made bad on the way; run inside of `link.inside`.

Prints what a person would have seen, as one JSON object, for the test that started it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.domain.events import Event, FileWaits
from app.engine.context import Patience
from app.practice.calls import Call
from tests.helpers.clock import JumpingClock
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench, workbench
from tests.network import link

MB = 1000 * 1000
_LOOK = 0.25  # seconds between two looks at the bar
# As it ships, but nobody waits 20 s for company.
_PATIENCE = Patience(gather=2.0)


@dataclass(frozen=True)
class Look:
    """What the bar showed: bytes that arrived or are on their way, both speeds, time to go."""

    at: float
    there: int
    waits: int  # how often "trying again" was said until then
    speed: float
    steady: float | None
    left: float | None
    bad: bool  # whether the link was bad just then


@dataclass
class Journey:
    """All that is reported."""

    seconds: float = 0.0
    state: str = ""
    reason: str = ""
    failed: int = 0
    arrived: bool = False
    violations: list[str] = field(default_factory=list)
    times_registered: dict[str, int] = field(default_factory=dict)
    parts_sent_twice: list[str] = field(default_factory=list)
    parts: int = 0
    parts_while_bad: int = 0
    grants: int = 0
    waits: list[str] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)


Trouble = Callable[["Trip"], Coroutine[None, None, None]]


class Trip:
    """What a trouble may do and look at."""

    def __init__(self, bench: Workbench, clock: JumpingClock, batch: str, seconds: float) -> None:
        self.bench = bench
        self.clock = clock
        self.seconds = seconds
        self.bad = True
        self.report = Journey()
        self._batch = batch

    @property
    def there(self) -> int:
        snapshot = self.bench.app.engine.snapshot(self._batch)
        return snapshot.counts.bytes_stored + snapshot.pulse.moving

    async def until(self, arrived: int) -> None:
        while self.there < arrived:  # noqa: ASYNC110 - a person looks at the bar, too
            await asyncio.sleep(0.02)

    def parts_done(self) -> list[str]:
        calls = self.bench.cloud.journal.calls(Call.S3_PART)
        return [
            f"{entry.path} {entry.params.get('partNumber', '')}"
            for entry in calls
            if entry.status == 200
        ]

    async def watch(self) -> None:
        began = time.monotonic()
        while True:
            snapshot = self.bench.app.engine.snapshot(self._batch)
            there = snapshot.counts.bytes_stored + snapshot.pulse.moving
            left = snapshot.pulse.remaining(snapshot.counts.bytes_total - there)
            self.report.looks.append(
                Look(
                    round(time.monotonic() - began, 2),
                    there,
                    len(self.report.waits),
                    snapshot.pulse.speed,
                    snapshot.pulse.steady,
                    left,
                    self.bad,
                )
            )
            await asyncio.sleep(_LOOK)


async def slow_and_lossy(trip: Trip) -> None:
    """64 KB/s with a fifth of all packets lost, for `seconds`; then the link is good again."""
    await asyncio.sleep(trip.seconds)
    trip.report.parts_while_bad = len(trip.parts_done())
    trip.bad = False
    link.heal()


async def closed_lid(trip: Trip) -> None:
    """An hour's sleep: the clock goes on, keys end, and nobody hears of the connections' end."""
    await trip.until(3 * MB)
    link.cut()
    trip.clock.jump(3600)
    trip.bench.cloud.expire_keys()
    trip.bench.cloud.hang_up()
    await asyncio.sleep(trip.seconds)
    link.mend()


async def other_network(trip: Trip) -> None:
    """The address goes away in the middle, for some seconds."""
    await trip.until(3 * MB)
    link.take_address()
    await asyncio.sleep(trip.seconds)
    link.give_address()


TROUBLES: Mapping[str, tuple[Trouble, tuple[int, float], int]] = {
    # with: bytes a second and share lost at the start, size of the large file
    "slow-and-lossy": (slow_and_lossy, (64_000, 0.2), 68 * MB),
    "closed-lid": (closed_lid, (1_000_000, 0.0), 0),
    "other-network": (other_network, (1_000_000, 0.0), 0),
}


async def travel(service: str, name: str, seconds: float, folder: Path) -> Journey:
    trouble, (rate, loss), large = TROUBLES[name]
    clock = JumpingClock()
    link.prepare()
    flight = dict(write_flight(folder / "card", 10, 300_000, 1_200_000))
    if large:
        path = "DCIM/100MEDIA/DJI_0001.MP4"
        flight[path] = bytes(range(256)) * (large // 256)
        (folder / "card" / path).write_bytes(flight[path])
    # botocore signs with the system's own clock, which is not ours to move: where it does, the
    # servers stay in step with that one.
    theirs = clock if service == "metastudio" else None
    with workbench(folder, _PATIENCE, clock=clock, clouds_clock=theirs) as bench:
        batch = bench.add(service, folder / "card")
        link.spoil(rate, loss)
        trip = Trip(bench, clock, batch, seconds)

        def heard(event: Event) -> None:
            if isinstance(event, FileWaits):
                trip.report.waits.append(event.fault.title)

        bench.app.engine.subscribe(heard)
        began = time.monotonic()
        watching = asyncio.create_task(trip.watch())
        troubling = asyncio.create_task(trouble(trip))
        snapshot = await bench.run(batch)
        watching.cancel()
        await troubling
        report = trip.report
        report.seconds = time.monotonic() - began
        report.state = snapshot.batch.state
        report.reason = str(snapshot.batch.reason or "")
        report.failed = snapshot.counts.failed
        done = trip.parts_done()
        report.parts = len(done)
        report.parts_sent_twice = [part for part, times in Counter(done).items() if times > 1]
        report.grants = len(bench.app.store.grants.of_batch(batch))
        report.times_registered = {e.name: e.times for e in bench.cloud.registrations(service)}
        report.violations = bench.cloud.violations
        if report.state == "delivered" and not report.violations:
            bench.check_arrived(service, batch, flight)
            report.arrived = True
        return report


def main() -> None:
    service, name, seconds = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(travel(service, name, float(seconds), Path(folder)))
    sys.stdout.write(json.dumps(asdict(report)))


if __name__ == "__main__":
    main()
