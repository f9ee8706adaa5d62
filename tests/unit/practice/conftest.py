"""A practice cloud per test, and clocks that tests turn themselves."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.practice.cloud import PracticeCloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[PracticeCloud]:
    with PracticeCloud(tmp_path / "cloud", rng=random.Random(7)) as running:
        yield running
