"""What the window asks for: every wish of the person goes through here to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, Signal

from app import bootstrap
from app.domain.errors import Cancelled, Fault, PostflightError
from app.domain.model import Batch, Connection, FileLine, FileStatus
from app.domain.ports import Cancel
from app.domain.preferences import Preferences
from app.engine.doctor import Leg
from app.engine.engine import Order, Snapshot
from app.engine.glance import Glance, glance
from app.engine.line import Line
from app.services.base import Project, ServiceSpec, wanted_jobs
from app.ui.feed import Feed
from app.ui.runtime import Tasks

T = TypeVar("T")

_PIECE: Final = 500  # files changed at once


class Controller(QObject):
    """Lives on the loop's thread. What goes wrong is said through `problem`, never raised."""

    problem = Signal(object)  # Fault
    connections_changed = Signal()
    preferences_changed = Signal(object)  # Preferences

    def __init__(self, app: bootstrap.App, line: Line, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.app = app
        self.engine = app.engine
        self.line = line
        self.feed = Feed(self.engine, self)
        self.tasks = Tasks(lambda error: self.problem.emit(error.fault()))
        self._preferences = app.store.preferences.load()

    async def close(self) -> None:
        """Everything keeps its place; returns when nothing runs any more."""
        await self.tasks.close()
        await self.line.close()
        self.feed.close()

    # -- batches ---------------------------------------------------------------------------------

    def snapshot(self, batch_id: str) -> Snapshot:
        return self.engine.snapshot(batch_id)

    def spec(self, batch_or_connection: Batch | Connection) -> ServiceSpec:
        return bootstrap.spec_of(batch_or_connection.service)

    def add(self, paths: Sequence[Path], connection: str) -> Batch | None:
        """A new batch at the end of the line; it starts by itself."""

        def work() -> Batch:
            target = self.app.store.connections.get(connection)
            jobs = wanted_jobs(target, bootstrap.spec_of(target.service).jobs)
            return self.line.add(Order(target.name, tuple(paths), jobs=jobs))

        return self._try(work)

    def pause(self, batch_id: str) -> None:
        self._try(lambda: self.line.pause(batch_id))

    def resume(self, batch_id: str) -> None:
        self._try(lambda: self.line.resume(batch_id))

    def pause_all(self) -> None:
        for batch in self.engine.in_line():
            self.pause(batch.id)

    def resume_all(self) -> None:
        for batch in self.engine.in_line():
            if batch.held:
                self.resume(batch.id)

    def move(self, batch_id: str, before: str | None) -> None:
        self._try(lambda: self.line.move(batch_id, before))

    def retry(self, batch_id: str, ids: Collection[int] | None = None) -> None:
        if ids is None:
            self._try(lambda: self.line.retry(batch_id))
        else:
            self._in_pieces(ids, lambda piece: self.line.retry(batch_id, piece))

    def skip(self, batch_id: str, ids: Collection[int]) -> None:
        self._in_pieces(ids, lambda piece: self.line.skip(batch_id, piece))

    def accept_missing(self, batch_id: str) -> None:
        self._try(lambda: self.line.accept_missing(batch_id))

    def remove(self, batch_id: str) -> None:
        """Out of the history; what was delivered stays where it is."""
        self._try(lambda: self.engine.remove(batch_id))

    def cancel(self, batch_id: str, delete: bool = False) -> None:
        """Gives the batch up, or stops the running jobs of a delivered one."""

        async def work() -> None:
            await self.line.cancel(batch_id, delete)

        self.start(work())

    def glance(self, paths: Sequence[Path], told: Callable[[Glance], None]) -> Cancel:
        """Counts what lies there; `told` hears it grow, the last time with `whole`. The answer
        is the sign that ends it when nobody wants to know any more."""
        cancel, loop = Cancel(), asyncio.get_running_loop()

        def tell(seen: Glance) -> None:
            loop.call_soon_threadsafe(told, seen)

        async def look() -> None:
            with suppress(Cancelled):
                told(await self.engine.control(lambda: glance(paths, cancel, tell)))

        self.tasks.start(look())
        return cancel

    # -- files -----------------------------------------------------------------------------------

    def lines_after(self, batch_id: str, after: int) -> list[FileLine]:
        """The next rows of the list, at most `store.lists.PIECE`; a few milliseconds."""
        return self.app.store.lists.lines_after(batch_id, after)

    def lines(self, ids: Collection[int]) -> list[FileLine]:
        return self.app.store.lists.lines(ids)

    def status(self, file_id: int) -> FileStatus | None:
        return self.app.store.lists.status(file_id)

    # -- connections -----------------------------------------------------------------------------

    def connections(self) -> list[Connection]:
        return self.app.store.connections.all()

    def save_connection(
        self, connection: Connection, secret: str, done: Callable[[Fault | None], None]
    ) -> None:
        """`done` hears None when all is kept. A fault with the code of SecretsError means that the
        connection is kept and its secret only for this run. An empty secret stays as it was."""

        def saved(fault: Fault | None) -> None:
            self.engine.forget(connection.name)
            self.connections_changed.emit()
            done(fault)

        self._ask(lambda: self.app.add_connection(connection, secret), lambda _: saved(None), saved)

    def remove_connection(self, name: str) -> None:
        def done(_: object) -> None:
            self.connections_changed.emit()

        self._ask(lambda: self.app.remove_connection(name), done, self.problem.emit)

    def projects(
        self,
        connection: Connection,
        secret: str,
        done: Callable[[Sequence[Project]], None],
        failed: Callable[[Fault], None],
    ) -> None:
        """What may be chosen as destination, asked live. An empty secret: the one that is kept."""
        self._ask(lambda: self.app.projects(connection, secret), done, failed)

    def test_connection(
        self,
        connection: Connection,
        secret: str,
        passed: Callable[[Leg], None],
        done: Callable[[], None],
    ) -> None:
        """`passed` hears each leg when it was walked, the last one perhaps with a fault."""
        loop = asyncio.get_running_loop()

        def walk() -> None:
            for leg in self.app.test(connection, secret):
                loop.call_soon_threadsafe(passed, leg)

        def failed(fault: Fault) -> None:
            passed(Leg("settings", fault.title, fault))
            done()

        self._ask(walk, lambda _: done(), failed)

    # -- preferences -----------------------------------------------------------------------------

    @property
    def preferences(self) -> Preferences:
        return self._preferences

    def prefer(self, preferences: Preferences) -> None:
        """Keeps them and lets everybody know; what they change applies at once."""
        if preferences == self._preferences:
            return
        before, self._preferences = self._preferences, preferences
        self._try(lambda: self.app.store.preferences.save(preferences, since=before))
        self.preferences_changed.emit(preferences)

    # -- how wishes are carried out --------------------------------------------------------------

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """A coroutine whose expected errors are said; anything else is a bug."""
        self.tasks.start(work)

    def _in_pieces(self, ids: Collection[int], work: Callable[[Collection[int]], int]) -> None:
        """The first piece at once, the others one by one: a hundred thousand take seconds."""
        rest = sorted(ids)
        first, rest = rest[:_PIECE], rest[_PIECE:]
        self._try(lambda: work(first))

        async def others() -> None:
            for start in range(0, len(rest), _PIECE):
                await asyncio.sleep(0)
                work(rest[start : start + _PIECE])

        if rest:
            self.tasks.start(others())

    def _try(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except PostflightError as error:
            self.problem.emit(error.fault())
            return None

    def _ask(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[Fault], None],
    ) -> None:
        """`work` blocks, in a control thread; the answer comes back on the loop."""

        async def asked() -> None:
            try:
                answer = await self.engine.control(work)
            except PostflightError as error:
                failed(error.fault())
            else:
                done(answer)

        self.tasks.start(asked())
