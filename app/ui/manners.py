"""How Postflight behaves on somebody's computer: awake only while bytes move, limits, notices."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from app import bootstrap, log
from app.domain.errors import PostflightError
from app.domain.model import Batch
from app.domain.preferences import LogLevel, Preferences
from app.domain.states import BatchState
from app.engine.engine import Snapshot
from app.ui import text
from app.ui.controller import Controller
from app.ui.language import said, t
from app.ui.system.awake import Awake
from app.ui.system.cards import CardWatch
from app.ui.system.notices import Kind
from app.ui.system.online import Online, SleepWatch, system_source
from app.ui.system.power import Finish, WhenFinished
from app.ui.system.tray import Tray

_log = logging.getLogger(__name__)

_MINUTE = 60_000  # milliseconds
_LINGER = 20_000  # how long the computer stays awake after the last byte


class Manners(QObject):
    """One for the program; `busy_changed` and `speed` are for the header, `finished` comes once
    when everything is done and the person chose something for that moment."""

    speed = Signal(float)  # bytes a second, everything together
    finished = Signal(Finish)

    def __init__(
        self,
        controller: Controller,
        parent: QObject | None = None,
        *,
        awake: Awake | None = None,
        online: Online | None = None,
        tray: Tray | None = None,
        now: Callable[[], datetime] = datetime.now,
        minute: int = _MINUTE,
        linger: int = _LINGER,
    ) -> None:
        """`now` is in local time; `minute` and `linger` are milliseconds."""
        super().__init__(parent)
        self._controller = controller
        self._now = now
        self.awake = awake or Awake()
        self.cards = CardWatch(parent=self)
        self.online = online or Online(system_source())
        self.tray = tray or Tray()
        for part in (self.awake, self.online, self.tray):
            part.setParent(self)
        self.when_finished = WhenFinished(self)
        self._sleep = SleepWatch(parent=self)
        self._states: dict[str, BatchState] = {}
        self._needing = 0
        self._was_busy = False
        self._holding = False
        self._linger = QTimer(self, singleShot=True, interval=linger)
        self._linger.timeout.connect(self._let_sleep)
        self._minutes = QTimer(self, interval=minute)
        self._minutes.timeout.connect(self._limit_now)
        self._minutes.start()
        self._connect()
        self.apply(controller.preferences)
        self._remember_states()

    def _connect(self) -> None:
        controller = self._controller
        controller.preferences_changed.connect(self.apply)
        controller.feed.batches_changed.connect(self._look_at_states)
        controller.feed.ticked.connect(self._look_at_speed)
        self.online.came_back.connect(controller.line.poke)
        self._sleep.woke.connect(self._woke)
        self.tray.pause_wanted.connect(controller.pause_all)
        self.tray.resume_wanted.connect(controller.resume_all)
        self.cards.start()

    def _woke(self, seconds: float) -> None:
        """The lid was opened: what waited for better weather looks again."""
        _log.info("awake again after %.0f s", seconds)
        self._controller.line.poke()

    def close(self) -> None:
        """Blocking for a moment: the system hears that it may sleep again."""
        self.cards.stop()
        self._sleep.stop()
        self._minutes.stop()
        self.tray.close()
        self.awake.close()

    # -- preferences -----------------------------------------------------------------------------

    def apply(self, preferences: Preferences) -> None:
        """What was set holds at once; a proxy that cannot be used is said."""
        self._limit_now()
        self.tray.set_notifying(preferences.notify)
        detailed = preferences.log_level is LogLevel.DETAILED
        log.set_level(logging.DEBUG if detailed else logging.INFO)
        try:
            self._controller.app.apply(bootstrap.network_of(preferences))
        except PostflightError as error:
            self._controller.problem.emit(error.fault())

    def _limit_now(self) -> None:
        now = self._now()
        minute = now.hour * 60 + now.minute
        self._controller.app.throttle.limit = self._controller.preferences.limit_at(minute)

    # -- what is going on ------------------------------------------------------------------------

    def set_needing(self, count: int) -> None:
        """How many things need the person: the badge."""
        self._needing = count
        self._look_at_speed()

    def _look_at_speed(self) -> None:
        engine = self._controller.engine
        shots = [engine.snapshot(batch_id) for batch_id in engine.running]
        rate = sum(shot.pulse.speed for shot in shots)
        self.speed.emit(rate)
        self._keep_awake(rate >= 1)
        share = _share(shots)
        words = t("Postflight: nothing to send")
        if share is not None:
            words = t("Postflight: {percent} % sent", percent=int(share * 100))
        self.tray.set_state(share, self._needing > 0, words, self._needing)
        waiting = self._controller.engine.running
        self.tray.offer(pause=bool(waiting), resume=not waiting)

    def _keep_awake(self, moving: bool) -> None:
        if moving and self._controller.preferences.keep_awake:
            self._linger.stop()
            self._holding = True
            self.awake.hold("sending flight media")
        elif self._holding and not self._linger.isActive():
            # Not `awake.held`: a slow system may agree only when the last byte is long sent.
            self._linger.start()

    def _let_sleep(self) -> None:
        self._holding = False
        self.awake.release()

    # -- what ended ------------------------------------------------------------------------------

    def _remember_states(self) -> None:
        self._states = self._controller.engine.states()
        self._was_busy = self._controller.line.busy

    def _look_at_states(self) -> None:
        before, states = self._states, self._controller.engine.states()
        for batch_id, state in states.items():
            if before.get(batch_id) is not state:
                self._notify(self._controller.engine.batch(batch_id))
        # A few small files may come and be delivered between two looks.
        was_busy = self._was_busy or not states.keys() <= before.keys()
        self._remember_states()
        if was_busy and not self._was_busy and self._all_ended():
            chosen = self.when_finished.take()
            if chosen is not Finish.STAY:
                self.finished.emit(chosen)

    def _all_ended(self) -> bool:
        """What waits for the person, or was paused by them, is not finished."""
        return not self._controller.engine.in_line()

    def _notify(self, batch: Batch) -> None:
        counts = self._controller.engine.counts(batch.id)
        if batch.state is BatchState.DELIVERED:
            title = t("{title} is delivered", title=batch.title)
            self.tray.notify(batch.id, title, text.tally(counts))
        elif batch.state is BatchState.ATTENTION:
            title = t("{title} needs you", title=batch.title)
            words = said(batch.reason.title) if batch.reason else text.tally(counts)
            self.tray.notify(batch.id, title, words, Kind.ATTENTION)
        elif batch.state is BatchState.PAUSED and _unwanted(batch):
            title = t("{title} does not go on", title=batch.title)
            words = said(batch.reason.title) if batch.reason else ""
            self.tray.notify(batch.id, title, words, Kind.ATTENTION)


def _unwanted(batch: Batch) -> bool:
    reason = batch.reason
    return not batch.held and reason is not None and reason.code not in ("stopped", "interrupted")


def _share(shots: list[Snapshot]) -> float | None:
    """How far the batches that run now are, by bytes; None when nothing runs."""
    total = sum(shot.counts.bytes_total - shot.counts.bytes_dropped for shot in shots)
    done = sum(shot.counts.bytes_stored + shot.pulse.moving for shot in shots)
    return min(done / total, 1.0) if total > 0 else None
