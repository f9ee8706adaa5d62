"""The whole engine on the practice cloud, with short waits: what contract tests work with."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from app import bootstrap
from app.domain.model import Connection, FileStatus
from app.domain.ports import Clock, SystemClock
from app.domain.retry import RetryPolicy
from app.domain.states import FileState
from app.engine.context import Patience
from app.engine.engine import Order, Snapshot
from app.engine.weather import Looks
from app.paths import HOME, Paths
from app.practice.cloud import PracticeCloud
from app.practice.faults import FaultPlan
from app.services.base import wanted_jobs

SERVICES = ("flighthub2", "cloud-api", "metastudio")

QUICK = Patience(
    policy=RetryPolicy(tries=6, first=0.01, longest=0.05),
    looks=Looks(first=0.01, longest=0.05, patience=1.0),
    import_first=0.01,
    import_longest=0.05,
    import_stalled=3.0,
    job_first=0.01,
    job_longest=0.05,
    doubt=0.01,
    gather=0.05,
    card=0.05,
)


class Workbench:
    """`app` may be closed and opened again as often as a test likes; the cloud stays."""

    def __init__(
        self, folder: Path, stage: bootstrap.Practice, patience: Patience, clock: Clock
    ) -> None:
        self._folder = folder
        self._stage = stage
        self._patience = patience
        self._clock = clock
        self.card_roots: list[Path] = []  # where a card may be that left its place
        self.cloud: PracticeCloud = stage.cloud
        self.app = self._open()
        for connection in stage.connections:
            self.app.store.connections.save(connection)

    def _open(self) -> bootstrap.App:
        paths = Paths.find({HOME: str(self._folder / "home")})
        return bootstrap.build(
            paths,
            exclusive=True,
            secrets=self._stage.secrets,
            clock=self._clock,
            patience=self._patience,
            card_roots=lambda: self.card_roots,
        )

    def reopen(self) -> None:
        """As after a quit, or after a crash that left rows as they are."""
        self.app.close()
        self.app = self._open()

    def always_at_once(self, files: int) -> None:
        """As set by the person; else so many as are found out to be best."""
        preferences = self.app.store.preferences
        preferences.save(replace(preferences.load(), files_at_once=files))
        self.reopen()

    def keep_secret(self, name: str, secret: str) -> None:
        self._stage.secrets.set(name, secret)

    def connection(self, service: str) -> Connection:
        return next(item for item in self._stage.connections if item.service == service)

    def set_option(self, service: str, key: str, value: str) -> None:
        old = self._kept(service)
        options = {**old.options, key: value}
        self.app.store.connections.save(Connection(old.name, old.service, old.url, options))

    def move(self, service: str, url: str) -> None:
        """Its connection has another address from now on, and the same path."""
        old = self._kept(service)
        path = urlsplit(old.url).path
        self.app.store.connections.save(Connection(old.name, old.service, url + path, old.options))

    def _kept(self, service: str) -> Connection:
        return self.app.store.connections.get(self.connection(service).name)

    def sign_in_as(self, service: str, secret: str, drop: str = "", **options: str) -> None:
        """Another way in to the same account: other options, another secret."""
        old = self.connection(service)
        kept = {key: value for key, value in old.options.items() if key != drop}
        given = {key.replace("_", "-"): value for key, value in options.items()}
        self.app.add_connection(Connection(old.name, old.service, old.url, kept | given), secret)

    def add(self, service: str, *roots: Path) -> str:
        connection = self.app.store.connections.get(self.connection(service).name)
        jobs = wanted_jobs(connection, bootstrap.spec_of(service).jobs)
        return self.app.engine.add(Order(connection.name, roots, jobs=jobs)).id

    async def run(self, *batch_ids: str) -> Snapshot:
        await self.app.engine.run(batch_ids)
        return self.app.engine.snapshot(batch_ids[0])

    async def deliver(self, service: str, *roots: Path) -> Snapshot:
        return await self.run(self.add(service, *roots))

    def statuses(self, batch_id: str) -> list[FileStatus]:
        return list(self.app.engine.files(batch_id))

    def check_arrived(self, service: str, batch_id: str, flight: Mapping[str, bytes]) -> None:
        """Every file is confirmed, the cloud has exactly its bytes, and each was told once."""
        statuses = self.statuses(batch_id)
        assert {item.file.path for item in statuses} == set(flight)
        assert {item.state for item in statuses} == {FileState.CONFIRMED}, self.complaints(batch_id)
        delivered = self.cloud.delivered(service)
        for item in statuses:
            key = self._key_of(service, item)
            assert key in delivered, (key, sorted(delivered))
            assert delivered[key].read_bytes() == flight[item.file.path], key
        assert len(delivered) == len(flight)
        times = {entry.name: entry.times for entry in self.cloud.registrations(service)}
        assert set(times.values()) <= {1}, times
        assert self.cloud.violations == [], self.cloud.violations

    def _key_of(self, service: str, item: FileStatus) -> str:
        if service != "cloud-api":
            return item.file.name
        group = self.app.engine.snapshot(item.file.batch).remote[-1]
        path = f"{item.file.folder}/{item.file.name}".lstrip("/")
        return unicodedata.normalize("NFC", f"{group}/{path}")

    def complaints(self, batch_id: str) -> list[str]:
        snapshot = self.app.engine.snapshot(batch_id)
        said = [f"{snapshot.batch.state} {snapshot.batch.reason}"]
        return said + [
            f"{item.file.path}: {item.state} {item.fault}"
            for item in self.statuses(batch_id)
            if item.state is not FileState.CONFIRMED
        ]


@contextmanager
def workbench(
    folder: Path,
    patience: Patience = QUICK,
    faults: FaultPlan | None = None,
    *,
    clock: Clock | None = None,
    clouds_clock: Clock | None = None,
    storage: str = "",
) -> Iterator[Workbench]:
    with bootstrap.practice(folder / "cloud", faults, clock=clouds_clock, storage=storage) as stage:
        bench = Workbench(folder, stage, patience, clock or SystemClock())
        try:
            yield bench
        finally:
            bench.app.close()
