"""The façade that window and command line share: ask for things here, listen for what happens."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.domain.errors import CardGone, Fault, NotSignedIn, PostflightError, UsageError
from app.domain.events import BatchChanged, Event, FilesChanged
from app.domain.model import Batch, Connection, Counts, FileStatus, Job
from app.domain.naming import printable
from app.domain.ports import Cancel
from app.domain.states import ENDED, UNFINISHED, BatchState
from app.engine.context import Context
from app.engine.known_networks import visiting
from app.engine.meter import Pulse
from app.engine.stop import Stop
from app.services.base import Service

if TYPE_CHECKING:
    from app.engine.batch_run import BatchRun
    from app.engine.cards import Cards
    from app.engine.scanning import Plan
    from app.transfer.mover import Mover

# What only a run needs is imported when one begins: no list waits for it.

T = TypeVar("T")

_LONGEST_TITLE = 120  # characters
_AT_REST = Pulse(moving=0, sent=0, speed=0.0, steady=None)


@dataclass(frozen=True, slots=True)
class Order:
    """What the person asks to be sent."""

    connection: str
    roots: tuple[Path, ...]
    title: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One batch now: what lists, bars and `--json` show."""

    batch: Batch
    counts: Counts
    pulse: Pulse
    jobs: tuple[Job, ...]
    remote: tuple[str, ...]  # the service's ids of the remote groups, newest last


