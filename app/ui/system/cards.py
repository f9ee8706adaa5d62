"""The cards in the machine, and a watch that tells when one comes or goes."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QFileSystemWatcher, QObject, QSocketNotifier, QTimer, Signal

from app.media.volumes import Volume, camera_volumes
from app.ui.relay import Relay

_log: Final = logging.getLogger(__name__)

_EVERY_MS: Final = 3000
_PHOTOS: Final = "dcim"
_DJI: Final = "dji_"
_MAC_VOLUMES: Final = "/Volumes"
_MOUNTS: Final = "/proc/self/mounts"


@dataclass(frozen=True, slots=True)
class Card:
    """`photos_folder` is its DCIM; None on a card that has only DJI's own folders at the top."""

    name: str
    root: Path
    size: int
    free: int
    photos_folder: Path | None


Finder = Callable[[], list[Card]]


def find_cards() -> list[Card]:
    """The cameras' cards in this machine, by name. Blocking: give it a thread. Raises OSError."""
    return cards_among(camera_volumes())


def cards_among(volumes: Iterable[Volume]) -> list[Card]:
    """Those with a camera's folders in them; one that was pulled meanwhile is left out."""
    found: list[Card] = []
    for volume in volumes:
        with contextlib.suppress(OSError):
            card = _card(volume)
            if card is not None:
                found.append(card)
    return sorted(found, key=lambda card: (card.name.casefold(), str(card.root)))


def _card(volume: Volume) -> Card | None:
    photos: Path | None = None
    dji = False
    with os.scandir(volume.root) as entries:
        for entry in entries:
            name = entry.name.casefold()
            if not name.startswith((_PHOTOS, _DJI)) or not entry.is_dir(follow_symlinks=False):
                continue
            if name == _PHOTOS:
                photos = volume.root / entry.name
            dji = dji or name.startswith(_DJI)
    if photos is None and not dji:
        return None
    usage = shutil.disk_usage(volume.root)
    return Card(volume.name, volume.root, usage.total, usage.free, photos)


class CardWatch(QObject):
    """Looks every few seconds and when the system mounts something, in a thread of its own: one
    at a time, so that a volume that hangs costs one thread and nothing else."""

    changed = Signal(list)  # of Cards, all that are there now

    def __init__(
        self,
        finder: Finder = find_cards,
        interval_ms: int = _EVERY_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._finder = finder
        self._cards: list[Card] = []
        self._looking = False
        self._again = False
        self._complained = False
        self._mounts = _Mounts(self)
        self._mounts.changed.connect(self.look)
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._due)

    @property
    def cards(self) -> list[Card]:
        return list(self._cards)

    def start(self) -> None:
        """Looks at once, too."""
        self._timer.start()
        self._mounts.start()
        self.look()

    def stop(self) -> None:
        """What a thread still finds is not told any more."""
        self._timer.stop()
        self._mounts.stop()
        self._again = False

    def look(self) -> None:
        """Now, or right after the look that is under way."""
        if self._looking:
            self._again = True
            return
        self._looking = True
        work = (self._finder, Relay(self._take))
        threading.Thread(target=_find, args=work, name="pf-cards", daemon=True).start()

    def _due(self) -> None:
        if not self._looking:
            self.look()

    def _take(self, answer: list[Card] | OSError | None) -> None:
        self._looking = False
        if isinstance(answer, OSError) and not self._complained:
            self._complained = True
            _log.warning("the cards cannot be looked for: %s", answer)
        if not self._timer.isActive():
            return
        if isinstance(answer, list) and answer != self._cards:
            self._cards = answer
            self.changed.emit(list(answer))
        if self._again:
            self._again = False
            self.look()


def _find(finder: Finder, told: Relay) -> None:
    """Runs in a thread of its own; tells None when a bug ends it."""
    answer: list[Card] | OSError | None = None
    try:
        answer = finder()
    except OSError as error:
        answer = error
    finally:
        told(answer)


class _Mounts(QObject):
    """Tells that something was mounted or went, where the system says so: Linux and macOS."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._file = -1
        self._notifier: QSocketNotifier | None = None
        self._watcher: QFileSystemWatcher | None = None

    def start(self) -> None:
        if self._notifier is not None or self._watcher is not None:
            return
        if sys.platform == "darwin":
            self._watcher = QFileSystemWatcher([_MAC_VOLUMES], self)
            self._watcher.directoryChanged.connect(self.changed)
        elif sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._file = os.open(_MOUNTS, os.O_RDONLY | os.O_CLOEXEC)
                # The kernel reports a change of this file as an exceptional state.
                kind = QSocketNotifier.Type.Exception
                self._notifier = QSocketNotifier(self._file, kind, self)
                self._notifier.activated.connect(self.changed)

    def stop(self) -> None:
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            os.close(self._file)
        if self._watcher is not None:
            self._watcher.deleteLater()
        self._notifier = self._watcher = None
