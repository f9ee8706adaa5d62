"""The steps a batch takes at its service, and the row that shows where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.model import Counts, Job
from app.domain.states import BatchState, JobState
from app.engine.engine import Snapshot
from app.services.base import ServiceSpec
from app.ui.batches.progress import arrived, expected, wanted
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import Picture
from app.ui.look.parts import Role, Translated


class Step(Enum):
    READ = "read"
    UPLOAD = "upload"
    REGISTER = "register"
    FINISH = "finish"
    MODEL = "model"


class Mark(Enum):
    LATER = "later"
    NOW = "now"
    RESTS = "rests"
    DONE = "done"
    TROUBLE = "trouble"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Stage:
    step: Step
    mark: Mark


_LOOKS: Final = {
    Mark.LATER: (Icon.MINUS, Tint.DIM),
    Mark.RESTS: (Icon.PAUSE, Tint.DIM),
    Mark.DONE: (Icon.TICK, Tint.GOOD),
    Mark.TROUBLE: (Icon.BANG, Tint.WARN),
    Mark.STOPPED: (Icon.CANCEL, Tint.DIM),
}
_AFTER_SENDING: Final = frozenset({BatchState.FINISHING, BatchState.DELIVERED})
_AT_WORK: Final = {
    Step.READ: Icon.LENS,
    Step.UPLOAD: Icon.ARROW_UP,
    Step.REGISTER: Icon.LINK,
    Step.FINISH: Icon.CLOUD_TICK,
    Step.MODEL: Icon.CUBE,
}
_ENDED_EARLY: Final = frozenset({BatchState.CANCELLED, BatchState.EMPTY})


def stages(snapshot: Snapshot, spec: ServiceSpec, runs: bool) -> tuple[Stage, ...]:
    """Only the steps this service has: one without remote groups has nothing to finish."""
    batch = snapshot.batch
    made = [Stage(Step.READ, _read(snapshot, runs)), Stage(Step.UPLOAD, _upload(snapshot, runs)),
            Stage(Step.REGISTER, _register(snapshot, runs))]  # fmt: skip
    if spec.group_name:
        made.append(Stage(Step.FINISH, _finish(snapshot, runs)))
    if batch.jobs_wanted or snapshot.jobs:
        made.append(Stage(Step.MODEL, _model(snapshot)))
    return tuple(made)


def _going(runs: bool) -> Mark:
    return Mark.NOW if runs else Mark.RESTS


def _read(snapshot: Snapshot, runs: bool) -> Mark:
    match snapshot.batch.state:
        case BatchState.SCANNING:
            return _going(runs)
        case BatchState.EMPTY:
            return Mark.TROUBLE
        case BatchState.CANCELLED if not snapshot.counts.total:
            return Mark.STOPPED
        case _:
            return Mark.DONE


def _upload(snapshot: Snapshot, runs: bool) -> Mark:
    state, counts = snapshot.batch.state, snapshot.counts
    if state in (BatchState.SCANNING, BatchState.READY):
        return Mark.LATER
    if state in _AFTER_SENDING or _all_stored(counts):
        return Mark.DONE
    if state in _ENDED_EARLY:
        return Mark.STOPPED
    return Mark.TROUBLE if state is BatchState.ATTENTION else _going(runs)


def _register(snapshot: Snapshot, runs: bool) -> Mark:
    state, counts = snapshot.batch.state, snapshot.counts
    if state in (BatchState.SCANNING, BatchState.READY):
        return Mark.LATER
    if state in _AFTER_SENDING or (counts.total and arrived(counts) >= expected(counts)):
        return Mark.DONE
    if state in _ENDED_EARLY:
        return Mark.STOPPED
    if not counts.bytes_stored:
        return Mark.LATER
    if state is BatchState.ATTENTION:
        return Mark.TROUBLE if _all_stored(counts) else Mark.RESTS
    return _going(runs)


def _finish(snapshot: Snapshot, runs: bool) -> Mark:
    match snapshot.batch.state:
        case BatchState.FINISHING:
            return _going(runs)
        case BatchState.DELIVERED:
            return Mark.DONE
        case BatchState.CANCELLED | BatchState.EMPTY:
            return Mark.STOPPED
        case BatchState.ATTENTION if not snapshot.counts.failed:
            return Mark.DONE if snapshot.jobs else Mark.TROUBLE
        case _:
            return Mark.LATER


def _model(snapshot: Snapshot) -> Mark:
    if not snapshot.jobs:
        return Mark.STOPPED if snapshot.batch.state in _ENDED_EARLY else Mark.LATER
    return _of_jobs(snapshot.jobs)


def _of_jobs(jobs: Sequence[Job]) -> Mark:
    states = {job.state for job in jobs}
    if states == {JobState.SUCCEEDED}:
        return Mark.DONE
    if states & {JobState.FAILED, JobState.UNKNOWN}:
        return Mark.TROUBLE
    if states <= {JobState.SUCCEEDED, JobState.STOPPED}:
        return Mark.STOPPED
    return Mark.NOW


def _all_stored(counts: Counts) -> bool:
    return counts.total > 0 and counts.bytes_stored >= wanted(counts)


class StageRow(Translated, QWidget):
    """One picture and one word for each step; the step of the moment is written in full colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stages: tuple[Stage, ...] = ()
        self._box = QHBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.L)
        self._cells = {step: _Cell(step) for step in Step}
        for cell in self._cells.values():
            self._box.addWidget(cell)
        self._box.addStretch(1)
        self.show_stages(())

    def show_stages(self, made: tuple[Stage, ...]) -> None:
        if made == self._stages and made:
            return
        self._stages = made
        shown = {stage.step: stage.mark for stage in made}
        for step, cell in self._cells.items():
            cell.setVisible(step in shown)
            if step in shown:
                cell.show_mark(shown[step])
        self._tell()

    def retranslate(self) -> None:
        for stage in self._stages:
            self._cells[stage.step].show_mark(stage.mark)
        self._tell()

    def _tell(self) -> None:
        spoken = [f"{_step_word(s.step)}: {_mark_word(s.mark)}" for s in self._stages]
        self.setAccessibleName(t("Stages"))
        self.setAccessibleDescription(", ".join(spoken))


class _Cell(QWidget):
    def __init__(self, step: Step) -> None:
        super().__init__()
        self._step = step
        self._picture = Picture(Icon.MINUS, 16, Tint.DIM)
        self._word = parts.label(Role.BODY)
        self.setLayout(parts.row(self._picture, self._word, spacing=5))

    def show_mark(self, mark: Mark) -> None:
        word = _step_word(self._step)
        self._picture.show_icon(*_LOOKS.get(mark, (_AT_WORK[self._step], Tint.ACCENT)))
        self._word.setText(word)
        parts.name(self, f"{word}: {_mark_word(mark)}")
        role = Role.DIM if mark in (Mark.LATER, Mark.STOPPED) else Role.BODY
        if self._word.property("role") != role.value:
            self._word.setProperty("role", role.value)
            parts.restyle(self._word)


def _step_word(step: Step) -> str:
    return {
        Step.READ: t("Read"),
        Step.UPLOAD: t("Upload"),
        Step.REGISTER: t("Register"),
        Step.FINISH: t("Finish"),
        Step.MODEL: t("Model"),
    }[step]


def _mark_word(mark: Mark) -> str:
    return {
        Mark.LATER: t("comes later"),
        Mark.NOW: t("under way"),
        Mark.RESTS: t("rests"),
        Mark.DONE: t("done"),
        Mark.TROUBLE: t("needs you"),
        Mark.STOPPED: t("stopped"),
    }[mark]
