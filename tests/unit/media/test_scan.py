"""Walking what a pilot dropped."""

from __future__ import annotations

import os
import socket
import sys
import time
import unicodedata
from pathlib import Path

import pytest

from app.domain.errors import Cancelled, FileGone, UsageError
from app.domain.model import Found
from app.domain.ports import Cancel
from app.media.scan import CHOICE_WORDS, SYSTEM_WORDS, Choice, LeftOut, walk

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX file system")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs names that are any bytes")


def put(folder: Path, *paths: str, content: bytes = b"x") -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def scan(*roots: Path, choice: Choice | None = None) -> list[Found | LeftOut]:
    return list(walk(roots, choice or Choice(), Cancel()))


def found(*roots: Path, choice: Choice | None = None) -> list[str]:
    return [item.path for item in scan(*roots, choice=choice) if isinstance(item, Found)]


def left(*roots: Path, choice: Choice | None = None) -> list[LeftOut]:
    return [item for item in scan(*roots, choice=choice) if isinstance(item, LeftOut)]


def test_one_folder_shows_paths_from_itself_with_size_and_time(tmp_path: Path) -> None:
    put(tmp_path, "DCIM/DJI_001/a.jpg", content=b"12345")
    (item,) = scan(tmp_path)
    assert isinstance(item, Found)
    assert (item.root, item.path, item.size) == (0, "DCIM/DJI_001/a.jpg", 5)
    assert item.relative == Path("DCIM/DJI_001/a.jpg")
    assert item.modified_ns == (tmp_path / item.relative).stat().st_mtime_ns


def test_the_order_is_by_name_folder_by_folder_each_time(tmp_path: Path) -> None:
    put(tmp_path, "b/2.jpg", "B.jpg", "a/z.jpg", "a/Y.jpg", "c.jpg", "b/10.jpg")
    assert found(tmp_path) == ["B.jpg", "c.jpg", "a/Y.jpg", "a/z.jpg", "b/10.jpg", "b/2.jpg"]
    assert scan(tmp_path) == scan(tmp_path)


def test_side_files_of_the_drone_are_kept(tmp_path: Path) -> None:
    names = ["f_Timestamp.MRK", "f_PPKNAV.nav", "f_PPKOBS.obs", "f_PPKRAW.bin", "a.LRF", "a.SRT"]
    put(tmp_path, *(f"DJI_1/{name}" for name in names), "MISC/GIS/dji.list")
    assert len(found(tmp_path)) == len(names) + 1


def test_junk_is_counted_and_not_entered(tmp_path: Path) -> None:
    junk = ["._a.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", ".hidden"]
    put(tmp_path, "a.jpg", *junk)
    folders = ["System Volume Information", "$RECYCLE.BIN", ".Trashes", "LOST.DIR"]
    folders += [".Spotlight-V100", ".fseventsd"]
    put(tmp_path, *(f"{folder}/b.jpg" for folder in folders))
    assert found(tmp_path) == ["a.jpg"]
    assert {item.path for item in left(tmp_path)} == {*junk, *folders}
    assert {item.words for item in left(tmp_path)} == {SYSTEM_WORDS}
    assert not any(item.fault for item in left(tmp_path))


def test_patterns_choose_by_path_or_name_whatever_the_case(tmp_path: Path) -> None:
    put(tmp_path, "DJI_1/a_V.JPG", "DJI_1/a_T.jpg", "PANORAMA/1/b_V.jpg", "c.MP4")
    assert found(tmp_path, choice=Choice(include=("*.jpg",))) == [
        "DJI_1/a_T.jpg",
        "DJI_1/a_V.JPG",
        "PANORAMA/1/b_V.jpg",
    ]
    choice = Choice(include=("*_v.jpg", "*.mp4"), exclude=("panorama/*",))
    assert found(tmp_path, choice=choice) == ["c.MP4", "DJI_1/a_V.JPG"]
    assert {item.words for item in left(tmp_path, choice=choice)} == {CHOICE_WORDS}


def test_patterns_match_decomposed_names(tmp_path: Path) -> None:
    put(tmp_path, unicodedata.normalize("NFD", "Zürich.jpg"), "Bern.jpg")
    assert found(tmp_path, choice=Choice(exclude=("zürich*",))) == ["Bern.jpg"]


