"""`connection test`: walks the legs from name to storage keys and names the one that fails."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.domain.errors import Fault, Offline, PostflightError
from app.domain.model import MEDIA, Batch, Connection
from app.domain.states import BatchState
from app.services.base import Service

if TYPE_CHECKING:
    from app.net.http import Http
    from app.transfer.mover import Mover

LEGS = ("name", "connection", "clock", "sign-in", "project", "storage keys")
CLOCK_TOLERANCE = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of the test. `fault` is None when it passed; `words` says what was seen."""

    name: str
    words: str
    fault: Fault | None = None


def examine(connection: Connection, service: Service, http: Http, mover: Mover) -> Iterator[Leg]:
    """Legs in order, ending with the first that fails. Blocking; sends no file, changes nothing."""
    steps: tuple[Callable[[], str], ...] = (
        lambda: _resolve(connection.url, http),
        lambda: _reach(http),
        lambda: _clock(http),
        service.sign_in,
        lambda: _projects(service),
        lambda: _storage(connection, service, mover),
    )
    for name, step in zip(LEGS, steps, strict=True):
        try:
            yield Leg(name, step())
        except PostflightError as error:
            yield Leg(name, error.title, error.fault())
            return


def _resolve(url: str, http: Http) -> str:
    host = urlsplit(url).hostname or ""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        if _is_known_elsewhere(http):
            return f"{host} is looked up by the proxy"
        raise Offline(
            f"The name {host} is not known on this network.",
            "Check the address of the connection, and that this computer is online.",
            details=str(error),
        ) from error
    return f"{host} is {found[0][4][0]}"


def _is_known_elsewhere(http: Http) -> bool:
    """Behind a proxy a name is the proxy's to look up; what else is wrong the next leg says."""
    try:
        http.knock()
    except Offline:
        return False
    except PostflightError:
        return True
    return True


def _reach(http: Http) -> str:
    """Any HTTP answer will do: it proves the way, and on https the certificate."""
    status = http.knock()
    secure = http.base_url.startswith("https:")
    return f"answers ({status})" + (", certificate trusted" if secure else ", not encrypted")


def _clock(http: Http) -> str:
    offset = http.clock_offset
    if offset is None:
        return "the server does not tell its time"
    if abs(offset) > CLOCK_TOLERANCE:
        way = "behind" if offset > 0 else "ahead"
        return f"{abs(offset) / 60:.0f} minutes {way}; Postflight goes by the service's time"
    return f"{abs(offset):.0f} s apart"


def _projects(service: Service) -> str:
    projects = service.projects()
    return f"{len(projects)} to choose from" if projects else "nothing to choose"


def _storage(connection: Connection, service: Service, mover: Mover) -> str:
    batch = Batch(
        uuid.uuid4().hex, "Test", connection.name, connection.service, (), BatchState.READY
    )
    grant = service.open(batch, MEDIA, None)
    if grant.storage is None:
        return "the service signs each address itself"
    mover.probe(grant.storage)
    return f"keys received, {urlsplit(grant.storage.endpoint).hostname} reached"
