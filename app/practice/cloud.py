"""The practice cloud: three services and their storage on loopback, to be tried and tested on."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from app.domain.ports import Clock, SystemClock
from app.practice import cloud_api, flighthub2, gate, metastudio
from app.practice.calls import Call, Moment
from app.practice.core import Core, Registration
from app.practice.faults import FaultPlan
from app.practice.journal import Journal
from app.practice.keys import KeyRing
from app.practice.message import Interface, Reply, Request, Route, json_reply
from app.practice.objects import Objects
from app.practice.server import Listener
from app.practice.settings import Settings
from app.practice.shelf import Shelf
from app.practice.signed import SignedPuts


@dataclass(frozen=True, slots=True)
class PracticeAccount:
    """What a connection to one of the services needs."""

    service: str
    name: str
    url: str
    options: Mapping[str, str]
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PracticeLogin:
    """A user name and password, for the ways that sign in with them."""

    url: str
    username: str
    password: str = field(repr=False)
    domain: str = ""


class PracticeCloud:
    """A context manager. Its ports are taken at once and answer from `start` until `close`.

    Objects lie in `folder`, which the caller removes. `settings` and `faults` may be changed
    while it runs, from any thread. `storage` is the address that the services name of the storage,
    where it is not reached at its own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        faults: FaultPlan | None = None,
        storage: str = "",
    ) -> None:
        core = self._core = Core(
            clock or SystemClock(), rng or random.SystemRandom(), faults or FaultPlan()
        )
        self._control, self._storage = Listener(core), Listener(core)
        keys, shelf = KeyRing(core), Shelf(folder, core)
        address = storage or self._storage.url
        self._keys = keys
        signed = SignedPuts(core, shelf, address)
        self._flighthub2 = flighthub2.FlightHub2(core, keys, shelf, address)
        self._cloud_api = cloud_api.CloudApi(core, keys, shelf, address)
        self._metastudio = metastudio.MetaStudio(core, shelf, signed)
        self._objects = Objects(core, keys, shelf, signed)
        self._door = _Door(core.text(12), self._flighthub2, self._cloud_api, self._metastudio)
        self._running = False

    def start(self) -> PracticeCloud:
        self._control.start(self._door)
        self._storage.start(self._objects)
        self._running = True
        return self

    def close(self) -> None:
        """Ends all connections, stalled ones too. May be called twice."""
        self._core.closing.set()
        self._control.close()
        self._storage.close()

    def unplug(self) -> None:
        """The network is gone: connections break off, and new ones are refused until `plug_in`."""
        self._control.unplug()
        self._storage.unplug()

    def unplug_services(self) -> None:
        """The services are gone until `plug_in_services`; the storage can be reached."""
        self._control.unplug()

    def plug_in_services(self) -> None:
        self._control.plug_in()

    def plug_in(self) -> None:
        self._control.plug_in()
        self._storage.plug_in()

    def __enter__(self) -> PracticeCloud:
        return self if self._running else self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def settings(self) -> Settings:
        return self._core.settings

    @property
    def faults(self) -> FaultPlan:
        return self._core.faults

    @property
    def journal(self) -> Journal:
        return self._core.journal

    def watch(self, witness: Callable[[Call, Moment], None]) -> None:
        """`witness`, the only one from now on, hears of each step of a call and holds it up.

        A ClientGone that it raises ends the connection there. Where a fault cuts a call off or
        answers in its place, the steps that are not reached are not told.
        """
        self._core.witness = witness

    @property
    def connections(self) -> int:
        """How many are open now: none, once the last client has gone."""
        return self._control.connections + self._storage.connections

    @property
    def violations(self) -> list[str]:
        """Every breach of a contract so far, as "call: what was wrong"."""
        return self._core.violations

    @property
    def storage_url(self) -> str:
        return self._storage.url

    @property
    def plain_url(self) -> str:
        """The control port without a path, for clients that keep none; only MetaStudio answers."""
        return self._control.url

    @property
    def accounts(self) -> tuple[PracticeAccount, ...]:
        """One account for each service id."""
        base, door = f"{self._control.url}/{self._door.token}", self._metastudio.gate
        rows = (
            (
                flighthub2.SERVICE,
                "Practice FlightHub 2",
                {"project": self._flighthub2.project},
                self._flighthub2.token,
            ),
            (
                cloud_api.SERVICE,
                "Practice Cloud API",
                {"workspace": self._cloud_api.workspace},
                self._cloud_api.token,
            ),
            (
                metastudio.SERVICE,
                "Practice MetaStudio",
                {"project-id": door.project, "access-key": door.access_key},
                door.secret,
            ),
        )
        return tuple(
            PracticeAccount(service, name, f"{base}/{service}", MappingProxyType(options), secret)
            for service, name, options, secret in rows
        )

    def account(self, service: str) -> PracticeAccount:
        return next(account for account in self.accounts if account.service == service)

    @property
    def cloud_api_login(self) -> PracticeLogin:
        url = self.account(cloud_api.SERVICE).url
        return PracticeLogin(url, cloud_api.USERNAME, self._cloud_api.password)

    @property
    def iam_login(self) -> PracticeLogin:
        """`url` is IAM's base: `/v3/auth/tokens` follows. The project's name is `iam_region`."""
        url = f"{self._control.url}/{self._door.token}/iam"
        return PracticeLogin(url, gate.USER, self._metastudio.gate.password, gate.DOMAIN)

    @property
    def iam_region(self) -> str:
        return gate.REGION

    def hang_up(self) -> None:
        """All connections end now, as after a restart of the servers; new ones are welcome."""
        self._control.hang_up()
        self._storage.hang_up()

    def expire_keys(self) -> None:
        """All storage keys granted so far end now."""
        self._core.expire_keys()

    def new_secret(self, service: str) -> str:
        """From now on the account's old secret is refused, and this one is taken."""
        with self._core.lock:
            secret = self._core.text(60)
            if service == flighthub2.SERVICE:
                self._flighthub2.token = secret
            elif service == cloud_api.SERVICE:
                self._cloud_api.replace_token(secret)
            else:
                self._metastudio.gate.secret = secret
            return secret

    def secrets_given(self) -> frozenset[str]:
        """Secret keys and tokens of all storage keys so far: what must be found nowhere."""
        return self._keys.secrets()

    def expire_tokens(self) -> None:
        """All sign-ins end now: Cloud API's tokens, the pasted one too, and IAM's."""
        self._cloud_api.expire_tokens()
        self._metastudio.gate.expire_tokens()

    def delivered(self, service: str) -> dict[str, Path]:
        """The bytes on the disk of all that is stored and registered, by name.

        flighthub2: the file's or wayline's name; cloud-api: the object key without the prefix;
        metastudio: the file's name. Of equal names the newest is answered; `arrivals` has all.
        """
        return dict(self.arrivals(service))

    def arrivals(self, service: str) -> list[tuple[str, Path]]:
        """The same with every file that bears a name: flat names need not be unique there."""
        with self._core.lock:
            found = {
                flighthub2.SERVICE: self._flighthub2.delivered,
                cloud_api.SERVICE: self._cloud_api.delivered,
                metastudio.SERVICE: self._metastudio.delivered,
            }[service]()
        return [(name, stored.path) for name, stored in found]

    def registrations(self, service: str) -> list[Registration]:
        """Accepted registrations in order; `times` above 1 shows a repeated one.

        `service` may be a call as well: "flighthub2.start" tells of reconstructions by kind, and
        "cloud-api.group-upload-callback" of the totals it was told, as "uploaded/all".
        """
        return self._core.registrations(service)


