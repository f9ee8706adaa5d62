"""No upload in parts is completed with a file that changed or went away in the middle of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.domain.errors import FileChanged, FileGone
from app.transfer.mover import Mover
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import (
    MemoryLedger,
    Moved,
    grant_for,
    make_file,
    md5_of,
    move_of,
    touch,
)
from tests.unit.transfer.multipart_kit import IN_PARTS, SIZE, Storage, begun, complete_fails_first


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
    storage = complete_fails_first()
    with ScriptedServer(storage.answer) as server:
        file, ledger = begun(mover, tmp_path, storage, server)
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
