"""An upload in parts goes on where it ended, and begins anew only where nothing of it counts."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import (
    BadAnswer,
    Cancelled,
    KeysExpired,
    NetworkError,
    PostflightError,
    ServerBusy,
    UploadGone,
)
from app.domain.ports import Cancel, Route
from app.transfer.mover import Mover
from tests.helpers.rclone import RcloneServer
from tests.helpers.scripted import Reply, ScriptedServer
from tests.unit.transfer.kit import (
    BUCKET,
    KEY,
    MIB,
    DiskLedger,
    MemoryLedger,
    Moved,
    StopsAfterOne,
    as_scanned,
    grant_for,
    make_file,
    md5_of,
    move_of,
    refusal,
)
from tests.unit.transfer.multipart_kit import (
    IN_PARTS,
    SIZE,
    Storage,
    begun,
    complete_fails_first,
    expected_etag,
)


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


def test_a_part_that_differs_from_the_card_is_sent_again(mover: Mover, tmp_path: Path) -> None:
    storage = complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        file, ledger = begun(mover, tmp_path, storage, server)
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
    storage = complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        file, ledger = begun(mover, tmp_path, storage, server)
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
    storage = complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        file, ledger = begun(mover, tmp_path, storage, server)
        os.utime(file.source, ns=(file.modified_ns, file.modified_ns + apart))
        file = as_scanned(file.source) if scanned_again else file
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
    assert storage.sent() == []


def test_parts_that_are_sent_count_when_the_size_of_parts_was_changed(tmp_path: Path) -> None:
    storage = complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        first = Mover(Route(), part_size=5 * MIB, single_up_to=6 * MIB)
        file, ledger = begun(first, tmp_path, storage, server)
        first.close()
        then = Mover(Route(), part_size=7 * MIB, single_up_to=6 * MIB)
        receipt = then.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
        then.close()
    assert storage.sent() == []
    assert receipt.md5 == md5_of(file.source)


def test_an_upload_that_cannot_be_thrown_away_does_not_stop_the_next(
    mover: Mover, tmp_path: Path
) -> None:
    storage = complete_fails_first()
    refusing = Storage(
        lambda call, seen: refusal(403, "AccessDenied") if call.startswith("abort") else None
    )
    with ScriptedServer(storage.answer) as server:
        file, ledger = begun(mover, tmp_path, storage, server)
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

    ledger = StopsAfterOne(cancel)
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
