"""Small files go by the handful: one thread sends several, and one commit keeps what came of it.

For 64 KiB on a fast line, the steps of a file of its own cost several times the sending: some ten
looks and writes in the queue, three changes of threads, one wait for the disk.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from app.domain.errors import PostflightError
from app.domain.events import FilesChanged
from app.domain.model import MediaFile, Prepared, Receipt
from app.domain.placement import AlreadyThere, Grant, ObjectTarget
from app.engine.errand import Errand
from app.engine.file_run import FileRun, Met
from app.engine.preparing import is_prepared, prepare
from app.services.base import Limits

MOST: Final = 16  # files
_FILE: Final = 512 * 1024  # bytes
_ALL: Final = 1024 * 1024  # bytes: 8 s of a link of 1 Mbit/s
_SLICE: Final = 0.03  # seconds; then keys are looked at, and may be renewed
_SOON: Final = 0.1  # seconds until what was stored is written down though the slice goes on


@dataclass(frozen=True, slots=True)
class _Outcome:
    item: Prepared
    grant: Grant
    came: Receipt | AlreadyThere | None  # None: it waits until the other file of its bytes is in


def handfuls(files: Sequence[MediaFile], limits: Limits, at_once: int) -> Iterator[list[MediaFile]]:
    """In their order; large files alone, and all where a placement would have to be given up.

    So many that each of the `at_once` threads gets its share of a few files too.
    """
    most = min(MOST, -(-len(files) // at_once))
    hand: list[MediaFile] = []
    for file in files:
        if hand and (len(hand) >= most or not _fits(file, hand, limits)):
            yield hand
            hand = []
        hand.append(file)
    if hand:
        yield hand


def _fits(file: MediaFile, hand: Sequence[MediaFile], limits: Limits) -> bool:
    room = _ALL - sum(other.size for other in hand)
    like_them = file.lane == hand[0].lane and limits.places_freely
    return like_them and file.size <= min(_FILE, room)


class HandfulRun:
    """Sends one handful as long as all goes well; a file that meets trouble goes on alone."""

    def __init__(self, errand: Errand, alone: FileRun) -> None:
        self._errand = errand
        self._context = errand.context
        self._files = errand.context.store.files
        self._service = errand.service
        self._grants = errand.grants
        self._meter = errand.meter
        self._alone = alone
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()  # around these two
        self._unwritten: list[_Outcome] = []
        self._untold: list[_Outcome] = []  # written down
        self._batch_id = ""

    async def run(self, files: Sequence[MediaFile]) -> None:
        """They are `preparing`, and end as with `FileRun.run`."""
        self._batch_id = files[0].batch
        weather = self._context.weather
        together: Sequence[Prepared] = ()
        if len(files) > 1 and not (weather is not None and weather.gone):
            together = self._files.untouched(files)
        if together:
            together = await self._sent_together(together)
        gone = {item.file.id for item in together}
        for file in files:
            if file.id not in gone:
                await self._alone.run(file)

    async def _sent_together(self, items: Sequence[Prepared]) -> Sequence[Prepared]:
        """What went; nothing where there are no keys, of which a single file will hear."""
        try:
            grant = await self._grants.current(items[0].file.lane)
        except PostflightError:
            return ()
        self._files.all_placed([item.file.id for item in items], grant.id)
        self._publish([item.file.id for item in items])
        left = items
        while left:
            count, error = await self._watched(grant, left)
            left = left[count:]
            try:
                self._write_down()
                self._tell()
                if error is not None:
                    raise error
                if left:
                    grant = await self._with_newest(grant, left)
            except PostflightError as met:
                await self._in_trouble(items, left, Met(grant, met))
                break
        return items

    async def _in_trouble(
        self, items: Sequence[Prepared], left: Sequence[Prepared], met: Met
    ) -> None:
        """One file hears of the trouble; the others, and what could not be written down, wait."""
        with self._lock:
            self._unwritten = []
        for item in items:
            if item not in left[:1]:
                self._files.requeue_moving(item.file.id)
        self._publish([item.file.id for item in left])
        if not left:
            raise met.error
        await self._alone.run(left[0].file, met)

    async def _with_newest(self, grant: Grant, left: Sequence[Prepared]) -> Grant:
        """Keys may have been renewed meanwhile, and are asked for ahead of need only by asking."""
        newest = await self._grants.current(grant.lane)
        if newest.id != grant.id:
            self._files.lent([item.file.id for item in left], newest.id)
        return newest

    async def _watched(
        self, grant: Grant, items: Sequence[Prepared]
    ) -> tuple[int, PostflightError | None]:
        self._timer = self._loop.call_later(_SOON, self._write_down_in_between)
        try:
            return await self._context.pools.file(self._send, grant, items)
        finally:
            self._timer.cancel()

    def _send(self, grant: Grant, items: Sequence[Prepared]) -> tuple[int, PostflightError | None]:
        """Sends as many as go in a slice of time, in a file thread; how many went."""
        until, count = time.monotonic() + _SLICE, 0
        try:
            while count < len(items) and time.monotonic() < until:
                outcome = self._send_one(grant, items[count])
                with self._lock:
                    self._unwritten.append(outcome)
                count += 1
        except PostflightError as error:
            return count, error
        # Not here where files may have to go into another group: between this and `_tell` they
        # would be registered in the old one.
        if not self._service.limits.one_group:
            with suppress(PostflightError):  # the loop's thread meets it again, and says it
                self._write_down()
        return count, None

    def _send_one(self, grant: Grant, item: Prepared) -> _Outcome:
        limits = self._service.limits
        if not is_prepared(item, limits):
            item = prepare(item.file, limits, self._errand.stop.cancel)
        if not self._alone.may_go(item):
            return _Outcome(item, grant, None)
        target = self._service.place(grant, item)
        if isinstance(target, AlreadyThere):
            return _Outcome(item, grant, target)
        if not isinstance(target, ObjectTarget):
            raise AssertionError(f"{target} is no place that may be taken freely")
        return _Outcome(item, grant, self._stored(grant, target, item))

    def _stored(self, grant: Grant, target: ObjectTarget, item: Prepared) -> Receipt:
        file = item.file
        ledger = self._context.store.parts.of_file(file.id, none_yet=True)
        transfer = self._errand.transfer(item, ledger, self._meter.file(file.id))
        stored = False
        try:
            receipt = self._errand.mover.place(grant, target, transfer)
            stored = True
        finally:
            self._meter.settle(file.id, counts=stored)
        return replace(receipt, remote_id=target.remote_id)

    def _write_down(self) -> None:
        """One commit, which waits for the disk once; in any thread."""
        with self._lock:
            if sent := [(one.item, one.came) for one in self._unwritten if one.came is not None]:
                self._files.all_sent(sent)
            self._untold += self._unwritten
            self._unwritten = []

    def _write_down_in_between(self) -> None:
        """The file that is on its way takes long; what was stored before it is not to be sent
        again after a crash."""
        with suppress(PostflightError):  # as a full disk: the end of the slice meets it, and says
            self._write_down()
        self._tell()
        self._timer = self._loop.call_later(_SOON, self._write_down_in_between)

    def _tell(self) -> None:
        """What follows from what was written down; on the loop's thread."""
        with self._lock:
            told, self._untold = self._untold, []
        if not told:
            return
        self._alone.went_well()
        if self._context.weather is not None:
            self._context.weather.found()
        for one in told:
            if one.came is None:
                self._files.requeue_moving(one.item.file.id)
            elif isinstance(one.came, Receipt) and self._went_elsewhere(one.grant):
                self._files.requeue_stored(one.item.file.id)
        self._publish([one.item.file.id for one in told])

    def _went_elsewhere(self, grant: Grant) -> bool:
        return self._service.limits.one_group and not self._grants.is_current(grant)

    def _publish(self, ids: Sequence[int]) -> None:
        if ids:
            self._context.publish(FilesChanged(self._batch_id, tuple(ids)))
