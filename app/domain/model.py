"""Connections, batches and files as frozen values; rows and messages become these at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from app.domain.errors import Fault
from app.domain.states import BatchState, FileState, JobState

MEDIA = "media"  # the lane of ordinary files; a service may name further ones


@dataclass(frozen=True, slots=True)
class Connection:
    """One service account and where media goes there. Its secret lives in the keyring."""

    name: str
    service: str
    url: str
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def option(self, key: str) -> str:
        """The option's text, empty when it was never given."""
        return self.options.get(key, "")


@dataclass(frozen=True, slots=True)
class Batch:
    """One dropped set of folders on its way to one connection."""

    id: str
    title: str
    connection: str
    service: str
    roots: tuple[Path, ...]
    state: BatchState
    jobs_wanted: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    reason: Fault | None = None
    created_at: float = 0.0  # UTC, seconds
    finished_at: float | None = None
    held: bool = False  # paused by the person: it waits for their word
    deleted_at: float | None = None  # UTC seconds: the person had it deleted at the service


@dataclass(frozen=True, slots=True)
class Found:
    """A file the scan met; `path` is shown and unique in its batch, `relative` starts at a root."""

    root: int
    relative: Path
    path: str  # forward slashes, as read from the disk
    size: int  # bytes
    modified_ns: int


@dataclass(frozen=True, slots=True)
class NewFile:
    """A found file as it enters the queue; with a fault it enters as failed and is not sent."""

    found: Found
    name: str
    lane: str
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file of a batch. `name` is what the service sees: NFC, and unique where names are flat."""

    id: int
    batch: str
    path: str
    source: Path  # absolute, where it is read from
    name: str
    size: int
    modified_ns: int
    lane: str = MEDIA

    @property
    def folder(self) -> str:
        """The folder part of `path`, forward slashes, empty at the top."""
        return self.path.rpartition("/")[0]


class FoundAt(NamedTuple):
    """Where the scan found a file, and how: light, because all of a batch are gone through."""

    root: Path  # as it is known now
    relative: Path  # Path() when the root is the file
    size: int  # bytes
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Digests:
    """`md5` and `sha256` of all bytes, `quick` of size, path and both ends; lower-case hex."""

    md5: str
    quick: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Capture:
    """What EXIF and XMP say of one shot. Altitudes in metres, angles in degrees; None: not said."""

    taken: datetime | None = None  # with a zone
    position: Position | None = None
    absolute_altitude: float | None = None
    relative_altitude: float | None = None
    gimbal_yaw: float | None = None
    drone_model: str = ""
    camera_model: str = ""
    drone_serial: str = ""
    panorama: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file with all that a service may ask about it before a byte is sent.

    `digests` and `capture` are None when the service's `Limits` do not ask for them.
    """

    file: MediaFile
    digests: Digests | None = None
    capture: Capture | None = None


class Proof(StrEnum):
    """What shows that the storage holds the very bytes that were sent."""

    ETAG = "etag"  # its etag is their MD5
    PARTS = "parts"  # its etag is S3's rule over the MD5s of the parts
    CHECKED = "checked"  # it compared Content-MD5 as they came; its etag says nothing


class Level(StrEnum):
    """How far a file's safety is known, one word each (design: reliability 3.5).

    A level counts when it was seen, or when something stronger was: an etag that proves the bytes
    proves their number. Only where it does not, the storage is asked for the size (HEAD); keys
    that may only write are refused that, and the level then stays open.
    """

    SENT = "sent"  # the storage took it and named it
    SIZED = "sized"  # what it holds has the right length
    MATCHED = "matched"  # what it holds are the bytes that were sent: see `Proof`
    REREAD = "re-read"  # a second reading of the card, past the cache, gave the same bytes
    REGISTERED = "registered"  # the service acknowledged it


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the storage said of the stored bytes: its own etag, quotes stripped, case kept."""

    etag: str
    md5: str  # ours, lower-case hex, of the bytes as they were sent
    key: str
    remote_id: str = ""
    sha256: str = ""  # ours too, of the same bytes; "" of files sent before it was kept
    proof: Proof | None = None  # None: not known
    sized: bool = False  # the length is proved, by the etag or by a HEAD


@dataclass(frozen=True, slots=True)
class Sent:
    """A stored file on its way to be registered, under the grant it was sent with.

    `asked` says that a callback for it went out before and its answer was not kept: look first.
    """

    prepared: Prepared
    receipt: Receipt
    asked: bool = False

    @property
    def file(self) -> MediaFile:
        return self.prepared.file


@dataclass(frozen=True, slots=True)
class FileStatus:
    """A file as lists and `show` print it."""

    file: MediaFile
    state: FileState
    receipt: Receipt | None
    md5: str
    attempts: int
    fault: Fault | None
    words: str = ""  # why it was skipped, what it has no position for
    sha256: str = ""
    reread_at: float | None = None  # UTC seconds

    @property
    def levels(self) -> tuple[Level, ...]:
        receipt = self.receipt
        reached = {
            Level.SENT: receipt is not None,
            Level.SIZED: receipt is not None and receipt.sized,
            Level.MATCHED: receipt is not None and receipt.proof is not None,
            Level.REREAD: self.reread_at is not None,
            Level.REGISTERED: self.state in (FileState.CONFIRMED, FileState.SKIPPED),
        }
        return tuple(level for level, yes in reached.items() if yes)


class FileLine(NamedTuple):
    """A file as one row of a long list: light, because a hundred thousand are held at once."""

    id: int
    path: str
    size: int
    state: FileState
    words: str  # why it failed, was skipped or is missing
    changed_at: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of one batch, counted by a query each time so that they cannot drift."""

    total: int = 0
    delivered: int = 0
    skipped: int = 0
    failed: int = 0  # needs a person: failed or gone
    waiting: int = 0  # everything still on its way
    queued: int = 0  # of those, not begun
    dropped: int = 0
    bytes_total: int = 0
    bytes_delivered: int = 0  # confirmed
    bytes_stored: int = 0  # confirmed, skipped or sent
    bytes_dropped: int = 0

    @property
    def moving(self) -> int:
        """Begun and not yet delivered."""
        return self.waiting - self.queued


@dataclass(frozen=True, slots=True)
class Tally:
    """What a service needs to finish a batch: counts, and the delivered names by remote group."""

    total: int
    delivered: int
    skipped: int
    failed: int
    names: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Job:
    """Work in the cloud after the delivery, for example a reconstruction."""

    batch: str
    kind: str
    id: str
    state: JobState
    progress: int = 0  # percent
    words: str = ""