def test_several_roots_show_their_names_in_front_and_stay_apart(tmp_path: Path) -> None:
    put(tmp_path, "one/DCIM/a.jpg", "two/DCIM/a.jpg", "b.jpg", "other/b.jpg")
    roots = [tmp_path / "one/DCIM", tmp_path / "two/DCIM", tmp_path / "b.jpg"]
    items = [item for item in scan(*roots, tmp_path / "other/b.jpg") if isinstance(item, Found)]
    assert [(item.root, item.path) for item in items] == [
        (0, "DCIM/a.jpg"),
        (1, "DCIM (2)/a.jpg"),
        (2, "b.jpg"),
        (3, "b (2).jpg"),
    ]
    assert roots[2] / items[2].relative == roots[2]


def test_a_single_file_is_a_root(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg")
    (item,) = scan(tmp_path / "a.jpg")
    assert isinstance(item, Found)
    assert (item.path, tmp_path / "a.jpg" / item.relative) == ("a.jpg", tmp_path / "a.jpg")


def test_the_same_things_named_twice_are_taken_once(tmp_path: Path) -> None:
    put(tmp_path, "DCIM/DJI_1/a.jpg", "DCIM/b.jpg")
    roots = [tmp_path / "DCIM", tmp_path / "DCIM/DJI_1", tmp_path / "DCIM", tmp_path / "DCIM/b.jpg"]
    assert found(*roots) == ["DCIM/b.jpg", "DCIM/DJI_1/a.jpg"]
    assert found(tmp_path / "DCIM/b.jpg", tmp_path / "DCIM/b.jpg") == ["b.jpg"]
    inner_first = [tmp_path / "DCIM/DJI_1", tmp_path / "DCIM"]
    assert found(*inner_first) == ["DJI_1/a.jpg", "DCIM/b.jpg"]


@posix
def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    put(tmp_path, "store/a.jpg", "flight/b.jpg")
    (tmp_path / "flight/linked").symlink_to(tmp_path / "store")
    assert found(tmp_path / "flight") == ["b.jpg", "linked/a.jpg"]


@posix
def test_a_linked_folder_that_is_there_anyway_is_taken_where_it_really_is(tmp_path: Path) -> None:
    put(tmp_path, "zebra/a.jpg")
    (tmp_path / "ant").symlink_to("zebra")
    assert found(tmp_path) == ["zebra/a.jpg"]
    assert [(item.path, item.fault) for item in left(tmp_path)] == [("ant", False)]


@posix
def test_a_link_into_a_folder_that_is_left_out_is_followed(tmp_path: Path) -> None:
    put(tmp_path, ".store/a.jpg")
    (tmp_path / "photos").symlink_to(".store")
    assert found(tmp_path) == ["photos/a.jpg"]


@posix
@pytest.mark.parametrize("target", [".", "..", "../.."])
def test_a_link_to_a_folder_above_ends_with_one_sentence(tmp_path: Path, target: str) -> None:
    put(tmp_path, "root/inside/a.jpg", "outside.jpg")
    (tmp_path / "root/inside/loop").symlink_to(target)
    assert found(tmp_path / "root") == ["inside/a.jpg"]
    assert [item.path for item in left(tmp_path / "root")] == ["inside/loop"]


@posix
def test_links_that_point_at_each_other_end(tmp_path: Path) -> None:
    put(tmp_path, "root/r.jpg", "x/a.jpg", "y/b.jpg")
    (tmp_path / "root/to_x").symlink_to(tmp_path / "x")
    (tmp_path / "x/to_y").symlink_to(tmp_path / "y")
    (tmp_path / "y/to_x").symlink_to(tmp_path / "x")
    assert found(tmp_path / "root") == ["r.jpg", "to_x/a.jpg", "to_x/to_y/b.jpg"]


@posix
def test_a_link_to_nowhere_or_to_itself_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to("nothing")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    words = "It is a link that leads nowhere."
    assert left(tmp_path) == [
        LeftOut("gone.jpg", words, False),
        LeftOut("self.jpg", words, False),
    ]


@posix
def test_a_linked_file_is_taken_with_the_size_of_its_target(tmp_path: Path) -> None:
    put(tmp_path, "store/a.jpg", content=b"123")
    (tmp_path / "flight").mkdir()
    (tmp_path / "flight/b.jpg").symlink_to(tmp_path / "store/a.jpg")
    (item,) = scan(tmp_path / "flight")
    assert isinstance(item, Found) and item.size == 3


@posix
def test_pipes_and_sockets_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(tmp_path / "socket.jpg"))
        items = left(tmp_path)
    assert [(item.path, item.words, item.fault) for item in items] == [
        ("pipe.jpg", "It is no file but a pipe.", False),
        ("socket.jpg", "It is no file but a socket.", False),
    ]


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_folder_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "closed/b.jpg")
    (tmp_path / "closed").chmod(0)
    try:
        assert [(item.path, item.fault) for item in left(tmp_path)] == [("closed", True)]
        assert found(tmp_path) == ["a.jpg"]
    finally:
        (tmp_path / "closed").chmod(0o700)


