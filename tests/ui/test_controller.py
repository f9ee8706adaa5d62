"""The controller and its feed on a running engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.domain.errors import Fault
from app.domain.model import Found, NewFile
from app.domain.states import BatchState
from app.engine.line import Line
from app.ui.controller import Controller
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench


async def test_a_dropped_folder_is_delivered_and_the_signals_tell(
    qapp: QApplication, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 5, 1000, 2000)
    changed: set[int] = set()
    added: list[str] = []
    controller.feed.files_changed.connect(lambda batch, ids: changed.update(ids))
    controller.feed.files_added.connect(added.append)
    batch = controller.add([tmp_path / "card"], bench.connection("cloud-api").name)
    assert batch is not None
    async with asyncio.timeout(20):
        while controller.snapshot(batch.id).batch.state is not BatchState.DELIVERED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        while len(changed) < 5:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert added == [batch.id]
    assert {line.id for line in controller.lines_after(batch.id, 0)} == changed


async def test_an_unknown_connection_is_said_and_not_raised(
    qapp: QApplication, controller: Controller, tmp_path: Path
) -> None:
    said: list[Fault] = []
    controller.problem.connect(said.append)
    assert controller.add([tmp_path], "nobody") is None
    assert "nobody" in said[0].title


async def test_thousands_of_files_are_left_out_while_the_loop_goes_on(
    qapp: QApplication, bench: Workbench, tmp_path: Path
) -> None:
    controller = Controller(bench.app, Line(bench.app.engine))
    batch = bench.add("cloud-api", tmp_path)
    found = [Found(0, Path(f"{n}.JPG"), f"{n}.JPG", 1, 1) for n in range(1800)]
    bench.app.store.files.add(batch, [NewFile(f, f.path, "media") for f in found])
    ids = [status.file.id for status in bench.app.engine.files(batch)]
    controller.skip(batch, ids)
    steps: list[int] = []
    async with asyncio.timeout(20):
        while not steps or steps[-1] < len(ids):
            steps.append(bench.app.engine.counts(batch).dropped)
            await asyncio.sleep(0)
    assert len(set(steps)) >= 3, "piece by piece"
    await controller.close()
