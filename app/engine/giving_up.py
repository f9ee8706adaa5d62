"""Gives a batch up: its jobs, its unfinished uploads and placements, and what was delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from app.domain.errors import PostflightError
from app.domain.model import Batch, Job
from app.domain.placement import Why
from app.domain.states import BatchState
from app.engine.context import Context
from app.engine.grants import Grants
from app.engine.stop import Stop
from app.services.base import Service

if TYPE_CHECKING:
    from app.transfer.mover import Mover

_PIECE: Final = 250  # files given up at once


async def give_up(
    context: Context, service: Service, mover: Mover, batch: Batch, delete: bool
) -> None:
    """Safe to repeat; what the service cannot be told is noted, except for `delete`: it raises."""
    batches, jobs = context.store.batches, context.store.batches.jobs(batch.id)
    await _stop_jobs(context, service, jobs)
    await _tidy(context, service, mover, batch)
    if delete:
        grants = context.store.grants.of_batch(batch.id)
        await context.pools.control(service.delete, grants, jobs)
        batches.deleted(batch.id)
    if batch.state not in (BatchState.DELIVERED, BatchState.CANCELLED):
        batches.move(batch.id, BatchState.CANCELLED)


async def _stop_jobs(context: Context, service: Service, jobs: Sequence[Job]) -> None:
    batches = context.store.batches
    for job in jobs:
        if job.id:
            try:
                await context.pools.control(service.stop, job)
                batches.save_job(await context.pools.control(service.poll, job))
            except PostflightError as error:
                batches.note(job.batch, error.title)


async def _tidy(context: Context, service: Service, mover: Mover, batch: Batch) -> None:
    """Unfinished uploads and placements are given up at storage and service, best effort."""
    store = context.store
    grants = Grants(context, service, batch, Stop(), _not_replaced)
    for file_id, upload in store.parts.open_uploads(batch.id):
        grant_id = store.files.grant_of(file_id)
        if grant_id is not None:
            grant = grants.with_keys(grant_id)
            await context.pools.control(mover.abandon, grant, upload.key, upload)
        store.parts.of_file(file_id).clear()
    while dropped := store.files.drop_open(batch.id, _PIECE):
        for file_id in dropped:
            await _forget(context, service, batch, grants, file_id)
        await asyncio.sleep(0)
    grants.forget_keys()


async def _forget(
    context: Context, service: Service, batch: Batch, grants: Grants, file_id: int
) -> None:
    placed = context.store.files.placement(file_id)
    if placed is None:
        return
    grant = grants.with_keys(placed[0])
    try:
        await context.pools.control(service.forget, grant, placed[1], Why.CANCELLED)
    except PostflightError as error:
        context.store.batches.note(batch.id, error.title)


async def _not_replaced(old: object, new: object) -> None:
    """Giving up opens no new grant."""
