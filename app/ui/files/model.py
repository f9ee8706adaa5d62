"""A batch's files for a table: read in pieces, filtered, searched and sorted by itself.

A hundred thousand rows cost no step of the loop more than some milliseconds; Qt's own sorting
proxy needs seconds for them (architecture 9).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.domain.errors import PostflightError
from app.domain.model import FileLine
from app.domain.states import BatchState, FileState
from app.ui.controller import Controller
from app.ui.files.cells import Data, FileCells
from app.ui.files.rows import AT_ONCE, Column, Filter, Order, Sums, spans
from app.ui.files.words import Around

__all__ = ["Column", "Data", "FileModel", "Filter", "Order"]

SETTLE: Final = 1000  # milliseconds between two times at which rows leave or come
_PIECE: Final = 500  # changed rows read at once
_FEW: Final = 48  # runs of rows that are taken out one by one; for more the view starts anew
_STOPPED: Final = frozenset({"stopped", "interrupted"})  # no reason a person needs to read


class FileModel(FileCells):
    """Rows that no longer fit the filter stay until the next moment in which nobody points."""

    shifting = Signal()  # rows are about to come, go or move: views remember their place
    shifted = Signal()
    told = Signal()  # reading, or the batch, is further: an empty list means something else

    def __init__(
        self,
        controller: Controller,
        monotonic: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._monotonic = monotonic
        self._batch: str | None = None
        self._state: BatchState | None = None
        self._typed = ""
        self._reading = self._first = False
        self._changed: deque[list[int]] = deque()
        self._sorting: Generator[None, None, list[int]] | None = None
        self._doubtful: set[int] = set()  # numbers of files that may have to come or go
        self._held = self._watched = False
        self._steps = QTimer(self)
        self._steps.setInterval(0)
        self._steps.timeout.connect(self._step)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE)
        self._settling.timeout.connect(self._settle)
        feed = controller.feed
        feed.files_added.connect(self._on_added)
        feed.files_changed.connect(self._on_changed)
        feed.batch_changed.connect(self._on_tick)
        feed.closed.connect(self._rest)

    # -- what it is asked for --------------------------------------------------------------------

    @property
    def batch_id(self) -> str | None:
        return self._batch

    @property
    def batch_state(self) -> BatchState | None:
        return self._state

    @property
    def under_way(self) -> bool:
        """Whether the batch runs now, and does not wait for its turn or the person."""
        return self._batch is not None and self._controller.engine.runs(self._batch)

    @property
    def reading(self) -> bool:
        """Whether rows of a batch that was just chosen are still being read."""
        return self._first

    @property
    def busy(self) -> bool:
        """Whether a step is still to be done; rows that are to come or go wait longer."""
        return self._steps.isActive()

    @property
    def filter(self) -> Filter:
        return self._rows.filter

    @property
    def needle(self) -> str:
        return self._rows.needle

    @property
    def typed(self) -> str:
        """The search as the person wrote it."""
        return self._typed

    @property
    def order(self) -> Order | None:
        return self._rows.order

    @property
    def around(self) -> Around:
        return self._around

    @property
    def total(self) -> int:
        """Of all files read so far, shown or not."""
        return len(self._rows)

    def load(self, batch_id: str | None) -> None:
        """Another batch; the first rows are there at once, the others follow piece by piece."""
        self._rest()
        self.beginResetModel()
        self._rows.clear()
        self._batch, self._state = batch_id, None
        self._around = Around()
        self.endResetModel()
        self._reading = self._first = batch_id is not None
        if batch_id is not None:
            self._look_around()
            self._sample()
            self._steps.start()
            self._step()
        self.told.emit()

    def _rest(self) -> None:
        self._steps.stop()
        self._settling.stop()
        self._sorting = None
        self._changed.clear()
        self._doubtful.clear()

    def choose(self, which: Filter, needle: str) -> None:
        """Shows only files in these states whose path holds `needle`."""
        before = (self._rows.filter, self._rows.needle)
        self._typed = needle.strip()
        self._rows.choose(which, needle)
        if before != (self._rows.filter, self._rows.needle):
            self._show_fitting()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder, /) -> None:
        """Now; later changes do not move rows until it is asked for again. -1: as it was read."""
        descending = order is Qt.SortOrder.DescendingOrder
        self._rows.order = Order(Column(column), descending) if column >= 0 else None
        self._sorting = None
        self._settle()
        self._arrange()

    def watch(self, watched: bool) -> None:
        """Whether anybody sees it: only then bytes on their way are sampled."""
        self._watched = watched
        if watched:
            self._sample()

    def hold(self, held: bool) -> None:
        """While a button is down or a menu is open, nothing comes, goes or moves."""
        self._held = held
        if not held and self._doubtful:
            self._settling.start()

    def line(self, row: int) -> FileLine:
        return self._rows.line(row)

    def known(self, file_id: int) -> FileLine | None:
        """A file of this batch, shown or not."""
        return self._rows.known(file_id)

    def rows_of(self, ids: Collection[int]) -> list[int]:
        """The rows of those which are shown, ascending."""
        return self._rows.rows_of(ids)

    def among(self, ids: Collection[int], states: Collection[FileState]) -> list[int]:
        """The ids of those which are in one of `states`."""
        return self._rows.among(ids, states)

    def sums(self, ids: Collection[int]) -> Sums:
        return self._rows.sums(ids)

    def ids(self, first: int, last: int) -> list[int]:
        return self._rows.ids(first, last)

    def retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
        self._tell_all(Column.NAME, Column.TIME)

    # -- what the feed tells ---------------------------------------------------------------------

    def _on_added(self, batch_id: str) -> None:
        if batch_id == self._batch:
            self._reading = True
            self._steps.start()

    def _on_changed(self, batch_id: str, ids: frozenset[int]) -> None:
        if batch_id != self._batch:
            return
        ordered = sorted(ids)
        for start in range(0, len(ordered), _PIECE):
            self._changed.append(ordered[start : start + _PIECE])
        self._steps.start()

    def _on_tick(self, batch_id: str) -> None:
        if batch_id == self._batch:
            self._look_around()
            if self._watched:
                self._sample()

    def _look_around(self) -> None:
        """What the batch itself says to the files that wait in it."""
        if self._batch is None:
            return
        try:
            batch = self._controller.engine.batch(self._batch)
        except PostflightError:
            return  # taken out of the history a moment ago
        shown = batch.reason
        if batch.state is not BatchState.PAUSED or (shown and shown.code in _STOPPED):
            shown = None
        before = (self._around.held, self._around.reason)
        moved, self._state = batch.state is not self._state, batch.state
        self._around.service = self._controller.spec(batch).title
        self._around.held, self._around.reason = batch.held, shown
        if before != (batch.held, shown):
            self._tell_all(Column.SAYS, Column.SAYS)
        if moved:
            self.told.emit()

    def _sample(self) -> None:
        if self._batch is None:
            return
        around, now = self._around, self._monotonic()
        changed = around.motions.sample(self._controller.engine.moving(self._batch), now)
        waits = dict(self._controller.feed.waits(self._batch))
        either = waits.keys() | around.waits.keys()
        changed |= {f for f in either if waits.get(f) is not around.waits.get(f)}
        around.waits = waits
        self._tell(self._rows.rows_of(changed), Column.STATE)

    # -- reading, a step at a time ---------------------------------------------------------------

    def _step(self) -> None:
        more = False
        try:
            more = self._step_on()
        except PostflightError as error:
            self._rest()
            self._reading = self._first = False
            self._controller.problem.emit(error.fault())
            self.told.emit()
        finally:
            if not more:
                self._steps.stop()

    def _step_on(self) -> bool:
        """Does one thing; whether there is more to do."""
        if self._sorting is not None:
            self._sort_on(self._sorting)
        elif self._changed:
            self._read_again(self._changed.popleft())
        elif self._reading and self._batch is not None:
            self._read_on(self._batch)
        else:
            return False
        return True

    def _read_on(self, batch_id: str) -> None:
        lines = self._controller.lines_after(batch_id, self._rows.last_id)
        if not lines:
            first, self._reading, self._first = self._first, False, False
            if first:
                self._arrange()
                self.told.emit()
            return
        self.append(lines)

    def _read_again(self, ids: Sequence[int]) -> None:
        rows: list[int] = []
        floats = self._rows.filter is Filter.MOVING and self._rows.order is None
        for line in self._controller.lines(ids):
            number = self._rows.replace(line)
            if number is None:
                continue  # not read yet: it comes with its piece
            row, fits = self._rows.row_of(number), self._rows.fits(number)
            if row is not None:
                rows.append(row)
            if fits is (row is None) or (floats and fits):
                self._doubtful.add(number)
        if self._doubtful and not self._settling.isActive():
            self._settling.start()
        self._tell(sorted(rows), Column.NAME)

    # -- what is shown ---------------------------------------------------------------------------

    def _settle(self) -> None:
        """Files that came to fit, or no longer do, come and go now, unless somebody points."""
        if self._held:
            return
        if self._sorting is not None:
            self._settling.start()
            return
        doubtful, self._doubtful = self._doubtful, set()
        rows, fits = self._rows, self._rows.fits
        places = {number: rows.row_of(number) for number in doubtful}
        gone = spans(sorted(r for n, r in places.items() if r is not None and not fits(n)))
        come = sorted(n for n, row in places.items() if row is None and fits(n))
        self.shifting.emit()
        if len(gone) + len(spans(come)) > _FEW:
            self._start_anew(rows.settled(come), rows.ascends)
        else:
            self._take_out(gone)
            self._put_in(come)
        if rows.filter is Filter.MOVING and rows.order is None:
            self._arrange()
        self.shifted.emit()

    def _show_fitting(self) -> None:
        self._sorting = None
        self._doubtful.clear()
        numbers = self._rows.fitting()
        self.shifting.emit()
        at_once = self._rows.arranges and len(numbers) <= AT_ONCE
        if at_once:
            numbers = _finished(self._rows.arranged(numbers))
        self._start_anew(numbers, not at_once)
        self.shifted.emit()
        if not at_once:
            self._arrange()

    def _arrange(self) -> None:
        """The rows as they are, in the order asked for: at once, or for many in steps."""
        if not self._rows.arranges and self._rows.ascends:
            return
        in_order = sorted(self._rows.shown)
        self._sorting = self._rows.arranged(in_order)
        if len(in_order) <= AT_ONCE:
            numbers, self._sorting = _finished(self._sorting), None
            self._place(numbers)
        else:
            self._steps.start()

    def _sort_on(self, sorting: Generator[None, None, list[int]]) -> None:
        try:
            next(sorting)
        except StopIteration as done:
            self._sorting = None
            self._place(done.value)


def _finished(sorting: Generator[None, None, list[int]]) -> list[int]:
    while True:
        try:
            next(sorting)
        except StopIteration as done:
            return done.value
