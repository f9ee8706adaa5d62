"""A whole delivery on each leg through the same way out: proxy with sign-in, TLS, own authority."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from app.domain.ports import PROXY_SECRET, Network
from app.domain.states import BatchState
from tests.helpers.certificates import Certificate, make_certificate
from tests.helpers.flights import write_flight
from tests.helpers.front import TlsFront
from tests.helpers.proxy import ProxyServer, port_of
from tests.helpers.workbench import SERVICES, Workbench, workbench

CLOUD, STORAGE = "cloud.invalid", "storage.invalid"
SIGN_IN = "pilot:пароль"


@dataclass
class Site:
    """The practice cloud behind TLS, reached by names that only the proxy knows."""

    bench: Workbench
    proxy: ProxyServer
    fronts: tuple[TlsFront, TlsFront]

    def tunnels(self) -> set[str]:
        return {asked.removeprefix("CONNECT ").partition(":")[0] for asked in self.proxy.asked}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("ca"), "ca.invalid", organisation="Our Office")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, authority: Certificate) -> Certificate:
    folder = tmp_path_factory.mktemp("tls")
    return make_certificate(folder, CLOUD, STORAGE, f"*.{STORAGE}", signer=authority)


@contextmanager
def a_site(service: str, folder: Path, certificate: Certificate) -> Iterator[Site]:
    with workbench(folder, storage=f"https://{STORAGE}") as bench:
        ports = port_of(bench.connection(service).url), port_of(bench.cloud.storage_url)
        with TlsFront(certificate, ports[0]) as one, TlsFront(certificate, ports[1]) as other:
            hosts = {CLOUD: one.port, STORAGE: other.port}
            with ProxyServer(hosts, SIGN_IN) as proxy:
                bench.move(service, f"https://{CLOUD}")
                if service == "flighthub2":  # or the bucket's name would be a host of its own
                    bench.set_option(service, "storage-addressing", "path")
                bench.keep_secret(PROXY_SECRET, SIGN_IN)
                yield Site(bench, proxy, (one, other))
                bench.app.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_both_legs_go_through_the_proxy_and_trust_our_authority(
    service: str, tmp_path: Path, certificate: Certificate, authority: Certificate
) -> None:
    flight = write_flight(tmp_path / "card", 6, 1000, 90_000)
    with a_site(service, tmp_path, certificate) as site:
        site.bench.app.apply(Network(site.proxy.url, str(authority.file)))
        snapshot = await site.bench.deliver(service, tmp_path / "card")
        assert snapshot.batch.state is BatchState.DELIVERED, site.bench.complaints(
            snapshot.batch.id
        )
        site.bench.check_arrived(service, snapshot.batch.id, flight)
        assert site.tunnels() == {CLOUD, STORAGE}
        assert set(site.proxy.signed_in) == {SIGN_IN}
        assert all(front.taken for front in site.fronts)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_systems_proxy_and_the_systems_trust_store_serve_both_legs(
    service: str,
    tmp_path: Path,
    certificate: Certificate,
    authority: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OpenSSL's variable stands in for the system's store, as it does on Linux for truststore."""
    flight = write_flight(tmp_path / "card", 3, 1000, 90_000)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with a_site(service, tmp_path, certificate) as site:
        monkeypatch.setenv("https_proxy", f"http://{quote(SIGN_IN, safe=':')}@{site.proxy.name}")
        snapshot = await site.bench.deliver(service, tmp_path / "card")
        assert snapshot.batch.state is BatchState.DELIVERED, site.bench.complaints(
            snapshot.batch.id
        )
        site.bench.check_arrived(service, snapshot.batch.id, flight)
        assert site.tunnels() == {CLOUD, STORAGE}


async def test_without_the_authority_the_batch_waits_and_names_who_signed(
    tmp_path: Path, certificate: Certificate, authority: Certificate
) -> None:
    write_flight(tmp_path / "card", 3, 1000, 9000)
    with a_site("cloud-api", tmp_path, certificate) as site:
        site.bench.app.apply(Network(site.proxy.url))
        snapshot = await site.bench.deliver("cloud-api", tmp_path / "card")
        reason = snapshot.batch.reason
        assert snapshot.batch.state is BatchState.PAUSED and reason is not None
        assert "Our Office" in reason.title and reason.code == "untrusted"
        site.bench.app.apply(Network(site.proxy.url, str(authority.file)))
        snapshot = await site.bench.run(snapshot.batch.id)
        assert snapshot.batch.state is BatchState.DELIVERED
