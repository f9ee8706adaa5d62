"""Which notices reach the pilot's screen: none while the window is in front, and none twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from PySide6.QtCore import QObject, QTimer

_QUIET_MS: Final = 60_000


class Kind(Enum):
    NEWS = "news"
    ATTENTION = "attention"  # with the dot on Postflight's picture


@dataclass(frozen=True, slots=True)
class Shown:
    """`key` says what the notice is about, for merging and for the click: a batch's id."""

    key: str
    title: str
    words: str
    kind: Kind


@dataclass(slots=True)
class _Quiet:
    """The time after a notice in which newer ones of its key only replace each other."""

    timer: QTimer
    shown: Shown
    newest: Shown | None = None


class Merger(QObject):
    """Hands the first notice of a key to `show` at once; what comes within the minute after it is
    merged into one, the newest, at the minute's end. `quiet` says that the pilot is looking at the
    window: then nothing is shown."""

    def __init__(
        self,
        show: Callable[[Shown], None],
        quiet: Callable[[], bool],
        quiet_ms: int = _QUIET_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._show = show
        self._quiet = quiet
        self._quiet_ms = quiet_ms
        self._recent: dict[str, _Quiet] = {}

    def add(self, notice: Shown) -> None:
        if self._quiet():
            return
        recent = self._recent.get(notice.key)
        if recent is not None:
            recent.newest = notice
            return
        timer = QTimer(self, singleShot=True, interval=self._quiet_ms)
        timer.timeout.connect(lambda: self._over(notice.key))
        self._recent[notice.key] = _Quiet(timer, notice)
        timer.start()
        self._show(notice)

    def clear(self) -> None:
        for recent in self._recent.values():
            recent.timer.stop()
            recent.timer.deleteLater()
        self._recent.clear()

    def _over(self, key: str) -> None:
        recent = self._recent.pop(key)
        recent.timer.deleteLater()
        if recent.newest is not None and recent.newest != recent.shown:
            self.add(recent.newest)
