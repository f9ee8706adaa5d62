"""The practice stage: everything in a folder of its own, delivered everywhere, gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.domain.states import BatchState
from app.ui.practice import PracticeStage
from tests.helpers.flights import write_flight
from tests.ui.batch_kit import until


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary folders go in these tests."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder


def left(place: Path) -> list[str]:
    return [entry.name for entry in place.iterdir()]


def states(stage: PracticeStage) -> list[BatchState]:
    return [batch.state for batch in stage.controller.engine.batches()]


async def test_a_folder_of_ones_own_goes_to_every_service(
    qapp: QApplication, place: Path, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 3, 1000, 2000)
    stage = PracticeStage(tmp_path / "card")
    try:
        assert len(left(place)) == 1
        stage.start()
        await until(lambda: states(stage) == [BatchState.DELIVERED] * 3, 60)
        batches = stage.controller.engine.batches()
        assert len({batch.service for batch in batches}) == 3
        assert all(batch.jobs_wanted == () for batch in batches)
        assert all(stage.controller.engine.counts(b.id).delivered == 3 for b in batches)
    finally:
        await stage.close()
    assert left(place) == [], "nothing of it stays"
    assert (tmp_path / "card").is_dir(), "but the folder does"


async def test_left_in_the_middle_it_leaves_nothing(qapp: QApplication, place: Path) -> None:
    stage = PracticeStage()
    stage.start()
    await until(lambda: stage.controller.engine.running)
    await stage.close()
    assert left(place) == []


async def test_left_before_the_flight_is_written_it_leaves_nothing(
    qapp: QApplication, place: Path
) -> None:
    stage = PracticeStage()
    stage.start()
    await stage.close()
    assert left(place) == []


async def test_the_sample_flight_is_asked_to_be_reconstructed(
    qapp: QApplication, place: Path
) -> None:
    stage = PracticeStage()
    try:
        stage.start()
        await until(lambda: len(stage.controller.engine.batches()) == 3)
        wanted = {b.service: b.jobs_wanted for b in stage.controller.engine.batches()}
        assert len(wanted["flighthub2"]) == 1
    finally:
        await stage.close()
