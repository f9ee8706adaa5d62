"""A folder reaches each service, byte for byte, and each is told so in its own words."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from app.domain.states import BatchState, FileState
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench

KB, MB = 1000, 1000 * 1000


async def test_sixty_four_files_with_odd_names_arrive_byte_for_byte(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = dict(write_flight(tmp_path / "card", 60, 200 * KB, 700 * KB))
    for number, size in enumerate((3 * MB, 8 * MB, 14 * MB, 20 * MB)):
        flight.update(write_large(tmp_path / "card", f"DCIM/large {number} 大.MP4", size))
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)
    assert snapshot.counts.delivered == len(flight) == 64
    assert snapshot.counts.bytes_delivered == sum(map(len, flight.values()))


def write_large(folder: Path, path: str, size: int) -> dict[str, bytes]:
    content = bytes(range(251)) * (size // 251 + 1)
    (folder / path).write_bytes(content[:size])
    return {path: content[:size]}


async def test_two_batches_go_at_once_and_do_not_mix(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    one = write_flight(tmp_path / "one", 12, KB, 30 * KB, seed=1)
    two = write_flight(tmp_path / "two", 20, KB, 30 * KB, seed=2)
    ids = [bench.add(service, tmp_path / "one"), bench.add(service, tmp_path / "two")]
    await bench.run(*ids)
    for batch_id, flight in zip(ids, (one, two), strict=True):
        assert bench.app.store.batches.get(batch_id).state is BatchState.DELIVERED
        assert {item.file.path for item in bench.statuses(batch_id)} == set(flight)
    assert bench.cloud.violations == []


async def test_a_flight_sent_twice_is_skipped_where_the_service_can_tell(
    bench: Workbench, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 8, KB, 30 * KB)
    await bench.deliver("cloud-api", tmp_path / "card")
    again = await bench.deliver("cloud-api", tmp_path / "card")
    assert again.batch.state is BatchState.DELIVERED
    assert again.counts.skipped == len(flight)
    assert len(bench.cloud.journal.calls("storage.put")) == len(flight)


async def test_a_file_that_is_gone_is_named_and_delivered_after_it_is_back(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 6, KB, 30 * KB)
    batch_id = bench.add(service, tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    lost = tmp_path / "card" / sorted(flight)[0]
    content = lost.read_bytes()
    stat = lost.stat()
    # There is no event for "found and not yet sent".
    while not bench.app.engine.snapshot(batch_id).counts.total:  # noqa: ASYNC110
        await asyncio.sleep(0)
    lost.unlink()
    snapshot = await run
    if snapshot.batch.state is BatchState.DELIVERED:  # it was quicker than the hand on the card
        return
    assert snapshot.batch.state is BatchState.ATTENTION
    (status,) = [s for s in bench.statuses(batch_id) if s.state is FileState.GONE]
    assert status.fault is not None and lost.name in status.fault.title
    lost.write_bytes(content)
    os.utime(lost, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    bench.app.engine.retry(batch_id)
    assert (await bench.run(batch_id)).batch.state is BatchState.DELIVERED
    bench.check_arrived(service, batch_id, flight)


async def test_an_empty_file_needs_the_person_and_the_rest_may_finish_without_it(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 6, KB, 30 * KB)
    (tmp_path / "card" / "DJI_0000.JPG").write_bytes(b"")
    snapshot = await bench.deliver(service, tmp_path / "card")
    batch_id = snapshot.batch.id
    assert snapshot.batch.state is BatchState.ATTENTION
    assert (snapshot.counts.delivered, snapshot.counts.failed) == (len(flight), 1)
    assert bench.app.engine.accept_missing(batch_id) == 1
    snapshot = await bench.run(batch_id)
    assert snapshot.batch.state is BatchState.DELIVERED
    assert (snapshot.counts.delivered, snapshot.counts.dropped) == (len(flight), 1)


async def test_an_empty_folder_is_said_to_be_empty(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    (tmp_path / "card" / "DCIM").mkdir(parents=True)
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.EMPTY
    assert snapshot.batch.reason is not None and "Nothing to send" in snapshot.batch.reason.title
