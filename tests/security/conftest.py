"""The practice cloud in this process; the program in processes of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.practice.cloud import PracticeCloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[PracticeCloud]:
    (tmp_path / "cloud").mkdir()
    with PracticeCloud(tmp_path / "cloud") as made:
        yield made