@posix
def test_a_folder_that_vanishes_meanwhile_is_a_fault(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "b/c.jpg", "d/e.jpg")
    going = walk([tmp_path], Choice(), Cancel())
    next(going)
    (tmp_path / "b/c.jpg").unlink()
    (tmp_path / "b").rmdir()
    fault, rest = list(going)
    assert isinstance(fault, LeftOut) and (fault.path, fault.fault) == ("b", True)
    assert isinstance(rest, Found)


@posix
def test_a_card_that_is_pulled_meanwhile_ends_the_walk(tmp_path: Path) -> None:
    put(tmp_path, "card/a.jpg", "card/b/c.jpg")
    going = walk([tmp_path / "card"], Choice(), Cancel())
    next(going)
    (tmp_path / "card").rename(tmp_path / "elsewhere")
    with pytest.raises(FileGone, match="is not there"):
        list(going)


@linux
def test_names_that_are_no_unicode_are_shown_valid_and_keep_their_bytes(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path)
    for name in (b"caf\xe9.jpg", b"caf\xe8.jpg", b"line\nbreak.jpg"):
        with open(raw + b"/" + name, "wb"):  # noqa: PTH123
            pass
    items = [item for item in scan(tmp_path) if isinstance(item, Found)]
    assert len({item.path for item in items}) == 3
    for item in items:
        item.path.encode()
        assert item.path.isprintable() and item.path.endswith(".jpg") and "\ufffd" in item.path
        assert (tmp_path / item.relative).exists()
    # What comes later, as more copies arrive, never takes over a path that was recorded.
    with open(raw + b"/caf\xe0.jpg", "wb"):  # noqa: PTH123
        pass
    again = {i.relative: i.path for i in scan(tmp_path) if isinstance(i, Found)}
    assert [again[item.relative] for item in items] == [item.path for item in items]


def test_a_root_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileGone, match="nothing is not there"):
        walk([tmp_path / "nothing"], Choice(), Cancel())


def test_nothing_to_walk_is_wrong_use() -> None:
    with pytest.raises(UsageError):
        walk([], Choice(), Cancel())


@posix
def test_a_device_is_no_root() -> None:
    with pytest.raises(UsageError, match="neither a folder nor a file"):
        walk([Path("/dev/null")], Choice(), Cancel())


def test_walking_stops_when_it_is_told_to(tmp_path: Path) -> None:
    put(tmp_path, *(f"{number}.jpg" for number in range(9)))
    cancel = Cancel()
    going = walk([tmp_path], Choice(), cancel)
    next(going)
    cancel.set()
    with pytest.raises(Cancelled):
        next(going)


def test_very_deep_folders_are_walked(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(300):
        deep = deep / "d"
    deep.mkdir(parents=True)
    put(deep, "a.jpg")
    assert found(tmp_path) == ["d/" * 300 + "a.jpg"]


def test_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    assert scan(tmp_path) == []


def test_hundreds_of_files_take_no_time_worth_speaking_of(tmp_path: Path) -> None:
    for folder in range(5):
        (tmp_path / str(folder)).mkdir()
        for number in range(100):
            (tmp_path / str(folder) / f"{number}.jpg").touch()
    began = time.thread_time()
    assert len(found(tmp_path)) == 500
    # 100,000 files in a minute at the very worst.
    assert time.thread_time() - began < 0.3
