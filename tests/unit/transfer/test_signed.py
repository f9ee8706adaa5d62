"""Signed addresses: byte for byte, and nothing of them in words."""

from __future__ import annotations

import base64
import hashlib
import logging
import threading
import time
from pathlib import Path

import boto3.session
import botocore.config
import pytest

from app.domain.errors import (
    BadAnswer,
    Cancelled,
    Damaged,
    FileChanged,
    Forbidden,
    NetworkError,
    PostflightError,
    ServerBusy,
    UploadGone,
)
from app.domain.model import MediaFile
from app.domain.placement import Grant, SignedPart, SignedPut
from app.domain.ports import Cancel
from app.transfer.mover import Mover
from app.transfer.pacing import HELD_UP_TO
from tests.helpers.rclone import ACCESS_KEY, SECRET_KEY, RcloneServer
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import BUCKET, MIB, Moved, make_file, md5_of, move_of, refusal, touch

GRANT = Grant("b1", "media", "")
# What no tidy program would write: mixed case, an unescaped colon, an empty value, a dot path.
RAW = "/bucket/a%2fb%2B%20c/./d~e:f?Signature=a%2bB%3d&Expires=17&x-obs-security-token=&Z"


def _address(server: ScriptedServer, raw: str = RAW) -> str:
    return server.url + raw


def _put(
    url: str, file: MediaFile, headers: tuple[tuple[str, str], ...] | None = None
) -> SignedPut:
    if headers is None:
        headers = (("Content-MD5", _base64(file)), ("Content-Type", "audio/mp3"))
    return SignedPut((SignedPart(url, headers, 0, file.size),), "file-5")


def _base64(file: MediaFile) -> str:
    return base64.b64encode(hashlib.md5(file.source.read_bytes()).digest()).decode()


def _stored(_: Seen) -> Reply:
    return Reply(headers={"ETag": '"AbC"'})


def test_a_storage_that_is_not_ours_accepts_the_signed_address(
    mover: Mover, rclone: RcloneServer, tmp_path: Path
) -> None:
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=rclone.url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    key = "signed/ü +1.mp3"
    url = client.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": key})
    client.close()
    file, progress = make_file(tmp_path, 3 * MIB), Moved()
    receipt = mover.place(GRANT, _put(url, file, ()), move_of(file, progress=progress))
    assert (rclone.root / BUCKET / key).read_bytes() == file.source.read_bytes()
    assert receipt.etag == receipt.md5 == md5_of(file.source)
    assert (receipt.key, receipt.remote_id) == ("", "file-5")
    assert progress.total == 3 * MIB


@pytest.mark.parametrize("size", [0, 1000, HELD_UP_TO + 1])
def test_address_and_headers_are_used_as_they_came(mover: Mover, tmp_path: Path, size: int) -> None:
    lines: list[str] = []
    file = make_file(tmp_path, size)
    with ScriptedServer(_stored) as server:
        handler = server._server.RequestHandlerClass
        plain = handler.parse_request

        def keep(self) -> bool:
            lines.append(self.raw_requestline.decode().strip())
            return plain(self)

        handler.parse_request = keep  # the request line exactly as it came over the wire
        receipt = mover.place(GRANT, _put(_address(server), file), move_of(file))
    assert lines == [f"PUT {RAW} HTTP/1.1"]
    (seen,) = server.seen
    assert set(seen.headers) == {"host", "content-length", "content-md5", "content-type"}
    assert seen.headers["content-md5"] == _base64(file)
    assert seen.headers["content-type"] == "audio/mp3"
    assert seen.headers["content-length"] == str(size)
    assert seen.body == file.source.read_bytes()
    assert (receipt.etag, receipt.md5) == ("AbC", md5_of(file.source))


def test_a_length_among_the_headers_does_not_come_twice(mover: Mover, tmp_path: Path) -> None:
    file = make_file(tmp_path, 10)
    with ScriptedServer(_stored) as server:
        placement = _put(_address(server), file, (("content-length", "10"),))
        mover.place(GRANT, placement, move_of(file))
    assert server.seen[0].headers["content-length"] == "10"


def test_an_address_never_reaches_a_log(
    mover: Mover, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = make_file(tmp_path, 10)
    with caplog.at_level(logging.DEBUG, "urllib3"), ScriptedServer(_stored) as server:
        mover.place(GRANT, _put(_address(server), file), move_of(file))
    assert caplog.records  # urllib3 did write its line
    assert "Signature" not in caplog.text


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(403, "AccessDenied"), UploadGone),
        (refusal(400, "ExpiredToken"), UploadGone),
        (refusal(403, "InvalidAccessKeyId"), UploadGone),
        (refusal(403, "SignatureDoesNotMatch"), Forbidden),
        (refusal(400, "BadDigest"), Damaged),
        (refusal(503, "SlowDown"), ServerBusy),
        (Reply(cut=True), NetworkError),
        (Reply("<html>hello</html>"), BadAnswer),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}), BadAnswer),
    ],
)
def test_a_refusal_is_told_without_the_address(
    mover: Mover, tmp_path: Path, answer: Reply, error: type[PostflightError]
) -> None:
    file, progress = make_file(tmp_path, 1000), Moved()
    with ScriptedServer(lambda _: answer) as server, pytest.raises(error) as caught:
        mover.place(GRANT, _put(_address(server), file), move_of(file, progress=progress))
    raised = caught.value
    assert len(server.seen) == 1
    assert progress.total == 0
    assert "Signature=" not in f"{raised!r}{raised.title}{raised.hint}{raised.details}"


