"""Puts the pieces together: store, secrets, services, engine; the only place that knows all."""

from __future__ import annotations

import logging
import random
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app import log
from app.domain.errors import (
    Fault,
    NotSignedIn,
    SecretsError,
    StoreDamaged,
    UsageError,
    exit_code_of,
)
from app.domain.model import Connection
from app.domain.ports import (
    PROXY_SECRET,
    Clock,
    Network,
    Route,
    Secrets,
    SystemClock,
    Tuning,
)
from app.domain.preferences import Preferences
from app.domain.release import RELEASES, Feed
from app.engine.connection_rules import CA_FILE, check_connection, wrong_settings
from app.engine.context import Context, Patience
from app.engine.engine import Engine, Listeners
from app.engine.mounted import Tops, camera_roots
from app.engine.pools import Pools
from app.engine.updates import Updates
from app.net.proxy import checked_proxy
from app.paths import Paths
from app.services.base import Project, Service
from app.services.registry import SPECS, spec_of
from app.store.lock import FolderLock
from app.store.mending import mend
from app.store.secrets import (
    EnvironmentSecrets,
    KeyringSecrets,
    LayeredSecrets,
    SessionSecrets,
    variable_of,
)
from app.store.store import FILE_NAME, Store
from app.transfer.lanes import Lanes
from app.transfer.throttle import Throttle

if TYPE_CHECKING:
    from app.engine.doctor import Leg
    from app.net.http import Http
    from app.practice.cloud import PracticeCloud
    from app.practice.faults import FaultPlan
    from app.transfer.mover import Mover

__all__ = [
    "CA_FILE",
    "PROXY_SECRET",
    "SPECS",
    "App",
    "Network",
    "Practice",
    "Preferences",
    "Tuning",
    "build",
    "check_connection",
    "checked_authority",
    "checked_proxy",
    "exit_code_of",
    "network_of",
    "practice",
    "spec_of",
    "variable_of",
    "warm_up",
    "wrong_settings",
]

_log = logging.getLogger(__name__)

# What the first connection imports, cut where a piece takes no more than some 40 ms.
_LATER = (
    *("app.media.card", "app.engine.cards", "app.engine.scanning", "app.engine.batch_run"),
    *("urllib.request", "h11", "httpcore", "httpx", "app.net.http"),
    *("app.services.flighthub2", "app.services.cloud_api", "app.services.metastudio"),
    *("urllib3", "app.transfer.bucket", "app.transfer.mover"),
)


