"""The stages: only those the service has, each where it is."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.bootstrap import spec_of
from app.domain.model import Counts, Job
from app.domain.states import BatchState, JobState
from app.ui.batches.stages import Mark, StageRow, Step, stages
from tests.ui.batch_kit import CLOUD_API, FLIGHTHUB, METASTUDIO, batch, snapshot

_ALL = Counts(total=2, delivered=2, bytes_total=10, bytes_delivered=10, bytes_stored=10)
_STORED = Counts(total=2, waiting=2, bytes_total=10, bytes_stored=10)
_HALF = Counts(total=2, delivered=1, waiting=1, bytes_total=10, bytes_delivered=5, bytes_stored=5)
_MISSING = Counts(total=2, delivered=1, failed=1, bytes_total=10, bytes_delivered=5, bytes_stored=5)


def marks(
    state: BatchState, counts: Counts = _HALF, *jobs: Job, runs: bool = True,
    service: str = FLIGHTHUB, wanted: tuple[str, ...] = (),
) -> dict[Step, Mark]:  # fmt: skip
    made = snapshot(batch(state, jobs=wanted, service=service), counts, None, *jobs)
    return {stage.step: stage.mark for stage in stages(made, spec_of(service), runs)}


def test_a_service_without_groups_has_nothing_to_finish() -> None:
    assert Step.FINISH not in marks(BatchState.RUNNING, service=METASTUDIO)
    assert Step.FINISH in marks(BatchState.RUNNING, service=CLOUD_API)


def test_a_model_is_a_stage_only_where_one_is_wanted() -> None:
    assert Step.MODEL not in marks(BatchState.RUNNING)
    assert marks(BatchState.RUNNING, wanted=("3d",))[Step.MODEL] is Mark.LATER


@pytest.mark.parametrize(
    ("state", "counts", "expected"),
    [
        (BatchState.SCANNING, Counts(), "now later later later"),
        (BatchState.READY, _HALF, "done later later later"),
        (BatchState.RUNNING, Counts(total=1, bytes_total=9, waiting=1), "done now later later"),
        (BatchState.RUNNING, _HALF, "done now now later"),
        (BatchState.RUNNING, _STORED, "done done now later"),
        (BatchState.FINISHING, _ALL, "done done done now"),
        (BatchState.DELIVERED, _ALL, "done done done done"),
        (BatchState.ATTENTION, _MISSING, "done trouble rests later"),
        (BatchState.ATTENTION, _ALL, "done done done trouble"),
        (BatchState.CANCELLED, _MISSING, "done stopped stopped stopped"),
        (BatchState.CANCELLED, Counts(), "stopped stopped stopped stopped"),
        (BatchState.EMPTY, Counts(), "trouble stopped stopped stopped"),
    ],
)
def test_each_stage_is_where_the_batch_is(state: BatchState, counts: Counts, expected: str) -> None:
    assert " ".join(mark.value for mark in marks(state, counts).values()) == expected


def test_a_batch_that_is_not_carried_rests_at_its_stage() -> None:
    assert marks(BatchState.PAUSED, _HALF, runs=False)[Step.UPLOAD] is Mark.RESTS


@pytest.mark.parametrize(
    ("states", "mark"),
    [
        ((JobState.SUCCEEDED, JobState.SUCCEEDED), Mark.DONE),
        ((JobState.SUCCEEDED, JobState.WORKING), Mark.NOW),
        ((JobState.FAILED, JobState.WORKING), Mark.TROUBLE),
        ((JobState.UNKNOWN,), Mark.TROUBLE),
        ((JobState.STOPPED, JobState.SUCCEEDED), Mark.STOPPED),
        ((JobState.ASKING,), Mark.NOW),
    ],
)
def test_the_model_is_as_its_jobs_are(states: tuple[JobState, ...], mark: Mark) -> None:
    jobs = [Job("b1", f"k{n}", str(n), state) for n, state in enumerate(states)]
    assert marks(BatchState.DELIVERED, _ALL, *jobs)[Step.MODEL] is mark


def test_the_row_tells_a_screen_reader_every_stage(qtbot: QtBot) -> None:
    row = StageRow()
    qtbot.addWidget(row)
    row.show_stages(stages(snapshot(batch(), _HALF), spec_of(FLIGHTHUB), True))
    spoken = row.accessibleDescription()
    assert spoken == "Read: done, Upload: under way, Register: under way, Finish: comes later"
