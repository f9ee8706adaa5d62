"""The contract between the engine and one cloud service, and the values a service declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from app.domain.errors import FileRefused, Leg, PostflightError, UsageError
from app.domain.model import Batch, Connection, Found, Job, Prepared, Sent, Tally
from app.domain.placement import Grant, Placement, Why
from app.domain.ports import Clock

if TYPE_CHECKING:
    from app.net.http import Http


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a connection; the command line's option and the window's form field.

    `key` is the option's name without dashes in front, for example `project-id`.
    """

    key: str
    title: str
    help: str
    required: bool = False
    choices: tuple[str, ...] = ()
    many: bool = False  # a comma-separated choice of several
    advanced: bool = False  # folded away in a form: hardly anybody needs it


class WrongOption(UsageError):
    """One setting of a connection is missing or no use.

    `key` is the field's, or `name`, `url` or `ca-file`. `words` say beside the field what it must
    look like; empty where the field's own help says it.
    """

    def __init__(
        self, title: str, hint: str = "", *, key: str, words: str = "", leg: Leg | None = None
    ):
        super().__init__(title, hint, leg=leg)
        self.key = key
        self.words = words


@dataclass(frozen=True, slots=True)
class Limits:
    """What would otherwise become an `if` on a service's name somewhere in the engine."""

    flat_names: bool = False  # names must be unique in a batch without their folders
    digests_first: bool = False  # `place` and `survey` need Prepared.digests
    capture: bool = False  # `confirm` needs Prepared.capture
    places_freely: bool = False  # `place` leaves nothing to give up: small files go together
    one_of_a_kind: bool = False  # equal bytes must not be registered side by side
    survey: int = 0  # files per `survey` call, 0: never asked
    confirm: int = 1  # files per `confirm` call
    confirm_parallel: int = 4  # `confirm` calls at once
    one_group: bool = False  # a job needs all files of the batch in one remote group
    names_to_finish: bool = False  # `finish` needs Tally.names


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Which files the service acknowledged, and the plain no it gave about others."""

    ids: frozenset[int]
    refused: Mapping[int, PostflightError] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Finished:
    """The service has everything. `words`: what it said, or that it does not use the call."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class NotYet:
    """The service is still at it. `progress` grows while it works (names it has so far).

    `missing`, by group, is what it lacks; after a long stand-still that counts as `Missing`.
    """

    words: str
    progress: int = 0
    missing: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Missing:
    """The service acknowledged these names of a group and does not have them after all."""

    names: Mapping[str, frozenset[str]]
    words: str


class Service(Protocol):
    """One cloud's conversation.

    Blocking and thread-safe; called from control and file threads. A service moves no bytes and
    opens no file. It never retries by itself: the engine repeats a call when the error says so.
    Every method raises PostflightError only.
    """

    @property
    def limits(self) -> Limits: ...

    @property
    def clock_offset(self) -> float | None:
        """Seconds the service's clock is ahead of this computer's; None: it does not tell."""
        ...

    def sign_in(self) -> str:
        """Proves that the secret is accepted; answers a sentence on who is signed in."""
        ...

    def projects(self) -> Sequence[Project]:
        """What may be chosen as the destination; empty where there is nothing to choose.

        Can be asked before the connection names one. Raises Refused when it names one that is
        certainly no choice.
        """
        ...

    def lane(self, path: str) -> str:
        """Which lane a file travels in; all files of a lane share a grant."""
        ...

    def refuse(self, found: Found) -> FileRefused | None:
        """Why the service would never take this file, known before the first byte."""
        ...

    def open(self, batch: Batch, lane: str, old: Grant | None) -> Grant:
        """A grant with keys. With `old`, new keys: the same group where the service allows it.

        The service may answer with another group; the engine compares `group`.
        """
        ...

    def survey(self, grant: Grant, files: Sequence[Prepared]) -> frozenset[int]:
        """Ids of the files the service seems to know; a hint for the order of work, no verdict.

        At most `limits.survey` files a call.
        """
        ...

    def place(self, grant: Grant, item: Prepared) -> Placement:
        """Where the bytes of this file go, or that they are already there."""
        ...

    def confirm(self, grant: Grant, sent: Sequence[Sent]) -> Confirmed:
        """The callback for at most `limits.confirm` files, all sent under `grant`.

        May be repeated: for a file whose `asked` is set the service is asked first whether it
        knows the file, and "already known" counts as acknowledged.
        """
        ...

    def forget(self, grant: Grant, remote_id: str, why: Why) -> None:
        """Gives up a placement; best effort, safe to repeat."""
        ...

    def finish(
        self, batch: Batch, grants: Sequence[Grant], tally: Tally
    ) -> Finished | NotYet | Missing:
        """Closes the batch with the service; called again, with growing waits, after NotYet."""
        ...

    def start_jobs(
        self, batch: Batch, grants: Sequence[Grant], kinds: Sequence[str]
    ) -> Sequence[Job]:
        """Starts the wanted jobs. Not safe to repeat: after a lost answer call `find_jobs`."""
        ...

    def find_jobs(self, batch: Batch, grants: Sequence[Grant]) -> Sequence[Job]:
        """Jobs the service already runs for this batch."""
        ...

    def poll(self, job: Job) -> Job:
        """The job as the service sees it now."""
        ...

    def stop(self, job: Job) -> None:
        """Stops a running job; safe to repeat."""
        ...

    def delete(self, grants: Sequence[Grant], jobs: Sequence[Job]) -> None:
        """Deletes the jobs' results and the remote groups; safe to repeat."""
        ...


class NoJobs:
    """The job verbs of a service that runs nothing after the delivery and deletes nothing."""

    def start_jobs(
        self, batch: Batch, grants: Sequence[Grant], kinds: Sequence[str]
    ) -> Sequence[Job]:
        return ()

    def find_jobs(self, batch: Batch, grants: Sequence[Grant]) -> Sequence[Job]:
        return ()

    def poll(self, job: Job) -> Job:
        return job

    def stop(self, job: Job) -> None:
        """There is none."""

    def delete(self, grants: Sequence[Grant], jobs: Sequence[Job]) -> None:
        """What was delivered stays where the person sees it."""


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """How a service introduces itself to forms, command line and `bootstrap`."""

    id: str
    title: str
    secret: str  # what the secret is, for example "organisation token"
    fields: tuple[Field, ...]
    build: Callable[[Connection, Callable[[], str], Http, Clock], Service]
    jobs: tuple[str, ...] = ()  # kinds of jobs it can start
    group_name: str = ""  # what the service calls the remote group, for `--json`
    words: str = ""  # one sentence for somebody who chooses among services
    address_hint: str = ""  # the usual address, or what one looks like
    destination: str = ""  # the key of the field that `projects` has values for


def wanted_jobs(connection: Connection, kinds: Sequence[str]) -> tuple[str, ...]:
    """Which of a service's `kinds` the connection's `reconstruct` option names, in their order."""
    named = {part.strip().lower() for part in connection.option("reconstruct").split(",")}
    return tuple(kind for kind in kinds if kind in named)
