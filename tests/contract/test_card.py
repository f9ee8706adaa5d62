"""The card is pulled at every moment, on every service, and comes back: here, there, or shifted."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.errors import UsageError
from app.domain.states import BatchState, FileState
from app.engine.engine import Snapshot
from app.practice.faults import parse_faults
from tests.contract.test_weather import PUT
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="a folder with open files keeps its name there"
)
MIB = 1024 * 1024
HOUR = 3600 * 10**9
SLOW = 60_000  # bytes a second and connection, until the card is pulled: never too late for it


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """Where the card is at first; the volume is the folder above it."""
    return tmp_path / "media" / "DJI_A" / "flight"


@pytest.fixture
def other_card(tmp_path: Path) -> Path:
    """The same card under another volume's name."""
    (tmp_path / "media" / "DJI_B").mkdir(parents=True)
    return tmp_path / "media" / "DJI_B" / "flight"


@contextmanager
def once(bench: Workbench, due: Callable[[], bool], act: Callable[[], object]) -> Iterator[None]:
    """`act` at the first event at which it is `due`."""
    done = False

    def heard(event: object) -> None:
        nonlocal done
        if not done and due():
            done = True
            act()
            bench.cloud.settings.upload_rate = None

    end = bench.app.engine.subscribe(heard)
    try:
        yield
    finally:
        end()
    assert done, "the card was never pulled"


def counts(bench: Workbench, batch_id: str) -> Counter[FileState]:
    return Counter(item.state for item in bench.statuses(batch_id))


def stored(bench: Workbench, service: str) -> Counter[str]:
    """How often each object was stored."""
    return Counter(e.path for e in bench.cloud.journal.calls(PUT[service]) if e.status == 200)


def check_parked(bench: Workbench, snapshot: Snapshot, words: str) -> None:
    """One sentence for the batch, none for a file, and whatever is stored is registered."""
    batch = snapshot.batch
    assert batch.state is BatchState.PAUSED, bench.complaints(batch.id)
    assert batch.reason is not None and batch.reason.code == "card-gone"
    assert words in batch.reason.title and "goes on" in batch.reason.hint
    states = counts(bench, batch.id)
    assert set(states) <= {FileState.QUEUED, FileState.CONFIRMED}, states
    assert states[FileState.QUEUED]
    assert all(item.fault is None for item in bench.statuses(batch.id))


async def test_pulled_while_sending_it_waits_and_goes_on_under_another_name(
    bench: Workbench, service: str, card: Path, other_card: Path
) -> None:
    flight = write_flight(card, 40, 1000, 30_000)
    bench.cloud.settings.upload_rate = SLOW
    batch_id = bench.add(service, card)
    arrived = lambda: counts(bench, batch_id)[FileState.CONFIRMED] >= 5  # noqa: E731
    with once(bench, arrived, lambda: pull(card, other_card)):
        snapshot = await bench.run(batch_id)
    check_parked(bench, snapshot, str(card))

    calls, before = len(bench.cloud.journal.entries), stored(bench, service)
    check_parked(bench, await bench.run(batch_id), str(card))
    assert len(bench.cloud.journal.entries) == calls, "nothing is tried without the card"

    bench.card_roots = [card.parents[2] / "none", other_card.parent]
    snapshot = await bench.run(batch_id)
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    assert snapshot.batch.roots == (other_card,)
    assert any("at another place" in note for note in bench.app.engine.notes(batch_id))
    bench.check_arrived(service, batch_id, flight)
    after = stored(bench, service)
    assert {path: after[path] for path in before} == before, "finished files were sent again"


async def test_pulled_before_the_first_byte_is_read(
    bench: Workbench, service: str, card: Path, other_card: Path
) -> None:
    """Every file's hashing or opening is the first thing that misses it."""
    flight = write_flight(card, 40, 1000, 30_000)
    batch_id = bench.add(service, card)
    ready = lambda: bench.app.engine.batch(batch_id).state is BatchState.RUNNING  # noqa: E731
    with once(bench, ready, lambda: pull(card, other_card)):
        snapshot = await bench.run(batch_id)
    check_parked(bench, snapshot, str(card))
    assert not stored(bench, service)
    pull(other_card, card)
    assert (await bench.run(batch_id)).batch.state is BatchState.DELIVERED
    bench.check_arrived(service, batch_id, flight)