@dataclass(slots=True)
class App:
    """A running Postflight without a face. `close` when done."""

    store: Store
    secrets: Secrets
    clock: Clock
    patience: Patience
    told: tuple[Fault, ...]  # what the person should hear of the start
    _closing: ExitStack  # what was opened last is closed first
    _engine: Engine | None = None
    _card_roots: Tops = camera_roots
    _network: Network = field(default_factory=Network)
    lanes: Lanes = field(default_factory=lambda: Lanes.of(Tuning()))  # shared by all that is sent
    _part_size: int = 0
    _releases: Feed = RELEASES
    throttle: Throttle = field(default_factory=Throttle)  # one for all that is sent
    # With the file of authorities that is the connection's own.
    _movers: dict[str, Mover] = field(default_factory=dict[str, "Mover"])
    _https: list[tuple[str, Http]] = field(default_factory=list[tuple[str, "Http"]])

    @property
    def engine(self) -> Engine:
        """Made when first asked for, so that lists start without threads."""
        if self._engine is None:
            self._engine = self._make_engine()
        return self._engine

    def _make_engine(self) -> Engine:
        listeners = Listeners()
        pools = Pools(self.lanes.files_at_most)
        self._closing.callback(pools.close)
        context = Context(
            store=self.store,
            pools=pools,
            secrets=self.secrets,
            clock=self.clock,
            rng=random.Random(),
            publish=listeners.publish,
            patience=self.patience,
            card_roots=self._card_roots,
            lanes=self.lanes,
        )
        return Engine(context, listeners, self.service, self._mover)

    @property
    def updates(self) -> Updates:
        return Updates(self._releases, lambda: self._route(""), self.clock)

    def service(self, connection: Connection) -> Service:
        """The connection's service; its secret is not read before the first call."""
        return self._built(connection)[0]

    def _mover(self, connection: Connection) -> Mover:
        """One for each set of trusted authorities: connections to storages are kept and shared."""
        # No window and no list waits for the import of what moves bytes.
        from app.transfer.mover import Mover

        ca_file = connection.option("ca-file")
        if ca_file not in self._movers:
            mover = self._movers[ca_file] = Mover(
                self._route(ca_file),
                self.throttle,
                self.lanes,
                self._part_size,
            )
            self._closing.callback(mover.close)
        return self._movers[ca_file]

    def _built(self, connection: Connection, secret: str = "") -> tuple[Service, Http]:
        # Nor for what speaks to a service.
        from app.net.http import Http

        spec = spec_of(connection.service)
        ca_file = connection.option("ca-file")
        http = Http(connection.url, spec.title, self._route(ca_file), self.clock)
        self._https.append((ca_file, http))
        self._closing.callback(http.close)
        given = secret or None

        def read() -> str:
            return given or self._secret(connection)

        return spec.build(connection, read, http, self.clock), http

    def apply(self, network: Network) -> None:
        """From now on connections are made this way; what is under way ends as it began.

        Call it too when the proxy's secret has changed. Raises UsageError and then changes nothing.
        """
        self._network = _checked(network)
        for ca_file, http in tuple(self._https):
            http.reroute(self._route(ca_file))
        for ca_file, mover in tuple(self._movers.items()):
            mover.reroute(self._route(ca_file))

    def _route(self, ca_file: str) -> Route:
        files = tuple(file for file in (self._network.ca_file, ca_file) if file)
        return Route(files, self._network.proxy, lambda: self.secrets.get(PROXY_SECRET) or "")

    def _secret(self, connection: Connection) -> str:
        secret = self.secrets.get(connection.name)
        if not secret:
            raise NotSignedIn(
                f"The {spec_of(connection.service).secret} of {connection.name} is not known.",
                f"Add the connection again, or set {variable_of(connection.name)} for this run.",
            )
        return secret

    def test(self, connection: Connection, secret: str = "") -> Iterator[Leg]:
        """Walks the legs of a connection; the last one may have failed. Blocking.

        `secret` is for a connection that is not kept yet; empty means the one that is kept.
        """
        from app.engine.doctor import examine

        check_connection(connection)
        service, http = self._built(connection, secret)
        return examine(connection, service, http, self._mover(connection))

    def projects(self, connection: Connection, secret: str = "") -> Sequence[Project]:
        """What may be chosen as the destination, asked of the service. Blocking; see `test`."""
        service, _ = self._built(connection, secret)
        return service.projects()

    def knock(self, connection: Connection, network: Network, sign_in: str = "") -> int:
        """The status that the connection's server answers when it is asked the way `network` says.

        Proves the way, whatever the status. `sign_in` is "user:password" for the proxy; empty
        means the one that is kept. Blocking.
        """
        from app.net.http import Http

        network = _checked(network)
        files = tuple(file for file in (network.ca_file, connection.option(CA_FILE.key)) if file)
        route = Route(files, network.proxy, lambda: sign_in or self.secrets.get(PROXY_SECRET) or "")
        http = Http(connection.url, spec_of(connection.service).title, route, self.clock)
        try:
            return http.knock()
        finally:
            http.close()

    def add_connection(self, connection: Connection, secret: str) -> None:
        """Checks what can be checked without the network, keeps the secret, then the rest.

        Without a keyring SecretsError is raised and the connection is kept all the same, so that
        the secret may come from the environment.
        """
        check_connection(connection)
        self.service(connection)
        self.store.connections.save(connection)
        if secret:
            self.secrets.set(connection.name, secret)

    def remove_connection(self, name: str) -> Connection:
        connection = self.store.connections.get(name)
        self.store.connections.remove(connection.name)
        try:
            self.secrets.delete(connection.name)
        except SecretsError:
            return connection
        return connection

    def close(self) -> None:
        self._closing.close()


