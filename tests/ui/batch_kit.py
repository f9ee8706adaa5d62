"""What the tests of the batches share: waiting on the loop, flights, and snapshots made by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QPushButton, QWidget

from app.domain.errors import Fault
from app.domain.model import Batch, Counts, Job
from app.domain.states import BatchState
from app.engine.engine import Snapshot
from app.engine.meter import Pulse
from app.practice.faults import Action
from app.practice.faults import Fault as Trouble
from app.ui.controller import Controller
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench

FLIGHTHUB, CLOUD_API, METASTUDIO = "flighthub2", "cloud-api", "metastudio"


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def tick() -> None:
    """Long enough for the feed to have told what happened."""
    await asyncio.sleep(0.25)


def send(
    controller: Controller, bench: Workbench, folder: Path, service: str, count: int = 4
) -> str:
    write_flight(folder, count, 1000, 3000)
    batch = controller.add([folder], bench.connection(service).name)
    assert batch is not None
    return batch.id


def state(controller: Controller, batch_id: str) -> BatchState:
    return controller.engine.batch(batch_id).state


async def delivered(
    controller: Controller, bench: Workbench, folder: Path, service: str = CLOUD_API, count: int = 2
) -> str:
    batch_id = send(controller, bench, folder, service, count)
    await until(lambda: state(controller, batch_id) is BatchState.DELIVERED)
    await tick()
    return batch_id


@contextmanager
def slow_storage(bench: Workbench, rate: float = 500.0) -> Iterator[None]:
    """Every byte goes up slowly until the block ends."""
    bench.cloud.faults.add(Trouble("storage.put", Action.SLOW, times=0, rate=rate))
    try:
        yield
    finally:
        bench.cloud.faults.clear()


def button(page: QWidget, words: str) -> QPushButton:
    """The button that is to be seen and says this."""
    found = [one for one in page.findChildren(QPushButton)
             if one.text() == words and not one.isHidden() and one.isVisibleTo(page)]  # fmt: skip
    seen = [one.text() for one in page.findChildren(QPushButton) if one.isVisibleTo(page)]
    assert len(found) == 1, f"{len(found)} buttons say {words!r}; there are {seen}"
    return found[0]


def shows(page: QWidget, words: str) -> bool:
    return any(
        one.text() == words and one.isVisibleTo(page) for one in page.findChildren(QPushButton)
    )


def batch(
    state: BatchState = BatchState.RUNNING,
    *,
    held: bool = False,
    reason: Fault | None = None,
    jobs: tuple[str, ...] = (),
    finished_at: float | None = None,
    service: str = FLIGHTHUB,
) -> Batch:
    return Batch("b1", "14 Jun pm", "Harbour East", service, (Path("/card"),), state, jobs,
                 reason=reason, created_at=1000.0, finished_at=finished_at, held=held)  # fmt: skip


def snapshot(
    made: Batch, counts: Counts | None = None, pulse: Pulse | None = None, *jobs: Job
) -> Snapshot:
    usual = Counts(total=10, delivered=4, waiting=6, queued=4, bytes_total=1000,
                   bytes_delivered=400, bytes_stored=500)  # fmt: skip
    return Snapshot(made, counts or usual, pulse or Pulse(0, 0, 0.0, None), jobs, ())
