"""The two fingerprints of a file, taken while it holds still."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Final

from app.domain.errors import FileChanged, Leg
from app.domain.model import Digests
from app.domain.naming import printable
from app.domain.os_errors import translate_os_error
from app.domain.ports import Cancel
from app.media.scan import opened_as

STEP: Final = 1024 * 1024  # bytes between two looks at the stop sign
END: Final = 64 * 1024  # bytes of either end in the quick fingerprint

_QUARTER_HOUR: Final = 900 * 10**9
_SLACK: Final = 2 * 10**9  # FAT keeps times in steps of two seconds
_FARTHEST: Final = 26 * 3600 * 10**9  # the two outermost time zones are 26 hours apart


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
            digests = _read(stream, path_shown, size, cancel, progress)
            after = os.fstat(stream.fileno())
    except OSError as error:
        raise translate_os_error(error, source) from error
    moved = (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns)
    if digests is None or moved:
        raise _changed(source, "while it was being read")
    return digests


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


def same_time(one_ns: int, other_ns: int) -> bool:
    """Whether two times of one file may be the same moment.

    FAT and exFAT cards keep local time in steps of two seconds, so that the same card shows
    other times after a change of zone or computer (reliability 2.11).
    """
    apart = abs(one_ns - other_ns)
    beside = apart % _QUARTER_HOUR
    return apart <= _FARTHEST + _SLACK and min(beside, _QUARTER_HOUR - beside) <= _SLACK


def _read(
    stream: FileIO,
    path_shown: str,
    size: int,
    cancel: Cancel,
    progress: Callable[[int], None] | None,
) -> Digests | None:
    whole = hashlib.md5(usedforsecurity=False)
    quick = hashlib.md5(_quick_head(path_shown, size), usedforsecurity=False)
    buffer = bytearray(STEP)
    view = memoryview(buffer)
    done, tail = 0, b""
    while True:
        cancel.check()
        count = stream.readinto(view)
        if not count:
            break
        whole.update(view[:count])
        if done < END:
            quick.update(view[: min(count, END - done)])
        tail = (tail + bytes(view[max(0, count - END) : count]))[-END:]
        done += count
        if progress is not None:
            progress(count)
    if done != size:
        return None
    quick.update(tail)
    return Digests(whole.hexdigest(), quick.hexdigest())


def _stable(path: str) -> str:
    """The same file keeps its fingerprint on a computer that decomposes letters."""
    return unicodedata.normalize("NFC", printable(path))


def _changed(source: Path, when: str) -> FileChanged:
    return FileChanged(
        f"{printable(source.name)} changed {when}.",
        "Postflight takes it again once it holds still.",
        leg=Leg.CARD,
    )