async def test_pulled_while_scanning_no_file_is_counted_twice(
    bench: Workbench, service: str, card: Path, other_card: Path
) -> None:
    """Two folders, so that the names of files begin with the names of the volumes."""
    flight = write_flight(card / "DCIM", 256, 10, 200)
    (card / "notes").mkdir()
    (card / "notes" / "DJI_0001.JPG").write_bytes(b"on another folder of the card")
    batch_id = bench.add(service, card / "DCIM", card / "notes")
    begun = lambda: bench.app.engine.counts(batch_id).total > 0  # noqa: E731
    with once(bench, begun, lambda: pull(card, other_card)):
        snapshot = await bench.run(batch_id)
    assert snapshot.batch.state is BatchState.SCANNING
    assert snapshot.batch.reason is not None and snapshot.batch.reason.code == "card-gone"
    assert not snapshot.counts.failed
    shift(other_card, HOUR)
    bench.card_roots = [other_card.parent]
    bench.cloud.faults.add(*parse_faults("*:status=401*0"))
    snapshot = await bench.run(batch_id)
    assert snapshot.counts.total == len(flight) + 1
    assert snapshot.counts.queued == len(flight) + 1
    sources = {item.file.source for item in bench.statuses(batch_id)}
    assert all(source.is_relative_to(other_card) for source in sources)


async def test_pulled_while_a_part_is_sent_and_back_with_other_times(
    bench: Workbench, card: Path, other_card: Path
) -> None:
    """The clocks were changed meanwhile: parts and files that arrived are not sent again."""
    flight = dict(write_flight(card, 5, 1000, 5000))
    flight["video.mp4"] = os.urandom(66 * MIB)
    (card / "video.mp4").write_bytes(flight["video.mp4"])
    batch_id = bench.add("cloud-api", card)
    parts = lambda: len(bench.cloud.journal.calls("storage.part"))  # noqa: E731
    bench.cloud.settings.upload_rate = 40_000_000
    run = asyncio.create_task(bench.run(batch_id))
    async with asyncio.timeout(60):
        while parts() < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    pull(card, other_card)
    snapshot = await run
    check_parked(bench, snapshot, str(card))
    sent, before = parts(), stored(bench, "cloud-api")
    assert sent < 66 // 5
    bench.cloud.settings.upload_rate = None
    shift(other_card, -HOUR)
    bench.card_roots = [other_card.parent]
    snapshot = await bench.run(batch_id)
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    bench.check_arrived("cloud-api", batch_id, flight)
    numbers = Counter(
        entry.params["partNumber"]
        for entry in bench.cloud.journal.calls("storage.part")
        if entry.status == 200
    )
    assert set(numbers.values()) == {1}, numbers
    assert not (before - stored(bench, "cloud-api"))


