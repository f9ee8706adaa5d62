"""Fingerprints of files that hold still, and of some that do not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import Cancelled, FileChanged, FileGone
from app.domain.model import Digests
from app.domain.ports import Cancel
from app.media.fingerprint import END, digest, same_time
from app.media.uncached import STEP

HOUR = 3600 * 10**9


def take(
    path: Path,
    shown: str = "a.jpg",
    *,
    cancel: Cancel | None = None,
    progress: Callable[[int], None] | None = None,
) -> Digests:
    found = path.stat()
    seen = (found.st_size, found.st_mtime_ns)
    return digest(path, shown, *seen, cancel or Cancel(), progress)


def quick_of(content: bytes, shown: str) -> str:
    ends = content[:END] + content[-END:]
    return hashlib.md5(f"{len(content)}\n{shown}\n".encode() + ends).hexdigest()


@pytest.mark.parametrize(
    "size",
    [0, 1, END - 1, END, END + 1, 2 * END, STEP - 1, STEP, STEP + 1, STEP + END - 1, 3 * STEP],
)
def test_md5_is_of_all_bytes_and_quick_of_both_ends(tmp_path: Path, size: int) -> None:
    content = (bytes(range(251)) * (size // 251 + 1))[:size]
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    digests = take(path)
    assert digests == Digests(
        hashlib.md5(content).hexdigest(),
        quick_of(content, "a.jpg"),
        hashlib.sha256(content).hexdigest(),
    )


def test_a_video_is_hashed_in_two_threads_and_comes_to_the_same(tmp_path: Path) -> None:
    path, size = tmp_path / "a.mp4", 64 * STEP + 3
    content = b"".join(number.to_bytes(4, "big") * (STEP // 4) for number in range(64)) + b"end"
    path.write_bytes(content)
    told: list[int] = []
    digests = take(path, "a.mp4", progress=told.append)
    assert sum(told) == size
    assert digests == Digests(
        hashlib.md5(content).hexdigest(),
        quick_of(content, "a.mp4"),
        hashlib.sha256(content).hexdigest(),
    )


def test_equal_files_in_two_folders_differ_in_the_quick_fingerprint_only(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x" * 10)
    one, other = take(path, "DJI_001/a.jpg"), take(path, "DJI_002/a.jpg")
    assert one.md5 == other.md5 and one.quick != other.quick


def test_decomposed_letters_in_the_path_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")
    assert take(path, "Z\u00fcrich/a.jpg") == take(path, "Zu\u0308rich/a.jpg")


def test_progress_is_told_every_byte_in_steps(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x" * (2 * STEP + 5))
    told: list[int] = []
    take(path, progress=told.append)
    assert told == [STEP, STEP, 5]


def test_it_stops_between_two_steps(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x" * (3 * STEP))
    cancel = Cancel()
    told: list[int] = []

    def progress(amount: int) -> None:
        told.append(amount)
        cancel.set()

    with pytest.raises(Cancelled):
        take(path, cancel=cancel, progress=progress)
    assert told == [STEP]


def test_a_file_of_another_size_than_the_scan_saw_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"xx")
    with pytest.raises(FileChanged, match="since it was found"):
        digest(path, "a.jpg", 1, path.stat().st_mtime_ns, Cancel())


def test_a_file_of_another_time_than_the_scan_saw_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"xx")
    with pytest.raises(FileChanged, match="since it was found"):
        digest(path, "a.jpg", 2, path.stat().st_mtime_ns + 60 * 10**9, Cancel())


def append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


def shorten(path: Path) -> None:
    os.truncate(path, STEP + 1)


def rewrite(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.write(b"other")
    moved = path.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(moved, moved))


@pytest.mark.parametrize("change", [append, shorten, rewrite])
def test_a_file_that_moves_meanwhile_has_changed(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x" * (2 * STEP))
    changes = [change]

    def progress(_: int) -> None:
        if changes:
            changes.pop()(path)

    with pytest.raises(FileChanged, match="while it was being read"):
        take(path, progress=progress)


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs Linux' own files")
def test_a_file_with_more_bytes_than_its_size_has_changed() -> None:
    with pytest.raises(FileChanged, match="while it was being read"):
        take(Path("/proc/version"))


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileGone, match=r"a\.jpg"):
        digest(tmp_path / "a.jpg", "a.jpg", 1, 1, Cancel())


@pytest.mark.parametrize(
    "apart",
    [0, 10**9, 2 * 10**9, HOUR, -HOUR, HOUR + 2 * 10**9, HOUR - 2 * 10**9, HOUR // 4, 26 * HOUR],
)
def test_times_of_a_card_may_move_by_time_zones(apart: int) -> None:
    assert same_time(10**18, 10**18 + apart)


@pytest.mark.parametrize("apart", [3 * 10**9, HOUR + 3 * 10**9, 60 * 10**9, 27 * HOUR])
def test_other_times_are_other_moments(apart: int) -> None:
    assert not same_time(10**18, 10**18 + apart)
    assert not same_time(10**18 + apart, 10**18)


@settings(max_examples=50)
@given(st.integers(0, 2**62), st.integers(-2 * 10**9, 2 * 10**9), st.integers(-104, 104))
def test_the_same_moment_is_the_same_both_ways(one: int, slack: int, quarters: int) -> None:
    other = one + slack + quarters * HOUR // 4
    assert same_time(one, other) and same_time(other, one)
