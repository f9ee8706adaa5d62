"""Many files at once, other people's settings, probes, and the end of a mover."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import ClockLearned, ClockWrong, NotSignedIn, Offline, ServerBusy, UsageError
from app.domain.placement import Addressing, Storage
from app.domain.ports import OpenUpload, Route
from app.transfer.digests import base64_of, hex_of, multipart_etag
from app.transfer.mover import Mover
from tests.helpers.clock import HandClock
from tests.helpers.rclone import RcloneServer
from tests.helpers.scripted import Reply, ScriptedServer
from tests.unit.transfer.kit import (
    BUCKET,
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
)


def _storage(url: str, addressing: Addressing = Addressing.PATH) -> Storage:
    return Storage(url, "us-east-1", BUCKET, addressing)


def test_many_files_move_at_once_and_each_arrives(
    mover: Mover, rclone: RcloneServer, tmp_path: Path
) -> None:
    sizes = [100, 3 * MIB, 11 * MIB, 12 * MIB, 7, 16 * MIB + 1, 5 * MIB, 6 * MIB + 1]
    files = [make_file(tmp_path, size, f"f{n}", seed=n) for n, size in enumerate(sizes)]
    progress, grant = Moved(), grant_for(rclone.url)

    def move(n: int) -> str:
        place = target(single=n % 2 == 0, key=f"many/{n}")
        return mover.place(grant, place, move_of(files[n], progress=progress)).md5

    with ThreadPoolExecutor(4) as pool:
        md5s = list(pool.map(move, range(len(files))))
    for n, file in enumerate(files):
        stored = (rclone.root / BUCKET / "many" / str(n)).read_bytes()
        assert stored == file.source.read_bytes()
        assert md5s[n] == md5_of(file.source)
    assert progress.total == sum(sizes)


def test_new_keys_and_other_storages_get_clients_of_their_own(mover: Mover, tmp_path: Path) -> None:
    file = make_file(tmp_path, 10)
    with ScriptedServer(stored) as one, ScriptedServer(stored) as two:
        for number in range(10):  # more than are kept
            for server in (one, two):
                grant = grant_for(server.url, token=f"token {number}")
                mover.place(grant, target(), move_of(file))
    for server in (one, two):
        tokens = [seen.headers["x-amz-security-token"] for seen in server.seen]
        assert tokens == [f"token {number}" for number in range(10)]


_ALONE = """
import sys
from pathlib import Path
from app.domain.ports import Route
from app.transfer.mover import Mover
assert "botocore" not in sys.modules and "boto3" not in sys.modules
from tests.unit.transfer import kit
mover = Mover(Route())
file = kit.as_scanned(Path(sys.argv[2]))
print(mover.place(kit.grant_for(sys.argv[1]), kit.target(key="alone"), kit.move_of(file)).md5)
mover.close()
"""


def test_settings_for_other_programs_are_not_looked_at(
    rclone: RcloneServer, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile"
    hostile.write_text(
        "[default]\nregion = nowhere\nendpoint_url = http://127.0.0.1:9\n"
        "s3 =\n    addressing_style = virtual\n    use_accelerate_endpoint = true\n"
    )
    file = make_file(tmp_path, 1000)
    environment = {
        **os.environ,
        "AWS_PROFILE": "no-such-profile",
        "AWS_CONFIG_FILE": str(hostile),
        "AWS_SHARED_CREDENTIALS_FILE": str(hostile),
        "AWS_CA_BUNDLE": str(tmp_path / "missing.pem"),
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_ACCESS_KEY_ID": "other",
        "AWS_SECRET_ACCESS_KEY": "other",
        "AWS_MAX_ATTEMPTS": "5",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_supported",
    }
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", _ALONE, rclone.url, str(file.source)],
        cwd=Path(__file__).parents[3],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    assert ended.stdout.strip() == md5_of(file.source)


def test_no_secret_reaches_a_log(
    mover: Mover, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    grant_secret = "the-secret-key-of-a-grant"
    with (
        caplog.at_level(logging.DEBUG),
        ScriptedServer(stored) as s,
    ):
        grant = grant_for(s.url, secret=grant_secret, token=SESSION_TOKEN)
        mover.place(grant, target(), move_of(make_file(tmp_path, 10)))
    assert grant_secret not in caplog.text
    assert SESSION_TOKEN not in caplog.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"bucket": "no bucket at all"},
        {"region": "no region/at all"},
        {"endpoint": "not-an-address"},
    ],
)
def test_storage_settings_that_cannot_be_right_are_said(
    mover: Mover, tmp_path: Path, wrong: dict
) -> None:
    grant = grant_for("http://127.0.0.1:9")
    assert grant.storage is not None
    grant = replace(grant, storage=replace(grant.storage, **wrong))
    with pytest.raises(UsageError):
        mover.place(grant, target(), move_of(make_file(tmp_path, 10)))


def test_abandoning_is_best_effort(mover: Mover) -> None:
    upload = OpenUpload("up-1", BUCKET, "k", 5 * MIB, 1, 1)
    for answer in (Reply(status=204), refusal(404, "NoSuchUpload"), Reply(cut=True)):
        with ScriptedServer(lambda _, answer=answer: answer) as server:
            mover.abandon(grant_for(server.url), "k", upload)
        (seen,) = server.seen
        assert (seen.method, seen.path, seen.query) == ("DELETE", "/media/k", {"uploadId": "up-1"})
    mover.abandon(replace(grant_for("http://127.0.0.1:9"), keys=None), "k", upload)


def test_a_storage_is_reached_without_keys_and_without_writing() -> None:
    mover = Mover(Route())  # by the real clock, as the server's
    with ScriptedServer(lambda _: Reply(status=403)) as server:
        mover.probe(_storage(server.url))
    mover.close()
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("HEAD", "/")
    assert "authorization" not in seen.headers


def test_a_bucket_in_the_host_name_is_looked_up_with_it(mover: Mover) -> None:
    with pytest.raises(Offline) as caught:
        mover.probe(_storage("http://storage.invalid", Addressing.VIRTUAL))
    assert f"{BUCKET}.storage.invalid" in caught.value.title


def test_a_storage_in_trouble_does_not_pass_the_probe(mover: Mover) -> None:
    for status, error in ((503, ServerBusy), (407, NotSignedIn)):
        answer = Reply(status=status)
        with ScriptedServer(lambda _, answer=answer: answer) as server, pytest.raises(error):
            mover.probe(_storage(server.url))


@pytest.mark.parametrize("ahead", [3600, -1200])
def test_a_wrong_clock_is_learnt_from_the_first_refusal(
    rclone: RcloneServer, ahead: int, tmp_path: Path
) -> None:
    """The storage checks signatures for real, and tells what time it is there."""
    clock = HandClock(time.time() - ahead)
    mover = Mover(Route(), clock=clock)
    grant = grant_for(rclone.url)
    file = make_file(tmp_path, 1000)
    with pytest.raises(ClockLearned) as caught:
        mover.place(grant, target(key=f"late {ahead}"), move_of(file))
    way = "behind" if ahead > 0 else "ahead of"
    assert f"{abs(ahead) // 60} minutes {way}" in caught.value.title
    assert mover.place(grant, target(key=f"late {ahead}"), move_of(file)).etag
    clock.move(ahead)  # the system puts the clock right in mid-batch
    with pytest.raises(ClockLearned):
        mover.place(grant, target(key="put right"), move_of(file))
    assert mover.place(grant, target(key="put right"), move_of(file)).etag
    mover.close()


def test_a_storage_that_refuses_the_right_time_too_is_not_asked_for_ever(tmp_path: Path) -> None:
    mover = Mover(Route())
    answer = refusal(403, "RequestTimeTooSkewed")
    with ScriptedServer(lambda _: answer) as server, pytest.raises(ClockWrong) as caught:
        mover.place(grant_for(server.url), target(), move_of(make_file(tmp_path, 10)))
    assert not isinstance(caught.value, ClockLearned)
    mover.close()


def test_closing_ends_all_threads(rclone: RcloneServer, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    mover = Mover(Route(), part_size=5 * MIB, single_up_to=6 * MIB)
    transfer = move_of(make_file(tmp_path, 11 * MIB), ledger=MemoryLedger())
    mover.place(grant_for(rclone.url), target(single=False, key="close"), transfer)
    names = {thread.name.rpartition("_")[0] or thread.name for thread in threading.enumerate()}
    assert {"pf-part", "pf-watch"} <= names
    mover.close()
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not [name for name in left if name.startswith("pf-")]


def test_md5_in_its_notations() -> None:
    md5 = "bfcaf0c25f8fd699a3f2c8b5d21a7f0e"
    assert hex_of(base64_of(md5)) == md5
    assert hex_of("not base64!") is None
    assert hex_of("YWJj") is None
    # Two parts of an object, by the rule of contracts: metastudio 8.1.
    joined = bytes.fromhex(md5) * 2
    assert multipart_etag([md5, md5]) == f"{hashlib.md5(joined).hexdigest()}-2"
