"""Reading files that change, vanish or are stopped."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Cancelled, Damaged, FileChanged, FileGone, Leg, Offline
from app.domain.ports import Cancel
from app.transfer.digests import Digester, SecondPass, of_whole
from app.transfer.loading import Loader
from app.transfer.pacing import HELD_UP_TO
from app.transfer.reader import Buffers, Held, Source, Streamed
from tests.unit.transfer.kit import (
    MIB,
    Moved,
    as_scanned,
    freely,
    make_file,
    md5_of,
    sha256_of,
    touch,
)


def test_a_file_is_read_exactly_from_where_it_was_asked(tmp_path: Path) -> None:
    file = make_file(tmp_path, 3 * MIB + 11)
    view = memoryview(bytearray(MIB + 5))
    with Source(file, Cancel()) as source:
        source.fill(view, 2 * MIB)
    assert bytes(view) == file.source.read_bytes()[2 * MIB : 3 * MIB + 5]


def test_a_file_that_is_shorter_than_asked_has_changed(tmp_path: Path) -> None:
    file = make_file(tmp_path, 100)
    with Source(file, Cancel()) as source, pytest.raises(FileChanged):
        source.fill(memoryview(bytearray(101)), 0)


@pytest.mark.parametrize("wrong", [{"size": 99}, {"modified_ns": 5}])
def test_a_file_that_is_not_the_scanned_one_is_not_opened(tmp_path: Path, wrong: dict) -> None:
    file = replace(make_file(tmp_path, 100), **wrong)
    with pytest.raises(FileChanged), Source(file, Cancel()):
        pass


def test_a_file_that_changes_while_open_is_noticed(tmp_path: Path) -> None:
    file = make_file(tmp_path, 100)
    with Source(file, Cancel()) as source:
        touch(file.source, b"x" * 100)
        with pytest.raises(FileChanged):
            source.check()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced there")
def test_a_file_that_is_replaced_by_its_like_is_noticed(tmp_path: Path) -> None:
    file = make_file(tmp_path, 100)
    other = tmp_path / "other"
    other.write_bytes(b"y" * 100)
    os.utime(other, ns=(file.modified_ns, file.modified_ns))
    with Source(file, Cancel()) as source:
        other.replace(file.source)
        with pytest.raises(FileChanged):
            source.check()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
def test_a_file_that_is_deleted_after_opening_is_still_sent_whole(tmp_path: Path) -> None:
    file = make_file(tmp_path, 100)
    with Source(file, Cancel()) as source:
        file.source.unlink()
        source.check()
        source.fill(memoryview(bytearray(100)), 0)


def test_a_missing_file_is_gone(tmp_path: Path) -> None:
    file = make_file(tmp_path, 100)
    file.source.unlink()
    with pytest.raises(FileGone):
        Source(file, Cancel())


def test_a_folder_in_its_place_is_not_the_file(tmp_path: Path) -> None:
    file = make_file(tmp_path, 100)
    file.source.unlink()
    file.source.mkdir()
    with pytest.raises(FileGone):
        Source(file, Cancel())


HOUR = 3600 * 10**9


@pytest.mark.parametrize("apart", [HOUR, -HOUR, 9 * HOUR // 2, 2 * 10**9, -1 - 10**9])
def test_a_card_that_shows_other_times_holds_the_same_files(tmp_path: Path, apart: int) -> None:
    """As after a change of the clock, in another zone, or where times have steps of two seconds."""
    file = make_file(tmp_path, 100)
    os.utime(file.source, ns=(file.modified_ns, file.modified_ns + apart))
    with Source(file, Cancel()) as source:
        source.check()
        assert not source.as_scanned


@pytest.mark.parametrize("apart", [HOUR, 1000])
def test_while_it_is_open_the_time_may_not_move_at_all(tmp_path: Path, apart: int) -> None:
    file = make_file(tmp_path, 100)
    with Source(file, Cancel()) as source:
        assert source.as_scanned
        os.utime(file.source, ns=(file.modified_ns, file.modified_ns + apart))
        with pytest.raises(FileChanged):
            source.check()


def test_reading_ends_at_the_stop_sign(tmp_path: Path) -> None:
    cancel = Cancel()
    with Source(make_file(tmp_path, 100), cancel) as source:
        cancel.set()
        with pytest.raises(Cancelled):
            source.digest(0, 100, Digester())


def test_memory_that_was_given_back_is_used_again_and_shared_by_none() -> None:
    buffers = Buffers()
    mine, other = buffers.lend(3 * MIB), buffers.lend(100)
    assert mine is not None and other is not None
    assert mine.obj is not other.obj
    buffers.give_back(mine)
    again = buffers.lend(2 * MIB + 5)
    assert again is not None
    assert again.obj is mine.obj
    assert len(again) == 2 * MIB + 5


def test_memory_is_lent_once_also_where_the_same_bytes_are_in_it() -> None:
    """As after a refusal, when one photo has been read into two of them."""
    buffers = Buffers()
    views = [buffers.lend(MIB) for _ in range(3)]
    for view in views:
        assert view is not None
        view[:4] = b"same"
        buffers.give_back(view)
    again = [view.obj for view in (buffers.lend(MIB) for _ in range(3)) if view is not None]
    assert len({id(buffer) for buffer in again}) == 3


def test_no_more_memory_is_lent_than_there_is_and_one_body_always_gets_its_own() -> None:
    buffers = Buffers(most=5 * MIB)
    first = buffers.lend(8 * MIB)
    assert first is not None, "or a file would wait for ever"
    assert buffers.lend(1) is None
    buffers.give_back(first)
    two, three = buffers.lend(2 * MIB), buffers.lend(3 * MIB)
    assert two is not None and three is not None
    assert buffers.lend(1) is None
    with buffers.needed(MIB) as part:
        assert len(part) == MIB
    buffers.give_back(two)
    assert buffers.lend(MIB) is not None


def test_a_file_for_which_there_is_no_memory_is_sent_from_the_card(tmp_path: Path) -> None:
    file, buffers = make_file(tmp_path, 3 * MIB + 5), Buffers(most=MIB)
    loader = Loader(file, Cancel(), Moved(), buffers)
    with buffers.needed(MIB), loader, Source(file, Cancel()) as source:
        load = loader.load(source, 0, file.size, None)
        assert isinstance(load.body, Streamed)
        sent = b"".join(bytes(block) for block in load.body.blocks(lambda wanted: wanted))
        load.settle("")
    assert sent == file.source.read_bytes()
    assert load.md5 == md5_of(file.source)


def test_a_loader_gives_its_memory_back(tmp_path: Path) -> None:
    file, buffers = make_file(tmp_path, 2 * MIB), Buffers(most=2 * MIB)
    loader = Loader(file, Cancel(), Moved(), buffers)
    with loader, Source(file, Cancel()) as source:
        for _ in range(2):
            assert isinstance(loader.load(source, 0, 2 * MIB, None).body, Held)
        assert buffers.lend(1) is None
    assert buffers.lend(2 * MIB) is not None


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 3 * MIB + 1])
def test_both_kinds_of_body_send_the_same_and_count_what_was_taken(
    tmp_path: Path, size: int
) -> None:
    file = make_file(tmp_path, size)
    content = file.source.read_bytes()
    progress = Moved()
    held = Held(memoryview(content), Cancel(), progress)
    assert b"".join(held.blocks(freely)) == content
    with Source(file, Cancel()) as source:
        digest = Digester()
        streamed = Streamed(source, 0, size, progress, digest)
        assert b"".join(bytes(block) for block in streamed.blocks(freely)) == content
    assert digest.md5() == md5_of(file.source)
    assert digest.sha256() == sha256_of(file.source)
    assert progress.total == 2 * size


def test_a_body_that_goes_once_more_is_hashed_from_where_it_began(tmp_path: Path) -> None:
    file = make_file(tmp_path, 3 * MIB + 1)
    digest, progress = Digester(), Moved()
    digest.update(memoryview(b"before"))
    with Source(file, Cancel()) as source:
        body = Streamed(source, 0, file.size, progress, digest)
        broken_off = body.blocks(freely)
        next(broken_off)
        for block in body.blocks(freely):
            assert block
    expected = b"before" + file.source.read_bytes()
    assert digest.md5() == hashlib.md5(expected).hexdigest()
    assert digest.sha256() == hashlib.sha256(expected).hexdigest()
    assert progress.total == file.size


def test_a_block_counts_only_when_the_next_one_is_asked_for() -> None:
    progress = Moved()
    blocks = Held(memoryview(bytes(MIB)), Cancel(), progress).blocks(freely)
    next(blocks)
    assert progress.total == 0
    next(blocks)
    assert 0 < progress.total < MIB


def test_a_signer_can_read_a_body_and_go_back(tmp_path: Path) -> None:
    file = make_file(tmp_path, 1000)
    content = file.source.read_bytes()
    with Source(file, Cancel()) as source:
        for body in (
            Held(memoryview(content), Cancel(), Moved()),
            Streamed(source, 0, 1000, Moved()),
        ):
            assert (len(body), body.tell()) == (1000, 0)
            assert body.read(600) + body.read(600) + body.read(600) == content
            assert body.seek(0) == 0
            assert body.read() == content


def _loader(file_size: int, folder: Path) -> Loader:
    return Loader(make_file(folder, file_size), Cancel(), Moved(), Buffers())


@pytest.mark.parametrize("size", [1000, HELD_UP_TO + 1])
@pytest.mark.parametrize("etag", ["", "right"])
def test_a_load_names_the_digests_of_what_it_sends(tmp_path: Path, size: int, etag: str) -> None:
    loader = _loader(size, tmp_path)
    with Source(loader.file, Cancel()) as source:
        load = loader.load(source, 0, size, None)
        sent = b"".join(bytes(block) for block in load.body.blocks(freely))
        load.settle(load.md5 if etag else "")
    assert sent == loader.file.source.read_bytes()
    assert load.md5 == md5_of(loader.file.source)
    assert load.sha256 == sha256_of(loader.file.source)


@pytest.mark.parametrize("size", [1000, HELD_UP_TO + 1])
def test_a_file_with_another_md5_than_was_told_is_not_sent(tmp_path: Path, size: int) -> None:
    loader = _loader(size, tmp_path)
    with Source(loader.file, Cancel()) as source, pytest.raises(FileChanged):
        loader.load(source, 0, size, "0" * 32)


def test_a_file_of_which_all_is_known_is_sent_as_it_is_read(tmp_path: Path) -> None:
    size = 3 * MIB + 5
    loader = _loader(size, tmp_path)
    file = loader.file
    loader.sha256 = sha256_of(file.source)
    with Source(file, Cancel()) as source:
        right = loader.load(source, 0, size, md5_of(file.source))
        assert isinstance(right.body, Streamed)
        right.settle(md5_of(file.source))
        right.settle("of-another-kind")
        right.explain(_damaged())


def test_what_the_etag_does_not_show_is_read_again(tmp_path: Path) -> None:
    """What a flaky reader gave the first time need not be what went out."""
    loader = _loader(1000, tmp_path)
    loader.sha256 = "0" * 64
    with Source(loader.file, Cancel()) as source:
        wrong = loader.load(source, 0, 1000, "0" * 32)
        wrong.settle("0" * 32)
        wrong.explain(_offline())
        with pytest.raises(FileChanged):
            wrong.settle("of-another-kind")
        with pytest.raises(FileChanged):
            wrong.explain(_damaged())


def _damaged() -> Damaged:
    return Damaged("", "", leg=Leg.STORAGE)


def _offline() -> Offline:
    return Offline("", "", leg=Leg.NETWORK)


def test_a_file_may_be_written_by_others_while_it_is_read(tmp_path: Path) -> None:
    file = make_file(tmp_path, 10)
    with Source(file, Cancel()), file.source.open("r+b") as other:
        assert other.read(10) == as_scanned(file.source).source.read_bytes()


def test_bytes_that_are_others_in_the_second_pass_are_known_for_it() -> None:
    first = Digester()
    first.update(memoryview(b"abc"))
    again, other = (of_whole(first.md5(), first.sha256()) for _ in range(2))
    assert isinstance(again, SecondPass)
    again.update(memoryview(b"abc"))
    other.update(memoryview(b"abd"))
    assert again.md5() == first.md5()
    assert other.md5() == ""


def test_a_file_of_which_not_all_is_known_is_hashed_as_it_goes() -> None:
    for md5, sha256 in ((None, ""), ("0" * 32, "")):
        assert isinstance(of_whole(md5, sha256), Digester)
