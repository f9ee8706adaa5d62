"""What is on the card is what a foreign client reads back: whole files, parts, lost answers."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

import pytest

from app.domain.errors import (
    Cancelled,
    Damaged,
    NetworkError,
    ServerBusy,
    UploadGone,
)
from app.domain.model import MediaFile, Receipt
from app.domain.placement import ObjectTarget
from app.domain.ports import Cancel
from app.transfer.digests import multipart_etag
from app.transfer.mover import Mover
from tests.helpers.stores.relay import Relay
from tests.helpers.stores.store import BUCKET, Store
from tests.stores.kit import Held, held, open_uploads, pieces_of
from tests.unit.transfer.kit import (
    MIB,
    DiskLedger,
    MemoryLedger,
    Moved,
    make_file,
    md5_of,
    move_of,
    target,
)

SIZE = 11 * MIB  # three parts: 5, 5 and 1 MiB


def _md5s(pieces: list[bytes]) -> list[str]:
    return [hashlib.md5(piece).hexdigest() for piece in pieces]


def _check(store: Store, receipt: Receipt, path: Path) -> None:
    """Size, etag and every byte, as they stand in the store."""
    assert receipt.md5 == md5_of(path)
    assert held(store, receipt.key) == Held(path.stat().st_size, receipt.etag, receipt.md5)


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 17 * MIB])
def test_a_file_in_one_piece(mover: Mover, store: Store, tmp_path: Path, size: int) -> None:
    file = make_file(tmp_path, size)
    receipt = mover.place(store.grant(store.lend()), target(key=f"one/{size}"), move_of(file))
    _check(store, receipt, file.source)
    assert receipt.etag == receipt.md5


@pytest.mark.parametrize(
    "name",
    [
        "a b  c.JPG",
        "50%25 #1+2&3=4?.JPG",
        "~'()*!@$,;:[].JPG",
        "北京 航线.JPG",
        "🛩️.JPG",
        unicodedata.normalize("NFD", "Zürich é.JPG"),
        "x" * 200 + ".JPG",
    ],
)
@pytest.mark.parametrize("size", [10, 6 * MIB + 1])
def test_a_key_is_kept_as_it_is(
    mover: Mover, store: Store, tmp_path: Path, name: str, size: int
) -> None:
    file, key = make_file(tmp_path, size), f"names/{size}/{name}"
    receipt = mover.place(store.grant(store.lend()), target(single=False, key=key), move_of(file))
    assert receipt.key == key
    _check(store, receipt, file.source)


@pytest.mark.parametrize("size", [10 * MIB, SIZE])
def test_a_file_in_parts(mover: Mover, store: Store, tmp_path: Path, size: int) -> None:
    file, key = make_file(tmp_path, size), f"parts/{size}"
    receipt = mover.place(store.grant(store.lend()), target(single=False, key=key), move_of(file))
    _check(store, receipt, file.source)
    # radosgw's completion names no etag: then it is known from the parts.
    assert receipt.etag == multipart_etag(_md5s(pieces_of(file, 5 * MIB)))
    assert open_uploads(store, key) == []


def test_an_interrupted_upload_goes_on_with_the_parts_that_are_there(
    mover: Mover, store: Store, tmp_path: Path
) -> None:
    file, ledger, cancel = make_file(tmp_path, 21 * MIB), DiskLedger(tmp_path / "ledger"), Cancel()
    grant, place = store.grant(store.lend()), target(single=False, key="resumed")
    progress = Moved(then=lambda total: cancel.set() if total > 8 * MIB else None)
    with pytest.raises(Cancelled):
        mover.place(grant, place, move_of(file, ledger=ledger, progress=progress, cancel=cancel))
    kept = len(ledger.parts())
    begun = ledger.upload()
    assert begun is not None and open_uploads(store, "resumed") == [begun.upload_id]
    sent = list[str]()
    with Relay(store.port, lambda method, path: bool(sent.append(f"{method} {path}"))) as relay:
        grant = store.grant(store.lend(), url=relay.url)
        receipt = mover.place(grant, place, move_of(file, ledger=ledger))
    assert len([one for one in sent if "partNumber" in one]) == 5 - kept
    _check(store, receipt, file.source)


@pytest.mark.parametrize("times", [1, 2])
def test_completions_whose_answers_are_lost(
    mover: Mover, store: Store, tmp_path: Path, times: int
) -> None:
    """The second one meets a store that has completed the upload already."""
    file, ledger, key = make_file(tmp_path, SIZE), MemoryLedger(), f"lost/{times}"
    place, left = target(single=False, key=key), [times, times]

    def lost(method: str, path: str) -> bool:
        which = {"POST": 0, "HEAD": 1}.get(method)
        if which is None or "uploads" in path or left[which] == 0:
            return False
        left[which] -= 1
        return True

    with Relay(store.port, lost) as relay:
        grant = store.grant(store.lend(), url=relay.url)
        for _ in range(times):
            with pytest.raises(NetworkError):
                mover.place(grant, place, move_of(file, ledger=ledger))
        receipt = mover.place(grant, place, move_of(file, ledger=ledger))
    assert relay.lost == 2 * times
    _check(store, receipt, file.source)
    assert open_uploads(store, key) == []


@pytest.mark.parametrize("after", ["nothing", "parts", "completion"])
def test_an_upload_that_the_store_forgot_begins_anew(
    mover: Mover, store: Store, tmp_path: Path, after: str
) -> None:
    """radosgw answers a completion of it with 500 InternalError, again and again."""
    file, ledger, key = make_file(tmp_path, SIZE), MemoryLedger(), f"forgotten/{after}"
    place, grant = target(single=False, key=key), store.grant(store.lend())
    _stop_after(mover, store, ledger, place, file, after)
    begun = ledger.upload()
    assert begun is not None
    client = store.client()
    if after == "completion":  # and then somebody removed the object
        client.delete_object(Bucket=BUCKET, Key=key)
    else:
        client.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=begun.upload_id)
    with pytest.raises(UploadGone):
        mover.place(grant, place, move_of(file, ledger=ledger))
    assert ledger.upload() is None
    _check(store, mover.place(grant, place, move_of(file, ledger=ledger)), file.source)


def _stop_after(
    mover: Mover,
    store: Store,
    ledger: MemoryLedger,
    place: ObjectTarget,
    file: MediaFile,
    after: str,
) -> None:
    """Breaks the move off when that much has arrived."""

    def lost(method: str, path: str) -> bool:
        if after == "nothing":
            return "partNumber" in path
        return method in ("POST", "HEAD") and "uploads" not in path

    # The completion is not even sent when "parts" are all that may arrive.
    with Relay(store.port, lost, holds=_completions if after == "parts" else _nothing) as relay:
        grant = store.grant(store.lend(), url=relay.url)
        with pytest.raises((NetworkError, ServerBusy)):
            mover.place(grant, place, move_of(file, ledger=ledger))


def _nothing(method: str, path: str) -> bool:
    return False


def _completions(method: str, path: str) -> bool:
    return method == "POST" and "uploadId" in path


def test_a_key_that_another_file_took_is_not_ours(
    mover: Mover, store: Store, tmp_path: Path
) -> None:
    """The completion's answer is lost, and then another object of the same size stands there."""
    file, ledger, key = make_file(tmp_path, SIZE), MemoryLedger(), "taken"
    place, grant = target(single=False, key=key), store.grant(store.lend())
    _stop_after(mover, store, ledger, place, file, "completion")
    store.client().put_object(Bucket=BUCKET, Key=key, Body=b"\0" * SIZE)
    with pytest.raises(UploadGone):
        mover.place(grant, place, move_of(file, ledger=ledger))
    _check(store, mover.place(grant, place, move_of(file, ledger=ledger)), file.source)


