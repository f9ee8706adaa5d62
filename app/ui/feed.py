"""Ten times a second: turns the engine's events into few, merged signals."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.errors import Fault
from app.domain.events import BatchChanged, Event, FilesChanged, FileWaits, JobChanged, Notice
from app.engine.engine import Engine

TICK = 100  # milliseconds


class Feed(QObject):
    """All signals come on the loop's thread, each batch at most once a tick and signal."""

    batches_changed = Signal()  # a batch came, went, or moved to another state or place
    batch_changed = Signal(str)  # its numbers are worth reading again
    files_added = Signal(str)
    files_changed = Signal(str, object)  # batch, frozenset of ids
    ticked = Signal()  # something runs, or has just ended: speeds are worth reading
    noticed = Signal(str, str)  # batch, an English sentence of the engine's
    closed = Signal()  # nothing may be read any more: the queue is about to be closed

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._states = False
        self._ran = False
        self._batches: set[str] = set()
        self._added: set[str] = set()
        self._files: dict[str, set[int]] = {}
        self._notices: dict[str, str] = {}
        self._waits: dict[str, dict[int, Fault]] = {}
        self._unsubscribe = engine.subscribe(self._heard)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def close(self) -> None:
        self._timer.stop()
        self._unsubscribe()
        self.closed.emit()

    def waits(self, batch_id: str) -> Mapping[int, Fault]:
        """What files that rest between two attempts wait for, by id."""
        return self._waits.get(batch_id, {})

    def _heard(self, event: Event) -> None:
        match event:
            case BatchChanged(batch):
                self._states = True
                self._batches.add(batch)
                if not self._engine.runs(batch):
                    self._waits.pop(batch, None)
            case FilesChanged(batch, ()):
                self._added.add(batch)
            case FilesChanged(batch, ids):
                self._files.setdefault(batch, set()).update(ids)
                waits = self._waits.get(batch, {})
                for file_id in ids:
                    waits.pop(file_id, None)
            case FileWaits(batch, file, fault, _):
                self._waits.setdefault(batch, {})[file] = fault
                self._files.setdefault(batch, set()).add(file)
            case JobChanged(job):
                self._batches.add(job.batch)
            case Notice(batch, words):
                self._notices[batch] = words

    def _tick(self) -> None:
        running = self._engine.running
        self._batches.update(running)
        files, self._files = self._files, {}
        added, self._added = self._added, set()
        self._batches.update(files, added)
        batches, self._batches = self._batches, set()
        notices, self._notices = self._notices, {}
        states, self._states = self._states, False
        if states:
            self.batches_changed.emit()
        for batch in added:
            self.files_added.emit(batch)
        for batch, ids in files.items():
            self.files_changed.emit(batch, frozenset(ids))
        for batch in batches:
            self.batch_changed.emit(batch)
        for batch, words in notices.items():
            self.noticed.emit(batch, words)
        if running or self._ran:
            self.ticked.emit()
        self._ran = bool(running)
