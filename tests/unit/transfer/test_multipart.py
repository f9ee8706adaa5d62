"""Uploads in parts: what arrives, what is kept, and how each trouble goes on."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import (
    BadAnswer,
    Cancelled,
    FileChanged,
    FileGone,
    Forbidden,
    KeysExpired,
    NetworkError,
    PostflightError,
    ServerBusy,
    UploadGone,
)
from app.domain.ports import Cancel, DonePart, Route
from app.transfer.digests import multipart_etag
from app.transfer.mover import Mover
from tests.helpers.rclone import RcloneServer
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import (
    BUCKET,
    KEY,
    MIB,
    DiskLedger,
    MemoryLedger,
    Moved,
    as_scanned,
    grant_for,
    make_file,
    md5_of,
    move_of,
    refusal,
    target,
    touch,
)

SIZE = 11 * MIB  # three parts: 5, 5 and 1 MiB
IN_PARTS = target(single=False)


class Storage:
    """A storage as scripted replies: takes parts, unless `trouble` answers in its place."""

    def __init__(self, trouble: Callable[[str, Seen], Reply | None] = lambda call, seen: None):
        self._trouble = trouble
        self._lock = threading.Lock()
        self.calls: list[str] = []
        self.parts: dict[int, bytes] = {}
        self.completed = b""

    def answer(self, seen: Seen) -> Reply:
        call = self._name(seen)
        with self._lock:
            self.calls.append(call)
        return self._trouble(call, seen) or self._usual(call, seen)

    @staticmethod
    def _name(seen: Seen) -> str:
        if seen.method == "PUT":
            return f"part {seen.query['partNumber']} {seen.query['uploadId']}"
        if seen.method == "POST":
            return "begin" if "uploads" in seen.query else f"complete {seen.query['uploadId']}"
        others = {
            "GET": "list",
            "HEAD": "head",
            "DELETE": f"abort {seen.query.get('uploadId', '')}",
        }
        return others[seen.method]

    def _usual(self, call: str, seen: Seen) -> Reply:
        if call == "begin":
            return Reply(
                "<InitiateMultipartUploadResult><UploadId>up-1</UploadId>"
                "</InitiateMultipartUploadResult>"
            )
        if call.startswith("part"):
            number = int(seen.query["partNumber"])
            self.parts[number] = seen.body
            return Reply(headers={"ETag": f'"Tag-{number}"'})
        if call.startswith("complete"):
            self.completed = seen.body
            return complete_with("Whole-3")
        return Reply(status=403)  # keys that may only write

    def sent(self) -> list[str]:
        return sorted(call for call in self.calls if call.startswith("part"))


def complete_with(etag: str) -> Reply:
    return Reply(
        f"<CompleteMultipartUploadResult><ETag>&quot;{etag}&quot;</ETag>"
        "</CompleteMultipartUploadResult>"
    )


def content_etag(content: bytes) -> str:
    return hashlib.md5(content).hexdigest().upper()


def expected_etag(content: bytes) -> str:
    pieces = [content[at : at + 5 * MIB] for at in range(0, len(content), 5 * MIB)]
    return multipart_etag(hashlib.md5(piece).hexdigest() for piece in pieces)


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


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (refusal(503, "SlowDown"), ServerBusy),
        (refusal(400, "ExpiredToken"), KeysExpired),
        (Reply(cut=True), NetworkError),
        (Reply(""), BadAnswer),
    ],
)
def test_after_trouble_only_the_missing_parts_are_sent(
    mover: Mover, tmp_path: Path, trouble: Reply, error: type[PostflightError]
) -> None:
    failing = [True]
    storage = Storage(lambda call, _: trouble if failing[0] and call.startswith("part 2") else None)
    file, ledger, progress = make_file(tmp_path, SIZE), MemoryLedger(), Moved()
    transfer = move_of(file, ledger=ledger, progress=progress)
    with ScriptedServer(storage.answer) as server:
        with pytest.raises(error):
            mover.place(grant_for(server.url), IN_PARTS, transfer)
        assert progress.total == 0
        kept = {part.number for part in ledger.parts()}
        assert 1 in kept and 2 not in kept
        failing[0] = False
        storage.calls.clear()
        # New keys, as after a renewal: the upload is the same one.
        mover.place(grant_for(server.url, token="new"), IN_PARTS, transfer)
    assert progress.total == SIZE
    assert "begin" not in storage.calls
    assert {int(call.split()[1]) for call in storage.sent()} == {1, 2, 3} - kept
    assert b"".join(storage.parts[n] for n in (1, 2, 3)) == file.source.read_bytes()


_KILLED = """
import os, sys
from pathlib import Path
from app.domain.ports import Route, Tuning
from app.transfer.lanes import Lanes
from app.transfer.mover import Mover
from tests.unit.transfer import kit

