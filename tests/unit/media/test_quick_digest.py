"""The quick fingerprint alone equals the one taken with the whole file."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.errors import FileChanged, FileGone
from app.domain.ports import Cancel
from app.media.fingerprint import digest, quick_digest


@pytest.mark.parametrize("size", [1, 1000, 65_536, 65_537, 131_072, 200_000, 3_000_000])
def test_both_ways_agree_at_every_size(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(number % 251 for number in range(size)))
    whole = digest(path, "DCIM/a.jpg", size, path.stat().st_mtime_ns, Cancel())
    assert quick_digest(path, "DCIM/a.jpg", size) == whole.quick
    assert quick_digest(path, "DCIM/b.jpg", size) != whole.quick


def test_a_file_of_another_size_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12345")
    with pytest.raises(FileChanged):
        quick_digest(tmp_path / "a.jpg", "a.jpg", 4)
    with pytest.raises(FileGone):
        quick_digest(tmp_path / "b.jpg", "b.jpg", 4)
