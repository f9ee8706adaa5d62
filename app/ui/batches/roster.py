"""Which batches there are, kept right without reading all of them again and again."""

from __future__ import annotations

from bisect import insort

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from app.domain.errors import UsageError
from app.domain.model import Batch
from app.domain.states import ENDED
from app.ui.controller import Controller


class Roster(QObject):
    """All are read once, in a thread; afterwards only those that the feed names."""

    changed = Signal()  # one came, went, or is in another state or place

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._open: list[Batch] = []
        self._ended: list[Batch] = []  # oldest first, as insort wants them
        self._named: set[str] | None = None  # by the feed, while all are being read
        self._loaded = False
        controller.feed.batches_changed.connect(self._follow_line)
        controller.feed.batch_changed.connect(self._look)

    @property
    def loaded(self) -> bool:
        """Whether the ended ones are known, too."""
        return self._loaded

    @property
    def open(self) -> list[Batch]:
        """In the order of the line."""
        return self._open

    def ended(self, most: int | None = None) -> list[Batch]:
        """Newest first."""
        newest = self._ended if most is None else self._ended[-most:]
        return newest[::-1]

    def load(self) -> None:
        """The line is known at once, the ended ones a moment later."""
        self._open = self._controller.engine.in_line()
        self._controller.start(self._read())
        self.changed.emit()

    async def _read(self) -> None:
        self._named = set()
        engine = self._controller.engine
        batches = await engine.control(engine.batches)
        if not isValid(self):  # the page went meanwhile
            return
        named, self._named = self._named, None
        self._ended = sorted((b for b in batches if b.state in ENDED), key=ended_at)
        self._loaded = True
        for batch_id in named:
            self._place(batch_id)
        self.changed.emit()

    def _follow_line(self) -> None:
        line = self._controller.engine.in_line()
        if line == self._open:
            return
        left = {batch.id for batch in self._open} - {batch.id for batch in line}
        self._open = line
        for batch_id in left:
            self._place(batch_id)
        self.changed.emit()

    def _look(self, batch_id: str) -> None:
        if self._named is not None:
            self._named.add(batch_id)
        if self._place(batch_id):
            self.changed.emit()

    def _place(self, batch_id: str) -> bool:
        """Puts the batch where it belongs now; says whether anything is different."""
        try:
            batch = self._controller.engine.batch(batch_id)
        except UsageError:  # removed
            return self._forget(batch_id)
        if batch.state in ENDED:
            return self._place_ended(batch)
        for row, known in enumerate(self._open):
            if known.id == batch_id and known != batch:
                self._open[row] = batch
                return True
        return False

    def _place_ended(self, batch: Batch) -> bool:
        if batch in self._ended:
            return False
        self._forget(batch.id)
        insort(self._ended, batch, key=ended_at)
        return True

    def _forget(self, batch_id: str) -> bool:
        before = len(self._open) + len(self._ended)
        self._open = [batch for batch in self._open if batch.id != batch_id]
        self._ended = [batch for batch in self._ended if batch.id != batch_id]
        return len(self._open) + len(self._ended) != before


def ended_at(batch: Batch) -> float:
    return batch.finished_at or batch.created_at
