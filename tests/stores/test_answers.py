"""What each store answers to each kind of trouble, and what Postflight takes it for.

Measured with Swift 2.30.1 (s3api, tempauth) and Ceph 16.2.15 (radosgw on bluestore, keys of STS
AssumeRole), both from Debian 12. The refusals stand in `TABLE`, which the tests hold to. Beyond it:

| oddity | Swift | radosgw |
| --- | --- | --- |
| etag in the answer of a completion | there | empty (there in a repeated one, without quotes) |
| completion of a completed upload | 200 again | 200 again, when the parts are those of the object |
| completion of a forgotten upload | 404 NoSuchUpload | 500 InternalError, every time, saying |
| | | "This multipart completion is already in progress" |
| parts of a forgotten upload | 404 NoSuchUpload | 404 NoSuchKey, to keys that may only write too |
| a part for a completed upload | 200, and the object cannot be read | 404 NoSuchUpload |
| | until the parts are completed anew | |
| abort of a completed upload | 404 NoSuchKey, object unharmed | 404 NoSuchUpload, unharmed |
| completion in the wrong order | 400 InvalidPartOrder | taken |
| HEAD of a missing object, write-only keys | - | 404; 403 where there is one |
| session tokens | ignored | checked |
| a key of 1024 bytes, in parts | 503: its own names of parts are longer | 500 at the completion |
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore import auth
from botocore.exceptions import ClientError

from app.domain.errors import (
    ClockLearned,
    Forbidden,
    KeysExpired,
    PostflightError,
    Refused,
    UploadGone,
)
from app.domain.placement import Keys
from app.domain.ports import DonePart, OpenUpload
from app.transfer.mover import Mover
from tests.helpers.stores.ceph import SHORTEST, Ceph
from tests.helpers.stores.store import BUCKET, Store
from tests.stores.kit import Held, held
from tests.unit.transfer.kit import (
    MIB,
    MemoryLedger,
    make_file,
    md5_of,
    move_of,
    target,
)

Kind = type[PostflightError]


@dataclass(frozen=True)
class Trouble:
    """`keys` and `bucket` are used to write one small object."""

    name: str
    swift: tuple[str, Kind] | None  # status and code, and our error; None: the store takes it
    ceph: tuple[str, Kind] | None
    keys: Callable[[Keys], Keys] = lambda keys: keys
    bucket: str = BUCKET
    key: str = "trouble"


_WRONG = ("403 SignatureDoesNotMatch", Forbidden)
_DENIED = ("403 AccessDenied", Forbidden)
_NO_TOKEN = ("400 InvalidArgument", Refused)
_NOWHERE = ("404 NoSuchBucket", Forbidden)

TABLE = (
    Trouble("wrong secret", _WRONG, _WRONG, lambda keys: replace(keys, secret_key="nope")),
    Trouble("unknown key", _WRONG, _DENIED, lambda keys: Keys("nope", "nope")),
    Trouble("no bucket", _NOWHERE, _NOWHERE, bucket="nowhere"),
    Trouble(
        "no name for a bucket",
        ("400 InvalidBucketName", Forbidden),
        ("404 NoSuchBucket", Forbidden),
        bucket="No_Where",
    ),
    Trouble(
        "key too long",
        ("400 KeyTooLongError", Refused),
        ("400 InvalidObjectName", Refused),
        key="k" * 1025,
    ),
    Trouble("key as long as may be", None, None, key="k" * 1024),
    Trouble("no token", None, _DENIED, lambda keys: replace(keys, session_token="")),
    Trouble("no token at all", None, _NO_TOKEN, lambda keys: replace(keys, session_token="x")),
    Trouble(
        "another token",
        None,
        _DENIED,
        lambda keys: replace(keys, session_token=keys.session_token[:-8] + "AAAAAAA="),
    ),
)


@pytest.mark.parametrize("size", [10, 7 * MIB])
@pytest.mark.parametrize("trouble", TABLE, ids=lambda trouble: trouble.name)
def test_a_refusal_is_taken_for_what_it_is(
    mover: Mover, store: Store, tmp_path: Path, trouble: Trouble, size: int
) -> None:
    if len(trouble.key) == 1024 and size > MIB:
        pytest.skip("neither store takes it in parts: their own names of the parts are longer")
    expected: tuple[str, Kind] | None = getattr(trouble, store.name)
    file, place = make_file(tmp_path, size), target(single=False, key=trouble.key)
    grant = store.grant(trouble.keys(store.lend()), bucket=trouble.bucket)
    if expected is None:
        receipt = mover.place(grant, place, move_of(file))
        assert held(store, trouble.key) == Held(size, receipt.etag, md5_of(file.source))
        return
    with pytest.raises(PostflightError) as caught:
        mover.place(grant, place, move_of(file))
    said = " ".join(caught.value.details.split()[:2])
    assert (said, type(caught.value)) == expected


@pytest.mark.parametrize("size", [10, 7 * MIB])
def test_keys_that_may_not_write(mover: Mover, store: Store, tmp_path: Path, size: int) -> None:
    grant, file = store.grant(store.stranger), make_file(tmp_path, size)
    with pytest.raises(Forbidden) as caught:
        mover.place(grant, target(single=False), move_of(file))
    assert caught.value.details.startswith("403 AccessDenied")


def _refused(act: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        act()
    told = caught.value.response
    return f"{told['ResponseMetadata']['HTTPStatusCode']} {told['Error']['Code']}"


def test_another_md5_is_refused(store: Store) -> None:
    wrong = base64.b64encode(b"0" * 16).decode()
    put = store.client().put_object
    assert _refused(lambda: put(Bucket=BUCKET, Key="k", Body=b"x", ContentMD5=wrong)) == (
        "400 BadDigest"
    )


def test_a_part_that_the_store_does_not_have_begins_the_file_anew(
    mover: Mover, store: Store, tmp_path: Path
) -> None:
    """Our record says more than is there: as when the storage was set back to an older copy."""
    file, grant = make_file(tmp_path, 11 * MIB), store.grant(store.lend())
    begun = store.client().create_multipart_upload(Bucket=BUCKET, Key="lacking")["UploadId"]
    upload = OpenUpload(begun, BUCKET, "lacking", 5 * MIB, file.size, file.modified_ns)
    content = file.source.read_bytes()
    parts = [content[at : at + 5 * MIB] for at in (0, 5 * MIB, 10 * MIB)]
    done = tuple(_done(number + 1, part) for number, part in enumerate(parts))
    ledger = MemoryLedger(upload, done)
    with pytest.raises(UploadGone) as caught:
        mover.place(grant, target(single=False, key="lacking"), move_of(file, ledger=ledger))
    assert caught.value.details.startswith("400 InvalidPart")
    receipt = mover.place(grant, target(single=False, key="lacking"), move_of(file, ledger=ledger))
    assert held(store, "lacking") == Held(file.size, receipt.etag, md5_of(file.source))


def _done(number: int, content: bytes) -> DonePart:
    md5 = hashlib.md5(content).hexdigest()
    return DonePart(number, len(content), md5, md5)


def test_a_clock_that_is_off(store: Store) -> None:
    """Signed 20 minutes before and after: a HEAD is told no reason, as it has no body."""
    for minutes in (-20, 20):
        with _signing(store, minutes * 60) as client:
            put = client.put_object
            assert _refused(lambda: put(Bucket=BUCKET, Key="k", Body=b"x")) == (  # noqa: B023
                "403 RequestTimeTooSkewed"
            )
            assert _refused(lambda: client.head_object(Bucket=BUCKET, Key="k")) == "403 403"


def test_what_the_stores_say_of_uploads_that_ended(store: Store) -> None:
    """The rows of the table above that our own code must live with."""
    client, key = store.client(), "ended"

    def begun() -> tuple[dict[str, str], dict[str, list[dict[str, object]]]]:
        upload = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        where = {"Bucket": BUCKET, "Key": key, "UploadId": upload}
        tag = client.upload_part(**where, PartNumber=1, Body=b"one")["ETag"]
        return where, {"Parts": [{"PartNumber": 1, "ETag": tag}]}

    where, parts = begun()
    first = client.complete_multipart_upload(**where, MultipartUpload=parts)
    second = client.complete_multipart_upload(**where, MultipartUpload=parts)
    assert bool(first["ETag"]) == (store.name == "swift") and second["ETag"]
    gone = {"swift": "404 NoSuchKey", "ceph": "404 NoSuchUpload"}[store.name]
    assert _refused(lambda: client.abort_multipart_upload(**where)) == gone
    assert client.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"one"
    where, parts = begun()
    client.abort_multipart_upload(**where)
    complete = client.complete_multipart_upload
    expected = {
        "swift": ("404 NoSuchUpload", "404 NoSuchUpload"),
        "ceph": ("500 InternalError", "404 NoSuchKey"),
    }
    client.delete_object(Bucket=BUCKET, Key=key)
    assert (
        _refused(lambda: complete(**where, MultipartUpload=parts)),
        _refused(lambda: client.list_parts(**where)),
    ) == expected[store.name]


def test_tokens_that_end_are_renewed_whatever_was_told_of_their_end(
    mover: Mover, ceph_store: Ceph, tmp_path: Path
) -> None:
    """radosgw answers 403 AccessDenied. The gateway's clock goes ahead, as 900 s is the least."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        pytest.skip("apt-get install libfaketime")
    small, large = make_file(tmp_path, 10, "small"), make_file(tmp_path, 11 * MIB, "large")
    keys = ceph_store.lend()
    lent_at, ledger = time.time(), MemoryLedger()
    grant, place = ceph_store.grant(keys), target(single=False, key="renewed")
    mover.place(grant, target(key="before"), move_of(small))
    # Less than the 15 minutes that a signature's time may be off.
    ceph_store.shift(SHORTEST - 15, str(library))
    try:
        while time.time() < lent_at + 17:
            time.sleep(0.5)
        # The gateway seems to be 15 minutes ahead, and that is learnt before anything else.
        with pytest.raises(ClockLearned):
            mover.place(grant, target(single=False, key="before"), move_of(small))
        for what, file in (("before", small), ("after", small), ("renewed", large)):
            with pytest.raises(KeysExpired) as caught:
                one = target(single=False, key=what)
                mover.place(grant, one, move_of(file, ledger=ledger))
            assert caught.value.details.startswith("403 AccessDenied")
        fresh = ceph_store.grant(ceph_store.lend())
        receipt = mover.place(fresh, place, move_of(large, ledger=ledger))
        assert held(ceph_store, "renewed") == Held(large.size, receipt.etag, receipt.md5)
    finally:
        ceph_store.kill()
        ceph_store.revive()


