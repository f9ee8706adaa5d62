"""Carries one batch through its states: scan, send, register, finish."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.errors import (
    BadAnswer,
    Cancelled,
    CardGone,
    Fault,
    FileUnreadable,
    KeysTooShort,
    Leg,
    PostflightError,
)
from app.domain.events import BatchChanged, FilesChanged, Notice
from app.domain.model import MEDIA, Batch, MediaFile, Prepared
from app.domain.placement import Grant
from app.domain.states import BatchState
from app.engine.cards import Cards
from app.engine.context import Context
from app.engine.file_run import FileRun
from app.engine.finishing import Finishing, failed_job
from app.engine.grants import Grants
from app.engine.handful import MOST, HandfulRun, handfuls
from app.engine.meter import Meter
from app.engine.preparing import glance
from app.engine.registrar import Registrar
from app.engine.scanning import Scan
from app.engine.stop import Stop
from app.engine.twins import Twins
from app.engine.weather import Weather
from app.media.scan import Choice
from app.services.base import Missing, Service

if TYPE_CHECKING:
    from app.transfer.mover import Mover

_log = logging.getLogger(__name__)

Hands = asyncio.Queue[list[MediaFile] | None]  # files that go together; None: no more

_REGROUPS = 2  # how often a whole batch is sent anew because its remote group was replaced
_ROUNDS = 3  # how often files that the service lost are registered again
_CLOCK_OFF = 5.0  # minutes from which on the person should know
_GLANCES = 32  # files in one survey: enough to save calls, few enough to start soon


class BatchRun:
    """One run of one batch; made anew for each `resume`."""

    def __init__(
        self, context: Context, service: Service, mover: Mover, batch: Batch, cards: Cards
    ) -> None:
        self.batch = batch
        self._cards = cards
        self.meter = Meter(context.monotonic)
        self.stop = Stop()
        self.weather = Weather(
            self.stop, context.patience.looks, context.rng, context.monotonic, self._say
        )
        self._context = context = replace(context, weather=self.weather)
        self._service = service
        self._mover = mover
        self._grants = Grants(context, service, batch, self.stop, self._regroup)
        self._registrar: Registrar | None = None
        self._regroups = 0
        self._in_a_row: list[int] = []
        self._clock_said = False

    async def run(self) -> Batch:
        """Ends in delivered, empty, attention or paused; only bugs are raised."""
        try:
            await self._context.pools.disk(self._context.store.keep_daily_copy)
            await self._find_cards()
            await self._scan()
            if self._state() is not BatchState.EMPTY:
                await self._deliver()
        except Cancelled:
            self._pause()
        except PostflightError as error:
            self.stop.set(error)
            self._pause()
        return self._context.store.batches.get(self.batch.id)

    async def _find_cards(self) -> None:
        """Raises CardGone when there is nothing to do but to wait for a card."""
        state, counts = self._state(), self._context.store.files.counts(self.batch.id)
        self._cards.gone = None
        if state is not BatchState.SCANNING and not counts.queued:
            return
        self._cards.gone = await self._context.pools.disk(self._cards.look_for)
        self.batch = self._context.store.batches.get(self.batch.id)
        waits = state is BatchState.PAUSED and not counts.moving
        if self._cards.gone is not None and (waits or state is BatchState.SCANNING):
            raise self._cards.gone

    async def _scan(self) -> None:
        if self._state() is not BatchState.SCANNING:
            return
        try:
            await self._walk()
        except CardGone as error:
            raise await self._context.pools.disk(self._cards.look_again) or error from error

    async def _walk(self) -> None:
        store, batch = self._context.store, self.batch
        choice = Choice(batch.include, batch.exclude)
        known = await self._context.pools.disk(store.lists.names, batch.id)
        scan = Scan(batch.roots, choice, self._service, self.stop.cancel, known)
        while (chunk := await self._context.pools.disk(scan.chunk)) is not None:
            if any(file.fault and file.fault.code == FileUnreadable.code for file in chunk):
                await self._make_sure_of_cards()
            store.files.add(batch.id, chunk)
            self._context.publish(FilesChanged(batch.id, ()))
        quiet = sum(1 for item in scan.left_out if not item.fault)
        if quiet:
            words = "1 entry" if quiet == 1 else f"{quiet} entries"
            store.batches.note(batch.id, f"{words} left out: system files, links, your patterns.")
        counts = store.files.counts(batch.id)
        if counts.total == 0:
            words = "Nothing to send was found."
            self._move(BatchState.EMPTY, Fault("empty", words, "Choose another folder."))
        else:
            self._move(BatchState.READY)

    async def _make_sure_of_cards(self) -> None:
        """Folders that cannot be read: of a card that was pulled the system says just that."""
        await self.stop.sleep(self._context.patience.card)
        gone = await self._context.pools.disk(self._cards.look_again)
        if gone is not None:
            raise gone

    async def _deliver(self) -> None:
        """From any unfinished state to the end; `finishing` goes straight on from there."""
        for _ in range(_ROUNDS):
            if self._state() is not BatchState.FINISHING:
                self._move(BatchState.RUNNING)
                await self._send_all()
                await self._say_what_stands_out()
                if self._context.store.files.counts(self.batch.id).failed:
                    self._move(BatchState.ATTENTION, self._attention())
                    return
                self._move(BatchState.FINISHING)
            finishing = Finishing(self._context, self._service, self.batch, self.stop)
            outcome = await finishing.close_with_service()
            if not isinstance(outcome, Missing):
                await self._start_jobs(finishing, outcome.words)
                return
            self._register_again(outcome)
        raise BadAnswer(
            "The service loses files that it had acknowledged.",
            "Ask who runs it; Postflight keeps the batch.",
            leg=Leg.SERVICE,
        )

    async def _start_jobs(self, finishing: Finishing, words: str) -> None:
        if words:
            self._context.store.batches.note(self.batch.id, words)
        jobs = await finishing.start_jobs()
        if error := failed_job(jobs):
            self._move(BatchState.ATTENTION, error.fault())
            return
        self._grants.forget_keys()
        self._move(BatchState.DELIVERED)
        await self._context.pools.disk(self._context.store.keep_copy)

    def _register_again(self, outcome: Missing) -> None:
        files = self._context.store.files
        for group, names in outcome.names.items():
            files.unconfirmed(self.batch.id, group, names)
        self._context.store.batches.note(self.batch.id, outcome.words)
        self._move(BatchState.RUNNING)

    async def _send_all(self) -> None:
        """Until no file waits any more. Raises what stopped it."""
        files = self._context.store.files
        newest = self._context.store.grants.newest(self.batch.id, MEDIA)
        if newest is not None and self._service.limits.one_group:
            self._gather(newest)  # the last run may have ended between new keys and this
        while True:
            await self._send_round()
            self._say_clock()
            self.stop.check_cause()
            if self._cards.gone is not None:
                raise self._cards.gone
            if stuck := files.moving(self.batch.id):
                raise AssertionError(f"files {stuck} move and nobody carries them")
            if not files.counts(self.batch.id).waiting:
                return

    async def _send_round(self) -> None:
        stored: dict[str, int] = {}
        if self._service.limits.one_of_a_kind:
            lists = self._context.store.lists
            stored = await self._context.pools.disk(lists.unregistered, self.batch.id)
        registrar = Registrar(self._context, self._service, self.batch, self._grants, self.stop)
        self._registrar = registrar
        registering = asyncio.create_task(registrar.run())
        queue: Hands = asyncio.Queue(self._context.pools.files_at_once)
        twins = Twins(stored)
        pullers = [
            asyncio.create_task(self._pull(queue, registrar, twins))
            for _ in range(self._context.pools.files_at_once)
        ]
        try:
            await self._feed(queue, twins)
        finally:
            for _ in pullers:
                await queue.put(None)
            ended = await asyncio.gather(*pullers, return_exceptions=True)
            registrar.senders_done()
            await registering
            await self._grants.settle()
        for bug in ended:
            if bug is not None:
                raise bug

    async def _feed(self, queue: Hands, twins: Twins) -> None:
        files, limits = self._context.store.files, self._service.limits
        survey = min(limits.survey, _GLANCES)
        at_once = self._context.pools.files_at_once
        most = survey or at_once * (MOST if limits.places_freely else 1)
        while not self.stop.is_set() and self._cards.gone is None:
            taken = files.take(self.batch.id, most, twins.waiting)
            if not taken:
                return
            try:
                ordered = await self._surveyed(taken) if survey else taken
                for hand in handfuls(ordered, limits, at_once):
                    await queue.put(hand)
            except PostflightError as error:
                for file in taken:
                    files.requeue_moving(file.id)
                self.stop.set(error)

    async def _surveyed(self, taken: Sequence[MediaFile]) -> list[MediaFile]:
        """Files the service seems to know come last: what is new is sent first."""
        glanced = [item for file in taken if (item := await self._glance(file)) is not None]

        async def once() -> frozenset[int]:
            grant = await self._grants.current(taken[0].lane)
            return await self._context.pools.control(self._service.survey, grant, glanced)

        familiar = await self._context.attempts.run(self.stop, once)
        return sorted(taken, key=lambda file: file.id in familiar)

    async def _glance(self, file: MediaFile) -> Prepared | None:
        try:
            return await self._context.pools.disk(glance, file, self._service.limits)
        except PostflightError:
            return None  # whatever is wrong with the file is said when its turn comes

    async def _pull(self, queue: Hands, registrar: Registrar, twins: Twins) -> None:
        """A bug in one file still empties the queue, or the feeder would wait for ever."""
        runner = self._runner(twins)
        bug: Exception | None = None
        while (hand := await queue.get()) is not None:
            if self.stop.is_set() or self._cards.gone is not None:
                for file in hand:
                    self._context.store.files.requeue_moving(file.id)
                continue
            try:
                await runner.run(hand)
            except Exception as error:
                bug = error
                self.stop.set()
            registrar.wake()
        if bug is not None:
            raise bug

    def _runner(self, twins: Twins) -> HandfulRun:
        alone = FileRun(
            self._context,
            self._service,
            self._mover,
            self._grants,
            self.meter,
            self.stop,
            twins,
            self._cards,
            self._in_a_row,
        )
        return HandfulRun(
            self._context, self._service, self._mover, self._grants, self.meter, self.stop, alone
        )

    async def _regroup(self, old: Grant, new: Grant) -> None:
        """The renewed grant leads to another remote group."""
        if not self._service.limits.one_group:
            return
        self._regroups += 1
        if self._regroups > _REGROUPS:
            raise KeysTooShort(
                "The storage keys end before the whole flight is sent, and each new key starts a"
                " new group.",
                "A reconstruction needs all photos in one group: send fewer photos at once, or"
                " without a reconstruction.",
                leg=Leg.SERVICE,
            )
        if self._registrar is not None:
            async with self._registrar.busy:
                self._gather(new)
        else:
            self._gather(new)

    def _gather(self, newest: Grant) -> None:
        if moved := self._context.store.files.regroup(newest):
            words = (
                f"The service opened a new group with the new keys; {moved} files are sent again,"
                " because the reconstruction needs all of them in one group."
            )
            self._context.store.batches.note(self.batch.id, words)
            self._say(words)

    def _say_clock(self) -> None:
        """Once: signatures and the ends of keys go by the server's time, all is well."""
        minutes = (self._service.clock_offset or 0.0) / 60
        if abs(minutes) < _CLOCK_OFF or self._clock_said:
            return
        self._clock_said = True
        way = "behind" if minutes > 0 else "ahead of"
        words = (
            f"This computer's clock is {abs(minutes):.0f} minutes {way} the service's;"
            " Postflight goes by the service's time."
        )
        if words not in self._context.store.batches.notes(self.batch.id):
            self._context.store.batches.note(self.batch.id, words)
            self._say(words)

    async def _say_what_stands_out(self) -> None:
        lists = self._context.store.lists
        missing = await self._context.pools.disk(lists.without_position, self.batch.id)
        have = "1 photo has" if missing == 1 else f"{missing} photos have"
        words = f"{have} no position; sent all the same."
        if missing and words not in self._context.store.batches.notes(self.batch.id):
            self._context.store.batches.note(self.batch.id, words)

    def _say(self, words: str) -> None:
        self._context.publish(Notice(self.batch.id, words))

    def _attention(self) -> Fault:
        failed = self._context.store.files.counts(self.batch.id).failed
        files = "1 file needs" if failed == 1 else f"{failed} files need"
        hint = "Each says why. Retry them, or go on without them."
        return Fault("files-need-you", f"{files} you.", hint)

    def _pause(self) -> None:
        """Keeps the reason. A batch stopped while scanning scans again."""
        cause = self.stop.cause
        reason = cause.fault() if cause else Fault("stopped", "Stopped.", "Resume goes on.")
        state = self._state()
        if state in (BatchState.RUNNING, BatchState.FINISHING):
            self._move(BatchState.PAUSED, reason)
        elif state is BatchState.SCANNING or (state is BatchState.PAUSED and cause):
            self._context.store.batches.explain(self.batch.id, reason)
            self._context.publish(BatchChanged(self.batch.id))

    def _state(self) -> BatchState:
        return self._context.store.batches.get(self.batch.id).state

    def _move(self, to: BatchState, reason: Fault | None = None) -> None:
        if self._state() is not to:
            said = f": {reason.title} ({reason.details})" if reason else ""
            _log.info("batch %s is %s%s", self.batch.id[:8], to, said)
            self._context.store.batches.move(self.batch.id, to, reason)
        self._context.publish(BatchChanged(self.batch.id))
