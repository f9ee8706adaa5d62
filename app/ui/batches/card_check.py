"""Reads the card of a delivered batch again, in a thread, and tells how far and with what end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget
from shiboken6 import isValid

from app.domain.clearance import Clearance
from app.domain.errors import Cancelled, PostflightError
from app.domain.model import Batch
from app.domain.ports import Cancel
from app.ui.controller import Controller
from app.ui.language import t

_EVERY: Final = 0.2  # seconds between two numbers


@dataclass(frozen=True, slots=True)
class CardState:
    """What is known of a batch's card: how much of it is read, or the verdict and its time."""

    done: int = 0
    total: int = 0
    clearance: Clearance | None = None
    at: float = 0.0  # UTC seconds


class CardCheck(QObject):
    """What goes wrong is said through the controller's `problem`, as of a card pulled out."""

    changed = Signal(str)  # batch

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._pool = ThreadPoolExecutor(1, "pf-verify")  # two would fight for one card
        self._states: dict[str, CardState] = {}
        self._running: dict[str, Cancel] = {}

    def state(self, batch_id: str) -> CardState | None:
        return self._states.get(batch_id)

    def ask(self, batch: Batch, parent: QWidget) -> None:
        """Reads where the batch was sent from; where that is gone, the person says where it is."""
        self._controller.start(self._ask(batch, parent))

    def start(self, batch_id: str, folder: Path) -> None:
        if batch_id not in self._running:
            self._controller.start(self._run(batch_id, folder))

    def stop(self, batch_id: str) -> None:
        if batch_id in self._running:
            self._running[batch_id].set()

    async def _ask(self, batch: Batch, parent: QWidget) -> None:
        def work() -> Path | None:
            # Only who verifies waits for its import.
            from app.evidence.verifying import folder_of

            return folder_of(batch)

        folder = await self._controller.engine.control(work)
        if folder is not None:
            self.start(batch.id, folder)
        elif isValid(self) and isValid(parent):
            self._ask_where(batch.id, parent)

    def _ask_where(self, batch_id: str, parent: QWidget) -> None:
        dialog = QFileDialog(parent, t("Where is the card now?"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)

        def chosen(name: str) -> None:
            self.start(batch_id, Path(name))

        dialog.fileSelected.connect(chosen)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    async def _run(self, batch_id: str, folder: Path) -> None:
        if batch_id in self._running:
            return
        cancel = self._running[batch_id] = Cancel()
        self._tell(batch_id, CardState())
        verdict: CardState | None = None
        try:
            found = await self._verified(batch_id, folder, cancel)
            verdict = CardState(clearance=found, at=self._controller.app.clock.now())
        except Cancelled:
            pass
        finally:
            del self._running[batch_id]
            self._tell(batch_id, verdict)

    async def _verified(self, batch_id: str, folder: Path, cancel: Cancel) -> Clearance:
        app, loop = self._controller.app, asyncio.get_running_loop()

        def moved(done: int, total: int) -> None:
            if batch_id in self._running:
                self._tell(batch_id, CardState(done, total))

        tell = _now_and_then(lambda done, total: loop.call_soon_threadsafe(moved, done, total))

        def work() -> Clearance:
            from app.evidence.verifying import verify

            return verify(app.store, app.clock, batch_id, folder, cancel, tell)

        reading = loop.run_in_executor(self._pool, work)
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            # Postflight ends: the thread must be at rest before the database is closed.
            cancel.set()
            with suppress(PostflightError):
                await reading
            raise

    def _tell(self, batch_id: str, state: CardState | None) -> None:
        if not isValid(self):  # the page went meanwhile
            return
        if state is None:
            self._states.pop(batch_id, None)
        else:
            self._states[batch_id] = state
        self.changed.emit(batch_id)


def _now_and_then(tell: Callable[[int, int], object]) -> Callable[[int, int], None]:
    last = 0.0

    def told(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _EVERY:
            last = now
            tell(done, total)

    return told