@pytest.mark.parametrize("size", [10, 11 * MIB])
def test_keys_that_may_only_write(
    mover: Mover, ceph_store: Ceph, tmp_path: Path, size: int
) -> None:
    """They may not ask what stands there, nor which parts there are."""
    file, key, ledger = make_file(tmp_path, size), f"write only {size}", MemoryLedger()
    grant = ceph_store.grant(ceph_store.assume("writer"))
    receipt = mover.place(grant, target(single=False, key=key), move_of(file, ledger=ledger))
    assert held(ceph_store, key) == Held(size, receipt.etag, receipt.md5)
    # Completed, and the answer was lost: the store says yes again.
    again = mover.place(grant, target(single=False, key=key), move_of(file, ledger=ledger))
    assert (again.etag, again.md5) == (receipt.etag, receipt.md5)
    ceph_store.client().delete_object(Bucket=BUCKET, Key=key)
    if size > 10:
        with pytest.raises(UploadGone):
            mover.place(grant, target(single=False, key=key), move_of(file, ledger=ledger))
    mover.place(grant, target(single=False, key=key), move_of(file, ledger=ledger))
    assert held(ceph_store, key) == Held(size, receipt.etag, receipt.md5)


@contextmanager
def _signing(store: Store, seconds: float) -> Iterator[Any]:
    """A foreign client whose clock is that far off."""
    real = auth.get_current_datetime
    ahead = datetime.timedelta(seconds=seconds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "get_current_datetime", lambda *a, **k: real(*a, **k) + ahead)
        yield store.client()
