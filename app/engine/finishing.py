"""The end of a batch: the service has everything, and the wanted jobs are started."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.errors import AnswerLost, PostflightError, Refused, ServerBusy
from app.domain.events import JobChanged, Notice
from app.domain.model import Batch, Job
from app.domain.states import JOB_ENDED, JobState
from app.engine.context import Context
from app.engine.stop import Stop
from app.services.base import Finished, Missing, NotYet, Service


class Finishing:
    """Both steps may be cut off anywhere and run again."""

    def __init__(self, context: Context, service: Service, batch: Batch, stop: Stop) -> None:
        self._context = context
        self._service = service
        self._batch = batch
        self._stop = stop

    async def close_with_service(self) -> Finished | Missing:
        """Asks at once, then with growing waits while the service says it is not ready.

        Raises ServerBusy when the service makes no progress for `Patience.import_stalled`.
        """
        patience, clock = self._context.patience, self._context.monotonic
        wait, best, since = patience.import_first, -1, clock()
        while True:
            outcome = await self._ask()
            if not isinstance(outcome, NotYet):
                return outcome
            if outcome.progress > best:
                best, since, wait = outcome.progress, clock(), patience.import_first
            if clock() - since >= patience.import_stalled:
                if outcome.missing:
                    return Missing(outcome.missing, f"{outcome.words}; they are told again.")
                raise ServerBusy(
                    f"The service has not finished: {outcome.words}.",
                    "Everything is stored. Resume looks again later.",
                )
            self._context.publish(Notice(self._batch.id, outcome.words))
            await self._stop.sleep(wait)
            wait = min(wait * 2, patience.import_longest)

    async def _ask(self) -> Finished | NotYet | Missing:
        store = self._context.store
        names: Mapping[str, frozenset[str]] = {}
        if self._service.limits.names_to_finish:
            names = await self._context.pools.disk(store.lists.delivered_names, self._batch.id)
        tally = store.files.tally(self._batch.id, names)
        grants = store.grants.of_batch(self._batch.id)
        return await self._context.attempts.run(
            self._stop,
            lambda: self._context.pools.control(self._service.finish, self._batch, grants, tally),
        )

    async def start_jobs(self) -> list[Job]:
        """Starts what is wanted and not yet known; answers all jobs of the batch.

        A job is written as ASKING before the call goes out. When its answer was lost, the service
        is asked what it runs before anything is started again, because a start costs quota.
        """
        known = {job.kind: job for job in self._context.store.batches.jobs(self._batch.id)}
        if any(job.state is JobState.ASKING for job in known.values()):
            await self._find(known)
        missing = [
            kind for kind in self._batch.jobs_wanted if kind not in known or not known[kind].id
        ]
        if missing:
            await self._start(missing)
        return self._context.store.batches.jobs(self._batch.id)

    async def _find(self, known: dict[str, Job]) -> None:
        grants = self._context.store.grants.of_batch(self._batch.id)
        running = await self._context.attempts.run(
            self._stop,
            lambda: self._context.pools.control(self._service.find_jobs, self._batch, grants),
        )
        for job in running:
            known[job.kind] = job
            self._save(job)

    async def _start(self, kinds: list[str]) -> None:
        for kind in kinds:
            self._save(Job(self._batch.id, kind, "", JobState.ASKING))
        grants = self._context.store.grants.of_batch(self._batch.id)

        async def once() -> None:
            try:
                started = await self._context.pools.control(
                    self._service.start_jobs, self._batch, grants, kinds
                )
            except AnswerLost:
                await self._stop.sleep(self._context.patience.doubt)
                known: dict[str, Job] = {}
                await self._find(known)
                if not known:
                    raise
                return
            for job in started:
                self._save(job)

        try:
            await self._context.attempts.run(self._stop, once)
        except Refused as error:
            for kind in kinds:
                words = f"{error.title} {error.hint}".strip()
                self._save(Job(self._batch.id, kind, "", JobState.FAILED, 0, words))

    async def follow(self) -> list[Job]:
        """Polls every running job until it ends; the first look is at once."""
        patience = self._context.patience
        wait = patience.job_first
        while True:
            open_jobs = [j for j in self._jobs() if j.state not in JOB_ENDED and j.id]
            if not open_jobs:
                return self._jobs()
            moved = [await self._poll(job) for job in open_jobs]
            if any(moved):
                wait = patience.job_first
            if all(job.state in JOB_ENDED for job in self._jobs() if job.id):
                return self._jobs()
            await self._stop.sleep(wait)
            wait = min(wait * 2, patience.job_longest)

    async def _poll(self, job: Job) -> bool:
        seen = await self._context.attempts.run(
            self._stop, lambda: self._context.pools.control(self._service.poll, job)
        )
        self._save(seen)
        return seen != job

    def _jobs(self) -> list[Job]:
        return self._context.store.batches.jobs(self._batch.id)

    def _save(self, job: Job) -> None:
        self._context.store.batches.save_job(job)
        self._context.publish(JobChanged(job))


def failed_job(jobs: list[Job]) -> PostflightError | None:
    """The sentence for a batch that is delivered while a wanted job could not be started."""
    bad = [job for job in jobs if job.state is JobState.FAILED and not job.id]
    if not bad:
        return None
    kinds = ", ".join(job.kind.upper() for job in bad)
    return Refused(f"Everything is delivered, but {kinds} was not started.", bad[0].words)
