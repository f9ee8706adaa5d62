"""The tables: what goes in comes out, and states move only as the table of moves says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.domain.errors import Fault, UsageError
from app.domain.model import (
    Batch,
    Capture,
    Connection,
    Digests,
    Found,
    Job,
    MediaFile,
    NewFile,
    Position,
    Prepared,
    Receipt,
)
from app.domain.placement import Addressing, Grant, Keys, Storage
from app.domain.ports import DonePart, OpenUpload
from app.domain.states import FILE_MOVES, BatchState, FileState, JobState
from app.store.store import Store
from tests.helpers.clock import HandClock

FAULT = Fault("busy", "The storage is busy.", "Wait.", "503")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path, HandClock())
    yield opened
    opened.close()


def batch_of(store: Store, names: list[str], batch_id: str = "b1") -> Batch:
    batch = Batch(batch_id, "Field", "harbour", "s", (Path("card"),), BatchState.SCANNING)
    store.batches.add(batch)
    found = [Found(0, Path(name), name, 10, 7) for name in names]
    store.files.add(batch_id, [NewFile(item, item.path, "media") for item in found])
    return batch


def grant_of(store: Store, batch_id: str = "b1", group: str = "g1") -> Grant:
    storage = Storage("http://s3", "r", "bucket", Addressing.PATH)
    keys = Keys("AK", "very-secret", "token")
    return store.grants.add(
        Grant(batch_id, "media", group, "p/{fileName}", "m", storage, 9.0, keys)
    )


def send(store: Store, file: MediaFile, grant: Grant, etag: str = "e") -> None:
    store.files.placed(file.id, grant.id, "", "key")
    store.files.stored(file.id, Receipt(etag, "md5", "key"))


def states(store: Store, batch_id: str = "b1") -> dict[str, FileState]:
    return {item.file.path: item.state for item in store.lists.statuses(batch_id)}


def test_connections_are_found_without_regard_to_case_and_replaced_by_name(store: Store) -> None:
    store.connections.save(Connection("Harbour", "s", "http://a", {"project": "港口"}))
    store.connections.save(Connection("harbour", "s", "http://b", {}))
    assert [item.url for item in store.connections.all()] == ["http://b"]
    assert store.connections.get("HARBOUR").name == "Harbour"
    with pytest.raises(UsageError, match="no connection named quay") as raised:
        store.connections.get("quay")
    assert "Harbour" in raised.value.hint


def test_files_are_unique_by_path_so_a_scan_may_run_again(store: Store) -> None:
    batch_of(store, ["a.jpg", "b.jpg"])
    found = Found(0, Path("a.jpg"), "a.jpg", 99, 1)
    store.files.add("b1", [NewFile(found, "a.jpg", "media")])
    assert store.files.counts("b1").total == 2
    assert store.files.counts("b1").bytes_total == 20


def test_a_card_at_another_place_is_read_from_there(store: Store) -> None:
    batch = Batch("b1", "F", "h", "s", (Path("A"), Path("B")), BatchState.SCANNING)
    store.batches.add(batch)
    found = [Found(0, Path("a.jpg"), "A/a.jpg", 10, 7), Found(1, Path("b.jpg"), "B/b.jpg", 10, 7)]
    store.files.add("b1", [NewFile(item, item.path, "media") for item in found])
    store.batches.move("b1", BatchState.READY)
    store.batches.relocate("b1", {1: Path("C")})
    assert store.batches.get("b1").roots == (Path("A"), Path("C"))
    sources = {item.file.path: item.file.source for item in store.lists.statuses("b1")}
    assert sources == {"A/a.jpg": Path("A/a.jpg"), "B/b.jpg": Path("C/b.jpg")}


def test_a_scan_that_was_cut_off_begins_anew_at_another_place(store: Store) -> None:
    batch_of(store, ["a.jpg", "b.jpg"])
    batch_of(store, ["other.jpg"], "b2")
    store.batches.relocate("b1", {0: Path("C")})
    assert store.files.counts("b1").total == 0
    assert store.files.counts("b2").total == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows such names")
def test_names_that_are_not_text_survive(store: Store) -> None:
    raw = os.fsdecode(b"caf\xe9.jpg")
    batch = Batch("b1", "Field", "harbour", "s", (Path("card"),), BatchState.SCANNING)
    store.batches.add(batch)
    store.files.add("b1", [NewFile(Found(0, Path(raw), "caf?.jpg", 1, 1), "caf_.jpg", "media")])
    (file,) = store.files.take("b1", 5)
    assert os.fsencode(file.source) == b"card/caf\xe9.jpg"


def test_a_file_walks_from_queued_to_confirmed(store: Store) -> None:
    batch_of(store, ["a.jpg"])
    grant = grant_of(store)
    (file,) = store.files.take("b1", 5)
    assert store.files.take("b1", 5) == []
    zone = timezone(timedelta(hours=8))
    capture = Capture(
        taken=datetime(2026, 5, 3, 10, 11, 12, tzinfo=zone),
        position=Position(59.1, 17.6),
        relative_altitude=80.02,
        drone_model="M3E",
    )
    store.files.save_prepared([Prepared(file, Digests("m" * 32, "q"), capture)])
    send(store, file, grant, '"Quoted"')
    ((grant_id, sent),) = store.files.to_confirm("b1")
    assert (grant_id, sent.asked, sent.receipt.etag) == (grant.id, False, '"Quoted"')
    assert sent.prepared.capture == capture
    store.files.asked([file.id])
    assert store.files.to_confirm("b1")[0][1].asked
    store.files.confirmed([file.id])
    counts = store.files.counts("b1")
    assert (counts.delivered, counts.bytes_delivered, counts.waiting) == (1, 10, 0)
    assert store.lists.delivered_names("b1") == {"g1": frozenset({"a.jpg"})}


@pytest.mark.parametrize("state", list(FileState))
@pytest.mark.parametrize("target", list(FileState))
def test_only_the_moves_of_the_table_are_possible(
    store: Store, state: FileState, target: FileState
) -> None:
    batch_of(store, ["a.jpg"])
    store.files._database.run("UPDATE file SET state = ?", (state,))  # pyright: ignore[reportPrivateUsage]
    file_id = next(iter(store.lists.statuses("b1"))).file.id
    move = store.files._move  # pyright: ignore[reportPrivateUsage]
    if target in FILE_MOVES[state]:
        move([file_id], target, {})
        assert states(store) == {"a.jpg": target}
    else:
        with pytest.raises(AssertionError, match="may not become"):
            move([file_id], target, {})
        assert states(store) == {"a.jpg": state}


def test_after_a_crash_what_moved_waits_and_what_was_stored_stays(store: Store) -> None:
    batch = batch_of(store, ["a", "b", "c", "d"])
    grant = grant_of(store)
    store.batches.move(batch.id, BatchState.READY)
    store.batches.move(batch.id, BatchState.RUNNING)
    _, b, c = store.files.take("b1", 3)
    store.files.placed(b.id, grant.id, "", "key")
    send(store, c, grant)
    assert store.recover() == ["b1"]
    assert states(store) == {
        "a": FileState.QUEUED,
        "b": FileState.QUEUED,
        "c": FileState.SENT,
        "d": FileState.QUEUED,
    }
    found = store.batches.get("b1")
    assert found.state is BatchState.PAUSED
    assert found.reason is not None and found.reason.code == "interrupted"


def test_retry_sends_failed_files_again_and_only_registers_stored_ones(store: Store) -> None:
    batch_of(store, ["failed", "gone", "unregistered"])
    grant = grant_of(store)
    failed, gone, unregistered = store.files.take("b1", 3)
    store.files.failed(failed.id, FAULT)
    store.files.gone(gone.id, FAULT)
    send(store, unregistered, grant)
    store.files.failed(unregistered.id, FAULT)
    assert store.files.counts("b1").failed == 3
    assert len(store.files.retry("b1")) == 3
    assert states(store) == {
        "failed": FileState.QUEUED,
        "gone": FileState.QUEUED,
        "unregistered": FileState.SENT,
    }
    assert not store.files.to_confirm("b1")[0][1].asked  # it was answered: with a no
    assert all(item.fault is None for item in store.lists.statuses("b1"))


def test_a_replaced_group_starts_everything_anew(store: Store) -> None:
    batch_of(store, ["sent", "confirmed", "waiting"])
    grant = grant_of(store)
    sent, confirmed = store.files.take("b1", 2)
    send(store, sent, grant)
    send(store, confirmed, grant)
    store.files.confirmed([confirmed.id])
    assert store.files.regroup(grant) == 0  # they are in it
    assert store.files.regroup(grant_of(store, group="g2")) == 2
    assert set(states(store).values()) == {FileState.QUEUED}
    assert all(item.receipt is None for item in store.lists.statuses("b1"))


def test_what_the_service_lost_is_registered_again_after_asking(store: Store) -> None:
    batch_of(store, ["a", "b"])
    grant = grant_of(store)
    for file in store.files.take("b1", 2):
        send(store, file, grant)
        store.files.confirmed([file.id])
    assert store.files.unconfirmed("b1", "other-group", ["a"]) == 0
    assert store.files.unconfirmed("b1", "g1", ["a"]) == 1
    ((_, sent),) = store.files.to_confirm("b1")
    assert sent.file.path == "a" and sent.asked


def test_a_cancelled_batch_drops_what_is_not_delivered(store: Store) -> None:
    batch_of(store, ["a", "b"])
    grant = grant_of(store)
    (a,) = store.files.take("b1", 1)
    send(store, a, grant)
    store.files.confirmed([a.id])
    assert len(store.files.drop_open("b1")) == 1
    assert store.files.drop_open("b1") == []
    counts = store.files.counts("b1")
    assert (counts.delivered, counts.dropped, counts.total) == (1, 1, 2)


def test_keys_never_reach_the_database(store: Store, tmp_path: Path) -> None:
    batch_of(store, [])
    stored = grant_of(store)
    assert store.grants.newest("b1", "media") is not None
    again = store.grants.get(stored.id)
    assert again.keys is None and again.storage == stored.storage
    assert (again.memo, again.prefix, again.expires_at) == ("m", "p/{fileName}", 9.0)
    for path in tmp_path.iterdir():
        assert b"very-secret" not in path.read_bytes()


def test_the_newest_grant_of_a_lane_is_the_one(store: Store) -> None:
    batch_of(store, [])
    grant_of(store, group="first")
    grant_of(store, group="second")
    newest = store.grants.newest("b1", "media")
    assert newest is not None and newest.group == "second"
    assert store.grants.newest("b1", "route") is None
    assert [item.group for item in store.grants.of_batch("b1")] == ["first", "second"]


def test_parts_are_kept_until_the_upload_is_given_up(store: Store) -> None:
    batch_of(store, ["a"])
    (file,) = store.files.take("b1", 1)
    ledger = store.parts.of_file(file.id)
    assert ledger.upload() is None
    upload = OpenUpload("u1", "bucket", "key", 5, 10, 7)
    ledger.begin(upload)
    ledger.done(DonePart(2, 5, "e2", "m2"))
    ledger.done(DonePart(1, 5, "e1", "m1"))
    ledger.done(DonePart(1, 5, "e1b", "m1b"))
    assert ledger.upload() == upload
    assert [(part.number, part.etag) for part in ledger.parts()] == [(1, "e1b"), (2, "e2")]
    assert store.parts.open_uploads("b1") == [(file.id, upload)]
    ledger.begin(OpenUpload("u2", "bucket", "key", 5, 10, 7))
    assert ledger.parts() == ()
    ledger.clear()
    assert ledger.upload() is None


def test_batches_move_as_the_table_says_and_keep_their_reason(store: Store) -> None:
    batch_of(store, [])
    store.batches.move("b1", BatchState.READY)
    store.batches.move("b1", BatchState.RUNNING)
    paused = store.batches.move("b1", BatchState.PAUSED, FAULT)
    assert paused.reason == FAULT
    assert store.batches.move("b1", BatchState.RUNNING).reason is None
    with pytest.raises(AssertionError, match="may not become"):
        store.batches.move("b1", BatchState.READY)
    store.batches.move("b1", BatchState.FINISHING)
    assert store.batches.move("b1", BatchState.DELIVERED).finished_at is not None


def test_batches_are_found_by_the_start_of_their_id_or_their_title(store: Store) -> None:
    batch_of(store, [], "abc1")
    batch_of(store, [], "abd2")
    assert store.batches.find("abc").id == "abc1"
    for word in ("ab", "Field", "x"):
        with pytest.raises(UsageError):
            store.batches.find(word)


def test_jobs_and_notes_are_remembered(store: Store) -> None:
    batch_of(store, [])
    store.batches.save_job(Job("b1", "3d", "", JobState.ASKING))
    store.batches.save_job(Job("b1", "3d", "m1", JobState.WORKING, 40, "zip"))
    assert store.batches.jobs("b1") == [Job("b1", "3d", "m1", JobState.WORKING, 40, "zip")]
    store.batches.note("b1", "two photos have no position")
    assert store.batches.notes("b1") == ["two photos have no position"]


def test_photos_without_position_are_counted_and_other_files_are_not(store: Store) -> None:
    batch_of(store, ["placed.jpg", "lost.jpg", "side.mrk"])
    taken = datetime(2026, 5, 3, tzinfo=timezone.utc)  # noqa: UP017
    captures = (Capture(taken, Position(1, 2)), Capture(taken), Capture())
    for file, capture in zip(store.files.take("b1", 3), captures, strict=True):
        store.files.save_prepared([Prepared(file, None, capture)])
    assert store.lists.without_position("b1") == 1
