"""Writes a file of evidence whole or not at all, and never over anything but its own kind."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from app.domain.errors import DiskFull, Leg, UsageError
from app.domain.naming import printable
from app.domain.os_errors import translate_os_error


@contextmanager
def written(target: Path, is_ours: Callable[[Path], bool]) -> Generator[BinaryIO]:
    """A stream that becomes `target` when the block ends well.

    What is there already is replaced only when `is_ours` knows it as an earlier one: a slip of the
    hand may name a photo. Raises UsageError and DiskFull.
    """
    draft = target.parent / f".postflight-{uuid.uuid4().hex[:12]}.part"
    try:
        check_free(target, is_ours)
        with draft.open("xb") as stream:
            yield stream
        draft.replace(target)
    except OSError as error:
        raise _not_written(target, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def check_free(target: Path, is_ours: Callable[[Path], bool]) -> None:
    """Raises UsageError when something else has the name already, and OSError."""
    check_file_name(target)
    if os.path.lexists(target) and not (target.is_file() and is_ours(target)):
        raise UsageError(
            f"{printable(str(target))} is there already, and Postflight did not make it.",
            "Name another file; only an earlier file of the same kind is replaced.",
        )


def check_file_name(target: Path) -> None:
    if target.is_dir():
        raise UsageError(
            f"{printable(str(target))} is a folder.", "Name the file to write, for example in it."
        )


def begins_with(path: Path, head: str) -> bool:
    expected = head.encode()
    with path.open("rb") as stream:
        return stream.read(len(expected)) == expected


@contextmanager
def as_text(stream: BinaryIO) -> Generator[TextIO]:
    """UTF-8 with line ends as they are written; `stream` stays open."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    try:
        yield text
        text.flush()
    finally:
        text.detach()


def _not_written(target: Path, error: OSError) -> UsageError | DiskFull:
    known = translate_os_error(error, target)
    if isinstance(known, DiskFull):
        return DiskFull(
            "The disk has no room for this file.", "Make room, or name another folder.",
            leg=Leg.COMPUTER, details=known.details,
        )  # fmt: skip
    return UsageError(
        f"Postflight cannot write {printable(str(target))}.",
        "Name a file in a folder that is there and that you may write in.",
        leg=Leg.COMPUTER,
        details=known.details,
    )
