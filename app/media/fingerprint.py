"""The digests of a file, taken while it holds still."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.card_time import same_time
from app.domain.errors import FileChanged, Leg
from app.domain.model import Digests
from app.domain.naming import printable
from app.domain.os_errors import translate_os_error
from app.domain.ports import Cancel
from app.media.scan import opened_as
from app.media.uncached import aligned, uncached

END: Final = 64 * 1024  # bytes of either end in the quick fingerprint
_LONG: Final = 64 * 1024 * 1024  # bytes of a file for which a second thread is worth it


def digest(
    source: Path,
    path_shown: str,
    size: int,
    modified_ns: int,
    cancel: Cancel,
    progress: Callable[[int], None] | None = None,
) -> Digests:
    """Reads the whole file; blocking, safe to repeat, runs in a file thread.

    `size` and `modified_ns` are what the scan saw. `progress` is told the bytes of each step.
    Raises FileChanged when the file is not what the scan saw or moves meanwhile, FileGone,
    FileUnreadable, and Cancelled.
    """
    try:
        with open(opened_as(source), "rb", buffering=0) as stream:  # noqa: PTH123
            before = os.fstat(stream.fileno())
            if before.st_size != size or not same_time(before.st_mtime_ns, modified_ns):
                raise _changed(source, "since it was found")
            reading = _Reading(path_shown, size, cancel, progress)
            return _held_still(source, stream.fileno(), reading, stream.readinto)
    except OSError as error:
        raise translate_os_error(error, source) from error


def digest_anew(
    source: Path,
    path_shown: str,
    size: int,
    cancel: Cancel,
    progress: Callable[[int], None] | None = None,
) -> tuple[Digests, bool]:
    """The same, read from the card and not from memory; and whether the system let us do so.

    Whatever time the file shows: who asks compares its bytes.
    """
    try:
        with uncached(source) as opened:
            reading = _Reading(path_shown, size, cancel, progress)
            return _held_still(source, opened.stream.fileno(), reading, opened.read), (
                opened.bypassed
            )
    except OSError as error:
        raise translate_os_error(error, source) from error


def quick_digest(source: Path, path_shown: str, size: int) -> str:
    """`Digests.quick` alone, from both ends of the file; the file may still turn out changed.

    Raises FileGone, FileUnreadable, FileChanged.
    """
    quick = hashlib.md5(_quick_head(path_shown, size), usedforsecurity=False)
    try:
        with open(opened_as(source), "rb", buffering=0) as stream:  # noqa: PTH123
            quick.update(stream.read(min(END, size)))
            stream.seek(max(0, size - END))
            quick.update(stream.read(END))
            if os.fstat(stream.fileno()).st_size != size:
                raise _changed(source, "since it was found")
    except OSError as error:
        raise translate_os_error(error, source) from error
    return quick.hexdigest()


def _quick_head(path_shown: str, size: int) -> bytes:
    return f"{size}\n{_stable(path_shown)}\n".encode()


@dataclass(frozen=True, slots=True)
class _Reading:
    path_shown: str
    size: int
    cancel: Cancel
    progress: Callable[[int], None] | None


def _held_still(
    source: Path, descriptor: int, reading: _Reading, read: Callable[[memoryview], int | None]
) -> Digests:
    before = os.fstat(descriptor)
    digests = _read(reading, read)
    after = os.fstat(descriptor)
    moved = (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns)
    if digests is None or moved:
        raise _changed(source, "while it was being read")
    return digests


def _read(reading: _Reading, read: Callable[[memoryview], int | None]) -> Digests | None:
    sums = _Sums(_quick_head(reading.path_shown, reading.size))
    view = aligned()
    with ThreadPoolExecutor(1, thread_name_prefix="pf-digest") as pool:
        helper = pool if reading.size > _LONG else None
        while True:
            reading.cancel.check()
            count = read(view)
            if not count:
                break
            sums.add(view[:count], helper)
            if reading.progress is not None:
                reading.progress(count)
    return sums.digests() if sums.count == reading.size else None


class _Sums:
    """All digests of one file, fed in its order."""

    def __init__(self, quick_head: bytes) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._quick = hashlib.md5(quick_head, usedforsecurity=False)
        self._tail = b""
        self.count = 0  # bytes

    def add(self, data: memoryview, helper: Executor | None) -> None:
        """SHA-256 is made in the helper's thread meanwhile, where there is one: a video is read
        in three quarters of the time. Photos are many, and have other threads beside them."""
        beside = helper.submit(self._sha256.update, data) if helper is not None else None
        self._md5.update(data)
        if beside is None:
            self._sha256.update(data)
        if self.count < END:
            self._quick.update(data[: END - self.count])
        self._tail = (self._tail + bytes(data[-END:]))[-END:]
        self.count += len(data)
        if beside is not None:
            beside.result()

    def digests(self) -> Digests:
        quick = self._quick.copy()
        quick.update(self._tail)
        return Digests(self._md5.hexdigest(), quick.hexdigest(), self._sha256.hexdigest())


def _stable(path: str) -> str:
    """The same file keeps its fingerprint on a computer that decomposes letters."""
    return unicodedata.normalize("NFC", printable(path))


def _changed(source: Path, when: str) -> FileChanged:
    return FileChanged(
        f"{printable(source.name)} changed {when}.",
        "Postflight takes it again once it holds still.",
        leg=Leg.CARD,
    )
