"""How an upload in parts ends: its etag, errors of the completion, and an answer that was lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.errors import NetworkError, PostflightError, ServerBusy, UploadGone
from app.transfer.mover import Mover
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import MemoryLedger, Moved, grant_for, make_file, move_of, refusal
from tests.unit.transfer.multipart_kit import IN_PARTS, SIZE, Storage, expected_etag


def content_etag(content: bytes) -> str:
    return hashlib.md5(content).hexdigest().upper()


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
