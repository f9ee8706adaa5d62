"""What a service wants to know of a file before it is sent; runs in file threads."""

from __future__ import annotations

from app.domain.model import Capture, Digests, MediaFile, Prepared
from app.domain.ports import Cancel
from app.media.fingerprint import digest, quick_digest
from app.media.metadata import read_capture
from app.services.base import Limits


def glance(file: MediaFile, limits: Limits) -> Prepared:
    """The cheap part, for `survey`: both ends of the file and its head, not all of its bytes."""
    quick = quick_digest(file.source, file.path, file.size)
    return Prepared(file, Digests("", quick), _capture(file, limits))


def prepare(file: MediaFile, limits: Limits, cancel: Cancel) -> Prepared:
    """All of it. Raises FileGone, FileChanged, FileUnreadable, Cancelled."""
    digests = None
    if limits.digests_first:
        digests = digest(file.source, file.path, file.size, file.modified_ns, cancel)
    return Prepared(file, digests, _capture(file, limits))


def _capture(file: MediaFile, limits: Limits) -> Capture | None:
    return read_capture(file.source) if limits.capture else None
