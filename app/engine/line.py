"""The line of batches: carries one after the other in the person's order and goes on by itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection

from app.domain.errors import CardGone, Fault, Offline, PostflightError, passes_by_itself
from app.domain.events import BatchChanged, Event
from app.domain.model import Batch
from app.domain.states import UNFINISHED, BatchState
from app.engine.engine import Engine, Order
from app.engine.stop import Stop

_log = logging.getLogger(__name__)

_SENDING = frozenset({BatchState.SCANNING, BatchState.READY, BatchState.RUNNING})
_FOR_EVER = float("inf")
_FIRST_WAIT, _LONGEST_WAIT = 15.0, 300.0  # seconds before a batch that met bad weather goes on
_CARD_WAIT = 3.0  # seconds between two looks for a card that is not there
_OFFLINE_WAIT = 60.0  # the longest where there was no network: a look costs next to nothing


class Line:
    """For programs that stay; a command that runs a batch and ends calls the engine itself.

    One batch is sent at a time, the first in the line that may; while the service takes over what
    was sent, the next one starts. Lives on the engine's loop, every method is called there.
    """

    def __init__(
        self,
        engine: Engine,
        monotonic: Callable[[], float] = time.monotonic,
        first_wait: float = _FIRST_WAIT,
    ) -> None:
        self._engine = engine
        self._monotonic = monotonic
        self._first_wait = first_wait
        self._running: dict[str, asyncio.Task[None]] = {}
        self._following: dict[str, tuple[asyncio.Task[None], Stop]] = {}
        self._rests: dict[str, tuple[float, float]] = {}  # not before this time; the wait it was
        self._asked: set[str] = set()  # by the person, though the state alone would not say so
        self._wake = asyncio.Event()
        self._closing = False
        self._main: asyncio.Task[None] | None = None

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Unfinished batches go on, except those that the person holds."""
        self._unsubscribe = self._engine.subscribe(self._heard)
        self._main = asyncio.create_task(self._carry(), name="line")

    async def close(self) -> None:
        """Everything winds down and keeps its place; returns when nothing runs any more."""
        if self._main is None:
            return
        self._closing = True
        self._unsubscribe()
        self._main.cancel()
        self._engine.stop()
        for _, stop in self._following.values():
            stop.set()
        tasks = [self._main, *self._running.values(), *(t for t, _ in self._following.values())]
        await asyncio.gather(*tasks, return_exceptions=True)
        self._main = None

    @property
    def busy(self) -> bool:
        """Whether anything is being carried, or will be without a word of the person."""
        return bool(self._running) or any(self._eligible(batch) for batch in self._batches())

    def poke(self) -> None:
        """The network is back, or the lid was opened: nobody rests any longer."""
        self._engine.poke()
        self._rests = {batch_id: (0.0, wait) for batch_id, (_, wait) in self._rests.items()}
        self._wake.set()

    # -- what the person asks for ----------------------------------------------------------------

    def add(self, order: Order) -> Batch:
        batch = self._engine.add(order)
        self._wake.set()
        return batch

    def pause(self, batch_id: str) -> None:
        self._engine.hold(batch_id, True)
        self._engine.stop(batch_id)

    def resume(self, batch_id: str) -> None:
        """Now, whatever it rested for; a person's word wins over every wait."""
        self._engine.hold(batch_id, False)
        self._ask(batch_id)

    def retry(self, batch_id: str, ids: Collection[int] | None = None) -> int:
        count = self._engine.retry(batch_id, ids)
        self.resume(batch_id)
        return count

    def skip(self, batch_id: str, ids: Collection[int]) -> int:
        """When nothing that needs the person is left, the batch goes on to its end."""
        count = self._engine.skip(batch_id, ids)
        if count and not self._engine.counts(batch_id).failed:
            self._ask(batch_id)
        return count

    def accept_missing(self, batch_id: str) -> None:
        self._engine.accept_missing(batch_id)
        self.resume(batch_id)

    async def cancel(self, batch_id: str, delete: bool = False) -> Batch:
        """Stops it where it is, then gives it up. Raises what the service says to `delete`."""
        self._engine.hold(batch_id, True)
        self._asked.discard(batch_id)
        self._engine.stop(batch_id)
        if task := self._running.get(batch_id):
            await asyncio.gather(task, return_exceptions=True)
        if following := self._following.get(batch_id):
            following[1].set()
            await asyncio.gather(following[0], return_exceptions=True)
        try:
            return await self._engine.cancel(batch_id, delete)
        finally:
            self._wake.set()

    def move(self, batch_id: str, before: str | None) -> None:
        """`before` None: to the end. A batch that now comes after another one makes way for it."""
        self._engine.move(batch_id, before)
        first = next((b.id for b in self._batches() if self._eligible(b) or self._sends(b)), None)
        if first is not None and first not in self._running:
            for running in self._running:
                if self._sends(self._engine.batch(running)):
                    self._asked.add(running)
                    self._engine.stop(running)
        self._wake.set()

    def _ask(self, batch_id: str) -> None:
        self._asked.add(batch_id)
        self._rests.pop(batch_id, None)
        self._wake.set()

    # -- carrying --------------------------------------------------------------------------------

    def _heard(self, event: Event) -> None:
        if isinstance(event, BatchChanged):
            self._wake.set()

    async def _carry(self) -> None:
        while True:
            self._wake.clear()
            try:
                self._begin()
            except Exception:
                # Without this task nothing would ever be sent again, and nobody would know.
                _log.exception("a bug in the line of batches")
            try:
                async with asyncio.timeout(self._until_next()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _begin(self) -> None:
        batches = self._batches()
        if not any(self._sends(batch) for batch in batches):
            for batch in batches:
                if self._eligible(batch):
                    self._asked.discard(batch.id)
                    self._running[batch.id] = asyncio.create_task(self._run(batch.id))
                    break
        for batch_id in self._engine.with_open_jobs():
            if batch_id not in self._following:
                self._follow(batch_id)

    def _batches(self) -> list[Batch]:
        return self._engine.in_line()

    def _sends(self, batch: Batch) -> bool:
        return batch.id in self._running and (
            batch.state in _SENDING or not self._engine.runs(batch.id)
        )

    def _eligible(self, batch: Batch) -> bool:
        if batch.id in self._running or batch.held or self._rest_of(batch.id) > 0:
            return False
        if batch.state is BatchState.ATTENTION:
            return batch.id in self._asked or self._engine.counts(batch.id).waiting > 0
        return batch.state in UNFINISHED

    def _rest_of(self, batch_id: str) -> float:
        until, _ = self._rests.get(batch_id, (0.0, 0.0))
        return until - self._monotonic()

    def _until_next(self) -> float | None:
        rests = [self._rest_of(batch_id) for batch_id in self._rests]
        return min((rest for rest in rests if 0 < rest < _FOR_EVER), default=None)

    async def _run(self, batch_id: str) -> None:
        try:
            if self._closing or self._engine.batch(batch_id).held:
                return  # paused between the decision and now
            (batch,) = await self._engine.run([batch_id])
        except PostflightError as error:
            self._engine.explain(batch_id, error.fault())
            self._rest_for_ever(batch_id)
        except Exception:
            _log.exception("a bug stopped batch %s", batch_id[:8])
            self._engine.explain(batch_id, _BUG)
            self._rest_for_ever(batch_id)
        else:
            self._rest(batch)
        finally:
            del self._running[batch_id]
            self._wake.set()

    def _rest(self, batch: Batch) -> None:
        """After a run that did not end: bad weather passes and a card comes back; other reasons
        wait for a person."""
        reason = batch.reason
        over = batch.state not in UNFINISHED or batch.held or batch.id in self._asked
        if over or reason is None or reason.code == "stopped":
            self._rests.pop(batch.id, None)
        elif reason.code == CardGone.code:
            wait = min(self._first_wait, _CARD_WAIT)
            self._rests[batch.id] = (self._monotonic() + wait, 0.0)
        elif passes_by_itself(reason.code):
            _, last = self._rests.get(batch.id, (0.0, 0.0))
            longest = _OFFLINE_WAIT if reason.code == Offline.code else _LONGEST_WAIT
            wait = min(max(last * 2, self._first_wait), longest)
            self._rests[batch.id] = (self._monotonic() + wait, wait)
        else:
            self._rest_for_ever(batch.id)

    def _rest_for_ever(self, batch_id: str) -> None:
        """Until the person says so, the network comes back, or the program starts again."""
        self._rests[batch_id] = (_FOR_EVER, self._first_wait)

    def _follow(self, batch_id: str) -> None:
        stop = Stop()
        task = asyncio.create_task(self._followed(batch_id, stop))
        self._following[batch_id] = (task, stop)

    async def _followed(self, batch_id: str, stop: Stop) -> None:
        """A reconstruction takes hours: whatever happens on the way, look again later."""
        wait = self._first_wait
        try:
            while not self._closing:
                try:
                    await self._engine.follow_jobs(batch_id, stop)
                    return
                except PostflightError as error:
                    if stop.is_set():
                        return
                    _log.info("jobs of %s: %s", batch_id[:8], error.title)
                    await stop.sleep(wait)
                    wait = min(wait * 2, _LONGEST_WAIT)
        except PostflightError:
            return
        finally:
            del self._following[batch_id]


_BUG = Fault(
    "bug",
    "Postflight made a mistake with this batch.",
    "Everything is kept. Resume tries again; the log tells developers what happened.",
)
