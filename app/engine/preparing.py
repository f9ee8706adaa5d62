"""What a service wants to know of a file before it is sent; runs in file threads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from app.domain.errors import PostflightError
from app.domain.model import Capture, Digests, MediaFile, Prepared
from app.domain.ports import Cancel
from app.media.fingerprint import digest, quick_digest
from app.media.metadata import read_capture
from app.services.base import Limits


def glances(files: Sequence[MediaFile], limits: Limits) -> list[Prepared]:
    """The cheap part, for `survey`: both ends of each file and its head, not all of its bytes.

    Without those that cannot be read: what is wrong with them is said when their turn comes.
    """
    glanced: list[Prepared] = []
    for file in files:
        with suppress(PostflightError):
            quick = quick_digest(file.source, file.path, file.size)
            glanced.append(Prepared(file, Digests("", quick), _capture(file, limits)))
    return glanced


def is_prepared(item: Prepared, limits: Limits) -> bool:
    """Whether all is known, maybe from an earlier attempt."""
    has_digests = item.digests is not None or not limits.digests_first
    return has_digests and (item.capture is not None or not limits.capture)


def prepare(file: MediaFile, limits: Limits, cancel: Cancel) -> Prepared:
    """All of it. Raises FileGone, FileChanged, FileUnreadable, Cancelled."""
    digests = None
    if limits.digests_first:
        digests = digest(file.source, file.path, file.size, file.modified_ns, cancel)
    return Prepared(file, digests, _capture(file, limits))


def _capture(file: MediaFile, limits: Limits) -> Capture | None:
    return read_capture(file.source) if limits.capture else None
