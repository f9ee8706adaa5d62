"""Small files that go together: how they are cut, and what becomes of one that meets trouble."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import FilesChanged
from app.domain.model import MediaFile
from app.domain.ports import OpenUpload
from app.domain.states import BatchState, FileState
from app.engine.handful import MOST, handfuls
from app.practice.faults import Action, Fault, parse_faults
from app.services.base import Limits
from tests.engine.test_network_gone import put, until
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench, workbench

SERVICE = "flighthub2"
TOGETHER = ("flighthub2", "cloud-api")
MIB = 1024 * 1024


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


def media(number: int, size: int, lane: str = "media") -> MediaFile:
    return MediaFile(number, "b", f"{number}.JPG", Path(f"{number}.JPG"), "x", size, 0, lane)


_sizes = st.lists(
    st.tuples(
        st.integers(0, 2 * MIB) | st.integers(0, 70_000), st.sampled_from(["media", "wayline"])
    ),
    max_size=80,
)


@given(_sizes)
def test_every_file_is_in_one_handful_in_its_order(sizes: list[tuple[int, str]]) -> None:
    files = [media(number, size, lane) for number, (size, lane) in enumerate(sizes)]
    hands = list(handfuls(files, Limits(places_freely=True), 4))
    assert [file for hand in hands for file in hand] == files
    for hand in hands:
        assert 1 <= len(hand) <= MOST
        assert len(hand) == 1 or sum(file.size for file in hand) <= MIB
        assert len({file.lane for file in hand}) == 1
        assert len(hand) == 1 or all(file.size <= MIB // 2 for file in hand[1:])


def test_small_files_go_together_only_where_a_placement_leaves_nothing_to_give_up() -> None:
    files = [media(number, 60 * 1024) for number in range(50)]
    free = Limits(places_freely=True)
    assert [len(hand) for hand in handfuls(files, free, 2)] == [16, 16, 16, 2]
    assert [len(hand) for hand in handfuls(files, Limits(), 2)] == [1] * 50
    assert [len(hand) for hand in handfuls(files[:6], free, 4)] == [2, 2, 2], "all have work"
    assert [len(hand) for hand in handfuls(files[:3], free, 4)] == [1, 1, 1]


@pytest.mark.parametrize("service", TOGETHER)
@pytest.mark.parametrize(
    "trouble",
    [
        "status=503*1@9",
        "status=403*1@9",
        "cut-before*1@9",
        "cut-after*1@9",
        "damage*1@9",
        "expire@9",
    ],
)
async def test_a_file_that_meets_trouble_goes_on_alone_and_the_others_together(
    bench: Workbench, service: str, trouble: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 60, 1_000, 9_000)
    bench.cloud.faults.add(*parse_faults(f"storage.put:{trouble}"))
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert bench.cloud.faults.fired
    if snapshot.batch.state is BatchState.ATTENTION:  # refused: a person decides
        (failed,) = [one for one in bench.statuses(snapshot.batch.id) if one.fault]
        assert failed.state is FileState.FAILED
        bench.app.engine.retry(snapshot.batch.id)
        await bench.run(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)
    again = len(bench.cloud.journal.calls("storage.put")) - len(flight)
    assert again <= 2 + MOST, "the others were sent again too"


@pytest.mark.parametrize("trouble", ["status=503", "status=401", "cut-answer", "garbage"])
async def test_trouble_with_the_question_is_that_of_one_file(
    bench: Workbench, trouble: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 60, 1_000, 9_000)
    bench.cloud.faults.add(*parse_faults(f"cloud-api.fast-upload:{trouble}*1@9"))
    heard: list[int] = []
    bench.app.engine.subscribe(
        lambda event: heard.append(len(event.ids)) if isinstance(event, FilesChanged) else None
    )
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert bench.cloud.faults.fired
    bench.check_arrived("cloud-api", snapshot.batch.id, flight)
    assert len(bench.cloud.journal.calls("storage.put")) == len(flight)
    assert max(heard) > 1, "they did not go together"


async def test_what_the_service_has_is_skipped_with_its_digest(
    bench: Workbench, tmp_path: Path
) -> None:
    """The verdict on the card needs the MD5 by which the service knew the file."""
    flight = write_flight(tmp_path / "card", 40, 1_000, 9_000)
    await bench.deliver("cloud-api", tmp_path / "card")
    new = write_flight(tmp_path / "card" / "new", 5, 1_000, 9_000, seed=2)
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    assert (snapshot.counts.skipped, snapshot.counts.delivered) == (len(flight), len(new))
    known = {one.file.path: one.md5 for one in bench.statuses(snapshot.batch.id)}
    for path, content in flight.items():
        assert known[path] == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert len(bench.cloud.journal.calls("storage.put")) == len(flight) + len(new)


async def test_files_are_registered_under_the_keys_that_they_were_sent_with(
    bench: Workbench, tmp_path: Path
) -> None:
    """Renewed keys lead to another group; a file told in the wrong one would be missing there."""
    flight = write_flight(tmp_path / "card", 64, 1_000, 9_000)
    bench.cloud.settings.upload_rate = 200_000
    batch_id = bench.add(SERVICE, tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    await until(lambda: put(bench, SERVICE) >= 5)
    bench.cloud.expire_keys()
    await until(lambda: put(bench, SERVICE) >= 30)
    bench.cloud.expire_keys()
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    bench.check_arrived(SERVICE, batch_id, flight)


@pytest.mark.parametrize("service", TOGETHER)
async def test_stopping_keeps_what_was_stored_and_the_rest_waits(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 64, 20_000, 20_000)
    bench.cloud.settings.upload_rate = 400_000
    batch_id = bench.add(service, tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    await until(lambda: put(bench, service) >= 12)
    bench.app.engine.stop(batch_id)
    await run
    states = [one.state for one in bench.statuses(batch_id)]
    assert set(states) <= {FileState.QUEUED, FileState.SENT, FileState.CONFIRMED}
    assert states.count(FileState.QUEUED) > 10
    stored = len([e for e in bench.cloud.journal.calls("storage.put") if e.status == 200])
    known = len(states) - states.count(FileState.QUEUED)
    assert stored - known <= 4, "more than what was on its way is not known"
    bench.cloud.settings.upload_rate = None
    await bench.run(batch_id)
    bench.check_arrived(service, batch_id, flight)
    assert len(bench.cloud.journal.calls("storage.put")) <= len(flight) + 4


async def test_what_is_stored_is_written_down_though_the_next_file_takes_long(
    bench: Workbench, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 12, 1_000, 2_000)
    bench.cloud.faults.add(*parse_faults("storage.put:stall=8*0@5"))
    batch_id = bench.add(SERVICE, tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    await until(lambda: put(bench, SERVICE) >= 4)
    async with asyncio.timeout(4):
        while sum(one.receipt is not None for one in bench.statuses(batch_id)) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert put(bench, SERVICE) <= 5, "the others are still on their way"
    bench.cloud.faults.clear()
    assert (await run).batch.state is BatchState.DELIVERED
    bench.check_arrived(SERVICE, batch_id, flight)


async def test_an_upload_in_parts_that_was_begun_is_not_overlooked(
    bench: Workbench, tmp_path: Path
) -> None:
    """Of a file that was large at the last attempt and is small now."""
    flight = write_flight(tmp_path / "card", 4, 1_000, 9_000)
    batch_id = bench.add(SERVICE, tmp_path / "card")
    bench.cloud.faults.add(Fault("flighthub2.obtain_token", Action.STATUS, times=0, status=503))
    await bench.run(batch_id)
    first = bench.statuses(batch_id)[0].file
    files = bench.app.store.files
    assert [item.file for item in files.untouched([first])] == [first]
    upload = OpenUpload("u", "bucket", "key", 5 * MIB, 1, 1)
    bench.app.store.parts.of_file(first.id, none_yet=True).begin(upload)
    assert bench.app.store.parts.of_file(first.id).upload() == upload
    assert files.untouched([first]) == []
    bench.cloud.faults.clear()
    await bench.run(batch_id)
    bench.check_arrived(SERVICE, batch_id, flight)
    assert bench.app.store.parts.of_file(first.id).upload() is None


async def test_where_all_go_into_one_group_none_is_registered_in_the_one_that_was_left(
    bench: Workbench, tmp_path: Path
) -> None:
    """New keys open a new group; whatever was stored before them goes there too."""
    flight = write_flight(tmp_path / "card", 96, 1_000, 9_000)
    bench.set_option(SERVICE, "reconstruct", "3d")
    bench.cloud.settings.upload_rate = 150_000
    batch_id = bench.add(SERVICE, tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    await until(lambda: put(bench, SERVICE) >= 20)
    bench.cloud.expire_keys()
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    assert (
        len({item.receipt.key.split("/")[-2] for item in bench.statuses(batch_id) if item.receipt})
        == 1
    )
    assert {one.state for one in bench.statuses(batch_id)} == {FileState.CONFIRMED}
    assert len(bench.statuses(batch_id)) == len(flight)
