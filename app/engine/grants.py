"""A batch's grants: opened once, kept across restarts, renewed early and by one caller only."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace

from app.domain.errors import Offline, PostflightError, SecretsError
from app.domain.events import Notice
from app.domain.model import Batch
from app.domain.placement import Grant, Keys
from app.engine.context import Context
from app.engine.stop import Stop
from app.services.base import Service

_log = logging.getLogger(__name__)

_MARGIN = 300.0  # seconds before the end at which keys are renewed, and
_SHARE = 0.2  # of their life where that is shorter; after a no, a share of what is left
_SOONEST = 1.0  # seconds after a no

Replaced = Callable[[Grant, Grant], Awaitable[None]]


class Grants:
    """`replaced` is awaited with the old and the new grant when a renewal brought another group."""

    def __init__(
        self, context: Context, service: Service, batch: Batch, stop: Stop, replaced: Replaced
    ) -> None:
        self._context = context
        self._service = service
        self._batch = batch
        self._stop = stop
        self._replaced = replaced
        self._current: dict[str, Grant] = {}
        self._margins: dict[int, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._ahead: dict[str, asyncio.Task[None]] = {}
        self._rests: dict[str, float] = {}  # no renewal ahead of need before this time

    async def current(self, lane: str) -> Grant:
        """A grant that may send; opened or renewed when there is none.

        Keys that end soon are renewed while files still go with them: nobody waits for that, and
        no file fails where it does not come about. Not where new keys may open a new group, into
        which all files have to go again: those are used to their end.
        """
        grant = self._current.get(lane)
        if grant is None or self._left(grant) <= 0:
            async with self._lock(lane):
                grant = self._current.get(lane) or self._remembered(lane)
                if grant is None or self._left(grant) <= 0:
                    grant = await self._open(lane, grant)
                self._current[lane] = grant
        margin = self._margins.get(grant.id, _MARGIN * _SHARE)
        if self._left(grant) <= margin and not self._service.limits.one_group:
            self._renew_ahead(grant)
        return grant

    async def renew(self, stale: Grant) -> None:
        """New keys, unless somebody renewed `stale` already: however many threads ask, one call."""
        async with self._lock(stale.lane):
            if self._current.get(stale.lane, stale).id == stale.id:
                self._current[stale.lane] = await self._open(stale.lane, stale)

    async def settle(self) -> None:
        """Waits for what is still out, at the end of a run."""
        tasks = tuple(self._ahead.values())
        self._ahead.clear()
        await asyncio.gather(*tasks)

    def is_current(self, grant: Grant) -> bool:
        """Whether files sent under `grant` land in the group that is used now."""
        now = self._current.get(grant.lane)
        return now is None or now.group == grant.group

    def with_keys(self, grant_id: int) -> Grant:
        """Any grant of this batch, with its keys where they are still known."""
        for grant in self._current.values():
            if grant.id == grant_id:
                return grant
        grant = self._context.store.grants.get(grant_id)
        return replace(grant, keys=self._load_keys(grant))

    def forget_keys(self) -> None:
        """The batch is over: its keys leave the keyring."""
        for grant in self._context.store.grants.of_batch(self._batch.id):
            try:
                self._context.secrets.delete(_name(grant))
            except SecretsError:
                return

    def _lock(self, lane: str) -> asyncio.Lock:
        return self._locks.setdefault(lane, asyncio.Lock())

    def _remembered(self, lane: str) -> Grant | None:
        grant = self._context.store.grants.newest(self._batch.id, lane)
        return None if grant is None else replace(grant, keys=self._load_keys(grant))

    def _left(self, grant: Grant) -> float:
        """Seconds its keys are good for, as far as anybody knows."""
        if grant.storage is not None and grant.keys is None:
            return 0.0
        if grant.expires_at is None:
            return float("inf")
        return grant.expires_at - self._context.clock.now()

    def _renew_ahead(self, old: Grant) -> None:
        task = self._ahead.get(old.lane)
        busy = task is not None and not task.done()
        if not busy and self._context.monotonic() >= self._rests.get(old.lane, 0.0):
            self._ahead[old.lane] = asyncio.create_task(self._try_ahead(old))

    async def _try_ahead(self, old: Grant) -> None:
        """Asks once: as long as the old keys live, a no is no trouble."""
        async with self._lock(old.lane):
            if self._current[old.lane].id != old.id or self._stop.is_set():
                return
            try:
                fresh = await self._asked(old.lane, old)
            except PostflightError as error:
                _log.info("no new keys ahead of need: %s (%s)", error.title, error.details)
                rest = max(self._left(old) * _SHARE, _SOONEST)
                self._rests[old.lane] = self._context.monotonic() + rest
                return
            try:
                self._current[old.lane] = await self._taken(fresh, old)
            except PostflightError as error:
                self._stop.set(error)

    async def _open(self, lane: str, old: Grant | None) -> Grant:
        attempts = self._context.attempts.inside()
        if old is None and not self._current:
            attempts = attempts.brief()
        try:
            fresh = await attempts.run(
                self._stop,
                lambda: self._asked(lane, old),
                worried=lambda error, wait: self._say(error.title),
            )
        except Offline:
            raise  # whoever needs the keys waits for the network
        except PostflightError as error:
            # Asked often enough: the files that wait for the keys must not each ask as often again.
            self._stop.set(error)
            raise
        return await self._taken(fresh, old)

    async def _asked(self, lane: str, old: Grant | None) -> Grant:
        return await self._context.pools.control(self._service.open, self._batch, lane, old)

    async def _taken(self, fresh: Grant, old: Grant | None) -> Grant:
        stored = self._context.store.grants.add(fresh)
        self._save_keys(stored)
        if stored.expires_at is not None:
            life = stored.expires_at - self._context.clock.now()
            self._margins[stored.id] = min(_MARGIN, life * _SHARE)
        if old is not None and old.group != stored.group:
            await self._replaced(old, stored)
        return stored

    def _say(self, words: str) -> None:
        self._context.publish(Notice(self._batch.id, words))

    def _save_keys(self, grant: Grant) -> None:
        """Without a keyring keys live in memory only; a restart then asks for new ones."""
        if grant.keys is None:
            return
        try:
            self._context.secrets.set(_name(grant), json.dumps(asdict(grant.keys)))
        except SecretsError:
            return

    def _load_keys(self, grant: Grant) -> Keys | None:
        if grant.storage is None:
            return None
        try:
            text = self._context.secrets.get(_name(grant))
        except SecretsError:
            return None
        return Keys(**json.loads(text)) if text else None


def _name(grant: Grant) -> str:
    """Batch and row number: row numbers alone repeat when a database is made anew."""
    return f"grant {grant.batch[:12]} {grant.id}"
