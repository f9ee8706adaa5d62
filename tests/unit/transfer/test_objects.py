"""One plain PUT: against a real server, and against scripted trouble."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import (
    BadAnswer,
    Cancelled,
    Damaged,
    FileChanged,
    KeysExpired,
    NetworkError,
    PostflightError,
    Refused,
    ServerBusy,
)
from app.domain.model import Proof
from app.domain.placement import Signature
from app.domain.ports import Cancel, OpenUpload
from app.transfer.mover import Mover
from app.transfer.pacing import HELD_UP_TO
from tests.helpers.clock import HandClock
from tests.helpers.rclone import RcloneServer
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import (
    BUCKET,
    KEY,
    MIB,
    SESSION_TOKEN,
    MemoryLedger,
    Moved,
    grant_for,
    make_file,
    md5_of,
    move_of,
    refusal,
    stored,
    target,
    touch,
)


@pytest.mark.parametrize("size", [0, 1, 3 * MIB, HELD_UP_TO, HELD_UP_TO + 12345])
def test_a_file_arrives_byte_for_byte(
    mover: Mover, rclone: RcloneServer, tmp_path: Path, size: int
) -> None:
    file, progress = make_file(tmp_path, size), Moved()
    receipt = mover.place(grant_for(rclone.url), target(), move_of(file, progress=progress))
    assert (rclone.root / BUCKET / KEY).read_bytes() == file.source.read_bytes()
    assert receipt.etag == receipt.md5 == md5_of(file.source)
    assert (receipt.key, receipt.remote_id) == (KEY, "remote-1")
    assert progress.total == size


def test_a_large_file_whose_md5_is_known_is_read_once(
    mover: Mover, rclone: RcloneServer, tmp_path: Path
) -> None:
    file = make_file(tmp_path, HELD_UP_TO + 1)
    transfer = move_of(file, md5=md5_of(file.source))
    assert mover.place(grant_for(rclone.url), target(), transfer).md5 == transfer.md5


def test_the_request_is_what_all_storages_take(mover: Mover, tmp_path: Path) -> None:
    file = make_file(tmp_path, 1000)
    with ScriptedServer(stored) as server:
        mover.place(grant_for(server.url, token=SESSION_TOKEN), target(), move_of(file))
    (seen,) = server.seen
    content = file.source.read_bytes()
    assert (seen.method, seen.body) == ("PUT", content)
    assert seen.path == "/media/flight%207/DJI%20%C3%BC%2B1.JPG"
    assert seen.headers["content-md5"] == base64.b64encode(hashlib.md5(content).digest()).decode()
    assert seen.headers["content-type"] == "image/jpeg"
    assert seen.headers["x-amz-security-token"] == SESSION_TOKEN
    assert seen.headers["x-amz-content-sha256"] == hashlib.sha256(content).hexdigest()
    assert seen.headers["content-length"] == "1000"
    for unwanted in ("expect", "transfer-encoding", "content-encoding", "x-amz-trailer"):
        assert unwanted not in seen.headers
    assert not [name for name in seen.headers if "checksum" in name]


def test_the_old_signature_is_used_where_the_storage_wants_it(mover: Mover, tmp_path: Path) -> None:
    with ScriptedServer(stored) as server:
        grant = grant_for(server.url, signature=Signature.V2)
        mover.place(grant, target(), move_of(make_file(tmp_path, 10)))
    assert server.seen[0].headers["authorization"].startswith("AWS ")


def test_the_storages_etag_is_kept_as_it_is(mover: Mover, tmp_path: Path) -> None:
    file = make_file(tmp_path, 10)
    other = "ABCDEF0123456789ABCDEF0123456789"  # an encrypting storage names something else

    def answer(seen: Seen) -> Reply:
        head = Reply(status=403)
        return head if seen.method == "HEAD" else Reply(headers={"ETag": f'"{other}"'})

    with ScriptedServer(answer) as server:
        for _ in range(2):  # doubted, then believed
            with pytest.raises(Damaged, match="other bytes"):
                mover.place(grant_for(server.url), target(), move_of(file))
        receipt = mover.place(grant_for(server.url), target(), move_of(file))
    assert (receipt.etag, receipt.md5) == (other, md5_of(file.source))
    assert (receipt.proof, receipt.sized) == (Proof.CHECKED, False)


def test_a_yes_without_an_etag_is_no_proof(mover: Mover, tmp_path: Path) -> None:
    progress = Moved()
    transfer = move_of(make_file(tmp_path, 10), progress=progress)
    page = Reply("<html>Welcome to our Wi-Fi</html>")
    with ScriptedServer(lambda _: page) as server, pytest.raises(BadAnswer):
        mover.place(grant_for(server.url), target(), transfer)
    assert progress.total == 0


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, "ExpiredToken"), KeysExpired),
        (refusal(400, "BadDigest"), Damaged),
        (refusal(503, "SlowDown", {"Retry-After": "7"}), ServerBusy),
        (refusal(301, "PermanentRedirect", {"x-amz-bucket-region": "eu-west-1"}), PostflightError),
        (Reply("", 500), ServerBusy),
        (Reply(cut=True), NetworkError),
        (Reply("<html>", 418), Refused),
    ],
)
def test_a_refused_file_counts_for_nothing_and_is_sent_only_once(
    mover: Mover, tmp_path: Path, answer: Reply, error: type[PostflightError]
) -> None:
    progress = Moved()
    transfer = move_of(make_file(tmp_path, 2 * MIB), progress=progress)
    with ScriptedServer(lambda _: answer) as server, pytest.raises(error):
        mover.place(grant_for(server.url), target(), transfer)
    assert len(server.seen) == 1
    assert progress.total == 0 < progress.highest


def test_the_wait_a_busy_storage_asks_for_is_passed_on(mover: Mover, tmp_path: Path) -> None:
    answer = refusal(503, "SlowDown", {"Retry-After": "7"})
    with ScriptedServer(lambda _: answer) as server, pytest.raises(ServerBusy) as caught:
        mover.place(grant_for(server.url), target(), move_of(make_file(tmp_path, 10)))
    assert caught.value.wait == 7
    assert "req-77" in caught.value.details


def test_refused_bytes_of_a_file_that_changed_are_no_damage(mover: Mover, tmp_path: Path) -> None:
    file = make_file(tmp_path, 1000)

    def answer(_: Seen) -> Reply:
        touch(file.source, b"z" * 1000)
        return refusal(400, "BadDigest")

    with ScriptedServer(answer) as server, pytest.raises(FileChanged):
        mover.place(grant_for(server.url), target(), move_of(file))


def test_a_file_that_changed_while_it_was_stored_is_not_accepted(
    mover: Mover, tmp_path: Path
) -> None:
    file, progress = make_file(tmp_path, 1000), Moved()

    def answer(seen: Seen) -> Reply:
        touch(file.source, b"z" * 1000)
        return stored(seen)

    with ScriptedServer(answer) as server, pytest.raises(FileChanged):
        mover.place(grant_for(server.url), target(), move_of(file, progress=progress))
    assert progress.total == 0


def test_a_file_with_another_md5_than_the_service_was_told_is_not_sent(
    mover: Mover, tmp_path: Path
) -> None:
    transfer = move_of(make_file(tmp_path, 1000), md5="0" * 32)
    with ScriptedServer(stored) as server, pytest.raises(FileChanged):
        mover.place(grant_for(server.url), target(), transfer)
    assert server.seen == []


def test_a_wrong_secret_is_refused_and_never_named(
    mover: Mover, rclone: RcloneServer, tmp_path: Path
) -> None:
    grant = grant_for(rclone.url, secret="some-other-secret-key")
    with pytest.raises(PostflightError) as caught:
        mover.place(grant, target(), move_of(make_file(tmp_path, 10)))
    assert "SignatureDoesNotMatch" in caught.value.details
    said = f"{caught.value!r} {caught.value.title} {caught.value.hint} {caught.value.details}"
    assert "some-other-secret-key" not in said


def test_access_denied_after_the_keys_end_is_about_the_keys(
    mover: Mover, clock: HandClock, tmp_path: Path
) -> None:
    file = make_file(tmp_path, 10)
    with ScriptedServer(lambda _: refusal(403, "AccessDenied")) as server:
        grant = grant_for(server.url, expires_at=clock.now() + 60)
        with pytest.raises(PostflightError) as before:
            mover.place(grant, target(), move_of(file))
        clock.move(60)
        with pytest.raises(PostflightError) as after:
            mover.place(grant, target(), move_of(file))
    assert (before.value.code, after.value.code) == ("forbidden", "keys-expired")


@pytest.mark.parametrize("code", ["AccessDenied", "SignatureDoesNotMatch"])
def test_keys_that_wrote_and_are_refused_have_ended_whatever_was_told_of_their_end(
    mover: Mover, tmp_path: Path, code: str
) -> None:
    """Once an object: under the next keys it is refused for good."""
    file, closed = make_file(tmp_path, 10), {"/media/later"}

    def answer(seen: Seen) -> Reply:
        return refusal(403, code) if seen.path in closed else stored(seen)

    def put(keys: str, key: str) -> str:
        grant = grant_for(server.url, token=f"{code} {keys}")
        try:
            return mover.place(grant, target(key=key), move_of(file)).key
        except PostflightError as error:
            return error.code

    with ScriptedServer(answer) as server:
        assert put("first", "later") == "forbidden"  # these keys never wrote anything
        assert put("first", "early") == "early"
        assert put("first", "later") == "keys-expired"
        assert put("first", "later") == "keys-expired"  # another thread, before the renewal
        assert put("second", "later") == "forbidden"
        assert put("second", "early") == "early"
        assert put("second", "later") == "forbidden"
        assert put("second", "later") == "forbidden"
        closed.clear()
        assert put("second", "later") == "later"
        closed.add("/media/later")
        assert put("second", "later") == "keys-expired"


@pytest.mark.parametrize("size", [4 * MIB, HELD_UP_TO + MIB])
def test_a_body_ends_soon_after_the_stop_sign_when_nobody_takes_it(
    mover: Mover, tmp_path: Path, silent_server: Callable[[], str], size: int
) -> None:
    cancel = Cancel()
    # The first blocks go into the system's buffers, the rest has nowhere to go.
    progress = Moved(then=lambda total: cancel.set() if total > 0 else None)
    transfer = move_of(make_file(tmp_path, size), progress=progress, cancel=cancel)
    with pytest.raises(Cancelled):
        mover.place(grant_for(silent_server()), target(), transfer)
    assert progress.total == 0


def test_a_blocked_send_ends_soon_after_the_stop_sign(
    mover: Mover, tmp_path: Path, silent_server: Callable[[], str]
) -> None:
    cancel, begun, stopped_at = Cancel(), threading.Event(), [0.0]
    # More than the system's buffers on loopback take, so that the send blocks for good.
    progress = Moved(then=lambda _: begun.set())
    transfer = move_of(make_file(tmp_path, 48 * MIB), progress=progress, cancel=cancel)

    def stop() -> None:
        begun.wait(10)
        seen = -1
        while progress.total != seen:
            seen = progress.total
            threading.Event().wait(0.05)
        stopped_at[0] = time.monotonic()
        cancel.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(Cancelled):
        mover.place(grant_for(silent_server()), target(), transfer)
    assert time.monotonic() - stopped_at[0] < 2
    stopper.join()


def test_waiting_for_an_answer_ends_soon_after_the_stop_sign(mover: Mover, tmp_path: Path) -> None:
    cancel, ended = Cancel(), threading.Event()

    def answer(seen: Seen) -> Reply:
        cancel.set()
        ended.wait(10)
        return stored(seen)

    transfer = move_of(make_file(tmp_path, 1000), cancel=cancel)
    began = time.monotonic()
    with ScriptedServer(answer) as server:
        try:
            with pytest.raises(Cancelled):
                mover.place(grant_for(server.url), target(), transfer)
            assert time.monotonic() - began < 2
        finally:
            ended.set()


def test_a_stop_sign_that_is_up_sends_nothing(mover: Mover, tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.set()
    with ScriptedServer(stored) as server, pytest.raises(Cancelled):
        mover.place(
            grant_for(server.url), target(), move_of(make_file(tmp_path, 10), cancel=cancel)
        )
    assert server.seen == []


def test_the_parts_of_an_earlier_placement_are_thrown_away(mover: Mover, tmp_path: Path) -> None:
    ledger = MemoryLedger(OpenUpload("up-9", BUCKET, "old key", 5 * MIB, 1, 1))
    with ScriptedServer(stored) as server:
        mover.place(grant_for(server.url), target(), move_of(make_file(tmp_path, 9), ledger=ledger))
    gone, _ = server.seen
    assert (gone.method, gone.path, gone.query["uploadId"]) == (
        "DELETE",
        "/media/old%20key",
        "up-9",
    )
    assert ledger.upload() is None


def test_keys_that_are_not_at_hand_are_asked_for(mover: Mover, tmp_path: Path) -> None:
    grant = replace(grant_for("http://127.0.0.1:9"), keys=None)
    with pytest.raises(KeysExpired):
        mover.place(grant, target(), move_of(make_file(tmp_path, 9)))


def test_a_grant_without_a_storage_is_nonsense(mover: Mover, tmp_path: Path) -> None:
    grant = replace(grant_for("http://127.0.0.1:9"), storage=None)
    with pytest.raises(BadAnswer):
        mover.place(grant, target(), move_of(make_file(tmp_path, 9)))
