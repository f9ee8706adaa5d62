"""One round of sending: takes files from the queue, and keeps as many on their way as may go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from app.domain.errors import PostflightError
from app.domain.model import MediaFile
from app.engine.errand import Errand
from app.engine.file_run import FileRun
from app.engine.handful import MOST, HandfulRun, handfuls
from app.engine.preparing import glances
from app.engine.twins import Twins

_GLANCES: Final = 32  # files in one survey: enough to save calls, few enough to start soon
_LOOK: Final = 1.0  # seconds: more may be allowed while all that goes takes long


class Sending:
    """Used once, on the loop's thread. `heard` hears of each end: something may be stored now."""

    def __init__(
        self, errand: Errand, batch_id: str, twins: Twins, heard: Callable[[], None]
    ) -> None:
        self._errand = errand
        self._batch_id = batch_id
        self._twins = twins
        self._heard = heard
        self._files = errand.context.store.files
        self._limits = errand.service.limits
        self._alone = FileRun(errand, twins)
        self._going: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()  # one of them has
        self._bug: BaseException | None = None

    async def run(self) -> None:
        """Until nothing waits, or the run is stopped; nothing is on its way any more then."""
        try:
            while not self._over:
                hands = await self._next(await self._places())
                if not hands:
                    return
                for hand in hands:
                    await self._places()
                    self._begin(hand)
        finally:
            await asyncio.gather(*self._going, return_exceptions=True)
            if self._bug is not None:
                raise self._bug

    @property
    def _over(self) -> bool:
        return self._errand.stop.is_set() or self._errand.cards.gone is not None

    async def _places(self) -> int:
        """How many more may be begun, at least one; waits for it unless all is over."""
        lanes = self._errand.context.lanes
        while len(self._going) >= lanes.files_at_once and not self._over:
            self._ended.clear()
            try:
                async with asyncio.timeout(_LOOK):
                    await self._ended.wait()
            except TimeoutError:
                continue
        return max(lanes.files_at_once - len(self._going), 1)

    async def _next(self, places: int) -> list[list[MediaFile]]:
        """What goes next, now `preparing`: no more than there are places for, except where the
        service is asked about many at once."""
        survey = min(self._limits.survey, _GLANCES)
        most = survey or places * (MOST if self._limits.places_freely else 1)
        hands: list[list[MediaFile]] = []

        def as_many_as_go(files: Sequence[MediaFile]) -> int:
            hands[:] = islice(handfuls(files, self._limits, places), survey or places)
            return sum(map(len, hands))

        taken = self._files.take(self._batch_id, most, self._twins.waiting, as_many_as_go)
        if not survey or not taken:
            return hands
        try:
            surveyed = await self._surveyed(taken)
            return list(handfuls(surveyed, self._limits, places))
        except PostflightError as error:
            self._requeue(taken)
            self._errand.stop.set(error)
            return []

    async def _surveyed(self, taken: Sequence[MediaFile]) -> list[MediaFile]:
        """Files the service seems to know come last: what is new is sent first."""
        context, service = self._errand.context, self._errand.service
        glanced = await context.pools.disk(glances, taken, self._limits)

        async def once() -> frozenset[int]:
            grant = await self._errand.grants.current(taken[0].lane)
            return await context.pools.control(service.survey, grant, glanced)

        familiar = await context.attempts.run(self._errand.stop, once)
        return sorted(taken, key=lambda file: file.id in familiar)

    def _begin(self, hand: list[MediaFile]) -> None:
        if self._over:
            self._requeue(hand)
            return
        task = asyncio.create_task(HandfulRun(self._errand, self._alone).run(hand))
        self._going.add(task)
        task.add_done_callback(self._done)

    def _requeue(self, files: Sequence[MediaFile]) -> None:
        for file in files:
            self._files.requeue_moving(file.id)

    def _done(self, task: asyncio.Task[None]) -> None:
        """A bug in one file stops the batch, and is raised when the others have come to rest."""
        self._going.discard(task)
        self._ended.set()
        self._heard()
        bug = None if task.cancelled() else task.exception()
        if bug is not None:
            self._bug = bug
            self._errand.stop.set()
