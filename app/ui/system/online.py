"""Whether the network is there, whether it costs money, and whether the machine slept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QNetworkInformation

_log: Final = logging.getLogger(__name__)

Reachability = QNetworkInformation.Reachability
Feature = QNetworkInformation.Feature

_TICK_MS: Final = 5000
_ASLEEP: Final = 30.0  # seconds that a busy window never loses


def system_source() -> QNetworkInformation | None:
    """None where Qt has no way to ask this system; needs the application object."""
    if not QNetworkInformation.loadDefaultBackend():
        _log.info("this system does not tell whether the network is there")
        return None
    return QNetworkInformation.instance()


class Online(QObject):
    """`came_back` follows each time without any network; a service on the pilot's own network
    needs no internet, so anything but "disconnected" counts as reachable."""

    came_back = Signal()
    changed = Signal(object)  # what `reachable` answers now
    metered_changed = Signal(bool)

    def __init__(self, source: QNetworkInformation | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._reachable = self._read(source.reachability()) if source is not None else None
        self._was_gone = self._reachable is False
        if source is not None:
            source.reachabilityChanged.connect(self._reach)
            source.isMeteredChanged.connect(self.metered_changed)

    @property
    def reachable(self) -> bool | None:
        """None: the system does not say."""
        return self._reachable

    @property
    def metered(self) -> bool:
        """False too where the system does not say."""
        source = self._source
        return source is not None and source.supports(Feature.Metered) and source.isMetered()

    def _read(self, now: Reachability) -> bool | None:
        if self._source is None or not self._source.supports(Feature.Reachability):
            return None
        return None if now is Reachability.Unknown else now is not Reachability.Disconnected

    def _reach(self, now: Reachability) -> None:
        self._reachable = self._read(now)
        self.changed.emit(self._reachable)
        if self._reachable is False:
            self._was_gone = True
        elif self._reachable and self._was_gone:
            self._was_gone = False
            self.came_back.emit()


class SleepWatch(QObject):
    """Looks at the wall clock every few seconds: what it jumps ahead was slept. Somebody who sets
    the clock ahead wakes it, too; trying again then does no harm."""

    woke = Signal(float)  # seconds asleep, about

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        interval_ms: int = _TICK_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._last = clock()
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _look(self) -> None:
        now = self._clock()
        skipped = now - self._last - self._timer.interval() / 1000
        self._last = now
        if skipped > _ASLEEP:
            _log.info("this computer slept for about %.0f s", skipped)
            self.woke.emit(skipped)
