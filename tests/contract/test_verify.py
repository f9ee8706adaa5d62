"""The card is read again after a delivery: may it be erased?"""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.clearance import Clearance, Why
from app.domain.errors import Cancelled, FileGone, UsageError
from app.domain.model import Level
from app.domain.ports import Cancel
from app.domain.states import BatchState, FileState
from app.evidence.verifying import folder_of, verify
from app.practice.faults import Action, Fault
from tests.contract.test_weather import CONFIRM, PUT
from tests.helpers.changes import replaced_unseen, rewritten_unseen
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench


def check(bench: Workbench, batch_id: str, folder: Path) -> Clearance:
    return verify(bench.app.store, bench.app.clock, batch_id, folder, Cancel())


async def test_a_delivered_card_is_clear_and_its_files_reach_the_last_level(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    flight = write_flight(card, 8, 1000, 30_000)
    (card / ".Trashes").mkdir()
    snapshot = await bench.deliver(service, card)
    seen: list[tuple[int, int]] = []
    clearance = verify(
        bench.app.store, bench.app.clock, snapshot.batch.id, card, Cancel(),
        lambda *both: seen.append(both),
    )  # fmt: skip
    assert clearance.clear and clearance.safe == 8 and clearance.reasons() == []
    size = sum(map(len, flight.values()))
    assert seen[-1] == (size, size)
    levels = tuple(Level) if not clearance.from_memory else None
    for status in bench.statuses(snapshot.batch.id):
        assert levels is None or status.levels == levels


async def test_a_card_may_hang_elsewhere_by_now(bench: Workbench, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 8, 1000, 30_000)
    snapshot = await bench.deliver("flighthub2", tmp_path / "card")
    assert folder_of(snapshot.batch) == tmp_path / "card"
    elsewhere = (tmp_path / "card").rename(tmp_path / "mounted")
    assert folder_of(snapshot.batch) is None
    assert check(bench, snapshot.batch.id, elsewhere).clear
    with pytest.raises(UsageError, match="no folder"):
        check(bench, snapshot.batch.id, tmp_path / "card")


async def test_everything_that_is_only_on_the_card_is_named(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    first, second, third, *_ = write_flight(card, 8, 1000, 30_000)
    snapshot = await bench.deliver(service, card)
    rewritten_unseen(card / first)
    replaced_unseen(card / second)
    (card / third).unlink()
    (card / "new.JPG").write_bytes(b"taken since")
    found = check(bench, snapshot.batch.id, card)
    assert not found.clear and found.safe == 5
    assert found.reasons() == [(Why.CHANGED, 2), (Why.ADDITIONAL, 1), (Why.ABSENT, 1)]
    assert {item.path for item in found.unsafe} == {first, second, third, "new.JPG"}
    levels = {item.file.path: item.levels for item in bench.statuses(snapshot.batch.id)}
    assert not [path for path in (first, second, third) if Level.REREAD in levels[path]]


async def test_a_level_that_was_reached_is_lost_when_the_card_changes(
    bench: Workbench, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    path, *_ = write_flight(card, 3, 1000, 30_000)
    snapshot = await bench.deliver("flighthub2", card)
    assert check(bench, snapshot.batch.id, card).clear
    (card / path).write_bytes(b"other")
    assert check(bench, snapshot.batch.id, card).reasons() == [(Why.CHANGED, 1)]
    (status,) = [s for s in bench.statuses(snapshot.batch.id) if s.file.path == path]
    assert Level.REREAD not in status.levels


async def test_what_was_not_sent_or_left_out_keeps_the_card(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    write_flight(card, 4, 1000, 30_000)
    (card / "empty.JPG").write_bytes(b"")
    snapshot = await bench.deliver(service, card)
    assert snapshot.batch.state is BatchState.ATTENTION
    found = check(bench, snapshot.batch.id, card)
    assert not found.clear and found.reasons() == [(Why.NOT_SENT, 1), (Why.UNFINISHED, 0)]
    bench.app.engine.accept_missing(snapshot.batch.id)
    snapshot = await bench.run(snapshot.batch.id)
    assert snapshot.batch.state is BatchState.DELIVERED
    assert check(bench, snapshot.batch.id, card).reasons() == [(Why.DROPPED, 1)]
    (card / "empty.JPG").unlink()  # the person wanted it neither there nor here
    assert check(bench, snapshot.batch.id, card).clear


async def test_files_on_their_way_are_not_safe(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    write_flight(card, 4, 1000, 30_000)
    bench.cloud.faults.add(Fault(CONFIRM[service], Action.STATUS, times=0, status=503))
    snapshot = await bench.deliver(service, card)
    found = check(bench, snapshot.batch.id, card)
    assert {why for why, _ in found.reasons()} <= {
        Why.UNREGISTERED, Why.NOT_SENT, Why.UNFINISHED,
    } and not found.clear  # fmt: skip
    assert found.safe == 0 and len(found.unsafe) == 4


async def test_what_the_service_had_already_is_safe_by_its_md5(
    bench: Workbench, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    path, *_ = write_flight(card, 4, 1000, 30_000)
    await bench.deliver("cloud-api", card)
    again = await bench.deliver("cloud-api", card)
    assert again.counts.skipped == 4
    found = check(bench, again.batch.id, card)
    assert found.clear and (found.safe, found.recognised) == (4, 4)
    rewritten_unseen(card / path)
    assert check(bench, again.batch.id, card).reasons() == [(Why.CHANGED, 1)]


async def test_what_another_batch_delivered_is_safe_too(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    write_flight(card / "morning", 3, 1000, 30_000)
    write_flight(card / "evening", 3, 1000, 30_000, seed=2)
    await bench.deliver(service, card / "morning")
    snapshot = await bench.deliver(service, card / "evening")
    found = check(bench, snapshot.batch.id, card)
    # The evening's own files are found under another path: nothing else is known of this folder.
    assert {why for why, _ in found.reasons()} == {Why.ABSENT} and found.elsewhere == 6
    whole = bench.add(service, card)
    bench.app.engine.stop()
    (card / "evening" / "extra").mkdir()
    for path in (card / "morning").rglob("*"):
        if path.is_file():
            path.rename(card / "evening" / "extra" / path.name)
    found = check(bench, snapshot.batch.id, card / "evening")
    assert found.clear and (found.safe, found.elsewhere) == (3, 3)
    assert bench.app.engine.batch(whole).state is BatchState.SCANNING


async def test_a_batch_that_was_deleted_or_cancelled_is_safe_nowhere(
    bench: Workbench, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    write_flight(card, 3, 1000, 30_000)
    delivered = await bench.deliver("flighthub2", card)
    assert check(bench, delivered.batch.id, card).clear
    await bench.app.engine.cancel(delivered.batch.id, delete=True)
    found = check(bench, delivered.batch.id, card)
    assert not found.clear and found.reasons() == [(Why.DELETED, 0)]
    # Nor is it what makes another batch's additional file safe.
    (card / "other").mkdir()
    write_flight(card / "other", 1, 1000, 30_000, seed=3)
    other = await bench.deliver("flighthub2", card / "other")
    assert check(bench, other.batch.id, card).elsewhere == 1
    waiting = bench.add("flighthub2", card)
    await bench.app.engine.cancel(waiting)
    assert (Why.CANCELLED, 0) in check(bench, waiting, card).reasons()


async def test_a_file_without_proof_is_not_safe(bench: Workbench, tmp_path: Path) -> None:
    """An address that takes no Content-MD5, of a storage with tags that say nothing."""
    card = tmp_path / "card"
    write_flight(card, 2, 1000, 30_000)
    snapshot = await bench.deliver("flighthub2", card)
    bench.app.store.files._database.run("UPDATE file SET proof = NULL, sized = 0")
    found = check(bench, snapshot.batch.id, card)
    assert found.reasons() == [(Why.UNPROVED, 2)] and found.safe == 0
    assert {item.state for item in bench.statuses(snapshot.batch.id)} == {FileState.CONFIRMED}


async def test_stopping_and_a_card_pulled_out_give_no_verdict(
    bench: Workbench, tmp_path: Path
) -> None:
    card, cancel = tmp_path / "card", Cancel()
    write_flight(card, 3, 1000, 30_000)
    snapshot = await bench.deliver("flighthub2", card)
    store, clock, batch_id = bench.app.store, bench.app.clock, snapshot.batch.id
    with pytest.raises(Cancelled):
        verify(store, clock, batch_id, card, cancel, lambda done, total: cancel.set())

    def pull(done: int, total: int) -> None:
        if card.exists():
            card.rename(tmp_path / "pulled")

    with pytest.raises(FileGone):
        verify(store, clock, batch_id, card, Cancel(), pull)
    assert not [item for item in bench.statuses(batch_id) if Level.REREAD in item.levels]


async def test_a_damage_after_the_upload_is_found_by_reading_again(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    """A card that reads differently the second time: nothing but the second reading can tell."""
    card = tmp_path / "card"
    path, *_ = write_flight(card, 3, 1000, 30_000)
    bench.cloud.faults.add(Fault(PUT[service], Action.SLOW, rate=1_000_000))
    snapshot = await bench.deliver(service, card)
    content = bytearray((card / path).read_bytes())
    content[len(content) // 2] ^= 1
    (card / path).write_bytes(content)
    found = check(bench, snapshot.batch.id, card)
    assert [(item.path, item.why) for item in found.unsafe] == [(path, Why.CHANGED)]
