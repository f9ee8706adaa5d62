"""Reading past the cache: the same bytes, and truly those of the medium."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.errors import FileGone
from app.domain.ports import Cancel
from app.media.fingerprint import digest_anew
from app.media.uncached import STEP, aligned, uncached

OLD, NEW = b"as it was uploaded ", b"as the card has it "


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, STEP - 1, STEP, STEP + 1, 3 * STEP + 77])
def test_the_same_bytes_are_read(tmp_path: Path, size: int) -> None:
    content = random.Random(size).randbytes(size)
    path = tmp_path / "DJI_0001.JPG"
    path.write_bytes(content)
    told: list[int] = []
    digests, _ = digest_anew(path, path.name, size, Cancel(), told.append)
    assert digests.md5 == hashlib.md5(content).hexdigest()
    assert digests.sha256 == hashlib.sha256(content).hexdigest()
    assert sum(told) == size


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileGone):
        digest_anew(tmp_path / "none.JPG", "none.JPG", 1, Cancel())


@pytest.mark.skipif(sys.platform != "linux", reason="its folder in memory has no medium")
def test_a_folder_in_memory_is_read_as_usual_or_is_its_own_medium() -> None:
    path = Path(f"/dev/shm/postflight-{os.getpid()}")  # noqa: S108
    path.write_bytes(b"x" * 5000)
    try:
        digests, _ = digest_anew(path, path.name, 5000, Cancel())
    finally:
        path.unlink()
    assert digests.md5 == hashlib.md5(b"x" * 5000).hexdigest()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A file system of its own, mounted, and the image that is its medium."""
    wanted = ("mkfs.ext4", "mount", "umount")
    if sys.platform != "linux" or os.geteuid() != 0 or not all(map(shutil.which, wanted)):
        pytest.skip("only root on Linux may mount a medium of its own")
    image, folder = tmp_path / "image", tmp_path / "mounted"
    image.write_bytes(b"\0" * (16 * 1024 * 1024))
    folder.mkdir()
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    mounted = subprocess.run(
        ["mount", "-o", "loop", str(image), str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr!r}")
    yield folder, image
    subprocess.run(["umount", str(folder)], check=True)


def test_the_medium_is_read_and_not_what_the_system_remembers(disk: tuple[Path, Path]) -> None:
    """The medium changes behind the system's back: only reading past the cache sees it."""
    folder, image = disk
    path = folder / "DJI_0001.JPG"
    path.write_bytes(OLD * 10_000)
    os.sync()
    assert path.read_bytes() == OLD * 10_000
    size = image.stat().st_size
    with image.open("r+b") as stream:
        content = stream.read()
        assert content.count(OLD) >= 9_000
        stream.seek(0)
        stream.write(content.replace(OLD, NEW))
    assert image.stat().st_size == size
    assert path.read_bytes() == OLD * 10_000  # from memory
    with uncached(path) as opened:
        assert opened.bypassed
        view = aligned()
        count = opened.read(view)
        assert bytes(view[:count]) == NEW * 10_000
    digests, bypassed = digest_anew(path, path.name, len(NEW) * 10_000, Cancel())
    assert bypassed and digests.md5 == hashlib.md5(NEW * 10_000).hexdigest()