url, source, database = sys.argv[1:]

class Killing(kit.DiskLedger):
    def done(self, part):
        super().done(part)
        if part.number == 2:
            os._exit(9)

one = Lanes.of(Tuning(parts_at_once=1))
mover = Mover(Route(), lanes=one, part_size=5 * kit.MIB, single_up_to=6 * kit.MIB)
transfer = kit.move_of(kit.as_scanned(Path(source)), ledger=Killing(Path(database)))
mover.place(kit.grant_for(url), kit.target(single=False), transfer)
"""


def test_a_killed_program_goes_on_with_the_next_part(
    mover: Mover, rclone: RcloneServer, tmp_path: Path
) -> None:
    file, database = make_file(tmp_path, SIZE), tmp_path / "ledger.sqlite"
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, rclone.url, str(file.source), str(database)],
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert ended.returncode == 9
    ledger = DiskLedger(database)
    assert [part.number for part in ledger.parts()] == [1, 2]
    upload = ledger.upload()
    progress = Moved()
    receipt = mover.place(
        grant_for(rclone.url), IN_PARTS, move_of(file, ledger=ledger, progress=progress)
    )
    assert ledger.upload() == upload
    assert (rclone.root / BUCKET / KEY).read_bytes() == file.source.read_bytes()
    assert receipt.etag == expected_etag(file.source.read_bytes())
    assert progress.total == SIZE


def _begun(mover: Mover, folder: Path, storage: Storage, server: ScriptedServer):
    """A ledger that has parts 1 to 3 of an upload whose completion failed."""
    ledger, file = MemoryLedger(), make_file(folder, SIZE)
    with pytest.raises(ServerBusy):
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
    storage.calls.clear()
    return file, ledger


def _complete_fails_first() -> Storage:
    failing = [True]

    def trouble(call: str, _: Seen) -> Reply | None:
        if call.startswith("complete") and failing[0]:
            failing[0] = False
            return refusal(503, "SlowDown")
        return None

    return Storage(trouble)


def test_a_part_that_differs_from_the_card_is_sent_again(mover: Mover, tmp_path: Path) -> None:
    storage = _complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        file, ledger = _begun(mover, tmp_path, storage, server)
        ledger.done(replace(ledger.parts()[1], md5="0" * 32))
        number = ledger.parts()[1].number
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
    assert storage.sent() == [f"part {number} up-1"]


@pytest.mark.parametrize(
    "other",
    [{"bucket": "other"}, {"key": "other"}, {"size": 1}, {"modified_ns": 1}, {"part_size": 6}],
)
def test_an_upload_for_anything_else_is_not_continued(
    mover: Mover, tmp_path: Path, other: dict
) -> None:
    storage = _complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        file, ledger = _begun(mover, tmp_path, storage, server)
        parts, upload = ledger.parts(), ledger.upload()
        assert upload is not None
        ledger = MemoryLedger(replace(upload, upload_id="old", **other), parts)
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
    assert len(storage.sent()) == 3
    assert storage.calls.count("begin") == 1
    # Another bucket's upload is not ours to end with these keys.
    assert storage.calls.count("abort old") == (0 if "bucket" in other else 1)


@pytest.mark.parametrize("scanned_again", [False, True])
@pytest.mark.parametrize("apart", [3600 * 10**9, -45 * 60 * 10**9, 2 * 10**9])
def test_parts_that_are_sent_count_when_the_card_shows_other_times(
    mover: Mover, tmp_path: Path, apart: int, scanned_again: bool
) -> None:
    storage = _complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        file, ledger = _begun(mover, tmp_path, storage, server)
        os.utime(file.source, ns=(file.modified_ns, file.modified_ns + apart))
        file = as_scanned(file.source) if scanned_again else file
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
    assert storage.sent() == []


def test_an_edit_that_a_cards_clock_would_hide_is_found_by_the_bytes(
    mover: Mover, tmp_path: Path
) -> None:
    """The service was told another MD5 than the file of equal size and nearly equal time has."""
    file = make_file(tmp_path, SIZE)
    told = md5_of(file.source)
    file.source.write_bytes(b"x" * SIZE)
    os.utime(file.source, ns=(file.modified_ns, file.modified_ns + 10**9))
    storage = Storage()
    with ScriptedServer(storage.answer) as server, pytest.raises(FileChanged):
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, md5=told))
    assert "complete" not in " ".join(storage.calls)


def test_parts_that_are_sent_count_when_the_size_of_parts_was_changed(tmp_path: Path) -> None:
    storage = _complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        first = Mover(Route(), part_size=5 * MIB, single_up_to=6 * MIB)
        file, ledger = _begun(first, tmp_path, storage, server)
        first.close()
        then = Mover(Route(), part_size=7 * MIB, single_up_to=6 * MIB)
        receipt = then.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
        then.close()
    assert storage.sent() == []
    assert receipt.md5 == md5_of(file.source)


def test_an_upload_that_cannot_be_thrown_away_does_not_stop_the_next(
    mover: Mover, tmp_path: Path
) -> None:
    storage = _complete_fails_first()
    refusing = Storage(
        lambda call, seen: refusal(403, "AccessDenied") if call.startswith("abort") else None
    )
    with ScriptedServer(storage.answer) as server:
        file, ledger = _begun(mover, tmp_path, storage, server)
    upload = ledger.upload()
    assert upload is not None
    ledger = MemoryLedger(replace(upload, key="other"), ())
    with ScriptedServer(refusing.answer) as server:
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))


def test_a_forgotten_upload_begins_anew(mover: Mover, tmp_path: Path) -> None:
    storage = Storage(
        lambda call, _: refusal(404, "NoSuchUpload") if call.startswith("part") else None
    )
    file, ledger = make_file(tmp_path, SIZE), MemoryLedger()
    with ScriptedServer(storage.answer) as server, pytest.raises(UploadGone):
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
    assert ledger.upload() is None
    assert ledger.parts() == ()


def test_rclone_forgets_an_aborted_upload_and_the_next_try_arrives(
    mover: Mover, rclone: RcloneServer, tmp_path: Path
) -> None:
    file, cancel = make_file(tmp_path, SIZE), Cancel()
    grant = grant_for(rclone.url)

    class StopAfterFirst(MemoryLedger):
        def done(self, part: DonePart) -> None:
            super().done(part)
            cancel.set()

    ledger = StopAfterFirst()
    with pytest.raises(Cancelled):
        mover.place(grant, IN_PARTS, move_of(file, ledger=ledger, cancel=cancel))
    upload = ledger.upload()
    assert upload is not None and ledger.parts()
    mover.abandon(grant, upload.key, upload)
    mover.abandon(grant, upload.key, upload)  # safe to repeat
    again = MemoryLedger(upload, ledger.parts())
    with pytest.raises(UploadGone):
        mover.place(grant, IN_PARTS, move_of(file, ledger=again))
    assert again.upload() is None
    mover.place(grant, IN_PARTS, move_of(file, ledger=again))
    assert (rclone.root / BUCKET / KEY).read_bytes() == file.source.read_bytes()


def test_an_empty_etag_of_the_completion_is_computed(mover: Mover, tmp_path: Path) -> None:
    empty = Reply("<CompleteMultipartUploadResult><ETag/></CompleteMultipartUploadResult>")
    storage = Storage(lambda call, _: empty if call.startswith("complete") else None)
    file = make_file(tmp_path, SIZE)
    with ScriptedServer(storage.answer) as server:
        receipt = mover.place(grant_for(server.url), IN_PARTS, move_of(file))
    assert receipt.etag == expected_etag(file.source.read_bytes())


def test_a_completion_of_200_with_an_error_inside_is_an_error(mover: Mover, tmp_path: Path) -> None:
    storage = Storage(
        lambda call, _: refusal(200, "InternalError") if call.startswith("complete") else None
    )
    ledger = MemoryLedger()
    with ScriptedServer(storage.answer) as server, pytest.raises(ServerBusy):
        transfer = move_of(make_file(tmp_path, SIZE), ledger=ledger)
        mover.place(grant_for(server.url), IN_PARTS, transfer)
    assert len(ledger.parts()) == 3


def _after_lost_completion(answer: Reply, head: Reply) -> Storage:
    def trouble(call: str, _: Seen) -> Reply | None:
        if call.startswith("complete"):
            return answer
        return head if call == "head" else None

    return Storage(trouble)


@pytest.mark.parametrize("lost", [Reply(cut=True), refusal(404, "NoSuchUpload"), Reply("", 504)])
@pytest.mark.parametrize("etag_of", [expected_etag, content_etag])
def test_a_completion_whose_answer_was_lost_is_found_again(
    mover: Mover, tmp_path: Path, lost: Reply, etag_of: Callable[[bytes], str]
) -> None:
    file = make_file(tmp_path, SIZE)
    etag = etag_of(file.source.read_bytes())
    storage = _after_lost_completion(lost, _head(SIZE, etag))
    progress = Moved()
    with ScriptedServer(storage.answer) as server:
        receipt = mover.place(grant_for(server.url), IN_PARTS, move_of(file, progress=progress))
    assert receipt.etag == etag
    assert progress.total == SIZE


def _head(size: int, etag: str) -> Reply:
    return Reply(b"\0" * size, headers={"ETag": f'"{etag}"'})


@pytest.mark.parametrize(
    "head",
    [
        _head(SIZE, "0" * 32 + "-3"),  # an older object under the same key
        Reply(status=404),
        Reply(status=403),
    ],
)
def test_a_forgotten_upload_without_its_object_begins_anew(
    mover: Mover, tmp_path: Path, head: Reply
) -> None:
    storage = _after_lost_completion(refusal(404, "NoSuchUpload"), head)
    ledger = MemoryLedger()
    with ScriptedServer(storage.answer) as server, pytest.raises(UploadGone):
        transfer = move_of(make_file(tmp_path, SIZE), ledger=ledger)
        mover.place(grant_for(server.url), IN_PARTS, transfer)
    assert ledger.upload() is None


_RADOSGW = refusal(500, "InternalError")  # "This multipart completion is already in progress"
_PARTS = Reply("<ListPartsResult><MaxParts>1</MaxParts></ListPartsResult>")


@pytest.mark.parametrize(
    ("listed", "error"),
    [
        (refusal(404, "NoSuchKey"), UploadGone),  # radosgw's word
        (refusal(404, "NoSuchUpload"), UploadGone),
        (_PARTS, ServerBusy),
        (refusal(403, "AccessDenied"), ServerBusy),
        (refusal(501, "NotImplemented"), ServerBusy),
        (Reply(cut=True), ServerBusy),
    ],
)
def test_trouble_at_the_completion_is_told_from_an_upload_that_is_gone(
    mover: Mover, tmp_path: Path, listed: Reply, error: type[PostflightError]
) -> None:
    answers = {"list": listed, "head": Reply(status=404), "complete up-1": _RADOSGW}
    ledger = MemoryLedger()
    with ScriptedServer(Storage(lambda call, _: answers.get(call)).answer) as server:
        transfer = move_of(make_file(tmp_path, SIZE), ledger=ledger)
        with pytest.raises(error):
            mover.place(grant_for(server.url), IN_PARTS, transfer)
    assert len(ledger.parts()) == (0 if error is UploadGone else 3)


def test_a_completion_that_ends_between_the_questions_is_found(
    mover: Mover, tmp_path: Path
) -> None:
    """The upload is gone because it became the object."""
    file = make_file(tmp_path, SIZE)
    etag, asked = expected_etag(file.source.read_bytes()), list[str]()

    def trouble(call: str, _: Seen) -> Reply | None:
        asked.append(call)
        if call == "head":
            return _head(SIZE, etag) if "list" in asked else Reply(status=404)
        return {"complete up-1": _RADOSGW, "list": refusal(404, "NoSuchKey")}.get(call)

    with ScriptedServer(Storage(trouble).answer) as server:
        assert mover.place(grant_for(server.url), IN_PARTS, move_of(file)).etag == etag


def test_an_object_of_another_size_is_not_ours_whatever_its_etag(
    mover: Mover, tmp_path: Path
) -> None:
    file, ledger = make_file(tmp_path, SIZE), MemoryLedger()
    head = _head(SIZE - 1, expected_etag(file.source.read_bytes()))
    storage = _after_lost_completion(refusal(404, "NoSuchUpload"), head)
    with ScriptedServer(storage.answer) as server, pytest.raises(UploadGone):
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
    assert ledger.upload() is None


@pytest.mark.parametrize("head", [Reply(cut=True), Reply(status=503)])
def test_an_upload_is_not_given_up_because_one_could_not_ask(
    mover: Mover, tmp_path: Path, head: Reply
) -> None:
    storage = _after_lost_completion(refusal(404, "NoSuchUpload"), head)
    ledger = MemoryLedger()
    with ScriptedServer(storage.answer) as server, pytest.raises((NetworkError, ServerBusy)):
        transfer = move_of(make_file(tmp_path, SIZE), ledger=ledger)
        mover.place(grant_for(server.url), IN_PARTS, transfer)
    assert len(ledger.parts()) == 3


def test_a_refused_right_to_open_uploads_is_said(mover: Mover, tmp_path: Path) -> None:
    storage = Storage(lambda call, _: refusal(403, "AccessDenied") if call == "begin" else None)
    with ScriptedServer(storage.answer) as server, pytest.raises(Forbidden):
        mover.place(grant_for(server.url), IN_PARTS, move_of(make_file(tmp_path, SIZE)))


def test_a_part_that_was_sent_while_the_file_changed_is_not_kept(
    mover: Mover, tmp_path: Path
) -> None:
    file, progress, ledger = make_file(tmp_path, SIZE), Moved(), MemoryLedger()

    def trouble(call: str, _: Seen) -> Reply | None:
        if call.startswith("part 1"):
            touch(file.source, b"new" * (SIZE // 3) + b"xx")
        return None

    storage = Storage(trouble)
    with ScriptedServer(storage.answer) as server, pytest.raises(FileChanged):
        transfer = move_of(file, progress=progress, ledger=ledger)
        mover.place(grant_for(server.url), IN_PARTS, transfer)
    assert 1 not in [part.number for part in ledger.parts()]
    assert not [call for call in storage.calls if call.startswith("complete")]
    assert progress.total == 0


def test_a_file_that_changes_after_its_last_part_is_not_completed(
    mover: Mover, tmp_path: Path
) -> None:
    storage = _complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        file, ledger = _begun(mover, tmp_path, storage, server)
        md5 = md5_of(file.source)
        # All parts are there already; the change comes when the last one was compared.
        progress = Moved(then=lambda total: touch(file.source, b"z") if total == SIZE else None)
        with pytest.raises(FileChanged):
            transfer = move_of(file, md5=md5, progress=progress, ledger=ledger)
            mover.place(grant_for(server.url), IN_PARTS, transfer)
    assert storage.calls == []


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
def test_a_card_pulled_out_between_parts_leaves_the_ledger(mover: Mover, tmp_path: Path) -> None:
    file, ledger = make_file(tmp_path, 2 * SIZE), MemoryLedger()

    def trouble(call: str, _: Seen) -> Reply | None:
        if call.startswith("part 1 ") and file.source.exists():
            file.source.unlink()
        return None

    with ScriptedServer(Storage(trouble).answer) as server, pytest.raises(FileGone):
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, md5="0" * 32, ledger=ledger))
    assert ledger.upload() is not None


def test_the_stop_sign_ends_all_parts_and_keeps_what_is_done(mover: Mover, tmp_path: Path) -> None:
    cancel, ended = Cancel(), threading.Event()

    class StopAfterFirst(MemoryLedger):
        def done(self, part: DonePart) -> None:
            super().done(part)
            cancel.set()

    def trouble(call: str, _: Seen) -> Reply | None:
        if not call.startswith(("part 1 ", "begin")):
            ended.wait(10)  # a storage that does not answer any more
        return None

    ledger, progress = StopAfterFirst(), Moved()
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
