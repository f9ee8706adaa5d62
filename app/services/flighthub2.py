"""DJI FlightHub 2: open modelling uploads, flight routes and reconstruction over OpenAPI V1."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError

from app.domain.errors import FileRefused, Leg, Refused
from app.domain.model import MEDIA, Batch, Connection, Found, Job, Prepared, Sent, Tally
from app.domain.placement import Grant, Placement, Why
from app.domain.ports import Clock
from app.net.http import Http, body_text
from app.services.base import (
    Confirmed,
    Finished,
    Limits,
    Missing,
    NotYet,
    Project,
    WrongOption,
    wanted_jobs,
)
from app.services.flighthub2_api import Api, is_uuid
from app.services.flighthub2_kinds import JOBS
from app.services.flighthub2_media import Media
from app.services.flighthub2_models import Models, check_parameters
from app.services.flighthub2_routes import ROUTE, Routes, is_route
from app.services.flighthub2_wire import ProjectList, TokenClaims

_FILES_A_CALL = 100  # (contracts: flighthub2 3.4)
_LONGEST_NAME = 1024  # characters (contracts: flighthub2 3.3)
_LARGEST = 5 * 1024**3  # bytes of one plain PUT (contracts: flighthub2 8.1)
_USUAL_PAGE, _PAGE, _MOST_PAGES = 10, 100, 100
_TITLES_SHOWN = 5
_UUID_LIKE = "It looks like 01234567-89ab-cdef-0123-456789abcdef."
# The other projects of the organisation would answer every call with "no right" (flighthub2 2, 5).
_JOINED = {"prj_authorized_status": "project-status-authorized"}


class FlightHub2:
    """One connection to FlightHub 2; see `Service` for what each method promises.

    What is uncertain in the service's interface is read the safe way; the reasons stand in
    the contracts.
    """

    def __init__(
        self, connection: Connection, secret: Callable[[], str], http: Http, clock: Clock
    ) -> None:
        self._connection = connection
        self._project = connection.option("project").strip()
        if self._project and not is_uuid(self._project):
            raise WrongOption(
                f"{self._project!r} is not a project's UUID.",
                _UUID_LIKE,
                key="project",
                words=_UUID_LIKE,
                leg=Leg.COMPUTER,
            )
        check_parameters(connection)
        self._clock = clock
        self._api = Api(http, secret, self._project)
        self._media = Media(self._api, connection, clock)
        self._routes = Routes(self._api, connection, clock)
        self._models = Models(self._api, connection)

    @property
    def limits(self) -> Limits:
        return Limits(
            flat_names=True,
            places_freely=True,
            confirm=_FILES_A_CALL,
            confirm_parallel=1,
            one_group=bool(wanted_jobs(self._connection, JOBS)),
            names_to_finish=True,
        )

    @property
    def clock_offset(self) -> float | None:
        return self._api.http.clock_offset

    def sign_in(self) -> str:
        self._api.alive()
        claims = _claims(self._api.token())
        account = body_text(claims.account)
        who = f"Signed in to {self._api.who}" + (f" as {account}" if account else "")
        end = _day(claims.exp)
        return f"{who}. The token ends on {end}." if end else f"{who}."

    def projects(self) -> Sequence[Project]:
        projects = self._listed()
        ids = {project.id.lower() for project in projects}
        if self._project and self._project.lower() not in ids:
            shown = ", ".join(f"{item.title} ({item.id})" for item in projects[:_TITLES_SHOWN])
            more = len(projects) - _TITLES_SHOWN
            others = f" and {more} more" if more > 0 else ""
            raise Refused(
                f"{self._api.who} has no project {self._project} for this token.",
                f"Choose one of: {shown}{others}."
                if projects
                else "The token's owner is a member of no project; ask its administrator.",
                leg=Leg.SERVICE,
            )
        return projects

    def _listed(self) -> list[Project]:
        found: dict[str, Project] = {}
        try:
            fresh = self._add_projects(found, {"usage": "simple", **_JOINED})
        except Refused:
            fresh = _USUAL_PAGE
        # Exactly one usual page may mean that the server does not know `usage`.
        if fresh != _USUAL_PAGE:
            return list(found.values())
        for page in range(1, _MOST_PAGES + 1):
            query = {"page": str(page), "page_size": str(_PAGE), **_JOINED}
            before = len(found)
            # A server may give smaller pages than asked for, so only a page without news is last.
            if not self._add_projects(found, query) or (page > 1 and len(found) == before):
                break
        return list(found.values())

    def _add_projects(self, found: dict[str, Project], query: dict[str, str]) -> int:
        listed = self._api.read(ProjectList, "GET", "/project", query, project=False).items
        for item in listed:
            if item.uuid:
                found[item.uuid] = Project(item.uuid, body_text(item.name) or item.uuid)
        return len(listed)

    def lane(self, path: str) -> str:
        return ROUTE if is_route(path) else MEDIA

    def refuse(self, found: Found) -> FileRefused | None:
        name = unicodedata.normalize("NFC", found.path.rpartition("/")[2])
        if found.size == 0:
            title, hint = "The file is empty.", "Copy it from the card again if it should not be."
        elif found.size > _LARGEST:
            title = "The file is larger than 5 GiB, the most that FlightHub 2 takes in one piece."
            hint = "Split the video before you upload it."
        elif len(name) > _LONGEST_NAME:
            title, hint = "The name is too long for FlightHub 2.", "Rename the file."
        elif not _is_text(name):
            title = "The name has signs that are no text."
            hint = "Rename the file; FlightHub 2 could not store it."
        else:
            return None
        return FileRefused(title, hint, leg=Leg.COMPUTER, details=f"{found.size} bytes")

    def open(self, batch: Batch, lane: str, old: Grant | None) -> Grant:
        # There is no call that renews keys: asking anew is all there is, and only its answer
        # tells whether the group stayed (contracts: flighthub2 3.2).
        way = self._routes if lane == ROUTE else self._media
        return way.open(batch, lane)

    def survey(self, grant: Grant, files: Sequence[Prepared]) -> frozenset[int]:
        return frozenset()

    def place(self, grant: Grant, item: Prepared) -> Placement:
        way = self._routes if grant.lane == ROUTE else self._media
        return way.place(grant, item)

    def confirm(self, grant: Grant, sent: Sequence[Sent]) -> Confirmed:
        if grant.lane == ROUTE:
            return self._routes.confirm(sent)
        return self._media.confirm(grant, sent)

    def forget(self, grant: Grant, remote_id: str, why: Why) -> None:
        """Nothing to give up: what was sent and never called back is in a temporary area."""

    def finish(
        self, batch: Batch, grants: Sequence[Grant], tally: Tally
    ) -> Finished | NotYet | Missing:
        return self._media.finish(tally)

    def start_jobs(
        self, batch: Batch, grants: Sequence[Grant], kinds: Sequence[str]
    ) -> Sequence[Job]:
        return self._models.start(batch, _groups(grants), kinds)

    def find_jobs(self, batch: Batch, grants: Sequence[Grant]) -> Sequence[Job]:
        return self._models.find(batch, _groups(grants))

    def poll(self, job: Job) -> Job:
        return self._models.poll(job)

    def stop(self, job: Job) -> None:
        self._models.stop(job)

    def delete(self, grants: Sequence[Grant], jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._models.delete(job)
        for group in _groups(grants):
            self._media.delete(group)


def _groups(grants: Sequence[Grant]) -> list[str]:
    """The open modelling groups in the order they were opened, each once."""
    ordered = sorted(grants, key=lambda grant: grant.id)
    return list(dict.fromkeys(grant.group for grant in ordered if grant.group))


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _claims(token: str) -> TokenClaims:
    """What the token says of itself, unchecked and for display only; empty when it is no JWT."""
    parts = token.split(".")
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return TokenClaims.model_validate_json(payload)
    except (IndexError, ValueError, ValidationError):
        return TokenClaims()


def _day(seconds: int | None) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat() if seconds else ""
    except (OverflowError, OSError, ValueError):
        return ""
