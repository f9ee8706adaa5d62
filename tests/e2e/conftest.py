"""The practice cloud in this process, the program in processes of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.practice.cloud import PracticeAccount, PracticeCloud
from tests.helpers.workbench import SERVICES


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[PracticeCloud]:
    (tmp_path / "cloud").mkdir()
    with PracticeCloud(tmp_path / "cloud") as made:
        yield made


@pytest.fixture(params=SERVICES)
def account(request: pytest.FixtureRequest, cloud: PracticeCloud) -> PracticeAccount:
    return next(item for item in cloud.accounts if item.service == request.param)