def test_an_upload_that_is_given_up_leaves_nothing(
    mover: Mover, store: Store, tmp_path: Path
) -> None:
    file, ledger, grant = make_file(tmp_path, SIZE), MemoryLedger(), store.grant(store.lend())
    _stop_after(mover, store, ledger, target(single=False, key="given up"), file, "nothing")
    begun = ledger.upload()
    assert begun is not None and open_uploads(store, "given up") == [begun.upload_id]
    for _ in range(2):
        mover.abandon(grant, "given up", begun)
    assert open_uploads(store, "given up") == []


def test_giving_up_after_the_completion_harms_nothing(
    mover: Mover, store: Store, tmp_path: Path
) -> None:
    file, ledger, grant = make_file(tmp_path, SIZE), MemoryLedger(), store.grant(store.lend())
    place = target(single=False, key="kept")
    receipt = mover.place(grant, place, move_of(file, ledger=ledger))
    begun = ledger.upload()
    assert begun is not None
    mover.abandon(grant, "kept", begun)
    _check(store, receipt, file.source)


@pytest.mark.parametrize("size", [100, SIZE])
def test_bytes_that_change_on_the_way_are_refused(
    mover: Mover, store: Store, tmp_path: Path, size: int
) -> None:
    file, key = make_file(tmp_path, size), f"damaged/{size}"
    place, ledger, hits = target(single=False, key=key), MemoryLedger(), [1]

    def harm(method: str, body: bytes) -> bytes:
        if method != "PUT" or not hits:
            return body
        hits.pop()
        return body[:-1] + bytes([body[-1] ^ 1])

    with Relay(store.port, harm=harm) as relay:
        grant = store.grant(store.lend(), url=relay.url)
        with pytest.raises(Damaged):
            mover.place(grant, place, move_of(file, ledger=ledger))
        _check(store, mover.place(grant, place, move_of(file, ledger=ledger)), file.source)


def test_a_second_delivery_replaces_the_first(mover: Mover, store: Store, tmp_path: Path) -> None:
    """In parts over one piece, and one piece over parts."""
    grant = store.grant(store.lend())
    for size in (10, SIZE, 20, SIZE):
        file = make_file(tmp_path, size, seed=size)
        receipt = mover.place(grant, target(single=False, key="again"), move_of(file))
        _check(store, receipt, file.source)
