"""A batch with files in every state, without a running engine: what tests of the table look at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.domain.errors import Fault
from app.domain.model import Batch, Connection, FileLine, Found, NewFile, Receipt
from app.domain.placement import Grant
from app.domain.states import BatchState
from app.engine.line import Line
from app.paths import HOME, Paths
from app.store.secrets import SessionSecrets
from app.ui.controller import Controller
from app.ui.files.model import FileModel
from app.ui.files.table import FilePanel

REFUSED = Fault(
    "forbidden", "The storage refused write access.", "Ask for the right to write.", "AccessDenied"
)
MD5 = "9e107d9d372bb6826bd81d3542a419d6"
DOWN = Qt.SortOrder.DescendingOrder
UP = Qt.SortOrder.AscendingOrder


class Files:
    """Changes go through the store and are told as the engine would tell them."""

    def __init__(self, controller: Controller, card: Path) -> None:
        self.controller = controller
        self.store = controller.app.store
        self.card = card

    def batch(self, name: str, paths: Sequence[str], state: BatchState = BatchState.RUNNING) -> str:
        batch = Batch(name, name, "office", "cloud-api", (self.card,), BatchState.SCANNING)
        self.store.batches.add(batch)
        if state is not BatchState.SCANNING:
            self.store.batches.move(name, BatchState.READY)
            self.store.batches.move(name, BatchState.RUNNING)
        if state not in (BatchState.SCANNING, BatchState.RUNNING):
            self.store.batches.move(name, state)
        self.add(name, paths)
        return name

    def add(self, batch: str, paths: Sequence[str]) -> None:
        known = len(self.ids(batch))
        found = [
            Found(0, Path(path), path, 1000 * (known + n + 1), 1) for n, path in enumerate(paths)
        ]
        self.store.files.add(batch, [NewFile(f, f.relative.name, "media") for f in found])

    def ids(self, batch: str) -> list[int]:
        return [line.id for line in self.lines(batch)]

    def lines(self, batch: str) -> list[FileLine]:
        found: list[FileLine] = []
        while more := self.controller.lines_after(batch, found[-1].id if found else 0):
            found += more
        return found

    def told(self, batch: str, *ids: int) -> None:
        self.controller.feed.files_changed.emit(batch, frozenset(ids))

    # Each of these takes the first waiting files.

    def check(self, batch: str, count: int = 1) -> list[int]:
        return [file.id for file in self.store.files.take(batch, count)]

    def send(self, batch: str, count: int = 1) -> list[int]:
        grant = self.store.grants.add(Grant(batch, "media", "g", "p/", ""))
        ids = self.check(batch, count)
        for file_id in ids:
            self.store.files.placed(file_id, grant.id, "r", f"p/{file_id}")
        return ids

    def store_away(self, batch: str, count: int = 1) -> list[int]:
        ids = self.send(batch, count)
        for file_id in ids:
            self.store.files.stored(file_id, Receipt(MD5, MD5, f"p/{file_id}", "r"))
        return ids

    def confirm(self, batch: str, count: int = 1) -> list[int]:
        ids = self.store_away(batch, count)
        self.store.files.confirmed(ids)
        return ids

    def fail(self, batch: str, count: int = 1, fault: Fault = REFUSED) -> list[int]:
        ids = self.check(batch, count)
        for file_id in ids:
            self.store.files.failed(file_id, fault)
        return ids

    def skip(self, batch: str, count: int = 1, words: str = "Already there.") -> list[int]:
        ids = self.check(batch, count)
        for file_id in ids:
            self.store.files.skipped(file_id, words, "")
        return ids


@contextmanager
def still_files(folder: Path) -> Iterator[Files]:
    """With a controller whose line does not start: files stay as the test puts them."""
    paths = Paths.find({HOME: str(folder / "home")})
    app = bootstrap.build(paths, exclusive=True, secrets=SessionSecrets())
    app.store.connections.save(Connection("office", "cloud-api", "http://127.0.0.1:9"))
    controller = Controller(app, Line(app.engine))
    try:
        yield Files(controller, folder / "card")
    finally:
        controller.feed.close()
        app.close()
        # Nobody else does it without an event loop, and each new theme would dress the dead too.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def names(count: int, folder: str = "DCIM/100MEDIA") -> list[str]:
    return [f"{folder}/DJI_{n:05}.JPG" for n in range(count)]


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Runs Qt's loop until it is so; for tests that are no coroutines."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to be so"
        QApplication.processEvents()


def settle(model: FileModel) -> None:
    """Until everything is read and sorted; rows that are to leave may still be there."""
    until(lambda: not model.busy)


def shown(model: FileModel) -> list[str]:
    return [model.line(row).path for row in range(model.rowCount())]


def mixed(files: Files) -> str:
    """A batch of forty files, some in every state."""
    batch = files.batch("a", names(40))
    files.confirm(batch, 6)
    files.store_away(batch, 1)
    files.send(batch, 2)
    files.check(batch, 3)
    files.fail(batch, 4)
    files.skip(batch, 5)
    files.store.files.drop(batch, files.ids(batch)[-2:])
    return batch


def loaded(model: FileModel, batch: str) -> FileModel:
    model.load(batch)
    settle(model)
    return model


def shown_panel(files: Files, qtbot: QtBot) -> FilePanel:
    made = FilePanel(files.controller)
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    made.activateWindow()
    return made


def showing(panel: FilePanel, batch: str) -> FilePanel:
    panel.show_batch(batch)
    settle(panel.model)
    panel.table.setFocus()
    return panel


def note(panel: FilePanel) -> str:
    """What lies over the table, empty while rows are shown."""
    found = panel.table._note  # pyright: ignore[reportPrivateUsage]
    return found.accessibleName() if found.isVisibleTo(panel) else ""
