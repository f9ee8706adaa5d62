"""Which batches there are: right also where something happens while all are being read."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.ui.batches.roster import Roster
from app.ui.controller import Controller
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import delivered, tick, until


async def test_a_batch_removed_while_all_are_read_stays_away(
    qapp: QApplication, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    batch_id = await delivered(controller, bench, tmp_path / "a")
    roster = Roster(controller)
    roster.load()
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251  # the thread has read by now, the loop has not heard of it
    controller.remove(batch_id)
    controller.feed.batch_changed.emit(batch_id)
    await until(lambda: roster.loaded)
    await tick()
    assert roster.ended() == []


async def test_a_page_that_goes_while_all_are_read_does_no_harm(
    qapp: QApplication, controller: Controller
) -> None:
    roster = Roster(controller)
    roster.load()
    roster.deleteLater()
    del roster
    await tick()


async def test_it_tells_only_when_something_is_different(
    qapp: QApplication, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    batch_id = await delivered(controller, bench, tmp_path / "a")
    roster = Roster(controller)
    roster.load()
    await until(lambda: roster.loaded)
    told: list[bool] = []
    roster.changed.connect(lambda: told.append(True))
    controller.feed.batch_changed.emit(batch_id)
    controller.feed.batches_changed.emit()
    assert not told
    assert [batch.id for batch in roster.ended()] == [batch_id]
