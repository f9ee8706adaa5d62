"""Carries one file from `queued` to `sent`, or to the sentence that says why not."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from app.domain.errors import (
    Cancelled,
    CardGone,
    FileChanged,
    FileGone,
    FileUnreadable,
    KeysExpired,
    Leg,
    PostflightError,
    Scope,
    ServerFailed,
)
from app.domain.events import FilesChanged, FileWaits
from app.domain.model import MediaFile, Prepared
from app.domain.placement import AlreadyThere, Grant, ObjectTarget, SignedPut, Why
from app.domain.ports import Progress
from app.engine.errand import Errand
from app.engine.meter import FirstBytes
from app.engine.preparing import is_prepared, prepare
from app.engine.twins import Twins

_log = logging.getLogger(__name__)

_OUT_OF_ORDER = 3  # files in a row that a server failed for: it is no longer about one file


@dataclass(frozen=True, slots=True)
class Met:
    """What an attempt came upon, and the grant it was made with."""

    grant: Grant
    error: PostflightError


class FileRun:
    """One batch's files, each carried by `run`; several may be carried at once."""

    def __init__(self, errand: Errand, twins: Twins) -> None:
        self._errand = errand
        self._twins = twins
        self._cards = errand.cards
        self._in_a_row = errand.in_a_row
        self._context = errand.context
        self._files = errand.context.store.files
        self._service = errand.service
        self._grants = errand.grants
        self._meter = errand.meter
        self._stop = errand.stop

    async def run(self, file: MediaFile, met: Met | None = None) -> None:
        """`file` is `preparing`. Ends in a settled, failed or queued state; raises nothing.

        An error about the whole batch raises the stop sign and leaves the file queued; a card
        that is gone leaves it queued and is written down in `cards`. With `met` it is `sending`,
        and its first attempt has been made.
        """
        first = [met] if met is not None else []

        async def once() -> None:
            if first:
                await self._answer(file, first.pop())
            await self._carry(file)

        try:
            await self._context.attempts.run(
                self._stop,
                once,
                progress=lambda: self._progress_of(file),
                worried=lambda error, wait: self._wait(file, error, wait),
            )
        except Cancelled:
            self._files.requeue_moving(file.id)
        except PostflightError as error:
            await self._give_up(file, error)
        self._publish(file)

    def _progress_of(self, file: MediaFile) -> int:
        """Parts on the storage: a large file on a bad line may fail often, as long as it grows."""
        return len(self._context.store.parts.of_file(file.id).parts())

    def _wait(self, file: MediaFile, error: PostflightError, seconds: float) -> None:
        self._files.start_over(file.id)
        self._publish(file)
        self._context.publish(FileWaits(file.batch, file.id, error.fault(), seconds))

    async def _carry(self, file: MediaFile) -> None:
        """One attempt; safe to repeat."""
        file = self._files.reread(file.id)
        try:
            await self._place_and_send(file)
        except (FileGone, FileUnreadable, FileChanged) as error:
            await self._look_at_card(file, error)
            raise

    async def _answer(self, file: MediaFile, met: Met) -> None:
        """What `_carry` would have done about the error; raises it."""
        if isinstance(met.error, KeysExpired):
            await self._grants.renew(met.grant)
        if isinstance(met.error, FileGone | FileUnreadable | FileChanged):
            await self._look_at_card(file, met.error)
        raise met.error

    async def _look_at_card(
        self, file: MediaFile, error: FileGone | FileUnreadable | FileChanged
    ) -> None:
        """What looks like the trouble of one file may be that of all: raises CardGone then.

        A card that was pulled gives plain input errors until the system has noticed.
        """
        if isinstance(error, FileUnreadable) and error.leg is Leg.CARD:
            await self._stop.sleep(self._context.patience.card)
        gone = await self._context.pools.disk(self._cards.look)
        if gone is not None:
            raise gone from error
        if isinstance(error, FileChanged):
            await self._look_again(file)

    async def _place_and_send(self, file: MediaFile) -> None:
        prepared = await self._prepared(file)
        if not self.may_go(prepared):
            self._files.requeue_moving(file.id)
            return
        grant = await self._grants.current(file.lane)
        await self._forget_earlier(file)
        try:
            placement = await self._context.pools.file(self._service.place, grant, prepared)
            if isinstance(placement, AlreadyThere):
                self._files.skipped(file.id, placement.words, placement.remote_id)
                return
            await self._send(grant, placement, prepared)
        except KeysExpired:
            await self._grants.renew(grant)
            raise

    def may_go(self, prepared: Prepared) -> bool:
        """Whether no other file with the same bytes goes in this round; in any thread."""
        if prepared.digests is None or not self._service.limits.one_of_a_kind:
            return True
        return self._twins.may_go(prepared.digests.md5, prepared.file.id)

    async def _prepared(self, file: MediaFile) -> Prepared:
        known = self._files.prepared(file.id)
        limits = self._service.limits
        if is_prepared(known, limits):
            return known
        prepared = await self._context.pools.file(prepare, file, limits, self._stop.cancel)
        self._files.save_prepared([prepared])
        return prepared

    async def _look_again(self, file: MediaFile) -> None:
        """The file is another one than at the scan: the next attempt is about what lies there."""
        try:
            stat = await self._context.pools.disk(file.source.stat)
        except OSError:
            return
        self._files.changed(file.id, stat.st_size, stat.st_mtime_ns)

    async def _forget_earlier(self, file: MediaFile) -> None:
        """A placement that an earlier attempt did not finish: its signed address is gone."""
        earlier = self._files.placement(file.id)
        if earlier is None:
            return
        grant_id, remote_id = earlier
        grant = self._grants.with_keys(grant_id)
        await self._context.pools.control(self._service.forget, grant, remote_id, Why.AGAIN)
        self._files.unplaced(file.id)

    async def _send(
        self, grant: Grant, placement: ObjectTarget | SignedPut, prepared: Prepared
    ) -> None:
        file = prepared.file
        key = placement.key if isinstance(placement, ObjectTarget) else ""
        self._files.placed(file.id, grant.id, placement.remote_id, key)
        self._publish(file)
        ledger = self._context.store.parts.of_file(file.id)
        transfer = self._errand.transfer(prepared, ledger, self._progress(file))
        place = self._errand.mover.place
        stored = False
        try:
            receipt = await self._context.pools.file(place, grant, placement, transfer)
            stored = True
        finally:
            self._meter.settle(file.id, counts=stored)
        self._files.stored(file.id, replace(receipt, remote_id=placement.remote_id))
        self.went_well()
        if self._service.limits.one_group and not self._grants.is_current(grant):
            self._files.requeue_stored(file.id)

    def went_well(self) -> None:
        """A file was stored, so that the network and the server are there."""
        self._in_a_row.clear()

    def _progress(self, file: MediaFile) -> Progress:
        """Of the file that looks whether the network is back, the first bytes say so."""
        meter, weather = self._meter.file(file.id), self._context.weather
        if weather is None or not weather.looking:
            return meter
        return FirstBytes(meter, asyncio.get_running_loop(), weather.found)

    async def _give_up(self, file: MediaFile, error: PostflightError) -> None:
        _log.warning("%s: %s (%s)", file.path, error.title, error.details)
        self._files.requeue_moving(file.id)
        if isinstance(error, CardGone):
            self._cards.gone = self._cards.gone or error
        elif isinstance(error, FileGone):
            self._files.gone(file.id, error.fault())
        elif isinstance(error, ServerFailed):
            self._failed_by_the_server(file, error)
        elif error.scope is Scope.BATCH:
            self._stop.set(error)
        else:
            earlier = self._files.placement(file.id)
            self._files.failed(file.id, error.fault())
            if earlier is not None:
                await self._tell_failed(file, *earlier)

    def _failed_by_the_server(self, file: MediaFile, error: ServerFailed) -> None:
        """It may be about this file alone, or the server may be out of order: then all wait."""
        self._files.failed(file.id, error.fault())
        self._in_a_row.append(file.id)
        if len(self._in_a_row) >= _OUT_OF_ORDER:
            self._files.retry(file.batch, self._in_a_row)
            self._context.publish(FilesChanged(file.batch, tuple(self._in_a_row)))
            self._stop.set(error)

    async def _tell_failed(self, file: MediaFile, grant_id: int, remote_id: str) -> None:
        grant = self._grants.with_keys(grant_id)
        try:
            await self._context.pools.control(self._service.forget, grant, remote_id, Why.FAILED)
        except PostflightError:
            return  # best effort: the file's own error is what the person must read
        self._files.unplaced(file.id)

    def _publish(self, file: MediaFile) -> None:
        self._context.publish(FilesChanged(file.batch, (file.id,)))
