"""The head of a batch's page: how far in words, the bar, the stages, and what it needs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.domain.errors import UsageError
from app.domain.model import Batch
from app.domain.states import ENDED, BatchState
from app.engine.engine import Snapshot
from app.ui import text
from app.ui.batches import progress, wishes
from app.ui.batches.actions import fill_menu
from app.ui.batches.progress import Ratchet, Reach
from app.ui.batches.reason import Reason
from app.ui.batches.stages import StageRow, stages
from app.ui.batches.wishes import Wish
from app.ui.controller import Controller
from app.ui.language import said, t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import ElidedLabel
from app.ui.look.parts import Bar, Kind, Role, Sparkline, Translated

_SPEEDS: Final = 60  # samples, five minutes of them
_EVERY: Final = 5.0  # seconds between two samples
_CALM: Final = 1.0  # seconds that a speed and a remaining time stay as they are

_LINE: Final = 6  # samples, half a minute: fewer make no line
# In a narrower head than this many pixels there is no room for the line, and for the stages.
_SPARK: Final = 660
_STAGES: Final = 440

_BAR_TINTS: Final = {
    BatchState.DELIVERED: Tint.GOOD,
    BatchState.ATTENTION: Tint.WARN,
    BatchState.CANCELLED: Tint.DIM,
    BatchState.EMPTY: Tint.DIM,
    BatchState.PAUSED: Tint.DIM,
}


class Speeds:
    """The last five minutes of each batch that is sent, whichever one is looked at."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._kept: dict[str, deque[float]] = {}
        self._last: dict[str, float] = {}

    def due(self, batch_id: str) -> bool:
        now = self._monotonic()
        return now - self._last.get(batch_id, -_EVERY) >= _EVERY

    def add(self, batch_id: str, speed: float) -> None:
        self._last[batch_id] = self._monotonic()
        self._kept.setdefault(batch_id, deque(maxlen=_SPEEDS)).append(speed)

    def of(self, batch_id: str) -> tuple[float, ...]:
        return tuple(self._kept.get(batch_id, ()))

    def forget(self, batch_id: str) -> None:
        self._kept.pop(batch_id, None)
        self._last.pop(batch_id, None)


