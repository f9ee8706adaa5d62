"""The digests of a file, taken while it holds still."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

from app.domain.card_time import same_time
from app.domain.errors import FileChanged, Leg
from app.domain.hashing import Beside, Hashes
from app.domain.model import Digests
from app.domain.naming import printable
from app.domain.os_errors import translate_os_error
from app.domain.ports import Cancel
from app.media.scan import opened_as
from app.media.uncached import aligned, uncached

END: Final = 64 * 1024  # bytes of either end in the quick fingerprint
_LONG: Final = 64 * 1024 * 1024  # bytes of a file that is worth a thread of its own


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
    """Hashes a video while it reads on. Photos are many, and go side by side with each other."""
    sums = Hashes(hashlib.md5(usedforsecurity=False), hashlib.sha256())
    ends = _Ends(_quick_head(reading.path_shown, reading.size))
    long = reading.size > _LONG
    views = [aligned() for _ in range(2 if long else 1)]
    with Beside(sums) if long else nullcontext(sums) as hashing:
        for view in cycle(views):
            reading.cancel.check()
            count = read(view)
            if not count:
                break
            hashing.update(view[:count])
            ends.see(view[:count])
            if reading.progress is not None:
                reading.progress(count)
    if ends.count != reading.size:
        return None
    md5, sha256 = sums.each
    return Digests(md5.hexdigest(), ends.quick(), sha256.hexdigest())


class _Ends:
    """The quick fingerprint of a file that is seen as a whole, in its order."""

    def __init__(self, head: bytes) -> None:
        self._quick = hashlib.md5(head, usedforsecurity=False)
        self._tail = b""
        self.count = 0  # bytes

    def see(self, data: memoryview) -> None:
        if self.count < END:
            self._quick.update(data[: END - self.count])
        self._tail = (self._tail + bytes(data[-END:]))[-END:]
        self.count += len(data)

    def quick(self) -> str:
        whole = self._quick.copy()
        whole.update(self._tail)
        return whole.hexdigest()


def _stable(path: str) -> str:
    """The same file keeps its fingerprint on a computer that decomposes letters."""
    return unicodedata.normalize("NFC", printable(path))


def _changed(source: Path, when: str) -> FileChanged:
    return FileChanged(
        f"{printable(source.name)} changed {when}.",
        "Postflight takes it again once it holds still.",
        leg=Leg.CARD,
    )
