"""Runs batches to their end under the eyes of a person or a program, and answers the exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from app.cli import objects, screen
from app.cli.speech import t
from app.domain.errors import Cancelled, PostflightError, exit_code_of
from app.domain.events import Event, Notice
from app.domain.model import Batch
from app.domain.states import UNFINISHED, BatchState, JobState
from app.engine.engine import Engine, Snapshot
from app.engine.stop import Stop
from app.engine.weather import BACK, WAITING

INTERRUPTED = 130
_TICK = 0.125  # seconds between two drawings
_LINE_EVERY = 1.0  # seconds between two lines of progress with --json


class Delivery:
    """One call of `run` carries its batches as far as they go today."""

    def __init__(self, engine: Engine, as_json: bool, wait_job: bool = False) -> None:
        self._engine = engine
        self._as_json = as_json
        self._wait_job = wait_job
        self._interrupted = False
        self._following: Stop | None = None
        self._cut_off: set[str] = set()  # batches that wait for the network

    async def run(self, batch_ids: Sequence[str]) -> int:
        unsubscribe = self._engine.subscribe(self._heard)
        watch = asyncio.create_task(self._watch(batch_ids))
        final: dict[str, tuple[Snapshot, float]] = {}
        try:
            with interruptions(self._interrupt):
                await asyncio.gather(*(self._one(batch_id, final) for batch_id in batch_ids))
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            unsubscribe()
        for batch_id in batch_ids:
            snapshot, seconds = final[batch_id]
            self._close(snapshot, seconds)
        return self._exit_code([final[batch_id][0].batch for batch_id in batch_ids])

    async def _one(self, batch_id: str, final: dict[str, tuple[Snapshot, float]]) -> None:
        started = time.monotonic()
        (batch,) = await self._engine.run([batch_id])
        seconds = time.monotonic() - started  # without a job's time: it is the service's
        if self._wait_job and batch.state is BatchState.DELIVERED and not self._interrupted:
            await self._follow(batch_id)
        final[batch_id] = (self._engine.snapshot(batch_id), seconds)

    async def _follow(self, batch_id: str) -> None:
        self._following = Stop()
        try:
            await self._engine.follow_jobs(batch_id, self._following)
        except Cancelled:
            return
        finally:
            self._following = None

    def _interrupt(self) -> None:
        """The first Ctrl-C winds down; a second one leaves at once, which the queue survives."""
        if self._interrupted:
            os._exit(INTERRUPTED)
        self._interrupted = True
        if not self._as_json:
            told = t("Stopping. Everything is kept; go on with:")
            sys.stderr.write(f"{told} postflight resume\n")
        self._engine.stop()
        if self._following is not None:
            self._following.set()

    def _heard(self, event: Event) -> None:
        if not isinstance(event, Notice):
            return
        if event.words == WAITING:
            self._cut_off.add(event.batch)
        elif event.words == BACK:
            self._cut_off.discard(event.batch)
        if self._as_json:
            objects.say({"event": "notice", "batch": event.batch, "words": event.words})

    async def _watch(self, batch_ids: Sequence[str]) -> None:
        with screen.Bars(enabled=not self._as_json and sys.stderr.isatty()) as bars:
            spoken = time.monotonic()
            while True:
                await asyncio.sleep(_TICK)
                if not self._as_json:
                    for batch_id in batch_ids:
                        waits = WAITING if batch_id in self._cut_off else ""
                        bars.draw(self._engine.snapshot(batch_id), waits)
                elif time.monotonic() - spoken >= _LINE_EVERY:
                    spoken = time.monotonic()
                    for batch_id in batch_ids:
                        self._line(self._engine.snapshot(batch_id))

    def _line(self, snapshot: Snapshot) -> None:
        left = snapshot.counts.bytes_total - snapshot.counts.bytes_stored - snapshot.pulse.moving
        objects.say(
            {
                "event": "progress",
                "batch": objects.batch_object(snapshot),
                "speed": round(snapshot.pulse.speed),
                "remaining": snapshot.pulse.remaining(left),
            }
        )

    def _close(self, snapshot: Snapshot, seconds: float) -> None:
        notes = self._engine.notes(snapshot.batch.id)
        if self._as_json:
            batch = objects.batch_object(snapshot, notes)
            if snapshot.batch.state in UNFINISHED:  # it ended here, wherever it stopped
                batch["state"] = BatchState.PAUSED.value
            objects.say({"event": "result", "batch": batch, "seconds": round(seconds, 3)})
            return
        screen.summary(snapshot, notes, seconds)
        if snapshot.counts.failed:
            screen.trouble(self._engine.files(snapshot.batch.id), snapshot.batch.id[:8])

    def _exit_code(self, batches: Sequence[Batch]) -> int:
        if self._interrupted:
            return INTERRUPTED
        codes = [self._code_of(batch) for batch in batches]
        return next((code for code in codes if code > 1), max(codes, default=0))

    def _code_of(self, batch: Batch) -> int:
        if batch.state is BatchState.DELIVERED:
            jobs = self._engine.snapshot(batch.id).jobs if self._wait_job else ()
            bad = any(job.state in (JobState.FAILED, JobState.STOPPED) for job in jobs)
            return 1 if bad else 0
        if batch.state is BatchState.EMPTY:
            return 2
        if batch.state in UNFINISHED and batch.reason is not None:
            return exit_code_of(batch.reason.code)
        return 1


@contextmanager
def interruptions(act: Callable[[], None]) -> Generator[None]:
    """Ctrl-C and a polite kill call `act` on the running loop, on every system."""
    loop = asyncio.get_running_loop()

    def handler(number: int, frame: object) -> None:
        loop.call_soon_threadsafe(act)

    names = ("SIGINT", "SIGTERM", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [(number, signal.signal(number, handler)) for number in numbers]
    try:
        yield
    finally:
        for number, old in before:
            signal.signal(number, old)


def report(error: PostflightError, as_json: bool) -> int:
    """Says an error that ended a command and answers its exit code."""
    if as_json:
        objects.say(objects.error_object(error))
    else:
        screen.error(error)
    return error.exit_code
