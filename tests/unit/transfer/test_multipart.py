"""Uploads in parts: what arrives, what is kept, how many go at once, and how they stop."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.domain.errors import Cancelled, Forbidden
from app.domain.ports import Cancel
from app.transfer.mover import Mover
from tests.helpers.rclone import RcloneServer
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import (
    BUCKET,
    KEY,
    MIB,
    MemoryLedger,
    Moved,
    StopsAfterOne,
    grant_for,
    make_file,
    md5_of,
    move_of,
    refusal,
    target,
)
from tests.unit.transfer.multipart_kit import IN_PARTS, SIZE, Storage, expected_etag


@pytest.mark.parametrize("size", [6 * MIB + 1, 10 * MIB, SIZE])
@pytest.mark.parametrize("told", [True, False])
def test_a_file_in_parts_arrives_byte_for_byte(
    mover: Mover, rclone: RcloneServer, tmp_path: Path, size: int, told: bool
) -> None:
    file, progress, ledger = make_file(tmp_path, size), Moved(), MemoryLedger()
    md5 = md5_of(file.source)
    transfer = move_of(file, md5=md5 if told else None, progress=progress, ledger=ledger)
    receipt = mover.place(grant_for(rclone.url), IN_PARTS, transfer)
    content = file.source.read_bytes()
    assert (rclone.root / BUCKET / KEY).read_bytes() == content
    assert receipt.md5 == md5
    assert receipt.etag == expected_etag(content)
    assert (receipt.key, receipt.remote_id) == (KEY, "remote-1")
    assert progress.total == size
    assert len(ledger.parts()) == -(-size // (5 * MIB))


def test_a_small_file_or_one_for_a_plain_put_does_not_go_in_parts(
    mover: Mover, rclone: RcloneServer, tmp_path: Path
) -> None:
    small, large = make_file(tmp_path, 6 * MIB, "small"), make_file(tmp_path, SIZE, "large")
    grant = grant_for(rclone.url)
    assert mover.place(grant, IN_PARTS, move_of(small)).etag == md5_of(small.source)
    assert mover.place(grant, target(single=True), move_of(large)).etag == md5_of(large.source)


def test_every_part_is_kept_before_it_counts_and_quoted_at_the_end(
    mover: Mover, tmp_path: Path
) -> None:
    storage, ledger = Storage(), MemoryLedger()
    file = make_file(tmp_path, SIZE)
    with ScriptedServer(storage.answer) as server:
        receipt = mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
    assert receipt.etag == "Whole-3"
    content = file.source.read_bytes()
    assert b"".join(storage.parts[number] for number in (1, 2, 3)) == content
    assert {part.number: part.etag for part in ledger.parts()} == {
        1: "Tag-1",
        2: "Tag-2",
        3: "Tag-3",
    }
    upload = ledger.upload()
    assert upload is not None
    assert (upload.upload_id, upload.bucket, upload.key) == ("up-1", BUCKET, KEY)
    named = storage.completed.decode().replace("&quot;", '"')
    assert [named.index(f'<ETag>"Tag-{number}"</ETag>') for number in (1, 2, 3)] == sorted(
        named.index(f'<ETag>"Tag-{number}"</ETag>') for number in (1, 2, 3)
    )
    assert all(seen.headers.get("content-md5") for seen in server.seen if seen.method == "PUT")


def test_a_refused_right_to_open_uploads_is_said(mover: Mover, tmp_path: Path) -> None:
    storage = Storage(lambda call, _: refusal(403, "AccessDenied") if call == "begin" else None)
    with ScriptedServer(storage.answer) as server, pytest.raises(Forbidden):
        mover.place(grant_for(server.url), IN_PARTS, move_of(make_file(tmp_path, SIZE)))


def test_the_stop_sign_ends_all_parts_and_keeps_what_is_done(mover: Mover, tmp_path: Path) -> None:
    cancel, ended = Cancel(), threading.Event()

    def trouble(call: str, _: Seen) -> Reply | None:
        if not call.startswith(("part 1 ", "begin")):
            ended.wait(10)  # a storage that does not answer any more
        return None

    ledger, progress = StopsAfterOne(cancel), Moved()
    transfer = move_of(make_file(tmp_path, SIZE), ledger=ledger, progress=progress, cancel=cancel)
    with ScriptedServer(Storage(trouble).answer) as server:
        try:
            with pytest.raises(Cancelled):
                mover.place(grant_for(server.url), IN_PARTS, transfer)
        finally:
            ended.set()
    assert [part.number for part in ledger.parts()] == [1]
    assert progress.total == 0


def test_two_parts_are_on_their_way_at_once_and_never_three(mover: Mover, tmp_path: Path) -> None:
    lock, both = threading.Lock(), threading.Barrier(2)
    now, most = [0], [0]

    def trouble(call: str, _: Seen) -> Reply | None:
        if call.startswith("part"):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            both.wait(10)
            with lock:
                now[0] -= 1
        return None

    with ScriptedServer(Storage(trouble).answer) as server:
        mover.place(grant_for(server.url), IN_PARTS, move_of(make_file(tmp_path, 20 * MIB)))
    assert most[0] == 2