@pytest.mark.parametrize("apart", [HOUR, -HOUR, 23 * HOUR // 4, "two seconds"])
async def test_shifted_times_send_nothing_again(
    bench: Workbench, service: str, card: Path, apart: int | str
) -> None:
    flight = write_flight(card, 12, 1000, 30_000)
    batch_id = bench.add(service, card)
    arrived = lambda: counts(bench, batch_id)[FileState.CONFIRMED] >= 3  # noqa: E731
    with once(bench, arrived, bench.app.engine.stop):
        await bench.run(batch_id)
    before = stored(bench, service)
    shift(card, apart)
    bench.reopen()
    snapshot = await bench.run(batch_id)
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    bench.check_arrived(service, batch_id, flight)
    assert not (before - stored(bench, service))
    assert max(stored(bench, service).values()) == 1


@pytest.mark.parametrize("apart", [0, HOUR])
async def test_the_same_card_dropped_again_is_the_same_whatever_its_clock_says(
    bench: Workbench, service: str, card: Path, apart: int
) -> None:
    """Cloud API knows every file; the others make a new group, as for any second drop."""
    flight = write_flight(card, 8, 1000, 30_000)
    assert (await bench.deliver(service, card)).batch.state is BatchState.DELIVERED
    shift(card, apart)
    before = sum(stored(bench, service).values())
    snapshot = await bench.deliver(service, card)
    assert snapshot.batch.state is BatchState.DELIVERED
    again = sum(stored(bench, service).values()) - before
    assert again == (0 if service == "cloud-api" else len(flight))
    assert snapshot.counts.skipped == (len(flight) if service == "cloud-api" else 0)


async def test_another_card_in_its_place_is_not_sent_for_it(
    bench: Workbench, service: str, card: Path, other_card: Path
) -> None:
    """DJI's older names are the same on each card, and so is the drive letter."""
    flight = write_flight(card, 16, 1000, 30_000)

    def swap() -> None:
        card.rename(other_card)
        write_flight(card, 16, 1000, 30_000, seed=2)

    batch_id = bench.add(service, card)
    ready = lambda: bench.app.engine.batch(batch_id).state is BatchState.RUNNING  # noqa: E731
    with once(bench, ready, swap):
        snapshot = await bench.run(batch_id)
    check_parked(bench, snapshot, "holds other files than before")
    check_parked(bench, await bench.run(batch_id), "holds other files than before")
    assert not stored(bench, service)
    bench.card_roots = [other_card.parent]
    assert (await bench.run(batch_id)).batch.state is BatchState.DELIVERED
    bench.check_arrived(service, batch_id, flight)


async def test_files_that_were_sent_one_by_one_wait_for_their_card(
    bench: Workbench, service: str, card: Path, other_card: Path
) -> None:
    flight = write_flight(card, 24, 1000, 5000)
    names = {path.rpartition("/")[2]: content for path, content in flight.items()}
    flat = card / "flat"
    flat.mkdir()
    for name, content in names.items():
        (flat / name).write_bytes(content)
    batch_id = bench.add(service, *sorted(flat.iterdir()))
    ready = lambda: bench.app.engine.batch(batch_id).state is BatchState.RUNNING  # noqa: E731
    with once(bench, ready, lambda: pull(card, other_card)):
        snapshot = await bench.run(batch_id)
    check_parked(bench, snapshot, str(flat))
    bench.card_roots = [other_card.parent]
    snapshot = await bench.run(batch_id)
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    bench.check_arrived(service, batch_id, names)
    assert {root.parent for root in snapshot.batch.roots} == {other_card / "flat"}


async def test_a_deleted_file_on_a_card_that_is_there_is_missing_alone(
    bench: Workbench, service: str, card: Path
) -> None:
    flight = write_flight(card, 12, 1000, 30_000)
    lost = card / max(flight)
    batch_id = bench.add(service, card)
    ready = lambda: bench.app.engine.batch(batch_id).state is BatchState.RUNNING  # noqa: E731
    with once(bench, ready, lost.unlink):
        snapshot = await bench.run(batch_id)
    assert snapshot.batch.state is BatchState.ATTENTION
    assert counts(bench, batch_id) == {
        FileState.CONFIRMED: len(flight) - 1,
        FileState.GONE: 1,
    }


async def test_a_folder_that_was_moved_is_named_by_the_person(
    bench: Workbench, card: Path, other_card: Path
) -> None:
    flight = write_flight(card, 12, 1000, 30_000)
    batch_id = bench.add("flighthub2", card)
    ready = lambda: bench.app.engine.batch(batch_id).state is BatchState.RUNNING  # noqa: E731
    with once(bench, ready, lambda: pull(card, other_card)):
        await bench.run(batch_id)
    wrong = write_flight(card.parent / "wrong", 12, 1000, 30_000, seed=3)
    assert wrong
    with pytest.raises(UsageError, match="does not hold the files"):
        await bench.app.engine.take_from(batch_id, card.parent / "wrong")
    await bench.app.engine.take_from(batch_id, other_card)
    assert (await bench.run(batch_id)).batch.state is BatchState.DELIVERED
    bench.check_arrived("flighthub2", batch_id, flight)


async def test_what_is_left_out_waits_for_no_card(
    bench: Workbench, card: Path, other_card: Path
) -> None:
    write_flight(card, 120, 1000, 30_000)
    bench.cloud.settings.upload_rate = SLOW
    batch_id = bench.add("flighthub2", card)
    arrived = lambda: counts(bench, batch_id)[FileState.CONFIRMED] >= 3  # noqa: E731
    with once(bench, arrived, lambda: pull(card, other_card)):
        snapshot = await bench.run(batch_id)
    check_parked(bench, snapshot, str(card))
    left = [s.file.id for s in bench.statuses(batch_id) if s.state is FileState.QUEUED]
    assert bench.app.engine.skip(batch_id, left) == len(left)
    assert (await bench.run(batch_id)).batch.state is BatchState.DELIVERED


async def test_what_was_stored_before_is_registered_without_the_card(
    bench: Workbench, service: str, card: Path, other_card: Path
) -> None:
    """The callbacks fail, the program ends, the card is taken out: the next start tells what it
    can, and says what it waits for."""
    flight = write_flight(card, 12, 1000, 30_000)
    where = {"flighthub2": "flighthub2.upload_callback", "cloud-api": "cloud-api.upload-callback",
             "metastudio": "metastudio.complete"}  # fmt: skip
    bench.cloud.faults.add(*parse_faults(f"{where[service]}:status=401*0"))
    bench.cloud.faults.add(*parse_faults(f"{PUT[service]}:stall=2*0@5"))  # these do not get there
    batch_id = bench.add(service, card)
    await bench.run(batch_id)
    states = counts(bench, batch_id)
    assert states[FileState.SENT] and states[FileState.QUEUED], states
    bench.cloud.faults.clear()
    pull(card, other_card)
    bench.reopen()
    snapshot = await bench.run(batch_id)
    check_parked(bench, snapshot, str(card))
    assert counts(bench, batch_id)[FileState.CONFIRMED] == states[FileState.SENT]
    bench.card_roots = [other_card.parent]
    assert (await bench.run(batch_id)).batch.state is BatchState.DELIVERED
    bench.check_arrived(service, batch_id, flight)


@pytest.mark.parametrize("again", ["same", "other"])
async def test_a_real_unmount_leaves_an_empty_folder_and_is_understood(
    bench: Workbench, service: str, card: Path, other_card: Path, again: str, tmp_path: Path
) -> None:
    """Skipped where this user may not mount."""
    flight = write_flight(tmp_path / "flash", 24, 1000, 30_000)
    mount(tmp_path / "flash", card)
    bench.cloud.settings.upload_rate = SLOW
    batch_id = bench.add(service, card)
    arrived = lambda: counts(bench, batch_id)[FileState.CONFIRMED] >= 5  # noqa: E731
    try:
        with once(bench, arrived, lambda: unmount(card)):
            snapshot = await bench.run(batch_id)
        check_parked(bench, snapshot, str(card))
        place = card if again == "same" else other_card
        mount(tmp_path / "flash", place)
        bench.card_roots = [other_card.parent]
        snapshot = await bench.run(batch_id)
        assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
        bench.check_arrived(service, batch_id, flight)
    finally:
        unmount(card)
        unmount(other_card)


def pull(card: Path, to: Path) -> None:
    card.rename(to)


def shift(card: Path, apart: int | str) -> None:
    """As another clock, zone or computer shows the times of all files."""
    for path in card.rglob("*"):
        at = path.stat().st_mtime_ns
        # FAT rounds up to even seconds.
        new = -(-at // (2 * 10**9)) * 2 * 10**9 if isinstance(apart, str) else at + apart
        if path.is_file():
            os.utime(path, ns=(new, new))


def mount(what: Path, where: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("mounts as Linux does")
    where.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "--bind", what, where], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this user may not mount: {done.stderr.decode().strip()}")


def unmount(where: Path) -> None:
    subprocess.run(["umount", "--lazy", where], capture_output=True, check=False)
