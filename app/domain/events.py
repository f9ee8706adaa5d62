"""What the engine tells its listeners; values only, always on the engine's loop."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.model import Job


@dataclass(frozen=True, slots=True)
class BatchChanged:
    batch: str


@dataclass(frozen=True, slots=True)
class FilesChanged:
    batch: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JobChanged:
    job: Job


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person about a batch, for example why it waits."""

    batch: str
    words: str


Event = BatchChanged | FilesChanged | JobChanged | Notice
