"""What is known of one batch at one moment, gathered from the records as frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timezone
from types import MappingProxyType

from app.domain.errors import Fault, UsageError
from app.domain.model import Batch, FileStatus, Job, Level, Proof
from app.domain.ports import Clock
from app.domain.states import NEEDS_PERSON, OPEN, FileState
from app.evidence.discretion import Discreet, home, host_of, name_of
from app.services.registry import spec_of
from app.store.store import Store

DELIVERED = frozenset({FileState.CONFIRMED, FileState.SKIPPED})  # the service has it
EXCEPTIONS = NEEDS_PERSON | {FileState.DROPPED}


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """One file as the receipt tells it; empty texts: not known, or not yet."""

    path: str
    name: str
    size: int
    state: FileState
    md5: str
    etag: str
    object_key: str
    remote_id: str
    attempts: int
    changed_at: float  # UTC seconds; when it came into its state
    fault: Fault | None = None  # without details: they hold paths of this computer
    words: str = ""
    sha256: str = ""  # of the same bytes as `md5`
    levels: tuple[Level, ...] = ()
    proof: Proof | None = None
    reread_at: float | None = None  # UTC seconds


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the batch went; `options` only those that name the place, never a secret."""

    connection: str
    service: str
    title: str
    address: str
    group_name: str  # what the service calls a remote group, "" where there is none
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class RemoteGroup:
    lane: str
    id: str
    endpoint: str
    bucket: str


@dataclass(frozen=True, slots=True)
class Note:
    at: float  # UTC seconds
    words: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a receipt says. The numbers are counted from `files`, so that both agree."""

    batch: Batch  # its reason without details
    roots: tuple[str, ...]  # the folders' own names
    destination: Destination
    groups: tuple[RemoteGroup, ...]
    jobs: tuple[Job, ...]
    notes: tuple[Note, ...]
    files: tuple[FileEvidence, ...]
    version: str
    made_at: float  # UTC seconds
    zone: timezone  # of the computer at that moment

    def count(self, *states: FileState) -> int:
        return sum(1 for item in self.files if item.state in states)

    def size(self, *states: FileState) -> int:
        """Bytes of the files in these states, or of all."""
        return sum(item.size for item in self.files if not states or item.state in states)

    @property
    def delivered(self) -> int:
        return self.count(*DELIVERED)

    @property
    def waiting(self) -> int:
        return self.count(*OPEN)

    def exceptions(self) -> Iterator[FileEvidence]:
        return (item for item in self.files if item.state in EXCEPTIONS)

    def local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self.zone)


def collect(store: Store, batch_id: str, clock: Clock, version: str) -> Evidence:
    """The batch as it is now; it may still be under way. Blocking: read it in a thread, as a
    hundred thousand files take seconds. Raises UsageError when there is no such batch."""
    batch = store.batches.get(batch_id)
    # Of files that were sent one by one, their folder is what is said to be missing.
    folders = [folder for root in batch.roots for folder in (root, root.parent)]
    discreet = Discreet({str(folder): name_of(folder) for folder in folders} | home())
    now = clock.now()
    return Evidence(
        batch=replace(batch, reason=_plain(batch.reason, discreet)),
        roots=tuple(name_of(root) for root in batch.roots),
        destination=_destination(store, batch),
        groups=_groups(store, batch_id),
        jobs=tuple(replace(job, words=discreet(job.words)) for job in store.batches.jobs(batch_id)),
        notes=tuple(Note(at, discreet(words)) for at, words in store.batches.history(batch_id)),
        files=tuple(_files(store, batch_id, discreet)),
        version=version,
        made_at=now,
        zone=_zone(now),
    )


def _zone(now: float) -> timezone:
    offset = datetime.fromtimestamp(now).astimezone().utcoffset()
    return UTC if offset is None else timezone(offset)


def _destination(store: Store, batch: Batch) -> Destination:
    spec = spec_of(batch.service)
    places = {item.key for item in spec.fields if item.required}
    try:
        connection = store.connections.get(batch.connection)
    except UsageError:  # removed since; the batch keeps its name
        return Destination(batch.connection, batch.service, spec.title, "", spec.group_name)
    return Destination(
        batch.connection,
        batch.service,
        spec.title,
        host_of(connection.url),
        spec.group_name,
        MappingProxyType({k: v for k, v in connection.options.items() if k in places}),
    )


def _groups(store: Store, batch_id: str) -> tuple[RemoteGroup, ...]:
    found = [
        RemoteGroup(
            grant.lane,
            grant.group,
            host_of(grant.storage.endpoint) if grant.storage else "",
            grant.storage.bucket if grant.storage else "",
        )
        for grant in store.grants.of_batch(batch_id)
    ]
    return tuple(dict.fromkeys(item for item in found if item.id or item.bucket))


def _files(store: Store, batch_id: str, discreet: Discreet) -> Iterator[FileEvidence]:
    times: dict[int, float] = {}
    last = 0
    while lines := store.lists.lines_after(batch_id, last):
        times.update((line.id, line.changed_at) for line in lines)
        last = lines[-1].id
    for status in store.lists.statuses(batch_id):
        yield _file(status, times.get(status.file.id, 0.0), discreet)


def _file(status: FileStatus, changed_at: float, discreet: Discreet) -> FileEvidence:
    receipt = status.receipt
    return FileEvidence(
        path=status.file.path,
        name=status.file.name,
        size=status.file.size,
        state=status.state,
        md5=status.md5,
        etag=receipt.etag if receipt else "",
        object_key=receipt.key if receipt else "",
        remote_id=receipt.remote_id if receipt else "",
        attempts=status.attempts,
        changed_at=changed_at,
        fault=_plain(status.fault, discreet),
        words=discreet(status.words) if status.words else "",
        sha256=status.sha256,
        levels=status.levels,
        proof=receipt.proof if receipt else None,
        reread_at=status.reread_at,
    )


def _plain(fault: Fault | None, discreet: Discreet) -> Fault | None:
    return fault and Fault(fault.code, discreet(fault.title), discreet(fault.hint))
