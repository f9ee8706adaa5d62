"""The practice cloud inside the window: a data folder of its own that is gone when it is left."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from app import bootstrap
from app.engine.context import Patience
from app.engine.engine import Order
from app.engine.line import Line
from app.paths import HOME, Paths
from app.ui.controller import Controller

_PACE = 6_000_000  # bytes a second: slow enough to be watched, as over a good line


class PracticeStage:
    """Starts everything at once; `close` stops it and deletes what it wrote."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: what to send instead of a sample flight."""
        self._given = folder
        self._closing = ExitStack()
        self._home = Path(tempfile.mkdtemp(prefix="postflight-practice-"))
        self._closing.callback(shutil.rmtree, self._home, ignore_errors=True)
        self._practice = self._closing.enter_context(bootstrap.practice(self._home / "cloud"))
        self._app = bootstrap.build(
            Paths.find({HOME: str(self._home / "postflight")}),
            exclusive=True,
            secrets=self._practice.secrets,
            patience=Patience(import_first=0.2, job_first=0.5, job_longest=2.0),
        )
        self._closing.callback(self._app.close)
        for connection in self._practice.connections:
            self._app.store.connections.save(connection)
        self._app.throttle.limit = _PACE
        self.controller = Controller(self._app, Line(self._app.engine))

    def start(self) -> None:
        """The line begins; the flight is written in a thread and sent to every service."""
        self.controller.line.start()
        self.controller.start(self._fly())

    async def _fly(self) -> None:
        flight = self._given or await self.controller.engine.control(
            lambda: self._practice.sample_flight(self._home / "card")
        )
        for connection in self._practice.connections:
            # A folder of one's own may hold too few photos for a reconstruction.
            jobs = () if self._given else bootstrap.spec_of(connection.service).jobs[:1]
            self.controller.line.add(Order(connection.name, (flight,), jobs=jobs))

    async def close(self) -> None:
        await self.controller.close()
        self._closing.close()