class BatchHead(Translated, QWidget):
    """Shows what it is given; asks for a wish through `wished`."""

    wished = Signal(object)  # Wish
    not_sent_wished = Signal()

    def __init__(
        self,
        controller: Controller,
        monotonic: Callable[[], float] = time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._monotonic = monotonic
        self._snapshot: Snapshot | None = None
        self._ratchet = Ratchet()
        self._speeds = Speeds(monotonic)
        self._calm_until = 0.0
        self._about = ""
        self._sends = False
        self._samples = 0
        self._cancelling: set[str] = set()
        self._notices: dict[str, str] = {}
        self._make_parts()
        self._put_together()
        controller.feed.batch_changed.connect(self._sample)
        controller.feed.noticed.connect(self._noticed)
        controller.problem.connect(self._give_up)
        self.retranslate()

    def _make_parts(self) -> None:
        self.headline = parts.label(Role.TITLE)
        self.headline.setFont(theme.figures(self.headline.font()))
        self.headline.setWordWrap(True)
        # Words that change ten times a second must not shove the page about.
        self.headline.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.which = ElidedLabel(Role.DIM, mode=Qt.TextElideMode.ElideRight)
        self.bar = Bar()
        self.stages = StageRow()
        self.spark = Sparkline(_SPEEDS)
        self.speed = parts.label(Role.FIGURES)
        self.notice = ElidedLabel(Role.DIM, mode=Qt.TextElideMode.ElideRight)
        self.pause = self._wish_button(Kind.PLAIN, Wish.PAUSE)
        self.resume = self._wish_button(Kind.PRIMARY, Wish.RESUME)
        self.more = parts.tool(Icon.MORE)
        self.menu = parts.menu(self)
        self.more.clicked.connect(self._open_menu)
        self.reason = Reason()
        self.reason.wished.connect(self.wished)
        self.reason.not_sent_wished.connect(self.not_sent_wished)

    def _wish_button(self, kind: Kind, wish: Wish) -> QPushButton:
        made = parts.button(kind, wishes.ICONS[wish])
        made.clicked.connect(lambda: self.wished.emit(wish))
        return made

    def _put_together(self) -> None:
        words = parts.column(self.headline, self.which, spacing=2)
        top: QHBoxLayout = parts.row(words, self.pause, self.resume, self.more)
        top.setStretch(0, 1)
        top.setAlignment(self.pause, Qt.AlignmentFlag.AlignTop)
        top.setAlignment(self.resume, Qt.AlignmentFlag.AlignTop)
        top.setAlignment(self.more, Qt.AlignmentFlag.AlignTop)
        self._low = QWidget()
        self._low.setLayout(parts.row(self.stages, None, self.spark, self.speed, spacing=theme.M))
        self._low.setMinimumHeight(self.spark.sizeHint().height())
        self.setLayout(
            parts.column(top, self.bar, self._low, self.notice, self.reason, spacing=theme.S)
        )

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """What tells least goes first where there is little room."""
        width = self.width() / theme.scale()
        sends = self._sends
        self._low.setVisible(width >= _STAGES or sends)
        self.stages.setVisible(width >= _STAGES)
        self.speed.setVisible(sends)
        self.spark.setVisible(sends and width >= _SPARK and self._samples >= _LINE)

    # -- what is shown ---------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        before = self._snapshot
        if before is None or before.batch != snapshot.batch:
            self._calm_until = 0.0
        if before is None or before.batch.id != snapshot.batch.id:
            known = self._speeds.of(snapshot.batch.id)
            self._samples = len(known)
            self.spark.show_speeds(known)
        self._snapshot = snapshot
        if snapshot.batch.state in ENDED:
            self._cancelling.discard(snapshot.batch.id)
            self._speeds.forget(snapshot.batch.id)
        self._render()

    def show_cancelling(self, batch_id: str) -> None:
        """It winds down, which may take some seconds; the words say so meanwhile."""
        self._cancelling.add(batch_id)
        self._render()

    def retranslate(self) -> None:
        parts.name(self.more, t("More about this batch"))
        parts.name(self.spark, t("Speed over the last five minutes"))
        self.bar.setAccessibleName(t("Progress of the batch"))
        self._calm_until = 0.0
        self._render()

    def _render(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        batch = snapshot.batch
        runs = self._controller.engine.runs(batch.id)
        spec = self._controller.spec(batch)
        reach = self._ratchet.step(snapshot)
        self._render_pace(snapshot, runs)
        self.headline.setText(self._headline(snapshot, spec.title, runs, reach))
        self.which.setText(_which(batch, spec.title))
        self._render_bar(snapshot, runs, reach)
        self.stages.show_stages(stages(snapshot, spec, runs))
        goes_on = runs and batch.state not in ENDED
        notice = self._notices.get(batch.id, "") if goes_on else ""
        self.notice.setText(said(notice))
        self.notice.setVisible(bool(notice))
        self._render_buttons(snapshot)

    def _headline(self, snapshot: Snapshot, service: str, runs: bool, reach: Reach) -> str:
        if snapshot.batch.id in self._cancelling:
            return t("Cancelling: what is under way is being given up…")
        turn = None
        if progress.waits_for_turn(snapshot.batch, runs):
            engine = self._controller.engine
            turn = progress.turn_of(snapshot.batch, engine.in_line(), engine.runs)
        return progress.headline(snapshot, service, runs, reach, self._about, turn)

    def _render_pace(self, snapshot: Snapshot, runs: bool) -> None:
        """Speed and remaining time are read, not watched: they change once a second at most."""
        if self._monotonic() < self._calm_until:
            return
        self._calm_until = self._monotonic() + _CALM
        seconds = progress.remaining(snapshot)
        self._about = "" if seconds is None else text.about(seconds)
        self._sends = runs and snapshot.batch.state is BatchState.RUNNING
        self.speed.setText(text.speed(snapshot.pulse.speed) if self._sends else "")
        self._fit()

    def _render_bar(self, snapshot: Snapshot, runs: bool, reach: Reach) -> None:
        batch = snapshot.batch
        self.bar.setVisible(batch.state is not BatchState.EMPTY)
        share = reach.share if runs or reach.share is not None else 0.0
        self.bar.show_progress(share, progress.confirmed_of(snapshot))
        tint = _BAR_TINTS.get(batch.state, Tint.ACCENT)
        self.bar.set_tint(Tint.DIM if batch.held and batch.state not in ENDED else tint)

    def _render_buttons(self, snapshot: Snapshot) -> None:
        batch = snapshot.batch
        can = wishes.possible(snapshot, self._controller.spec(batch))
        blocked = progress.blocked(batch) and batch.id not in self._cancelling
        remedy = wishes.remedy(snapshot) if blocked else None
        self.reason.setVisible(blocked)
        if remedy is not None:
            self.reason.show_snapshot(snapshot, remedy, can)
        self.pause.setText(t("Pause"))
        self.resume.setText(t("Resume"))
        busy = batch.id in self._cancelling
        self.pause.setVisible(Wish.PAUSE in can and remedy is not Wish.RESUME and not busy)
        self.resume.setVisible(Wish.RESUME in can and remedy is not Wish.RESUME and not busy)
        self.more.setVisible(not busy)

    # -- the menu --------------------------------------------------------------------------------

    def fill_menu(self) -> None:
        if self._snapshot is not None:
            fill_menu(self.menu, self._controller, self._snapshot.batch.id, self.wished.emit)

    def _open_menu(self) -> None:
        self.fill_menu()
        size = self.menu.sizeHint()
        corner = self.more.mapToGlobal(QPoint(self.more.width() - size.width(), 0))
        self.menu.popup(corner + QPoint(0, self.more.height() + 2))

    # -- what happens ----------------------------------------------------------------------------

    def _sample(self, batch_id: str) -> None:
        if not self._speeds.due(batch_id) or not self._controller.engine.runs(batch_id):
            return
        try:
            snapshot = self._controller.snapshot(batch_id)
        except UsageError:  # removed a moment ago
            return
        if snapshot.batch.state is BatchState.RUNNING:
            self._speeds.add(batch_id, snapshot.pulse.speed)
            if self._snapshot is not None and self._snapshot.batch.id == batch_id:
                self.spark.add(snapshot.pulse.speed)
                self._samples += 1

    def _noticed(self, batch_id: str, words: str) -> None:
        self._notices[batch_id] = words
        if self._snapshot is not None and self._snapshot.batch.id == batch_id:
            self._render()

    def _give_up(self, _: object) -> None:
        """A wish failed: whatever was being cancelled is not any more."""
        self._cancelling.clear()
        self._render()


def _which(batch: Batch, service: str) -> str:
    return t(
        "{title}, to {connection} ({service})",
        title=batch.title,
        connection=batch.connection,
        service=service,
    )