@pytest.mark.parametrize("size", [1000, HELD_UP_TO + 1])
def test_a_file_with_another_md5_than_was_declared_is_not_sent(
    mover: Mover, tmp_path: Path, size: int
) -> None:
    file = make_file(tmp_path, size)
    headers = (("content-md5", base64.b64encode(bytes(16)).decode()),)
    with ScriptedServer(_stored) as server, pytest.raises(FileChanged):
        mover.place(GRANT, _put(_address(server), file, headers), move_of(file))
    assert server.seen == []


def test_a_file_with_another_md5_than_the_service_was_told_is_not_sent(
    mover: Mover, tmp_path: Path
) -> None:
    file = make_file(tmp_path, 1000)
    with ScriptedServer(_stored) as server:
        for placement in (_put(_address(server), file), _put(_address(server), file, ())):
            with pytest.raises(FileChanged):
                mover.place(GRANT, placement, move_of(file, md5="0" * 32))
    assert server.seen == []


def test_a_file_that_changes_while_it_is_sent_does_not_count(mover: Mover, tmp_path: Path) -> None:
    file = make_file(tmp_path, 1000)

    def answer(seen: Seen) -> Reply:
        touch(file.source, b"z" * 1000)
        return _stored(seen)

    with ScriptedServer(answer) as server, pytest.raises(FileChanged):
        mover.place(GRANT, _put(_address(server), file), move_of(file))


def _halves(server: ScriptedServer, size: int, cut: int) -> SignedPut:
    return SignedPut(
        (
            SignedPart(_address(server, "/k?partNumber=1&s=A"), (), 0, cut),
            SignedPart(_address(server, "/k?partNumber=2&s=B"), (), cut, size - cut),
        ),
        "file-6",
    )


@pytest.mark.parametrize("told", [True, False])
def test_several_addresses_take_the_file_in_order(mover: Mover, tmp_path: Path, told: bool) -> None:
    size = HELD_UP_TO + 3000
    file, progress = make_file(tmp_path, size), Moved()
    md5 = md5_of(file.source)
    with ScriptedServer(_stored) as server:
        transfer = move_of(file, md5=md5 if told else None, progress=progress)
        receipt = mover.place(GRANT, _halves(server, size, HELD_UP_TO + 1000), transfer)
    assert [seen.query["partNumber"] for seen in server.seen] == ["1", "2"]
    assert b"".join(seen.body for seen in server.seen) == file.source.read_bytes()
    assert receipt.md5 == md5
    assert progress.total == size


def test_several_addresses_still_compare_the_whole_file(mover: Mover, tmp_path: Path) -> None:
    file = make_file(tmp_path, 2000)
    with ScriptedServer(_stored) as server, pytest.raises(FileChanged):
        mover.place(GRANT, _halves(server, 2000, 700), move_of(file, md5="0" * 32))


@pytest.mark.parametrize("parts", [(), ((0, 10),), ((0, 5), (6, 94)), ((0, 60), (60, 41))])
def test_addresses_that_do_not_cover_the_file_are_not_used(
    mover: Mover, tmp_path: Path, parts: tuple[tuple[int, int], ...]
) -> None:
    file = make_file(tmp_path, 100)
    placement = SignedPut(tuple(SignedPart("http://127.0.0.1:9/", (), *part) for part in parts), "")
    with pytest.raises(BadAnswer):
        mover.place(GRANT, placement, move_of(file))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/x",
        "http:///x",
        "/x",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/ü",
        "http://127.0.0.1:x/",
    ],
)
def test_an_address_that_is_none_is_not_used(mover: Mover, tmp_path: Path, url: str) -> None:
    file = make_file(tmp_path, 100)
    with pytest.raises(BadAnswer) as caught:
        mover.place(GRANT, _put(url, file), move_of(file))
    assert url not in f"{caught.value.title} {caught.value.details}"


def test_waiting_for_the_answer_ends_soon_after_the_stop_sign(mover: Mover, tmp_path: Path) -> None:
    cancel, ended = Cancel(), threading.Event()

    def answer(seen: Seen) -> Reply:
        cancel.set()
        ended.wait(10)
        return _stored(seen)

    file = make_file(tmp_path, 1000)
    began = time.monotonic()
    with ScriptedServer(answer) as server:
        try:
            with pytest.raises(Cancelled):
                mover.place(GRANT, _put(_address(server), file), move_of(file, cancel=cancel))
            assert time.monotonic() - began < 2
        finally:
            ended.set()
