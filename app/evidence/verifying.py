"""Reads the card again and says whether it may be erased."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.domain.clearance import Clearance, Unsafe, Why
from app.domain.model import Batch, Digests, FileStatus
from app.domain.ports import Cancel, Clock
from app.domain.states import BatchState, FileState
from app.evidence.comparing import Comparison, Finding, Flight, Known, Met, Moved, Progress
from app.evidence.discretion import name_of
from app.evidence.facts import DELIVERED
from app.media.fingerprint import digest_anew
from app.media.scan import Choice
from app.store.store import Store

_WHOLE: Final[Mapping[BatchState, Why | None]] = {
    BatchState.DELIVERED: None,
    BatchState.CANCELLED: Why.CANCELLED,
    BatchState.EMPTY: Why.EMPTY,
}
_FOUND: Final[Mapping[Finding, Why]] = {
    Finding.MISSING: Why.ABSENT,
    Finding.CHANGED: Why.CHANGED,
    Finding.UNREADABLE: Why.UNREADABLE,
    Finding.ADDITIONAL: Why.ADDITIONAL,
}
_LEFT: Final[Mapping[FileState, Why]] = {
    FileState.SENT: Why.UNREGISTERED,
    FileState.DROPPED: Why.DROPPED,
}
_WORDS: Final[Mapping[Why, str]] = {
    Why.NOT_SENT: "It was not sent.",
    Why.DROPPED: "It was left out on request.",
    Why.ADDITIONAL: "It is in no batch.",
    Why.UNREGISTERED: "It is stored, but the service has not acknowledged it yet.",
    Why.UNPROVED: "Nothing proves that the service holds these very bytes.",
    Why.ABSENT: "It is not in the folder, so it could not be compared.",
}


def verify(
    store: Store,
    clock: Clock,
    batch_id: str,
    folder: Path,
    cancel: Cancel,
    progress: Progress = lambda done, total: None,
) -> Clearance:
    """Compares `folder` with what the batch delivered, reading every byte from the card itself.

    Blocking, for minutes: in a thread of its own. `folder` is what was sent, or the folder that
    holds them when several were; it may be mounted elsewhere by now. What was found equal is kept
    as each file's level. Raises UsageError, Cancelled, and FileGone when the card is pulled out.
    """
    batch = store.batches.get(batch_id)
    files = {status.file.path: status for status in store.lists.statuses(batch_id)}
    reading = _Reading(store, cancel)
    # Without the batch's patterns: what they left out is on the card, and perhaps only there.
    roots = tuple(name_of(root) for root in batch.roots)
    flight = Flight(roots, Choice(), tuple(map(_known, files.values())))
    comparison = Comparison(flight, folder, cancel, reading.read, progress, reading.only_here)
    comparison.run()
    equal = {path: files[path].md5 for path in comparison.same if path not in reading.from_memory}
    store.files.read_again(batch_id, equal, clock.now())
    unsafe = _unsafe(comparison, files)
    safe = [path for path in comparison.same if _proved(files[path])]
    return Clearance(
        batch=batch.id,
        title=batch.title,
        safe=len(safe),
        recognised=sum(files[path].state is FileState.SKIPPED for path in safe),
        elsewhere=reading.elsewhere,
        from_memory=bool(reading.from_memory),
        unsafe=tuple(sorted(unsafe, key=lambda item: (list(Why).index(item.why), item.path))),
        whole=_whole(store.batches.get(batch_id)),  # it may have been deleted meanwhile
    )


def folder_of(batch: Batch) -> Path | None:
    """Where the batch was sent from, if that is there now and is one folder."""
    roots = batch.roots
    if len(roots) == 1 and roots[0].is_dir():
        return roots[0]
    above = {root.parent for root in roots}
    there = all(root.exists() for root in roots)
    return above.pop() if there and len(above) == 1 else None


class _Reading:
    """Reads past the cache, and remembers where that was not possible."""

    def __init__(self, store: Store, cancel: Cancel) -> None:
        self._store = store
        self._cancel = cancel
        self.from_memory: set[str] = set()
        self.elsewhere = 0

    def read(self, met: Met, moved: Moved) -> Digests:
        digests, bypassed = digest_anew(met.source, met.path, met.size, self._cancel, moved)
        if not bypassed:
            self.from_memory.add(met.path)
        return digests

    def only_here(self, met: Met, moved: Moved) -> bool:
        """Whether no batch delivered this file under any name."""
        known = self._store.lists.delivered_with_size(met.size)
        if known:
            found = self.read(met, moved)
            if (found.md5, found.sha256) in known or (found.md5, "") in known:
                self.elsewhere += 1
                return False
        return True


def _known(status: FileStatus) -> Known:
    return Known(status.file.path, status.file.size, status.state, status.md5, status.sha256)


def _proved(status: FileStatus) -> bool:
    """Of a file in a delivered state whose bytes were compared."""
    if status.state is FileState.SKIPPED:
        return True  # by its MD5, which was just found again
    return status.receipt is not None and status.receipt.proof is not None


def _unsafe(comparison: Comparison, files: Mapping[str, FileStatus]) -> list[Unsafe]:
    unsafe: list[Unsafe] = []
    seen: set[str] = set()
    for item in comparison.differences:
        seen.add(item.path)
        if item.finding is Finding.UNDELIVERED:
            unsafe.append(_left(files[item.path]))
        else:
            why = _FOUND[item.finding]
            unsafe.append(Unsafe(item.path, why, _WORDS.get(why, item.words)))
    for path in comparison.same_size:
        unsafe.append(Unsafe(path, Why.UNPROVED, _WORDS[Why.UNPROVED]))
    for path in comparison.same:
        if not _proved(files[path]):
            unsafe.append(Unsafe(path, Why.UNPROVED, _WORDS[Why.UNPROVED]))
    for path, status in files.items():
        # Not on the card and not sent: it may be on another one. What was left out is gone.
        waits = status.state not in DELIVERED and status.state is not FileState.DROPPED
        if waits and path not in seen:
            unsafe.append(_left(status))
    return unsafe


def _left(status: FileStatus) -> Unsafe:
    why = _LEFT.get(status.state, Why.NOT_SENT)
    said = status.fault.title if status.fault else _WORDS[why]
    return Unsafe(status.file.path, why, said)


def _whole(batch: Batch) -> Why | None:
    if batch.deleted_at is not None:
        return Why.DELETED
    return _WHOLE.get(batch.state, Why.UNFINISHED)