class Listeners:
    """Whoever wants to hear events; called on the engine's loop."""

    def __init__(self) -> None:
        self._all: list[Callable[[Event], None]] = []

    def add(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Answers the function that ends it."""
        self._all.append(listener)
        return lambda: self._all.remove(listener)

    def publish(self, event: Event) -> None:
        for listener in tuple(self._all):
            listener(event)


class Engine:
    """Lives on one event loop; every method is called there."""

    def __init__(
        self,
        context: Context,
        listeners: Listeners,
        service_of: Callable[[Connection], Service],
        mover_of: Callable[[Connection], Mover],
    ) -> None:
        self._context = context
        self._store = context.store
        self._service_of = service_of
        self._mover_of = mover_of
        self._services: dict[str, Service] = {}
        self._runs: dict[str, BatchRun] = {}
        self._cards: dict[str, Cards] = {}  # of batches that run or wait for a card
        self._last_pulses: dict[str, Pulse] = {}  # of runs that ended, for their summaries
        self.subscribe = listeners.add

    async def plan(self, order: Order, cancel: Cancel) -> Plan:
        """What an upload of `order` would do; nothing is stored."""
        from app.engine.scanning import plan
        from app.media.scan import Choice

        service = self._service(order.connection)
        choice = Choice(order.include, order.exclude)
        return await self._context.pools.disk(plan, order.roots, choice, service, cancel)

    def add(self, order: Order) -> Batch:
        """A new batch, not yet running. Roots are remembered as absolute paths."""
        connection = self._store.connections.get(order.connection)
        if not order.roots:
            raise UsageError("Nothing was named to send.", "Name a folder or files.")
        batch = Batch(
            id=uuid.uuid4().hex,
            title=_title(order),
            connection=connection.name,
            service=connection.service,
            roots=tuple(root.absolute() for root in order.roots),
            state=BatchState.SCANNING,
            jobs_wanted=order.jobs,
            include=order.include,
            exclude=order.exclude,
            created_at=self._context.clock.now(),
        )
        self._store.batches.add(batch)
        self._context.publish(BatchChanged(batch.id))
        return batch

    async def run(self, batch_ids: Iterable[str]) -> list[Batch]:
        """Carries these batches, side by side, until each is finished or stopped."""
        ids = list(batch_ids)
        if len(ids) == 1:
            # Not in a task of its own: from this moment on `stop` finds it.
            return [await self._run(ids[0])]
        runs = [asyncio.create_task(self._run(batch_id)) for batch_id in ids]
        for ended in asyncio.as_completed(runs):
            try:
                await ended
            except BaseException:
                # The others must be at rest before anybody closes what they work with.
                self.stop()
                await asyncio.gather(*runs, return_exceptions=True)
                raise
        return [run.result() for run in runs]

    async def _run(self, batch_id: str) -> Batch:
        batch = self._store.batches.get(batch_id)
        if batch_id in self._runs or batch.state in ENDED:
            return batch
        try:
            service = self._service(batch.connection)
        except PostflightError as error:
            self._store.batches.note(batch_id, error.title)
            raise
        from app.engine.batch_run import BatchRun

        cards = self._cards.setdefault(batch_id, self._cards_of(batch_id))
        run = BatchRun(self._context, service, self._mover(batch), batch, cards)
        self._runs[batch_id] = run
        try:
            connection = self._store.connections.get(batch.connection)
            with visiting(self._context.lanes, self._store.networks, connection):
                ended = await run.run()
            if ended.reason is None or ended.reason.code != CardGone.code:
                del self._cards[batch_id]
            if ended.reason is not None and ended.reason.code == NotSignedIn.code:
                # It asks no more with a refused secret, so as not to lock the account; whoever
                # resumes may have put right at the service what was wrong with it.
                self.forget(batch.connection)
            return ended
        finally:
            self._last_pulses[batch_id] = run.meter.sample()
            del self._runs[batch_id]

    def _cards_of(self, batch_id: str) -> Cards:
        from app.engine.cards import Cards

        return Cards(self._store, batch_id, self._context.card_roots)

    async def take_from(self, batch_id: str, folder: Path) -> None:
        """The batch's files are in `folder` now. UsageError when they are not; not while it runs.

        Cards are found without it, wherever they are put in.
        """
        cards = self._cards.get(batch_id) or self._cards_of(batch_id)
        await self._context.pools.disk(cards.move, folder)
        self._context.publish(BatchChanged(batch_id))

    def stop(self, batch_id: str | None = None) -> None:
        """What runs, or this batch, winds down and keeps its place; `run` returns when it has."""
        for running, run in self._runs.items():
            if batch_id in (None, running):
                run.stop.set()

    def poke(self) -> None:
        """The network is back: what waits for it looks at once."""
        for run in self._runs.values():
            run.weather.poke()

    def runs(self, batch_id: str) -> bool:
        return batch_id in self._runs

    @property
    def running(self) -> tuple[str, ...]:
        """Ids of the batches that are being carried now."""
        return tuple(self._runs)

    def unfinished(self) -> list[Batch]:
        return [batch for batch in self._store.batches.all() if batch.state in UNFINISHED]

    def retry(self, batch_id: str, ids: Collection[int] | None = None) -> int:
        """Failed and missing files, all or these, wait again. How many; `run` goes on with them."""
        ended = self._store.batches.get(batch_id).state in ENDED
        return self._changed(batch_id, [] if ended else self._store.files.retry(batch_id, ids))

    def skip(self, batch_id: str, ids: Collection[int]) -> int:
        """The person leaves these files out. How many: those on their way are not taken back."""
        ended = self._store.batches.get(batch_id).state in ENDED
        return self._changed(batch_id, [] if ended else self._store.files.drop(batch_id, ids))

    def accept_missing(self, batch_id: str) -> int:
        """The person accepts that these files are not sent: the batch may finish without them."""
        return self._changed(batch_id, self._store.files.drop_failed(batch_id))

    def _changed(self, batch_id: str, ids: list[int]) -> int:
        if ids:
            self._context.publish(FilesChanged(batch_id, tuple(ids)))
        return len(ids)

    def remove(self, batch_id: str) -> None:
        """Takes an ended batch out of the history; nothing at the service changes."""
        if self._store.batches.get(batch_id).state not in ENDED:
            raise UsageError("This batch is not finished.", "Cancel it first.")
        self._store.batches.remove(batch_id)
        self._context.publish(BatchChanged(batch_id))

    async def follow_jobs(self, batch_id: str, stop: Stop) -> list[Job]:
        """Until every job of the batch has ended."""
        from app.engine.finishing import Finishing

        batch = self._store.batches.get(batch_id)
        service = self._service(batch.connection)
        return await Finishing(self._context, service, batch, stop).follow()

    async def cancel(self, batch_id: str, delete: bool = False) -> Batch:
        """Gives the batch up. What is delivered stays, unless `delete` asks the service for it.

        A running job is stopped. Safe to repeat; what the service cannot be told is skipped,
        except for `delete`, which raises.
        """
        batch = self._store.batches.get(batch_id)
        if run := self._runs.get(batch_id):
            raise UsageError(f"{run.batch.title} is being sent.", "Stop it first.")
        from app.engine.giving_up import give_up

        service = self._service(batch.connection)
        await give_up(self._context, service, self._mover(batch), batch, delete)
        self._context.publish(BatchChanged(batch_id))
        return self._store.batches.get(batch_id)

    def snapshot(self, batch_id: str) -> Snapshot:
        run = self._runs.get(batch_id)
        pulse = run.meter.sample() if run else self._last_pulses.get(batch_id, _AT_REST)
        groups = [grant.group for grant in self._store.grants.of_batch(batch_id) if grant.group]
        return Snapshot(
            self._store.batches.get(batch_id),
            self._store.files.counts(batch_id),
            pulse,
            tuple(self._store.batches.jobs(batch_id)),
            tuple(dict.fromkeys(groups)),
        )

    def moving(self, batch_id: str) -> Mapping[int, int]:
        """Bytes sent so far of each file that is on its way now, by id."""
        run = self._runs.get(batch_id)
        return run.meter.moving() if run else {}

    async def control(self, work: Callable[[], T]) -> T:
        """Blocking work about a connection, in a thread beside those that carry files."""
        return await self._context.pools.control(work)

    def files(self, batch_id: str) -> Iterable[FileStatus]:
        return self._store.lists.statuses(batch_id)

    def foremost_files(self, batch_id: str, most: int) -> list[FileStatus]:
        return self._store.lists.foremost(batch_id, most)

    def notes(self, batch_id: str) -> list[str]:
        return self._store.batches.notes(batch_id)

    def batches(self) -> list[Batch]:
        return self._store.batches.all()

    def last_delivered(self) -> Batch | None:
        return self._store.batches.last_delivered()

    def states(self) -> dict[str, BatchState]:
        """Of every batch there is, by id."""
        return self._store.batches.states()

    def batch(self, batch_id: str) -> Batch:
        return self._store.batches.get(batch_id)

    def counts(self, batch_id: str) -> Counts:
        return self._store.files.counts(batch_id)

    def jobs(self, batch_id: str) -> list[Job]:
        return self._store.batches.jobs(batch_id)

    def in_line(self) -> list[Batch]:
        """Every batch that has not ended, in the order in which the person wants them sent."""
        return self._store.batches.in_line()

    def with_open_jobs(self) -> list[str]:
        """Ids of delivered batches whose jobs the service still works on."""
        return self._store.batches.with_open_jobs()

    def move(self, batch_id: str, before: str | None) -> None:
        """To another place in the line; `before` None: to its end."""
        line = [b.id for b in self._store.batches.in_line() if b.id != batch_id]
        line.insert(len(line) if before is None else line.index(before), batch_id)
        self._store.batches.arrange(line)
        self._context.publish(BatchChanged(batch_id))

    def hold(self, batch_id: str, held: bool) -> None:
        """Remembers that the person paused it, or no longer; `stop` is what stops a run."""
        self._store.batches.hold(batch_id, held)
        self._context.publish(BatchChanged(batch_id))

    def explain(self, batch_id: str, reason: Fault) -> None:
        """Why an unfinished batch does not go on."""
        batch = self._store.batches.get(batch_id)
        if batch.state in (BatchState.RUNNING, BatchState.FINISHING):
            self._store.batches.move(batch_id, BatchState.PAUSED, reason)
        elif batch.state in UNFINISHED:
            self._store.batches.explain(batch_id, reason)
        self._context.publish(BatchChanged(batch_id))

    def find(self, word: str) -> Batch:
        """A batch by the beginning of its id or by its title; UsageError otherwise."""
        return self._store.batches.find(word)

    def _mover(self, batch: Batch) -> Mover:
        return self._mover_of(self._store.connections.get(batch.connection))

    def _service(self, name: str) -> Service:
        connection = self._store.connections.get(name)
        if connection.name not in self._services:
            self._services[connection.name] = self._service_of(connection)
        return self._services[connection.name]

    def forget(self, connection: str) -> None:
        """The connection or its secret was changed or refused: its service is built anew."""
        self._services.pop(connection, None)


def _title(order: Order) -> str:
    """One line, whatever was typed or found; a drive's root has no name of its own."""
    said = order.title or order.roots[0].resolve().name or str(order.roots[0])
    return printable(" ".join(said.split()))[:_LONGEST_TITLE] or "Untitled"