class _Door:
    """The control port: finds the interface behind the secret path and takes the prefix off.

    MetaStudio answers without the prefix too, since its vendor's own client keeps no path
    (contracts: metastudio 7.2); there the signature alone is the guard.
    """

    def __init__(
        self,
        token: str,
        flighthub: flighthub2.FlightHub2,
        cloud: cloud_api.CloudApi,
        studio: metastudio.MetaStudio,
    ) -> None:
        self.token = token
        self._interfaces: dict[str, Interface] = {
            flighthub2.SERVICE: flighthub,
            cloud_api.SERVICE: cloud,
            metastudio.SERVICE: studio,
            f"{metastudio.SERVICE}/iam": studio,
            "iam": studio,
        }
        self._studio = studio

    def route(self, request: Request) -> Route | None:
        interface = self._enter(request)
        return None if interface is None else interface.route(request)

    def problem(self, request: Request, code: str) -> Reply:
        interface = self._enter(request)
        return interface.problem(request, code) if interface else json_reply({}, 404)

    def _enter(self, request: Request) -> Interface | None:
        request.path = request.target
        if re.match("/v[13]/", request.target):
            return self._studio
        for name in sorted(self._interfaces, key=len, reverse=True):
            start = f"/{self.token}/{name}/"
            if request.target.startswith(start):
                request.path = "/" + request.target.removeprefix(start)
                return self._interfaces[name]
        request.path = "/***"
        return None
