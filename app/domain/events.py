"""What the engine tells its listeners; values only, always on the engine's loop."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.errors import Fault
from app.domain.model import Job


@dataclass(frozen=True, slots=True)
class BatchChanged:
    batch: str


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """`ids` empty: rows were added."""

    batch: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileWaits:
    """The next attempt for this file is `seconds` away; its next change ends the wait."""

    batch: str
    file: int
    fault: Fault
    seconds: float


@dataclass(frozen=True, slots=True)
class JobChanged:
    job: Job


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person about a batch, for example why it waits."""

    batch: str
    words: str


Event = BatchChanged | FilesChanged | FileWaits | JobChanged | Notice
