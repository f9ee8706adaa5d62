"""A large file over TLS goes before its MD5 is known: read once, and proved by its etag or sent
again with it."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.domain.errors import Damaged, FileChanged, Refused
from app.domain.model import Proof
from app.domain.ports import Route
from app.transfer.mover import Mover
from app.transfer.pacing import HELD_UP_TO
from tests.helpers.certificates import Certificate, make_certificate
from tests.helpers.changes import CHANGES, UNSEEN, Change
from tests.helpers.front import TlsFront
from tests.helpers.rclone import RcloneServer
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import (
    BUCKET,
    KEY,
    ChangesHalfWay,
    Moved,
    as_scanned,
    grant_for,
    make_file,
    md5_of,
    move_of,
    sha256_of,
    stored,
    target,
)

LARGE = HELD_UP_TO + 12345


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def mover(certificate: Certificate) -> Iterator[Mover]:
    made = Mover(Route((str(certificate.file),)))
    yield made
    made.close()


@pytest.fixture
def front(certificate: Certificate, rclone: RcloneServer) -> Iterator[str]:
    """The address of a real storage behind TLS."""
    with TlsFront(certificate, urlsplit(rclone.url).port or 0) as made:
        yield f"https://127.0.0.1:{made.port}"


@pytest.fixture
def serve(certificate: Certificate) -> Iterator[Callable[..., ScriptedServer]]:
    servers: list[ScriptedServer] = []

    def start(answer: Callable[[Seen], Reply]) -> ScriptedServer:
        server = ScriptedServer(answer)
        certificate.secure(server)
        servers.append(server.__enter__())
        return server

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def _md5s(server: ScriptedServer) -> list[str | None]:
    return [seen.headers.get("content-md5") for seen in server.seen if seen.method == "PUT"]


def _base64(path: Path) -> str:
    return base64.b64encode(hashlib.md5(path.read_bytes()).digest()).decode()


@pytest.mark.parametrize("size", [LARGE, 3 * HELD_UP_TO])
def test_it_arrives_byte_for_byte_and_is_proved(
    mover: Mover, front: str, rclone: RcloneServer, tmp_path: Path, size: int
) -> None:
    file, progress = make_file(tmp_path, size), Moved()
    receipt = mover.place(grant_for(front), target(), move_of(file, progress=progress))
    assert (rclone.root / BUCKET / KEY).read_bytes() == file.source.read_bytes()
    assert (receipt.md5, receipt.sha256) == (md5_of(file.source), sha256_of(file.source))
    assert (receipt.proof, receipt.sized, progress.total) == (Proof.ETAG, True, size)


def test_nothing_is_known_of_it_before(
    mover: Mover, serve: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    file, server = make_file(tmp_path, LARGE), serve(stored)
    mover.place(grant_for(server.url), target(), move_of(file))
    (seen,) = server.seen
    assert seen.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert "content-md5" not in seen.headers
    assert "content-md5" not in seen.headers["authorization"]


def test_smaller_ones_and_those_of_a_known_md5_are_compared_on_their_way(
    mover: Mover, serve: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    small, large = make_file(tmp_path, 1000, "small"), make_file(tmp_path, LARGE)
    server = serve(stored)
    mover.place(grant_for(server.url), target(), move_of(small))
    mover.place(grant_for(server.url), target(), move_of(large, md5=md5_of(large.source)))
    assert _md5s(server) == [_base64(small.source), _base64(large.source)]


def test_without_tls_it_is_compared_too(mover: Mover, tmp_path: Path) -> None:
    """There somebody could change it on its way, and the answer with it."""
    file = make_file(tmp_path, LARGE)
    with ScriptedServer(stored) as server:
        mover.place(grant_for(server.url), target(), move_of(file))
    assert _md5s(server) == [_base64(file.source)]
    assert server.seen[0].headers["x-amz-content-sha256"] == sha256_of(file.source)


@pytest.mark.parametrize("tag", ["0" * 32, "opaque", "0" * 32 + "-3"])
def test_another_tag_than_its_own_is_not_believed_and_then_the_storage_compares(
    mover: Mover, serve: Callable[..., ScriptedServer], tmp_path: Path, tag: str
) -> None:
    file, progress = make_file(tmp_path, LARGE), Moved()
    tags = [tag]

    def answer(seen: Seen) -> Reply:
        if seen.method == "HEAD":
            return Reply(status=403)  # write-only keys: nothing else can be asked
        return Reply(headers={"ETag": f'"{tags.pop()}"'}) if tags else stored(seen)

    server = serve(answer)
    with pytest.raises(Damaged):
        mover.place(grant_for(server.url), target(), move_of(file, progress=progress))
    assert progress.total == 0
    receipt = mover.place(grant_for(server.url), target(), move_of(file, progress=progress))
    assert (receipt.proof, progress.total) == (Proof.ETAG, LARGE)
    mover.place(grant_for(server.url), target(), move_of(file))
    assert _md5s(server) == [None, _base64(file.source), _base64(file.source)]


def test_where_tags_are_known_to_be_strange_none_goes_unseen(
    mover: Mover, serve: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    small, large = make_file(tmp_path, 1000, "small"), make_file(tmp_path, LARGE)
    opaque = Reply(b"", headers={"ETag": '"opaque"'})
    server = serve(lambda seen: Reply(status=403) if seen.method == "HEAD" else opaque)
    for file in (small, large):
        receipt = mover.place(grant_for(server.url), target(), move_of(file))
        assert receipt.proof is Proof.CHECKED
    assert _md5s(server) == [_base64(small.source), _base64(large.source)]


def test_a_storage_that_wants_an_md5_gets_it_at_once(
    mover: Mover, serve: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    """As buckets that lock their objects do."""
    file, progress = make_file(tmp_path, LARGE), Moved()

    def answer(seen: Seen) -> Reply:
        if "content-md5" in seen.headers:
            return stored(seen)
        return Reply("<Error><Code>InvalidRequest</Code></Error>", status=400)

    server = serve(answer)
    for _ in range(2):
        receipt = mover.place(grant_for(server.url), target(), move_of(file, progress=progress))
        assert receipt.proof is Proof.ETAG
    assert progress.total == 2 * LARGE
    assert _md5s(server) == [None, _base64(file.source), _base64(file.source)]


def test_what_is_refused_either_way_is_refused(
    mover: Mover, serve: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    file, progress = make_file(tmp_path, LARGE), Moved()
    server = serve(lambda _: Reply("<Error><Code>InvalidRequest</Code></Error>", status=400))
    with pytest.raises(Refused):
        mover.place(grant_for(server.url), target(), move_of(file, progress=progress))
    assert (len(server.seen), progress.total) == (2, 0)


@pytest.mark.parametrize("change", CHANGES + UNSEEN)
def test_a_file_that_changes_meanwhile_is_not_done(
    mover: Mover, front: str, rclone: RcloneServer, tmp_path: Path, change: Change
) -> None:
    if os.name == "nt" and change in UNSEEN:
        pytest.skip("Windows tells no time of change and lets no open file be replaced")
    file = make_file(tmp_path, LARGE)
    progress = ChangesHalfWay(file, change)
    with pytest.raises(FileChanged):
        mover.place(grant_for(front), target(), move_of(file, progress=progress))
    assert progress.done and progress.total == 0
    now = as_scanned(file.source)
    receipt = mover.place(grant_for(front), target(), move_of(now))
    assert (rclone.root / BUCKET / KEY).read_bytes() == file.source.read_bytes()
    assert receipt.md5 == md5_of(file.source)
