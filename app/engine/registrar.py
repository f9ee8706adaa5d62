"""Registers stored files with the service: gathers them, asks once, never blindly twice."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from app.domain.errors import AnswerLost, Cancelled, PostflightError, Refused, Scope
from app.domain.events import FilesChanged, Notice
from app.domain.model import Batch, Sent
from app.engine.context import Context
from app.engine.grants import Grants
from app.engine.stop import Stop
from app.services.base import Confirmed, Service

_LOT: Final = 32  # files marked in one commit: a disk may take 5 ms to make sure of each


class Registrar:
    """One batch's registrations, each file under the grant it was sent with.

    Before a callback goes out its files are marked as asked; only an answer takes the mark away.
    Whatever ends the program in between, the next attempt asks the service first, and after a lost
    answer not at once: a slow server that is asked too early says no, and registers a moment later.
    """

    def __init__(
        self, context: Context, service: Service, batch: Batch, grants: Grants, stop: Stop
    ) -> None:
        self._context = context
        self._files = context.store.files
        self._service = service
        self._batch = batch
        self._grants = grants
        self._stop = stop
        self._acknowledged: list[Sent] = []  # and not written down
        self._stored = asyncio.Event()
        self._senders_done = False
        self.busy = asyncio.Lock()  # held while callbacks are out
        stop.also(self.wake)

    def wake(self) -> None:
        """A file was stored."""
        self._stored.set()

    def senders_done(self) -> None:
        """Nothing more is coming: register what is there and end."""
        self._senders_done = True
        self._stored.set()

    async def run(self) -> None:
        """Until the senders are done and everything stored is acknowledged or failed."""
        limits, waiting_since = self._service.limits, None
        while not self._stop.is_set():
            self._stored.clear()
            count = self._files.count_to_confirm(self._batch.id)
            if not count:
                if self._senders_done:
                    return
                waiting_since = None
                await self._wait(None)
                continue
            now = self._context.monotonic()
            waiting_since = now if waiting_since is None else waiting_since
            patience = waiting_since + self._context.patience.gather - now
            if count >= limits.confirm or self._senders_done or patience <= 0:
                await self._register()
                waiting_since = None
            else:
                await self._wait(patience)

    async def _wait(self, seconds: float | None) -> None:
        """For a stored file, the stop sign, or time."""
        try:
            async with asyncio.timeout(seconds):
                await self._stored.wait()
        except TimeoutError:
            return

    async def _register(self) -> None:
        slots = asyncio.Semaphore(self._service.limits.confirm_parallel)
        async with self.busy:
            # Looked for only now: who held `busy` may have sent files back to the start.
            due = self._due()
            self._files.asked(sent.file.id for _, sent in due)
            await self._written_as_they_come(
                self._in_turn(slots, grant_id, sent) for grant_id, sent in self._calls(due)
            )

    def _due(self) -> Sequence[tuple[int, Sent]]:
        return self._files.to_confirm(self._batch.id, max(self._service.limits.confirm, _LOT))

    def _calls(self, due: Sequence[tuple[int, Sent]]) -> Iterator[tuple[int, list[Sent]]]:
        """Each of one grant."""
        size = self._service.limits.confirm
        for grant_id, group in groupby(due, key=lambda pair: pair[0]):
            files = [sent for _, sent in group]
            for start in range(0, len(files), size):
                yield grant_id, files[start : start + size]

    async def _written_as_they_come(self, calls: Iterable[Coroutine[None, None, None]]) -> None:
        """Of those that end while the disk makes sure of the ones before, one commit."""
        waiting = {asyncio.create_task(call) for call in calls}
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                self._write_down()
                for task in done:
                    task.result()
        finally:
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _in_turn(self, slots: asyncio.Semaphore, grant_id: int, sent: list[Sent]) -> None:
        async with slots:
            if self._stop.is_set():
                self._not_in_doubt(sent)  # marked, and not gone out
                return
            await self._call(grant_id, sent)

    async def _call(self, grant_id: int, sent: list[Sent]) -> None:
        """One callback with its repetitions; errors end in rows or in the stop sign."""
        try:
            outcome = await self._ask(grant_id, sent)
        except Cancelled:
            return
        except Refused as error:
            await self._find_the_bad_one(grant_id, sent, error)
            return
        except PostflightError as error:
            self._fail_or_stop(sent, error)
            return
        self._settle(sent, outcome)

    async def _ask(self, grant_id: int, sent: list[Sent]) -> Confirmed:
        """`sent` is marked already. Also notes in it which files are in doubt now."""
        grant = self._grants.with_keys(grant_id)
        doubt = 0.0

        async def once() -> Confirmed:
            nonlocal doubt
            if doubt:
                await self._stop.sleep(doubt)
            try:
                return await self._context.pools.control(self._service.confirm, grant, [*sent])
            except PostflightError as error:
                if isinstance(error, AnswerLost):
                    doubt = self._context.patience.doubt
                if not isinstance(error, Refused):
                    sent[:] = [replace(item, asked=True) for item in sent]
                raise

        return await self._context.attempts.run(self._stop, once, worried=self._worried)

    def _worried(self, error: PostflightError, wait: float) -> None:
        self._context.publish(Notice(self._batch.id, error.title))

    async def _find_the_bad_one(self, grant_id: int, sent: list[Sent], error: Refused) -> None:
        """A call of many was refused: halves are asked, so that one file spoils no other."""
        if len(sent) == 1 or error.scope is Scope.BATCH:
            self._fail_or_stop(sent, error)
            return
        middle = len(sent) // 2
        for half in (sent[:middle], sent[middle:]):
            await self._call(grant_id, half)
            self._write_down()

    def _settle(self, sent: list[Sent], outcome: Confirmed) -> None:
        self._acknowledged += [item for item in sent if item.file.id in outcome.ids]
        left = [item for item in sent if item.file.id not in outcome.ids]
        self._not_in_doubt(left)
        for item in left:
            error = outcome.refused.get(item.file.id) or Refused(
                "The service did not acknowledge the file.", "Retry sends the callback again."
            )
            self._files.failed(item.file.id, error.fault())
        self._publish(left)

    def _write_down(self) -> None:
        done, self._acknowledged = self._acknowledged, []
        if done:
            self._files.confirmed(item.file.id for item in done)
            self._publish(done)

    def _fail_or_stop(self, sent: list[Sent], error: PostflightError) -> None:
        if error.scope is Scope.BATCH:
            self._stop.set(error)
            return
        self._not_in_doubt(sent)
        for item in sent:
            self._files.failed(item.file.id, error.fault())
        self._publish(sent)

    def _not_in_doubt(self, sent: list[Sent]) -> None:
        """A plain no to the first callback of a file. After a lost answer a no may be about the
        question whether the service knows the file, so that only an acknowledgement counts."""
        if ids := [item.file.id for item in sent if not item.asked]:
            self._files.answered(ids)

    def _publish(self, sent: list[Sent]) -> None:
        if ids := tuple(item.file.id for item in sent):
            self._context.publish(FilesChanged(self._batch.id, ids))
