"""Carries one batch through its states: scan, send, register, finish."""

from __future__ import annotations

import asyncio
import logging
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
from app.domain.model import MEDIA, Batch
from app.domain.placement import Grant
from app.domain.states import BatchState
from app.engine.cards import Cards
from app.engine.context import Context
from app.engine.errand import Errand
from app.engine.finishing import Finishing, failed_job
from app.engine.grants import Grants
from app.engine.meter import Meter
from app.engine.registrar import Registrar
from app.engine.scanning import Scan
from app.engine.sending import Sending
from app.engine.stop import Stop
from app.engine.twins import Twins
from app.engine.weather import Weather
from app.media.scan import Choice
from app.services.base import Missing, Service

if TYPE_CHECKING:
    from app.transfer.mover import Mover

_log = logging.getLogger(__name__)

_REGROUPS = 2  # how often a whole batch is sent anew because its remote group was replaced
_ROUNDS = 3  # how often files that the service lost are registered again
_CLOCK_OFF = 5.0  # minutes from which on the person should know


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
        self._grants = Grants(context, service, batch, self.stop, self._regroup)
        self._registrar: Registrar | None = None
        self._regroups = 0
        self._errand = Errand(context, service, mover, self._grants, self.meter, self.stop, cards)
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
        sending = Sending(self._errand, self.batch.id, Twins(stored), registrar.wake)
        try:
            await sending.run()
        finally:
            registrar.senders_done()
            await registering
            await self._grants.settle()

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
