"""The two fingerprints of a file, taken while it holds still."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Final

from app.domain.card_time import same_time
from app.domain.errors import FileChanged, Leg
from app.domain.model import Digests
from app.domain.naming import printable
from app.domain.os_errors import translate_os_error
from app.domain.ports import Cancel
from app.media.scan import opened_as

STEP: Final = 1024 * 1024  # bytes between two looks at the stop sign
END: Final = 64 * 1024  # bytes of either end in the quick fingerprint


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
