"""What the service works on after the delivery: each reconstruction with its progress."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.domain import words
from app.domain.model import Job
from app.domain.states import JOB_ENDED, BatchState, JobState
from app.engine.engine import Snapshot
from app.ui.controller import Controller
from app.ui.language import nt, said, t
from app.ui.look import parts, theme
from app.ui.look.icons import Tint
from app.ui.look.labels import ElidedLabel, Picture
from app.ui.look.parts import Bar, Kind, Role, Translated
from app.ui.look.strips import Confirm, CopyButton, Question
from app.ui.states import JOB_LOOKS

_START: Final = JOB_LOOKS[JobState.ASKING][0], 20
_BAR: Final = 120  # pixels
_ID: Final = 132
_END: Final = Qt.TextElideMode.ElideRight


class Jobs(Translated, parts.Card):
    """Hidden while the batch has no job. Stopping one stops them all: the service knows no less."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._snapshot: Snapshot | None = None
        self._rows: list[_Row] = []
        self._stopping: set[str] = set()
        self._stop = parts.button(Kind.PLAIN)
        self._stop.clicked.connect(self._ask)
        self._confirm = Confirm()
        self._box = QVBoxLayout()
        self._box.setSpacing(theme.XS)
        controller.problem.connect(self._give_up)
        line = parts.row(self._box, self._stop, spacing=theme.M)
        line.setStretch(0, 1)
        line.setAlignment(self._stop, Qt.AlignmentFlag.AlignTop)
        margins = (theme.M, theme.S, theme.S, theme.S)
        self.setLayout(parts.column(line, self._confirm, margins=margins))
        self.hide()
        self.retranslate()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if self._snapshot is not None and self._snapshot.batch.id != snapshot.batch.id:
            self._confirm.close_question()
        self._snapshot = snapshot
        self.retranslate()

    def retranslate(self) -> None:
        if self._snapshot is None:
            return
        jobs = self._snapshot.jobs
        self.setVisible(bool(jobs))
        while len(self._rows) < len(jobs):
            row = _Row()
            self._rows.append(row)
            self._box.addWidget(row)
        for index, row in enumerate(self._rows):
            row.setVisible(index < len(jobs))
            if index < len(jobs):
                row.show_job(jobs[index])
        self._show_stop()

    def _show_stop(self) -> None:
        open_jobs = self._open_jobs()
        batch_id = self._snapshot.batch.id if self._snapshot else ""
        if not open_jobs:
            self._stopping.discard(batch_id)
            self._confirm.close_question()
        stopping = batch_id in self._stopping
        self._stop.setVisible(bool(open_jobs))
        self._stop.setEnabled(not stopping)
        count = nt("Stop {n} reconstruction…", "Stop {n} reconstructions…", len(open_jobs))
        self._stop.setText(t("Stopping…") if stopping else count)

    def _open_jobs(self) -> list[Job]:
        """Only those of a delivered batch: before that, cancelling would give up its files."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.batch.state is not BatchState.DELIVERED:
            return []
        return [job for job in snapshot.jobs if job.id and job.state not in JOB_ENDED]

    def _ask(self) -> None:
        if self._snapshot is None:
            return
        batch_id, count = self._snapshot.batch.id, len(self._open_jobs())

        def question() -> Question:
            return Question(
                nt("Stop {n} reconstruction?", "Stop {n} reconstructions?", count),
                t("The photos stay at the service. What was worked out so far is lost."),
                nt("Stop {n} reconstruction", "Stop {n} reconstructions", count),
                t("Let it go on"),
            )

        def stop() -> None:
            self._stopping.add(batch_id)
            self._show_stop()
            self._controller.cancel(batch_id)

        self._confirm.ask(question, stop)

    def _give_up(self, _: object) -> None:
        self._stopping.clear()
        self._show_stop()


class _Row(QWidget):
    """One line; what is not known of the job is not there."""

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture(*_START)
        self._kind = parts.label(Role.BODY)
        self._kind.setFont(theme.font(semibold=True))
        self._bar = Bar()
        self._bar.setFixedWidth(_BAR)
        self._state = parts.label(Role.FIGURES)
        self._words = ElidedLabel(Role.DIM, mode=_END)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._id = ElidedLabel(Role.DIM)
        self._id.setMaximumWidth(_ID)
        self._copy = CopyButton()
        line = parts.row(self._picture, self._kind, self._bar, self._state, self._words,
                         self._id, self._copy)  # fmt: skip
        line.setStretch(4, 1)
        self.setLayout(line)

    def show_job(self, job: Job) -> None:
        icon, tint = JOB_LOOKS[job.state]
        self._picture.show_icon(icon, tint)
        self._kind.setText(t("{kind} reconstruction", kind=words.kind(job.kind)))
        state = said(words.JOB_WORDS[job.state])
        percent = t("{state}, {n} %", state=state, n=job.progress)
        self._state.setText(percent if job.state is JobState.WORKING else state)
        self._show_bar(job, tint)
        self._words.setText(said(job.words))
        self._id.setText(job.id)
        self._id.setVisible(bool(job.id))
        self._copy.setVisible(bool(job.id))
        self._copy.show_text(job.id)

    def _show_bar(self, job: Job, tint: Tint) -> None:
        """One that is over is told by picture and word."""
        self._bar.setVisible(job.state not in JOB_ENDED)
        self._bar.show_progress(job.progress / 100)
        self._bar.set_tint(tint)
        self._bar.setAccessibleName(words.kind(job.kind))