def build(
    paths: Paths,
    *,
    exclusive: bool,
    secrets: Secrets | None = None,
    clock: Clock | None = None,
    patience: Patience | None = None,
    network: Network | None = None,
    tuning: Tuning | None = None,
    card_roots: Tops = camera_roots,
    releases: Feed = RELEASES,
) -> App:
    """Opens Postflight's folder. `exclusive` is for whoever moves batches: it takes the lock and
    puts right what a crash left; lists do without. Raises StoreError and UsageError."""
    clock = clock or SystemClock()
    paths.create()
    with ExitStack() as closing:
        closing.callback(log.tear_down, log.set_up(paths.logs))
        if exclusive:
            closing.enter_context(FolderLock(paths.data, clock))
        store, mended = _opened(paths, clock) if exclusive else (Store(paths.data, clock), None)
        closing.callback(store.close)
        if exclusive:
            store.recover()
        preferences = store.preferences.load()
        tuning = tuning or tuning_of(preferences)
        app = App(
            store,
            secrets or LayeredSecrets(EnvironmentSecrets(), KeyringSecrets()),
            clock,
            patience or Patience(),
            (mended,) if mended else (),
            closing.pop_all(),
            _network=_checked(network) if network else _usable(network_of(preferences)),
            lanes=Lanes.of(tuning),
            _part_size=tuning.part_size,
            _card_roots=card_roots,
            _releases=releases,
        )
        local = datetime.fromtimestamp(clock.now(), UTC).astimezone()
        app.throttle.limit = preferences.limit_at(local.hour * 60 + local.minute)
        return app


def warm_up() -> Iterator[None]:
    """Imports what the first connection needs, a piece a step: for a loop that has nothing to do.

    In the loop's own thread, because two threads that import at once may meet in a circle.
    """
    for name in _LATER:
        import_module(name)
        yield


def _opened(paths: Paths, clock: Clock) -> tuple[Store, Fault | None]:
    """The database, mended where it has to be, and what was done."""
    mended = mend(paths.data / FILE_NAME, clock)
    try:
        return Store(paths.data, clock), mended
    except StoreDamaged:  # met only now, and marked: looked at closely
        mended = mend(paths.data / FILE_NAME, clock)
        return Store(paths.data, clock), mended


def network_of(preferences: Preferences) -> Network:
    return Network(preferences.proxy, preferences.ca_file)


def tuning_of(preferences: Preferences) -> Tuning:
    return Tuning(preferences.files_at_once, preferences.parts_at_once, preferences.part_size)


def checked_authority(file: str) -> str:
    """The PEM file as it can be trusted, "" for none; UsageError when it is none. Blocking."""
    from app.net import tls

    path = file.strip()
    tls.context(Route((path,) if path else ()))
    return path


def _usable(network: Network) -> Network:
    """What was set long ago must not keep the program from starting."""
    try:
        return _checked(network)
    except UsageError as error:
        _log.warning("the proxy of the settings is not used: %s", error.title)
        return replace(network, proxy="")


def _checked(network: Network) -> Network:
    return replace(network, proxy=checked_proxy(network.proxy))


@dataclass(frozen=True, slots=True)
class Practice:
    """The practice cloud while it runs, with a connection and a secret for each service."""

    cloud: PracticeCloud
    secrets: Secrets
    connections: tuple[Connection, ...]

    @property
    def address(self) -> str:
        return urlsplit(self.connections[0].url).netloc

    def sample_flight(self, folder: Path) -> Path:
        from app.practice.sample import write_sample_flight

        return write_sample_flight(folder, rng=random.Random())


@contextmanager
def practice(
    folder: Path,
    faults: FaultPlan | None = None,
    *,
    clock: Clock | None = None,
    storage: str = "",
) -> Generator[Practice]:
    """Starts the practice cloud, which keeps what it receives under `folder`."""
    # Only the demo needs it: no other command waits for its import.
    from app.practice.cloud import PracticeCloud

    folder.mkdir(parents=True, exist_ok=True)
    with PracticeCloud(folder, clock=clock, faults=faults, storage=storage) as cloud:
        secrets = SessionSecrets()
        connections: list[Connection] = []
        for account in cloud.accounts:
            secrets.set(account.name, account.secret)
            connections.append(
                Connection(account.name, account.service, account.url, account.options)
            )
        yield Practice(cloud, secrets, tuple(connections))
