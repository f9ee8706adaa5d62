"""Prints what 100,000 files cost the window: python -m tests.bench.file_model [COUNT]."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.domain.model import Batch, FileLine, Found, NewFile
from app.domain.preferences import Theme
from app.domain.states import BatchState, FileState
from app.engine.line import Line
from app.ui.controller import Controller
from app.ui.files.model import Column, Filter
from app.ui.files.table import FilePanel
from app.ui.look import theme
from tests.helpers.workbench import Workbench, workbench

BATCH = "b" * 32
_BEAT = 0.005  # seconds


class Heart:
    """Beats on Qt's loop; what it misses, a person would feel."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setInterval(int(_BEAT * 1000))
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.worst = max(self.worst, now - self._last - _BEAT)
        self._last = now

    def restart(self) -> None:
        self.worst, self._last = 0.0, time.perf_counter()


class Bench:
    def __init__(self, bench: Workbench, count: int) -> None:
        self._application = QApplication.instance() or QApplication([])
        assert isinstance(self._application, QApplication)
        theme.apply(self._application, Theme.LIGHT)
        self._store = bench.app.store
        fill(bench, count)
        self.count = count
        self.controller = Controller(bench.app, Line(bench.app.engine))
        self.panel = FilePanel(self.controller)
        self.panel.resize(1100, 700)
        self.panel.show()
        self.heart = Heart()

    @contextmanager
    def measured(self, what: str) -> Iterator[None]:
        """The call itself, then what the loop was held up until all has settled."""
        self.rest()
        self.heart.restart()
        began = time.perf_counter()
        yield
        took = time.perf_counter() - began
        self.rest()
        whole = time.perf_counter() - began
        print(
            f"{what:<44} call {1000 * took:7.1f} ms, done {1000 * whole:7.0f} ms, "
            f"longest hold-up {1000 * max(self.heart.worst, took):6.1f} ms"
        )

    def rest(self) -> None:
        """Until the model has nothing to do."""
        for _ in range(3):
            QApplication.processEvents()
        while self.panel.model.busy:
            QApplication.processEvents()
        QApplication.processEvents()

    def run(self) -> None:
        model, table = self.panel.model, self.panel.table
        with self.measured(f"append: {self.count:,} rows read in pieces"):
            self.panel.show_batch(BATCH)
        self.in_memory()
        for column in Column:
            with self.measured(f"sort by {column.name}, first click"):
                table.sort_by(column)
            with self.measured(f"sort by {column.name}, second click"):
                table.sort_by(column)
        with self.measured("back to the order of the scan"):
            table.sort_by(None)
        for which in (Filter.WAITING, Filter.DONE, Filter.NEEDS_YOU, Filter.ALL):
            with self.measured(f"filter {which.name}"):
                self.panel.show_filter(which)
        for words in ("0", "0412", "dji_2026", "nothing like it", ""):
            with self.measured(f"search {words!r}"):
                model.choose(Filter.ALL, words)
        self.changes()
        self.jumps()
        for what in ("all", "half"):
            table.selectAll()
            if what == "half":
                self.deselect_half()
            with self.measured(f"sort with {what} of the rows selected"):
                table.sort_by(Column.SIZE)

    def deselect_half(self) -> None:
        model = self.panel.model
        rows = QItemSelection(model.index(0, 0), model.index(self.count // 2, len(Column) - 1))
        flag = QItemSelectionModel.SelectionFlag.Deselect
        self.panel.table.selectionModel().select(rows, flag)

    def in_memory(self) -> None:
        """One piece through the model alone."""
        model = self.panel.model
        lines = self.controller.lines_after(BATCH, 0)
        took = [self._timed(lambda: self._add_piece(lines)) for _ in range(20)]
        median = 1000 * statistics.median(took)
        print(f"append: a piece of {len(lines)} rows, median {median:.1f} ms")
        model.load(None)
        self.panel.show_batch(BATCH)

    def _add_piece(self, lines: list[FileLine]) -> None:
        last = self.panel.model.line(self.panel.model.rowCount() - 1).id
        self.panel.model.append([line._replace(id=last + 1 + n) for n, line in enumerate(lines)])

    def changes(self) -> None:
        """2,000 rows in one span, and 2,000 that lie apart."""
        ids = self.panel.model.ids(0, self.count - 1)
        spans: list[int] = []
        self.panel.model.dataChanged.connect(lambda *_: spans.append(1))
        for what, chosen in (("a row", ids[:2000]), ("pieces", ids[:: self.count // 2000])):
            spans.clear()
            with self.measured(f"2,000 changed rows, in {what}"):
                self.controller.feed.files_changed.emit(BATCH, frozenset(chosen))
            print(f"  told in {len(spans)} spans")

    def jumps(self) -> None:
        bar, took = self.panel.table.verticalScrollBar(), list[float]()
        for number in range(60):
            place = bar.maximum() * ((number * 37) % 60) // 60
            took.append(self._timed(lambda place=place: self._jump(place)))
        print(
            f"60 page jumps with repaint: {sum(took):.2f} s, "
            f"median {1000 * statistics.median(took):.1f} ms, worst {1000 * max(took):.1f} ms"
        )

    def _jump(self, place: int) -> None:
        self.panel.table.verticalScrollBar().setValue(place)
        self.panel.table.viewport().repaint()

    @staticmethod
    def _timed(work: Callable[[], None]) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began


def fill(bench: Workbench, count: int) -> None:
    """Files in all states that need no running engine."""
    store, connection = bench.app.store, bench.connection("cloud-api")
    batch = Batch(BATCH, "bench", connection.name, connection.service, (Path("/card"),),
                  BatchState.SCANNING)  # fmt: skip
    store.batches.add(batch)
    paths = [
        f"DCIM/{100 + n // 999}MEDIA/DJI_2026061410{n % 7919:06}_{n % 9999:04}_W.JPG"
        for n in range(count)
    ]
    found = [
        Found(0, Path(path), f"{n // 9999}/{path}", 4_000_000 + n * 7919 % 9_000_000, 1)
        for n, path in enumerate(paths)
    ]
    for start in range(0, count, 10_000):
        store.files.add(
            BATCH, [NewFile(f, f.relative.name, "media") for f in found[start : start + 10_000]]
        )
    ids = [file.id for file in store.files.take(BATCH, count // 5)]
    for number, file_id in enumerate(ids):
        if number % 50 == 0:
            store.files.skipped(file_id, "The project has this file already.", "")
    dropped = set(range(ids[-1] + 1, ids[-1] + 1 + count // 100))
    assert store.files.drop(BATCH, dropped)
    store.files.requeue(f for n, f in enumerate(ids) if n % 50 and n % 3)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    application = QApplication([])
    with tempfile.TemporaryDirectory() as folder, workbench(Path(folder)) as bench:
        made = Bench(bench, count)
        made.run()
        made.panel.close()
        made.controller.feed.close()
        assert made.panel.model.line(0).state in FileState
        assert made.panel.table.horizontalHeader().sortIndicatorOrder() in Qt.SortOrder
    application.quit()


if __name__ == "__main__":
    main()
