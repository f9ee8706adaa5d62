"""A certificate that is not trusted is named by who signed it, on both legs, proxy or not."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import PostflightError, Untrusted
from app.domain.ports import Cancel, Route
from app.net import certificate
from app.net.proxy import Proxy
from app.transfer.throttle import Throttle
from app.transfer.transport import Transport
from tests.helpers.certificates import Certificate, make_certificate
from tests.helpers.proxy import ProxyServer, port_of
from tests.helpers.scripted import Reply, ScriptedServer
from tests.unit.net.servers import client

SIGN_IN = "pilot:p@ss"
HOST = "cloud.invalid"
INSPECTOR = "Kite Filter 检查 GmbH"
Leg = Callable[[str, Route], None]


def service_leg(url: str, route: Route) -> None:
    with client(url, route) as http:
        http.request("POST", "/callback", json={"token": "t"}, repeatable=False)


def storage_leg(url: str, route: Route) -> None:
    transport = Transport(route, 2, Throttle())
    try:
        transport.send("GET", f"{url}/k", {"Authorization": "t"}, None, Cancel())
    finally:
        transport.close()


@pytest.fixture(params=[service_leg, storage_leg])
def leg(request: pytest.FixtureRequest) -> Leg:
    return request.param


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("authority")
    return make_certificate(folder, "inspector.invalid", organisation=INSPECTOR)


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory, authority: Certificate) -> Certificate:
    folder = tmp_path_factory.mktemp("inspected")
    return make_certificate(folder, HOST, "127.0.0.1", signer=authority)


@pytest.fixture
def server(inspected: Certificate) -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda seen: Reply({})) as made:
        inspected.secure(made)
        yield made


@pytest.fixture
def proxy(server: ScriptedServer) -> Iterator[ProxyServer]:
    with ProxyServer({HOST: port_of(server.url)}, SIGN_IN) as made:
        yield made


def refusal(leg: Leg, url: str, route: Route) -> PostflightError:
    with pytest.raises(Untrusted) as caught:
        leg(url, route)
    return caught.value


def fingerprint(shown: Certificate) -> str:
    der = ssl.PEM_cert_to_DER_cert(shown.file.read_text())
    return hashlib.sha256(der).hexdigest().upper()


def test_the_one_who_signed_it_is_named_with_the_fingerprint(
    leg: Leg, server: ScriptedServer, inspected: Certificate
) -> None:
    error = refusal(leg, server.url, Route())
    assert INSPECTOR in error.title and "not trust" in error.title
    assert "--ca-file" in error.hint
    assert fingerprint(inspected) in error.details.replace(":", "")
    assert server.seen == [], "something was sent to somebody who is not trusted"


def test_the_same_through_a_proxy_that_wants_to_know_who_asks(
    leg: Leg, server: ScriptedServer, proxy: ProxyServer, inspected: Certificate
) -> None:
    error = refusal(leg, f"https://{HOST}", Route(proxy=proxy.url, sign_in=lambda: SIGN_IN))
    assert INSPECTOR in error.title
    assert fingerprint(inspected) in error.details.replace(":", "")
    assert set(proxy.asked) == {f"CONNECT {HOST}:443"} and set(proxy.signed_in) == {SIGN_IN}
    assert server.seen == []


def test_with_the_inspectors_certificate_it_is_trusted(
    leg: Leg, server: ScriptedServer, proxy: ProxyServer, authority: Certificate
) -> None:
    leg(server.url, Route((str(authority.file),)))
    leg(f"https://{HOST}", Route((str(authority.file),), proxy.url, lambda: SIGN_IN))
    assert len(server.seen) == 2


def test_a_trusted_signer_is_not_blamed_for_another_fault(
    leg: Leg, server: ScriptedServer, authority: Certificate
) -> None:
    url = server.url.replace("127.0.0.1", "localhost")  # a name it does not bear
    error = refusal(leg, url, Route((str(authority.file),)))
    assert "signed by" not in error.title and "certificate of" in error.title
    assert INSPECTOR in error.details


def test_without_a_second_look_there_is_still_a_sentence(
    leg: Leg, inspected: Certificate, tmp_path: Path
) -> None:
    """The proxy has enough of us after the first tunnel."""
    with ScriptedServer(lambda seen: Reply({})) as made:
        inspected.secure(made)
        with ProxyServer({HOST: port_of(made.url)}) as proxy:
            proxy.most = 1
            error = refusal(leg, f"https://{HOST}", Route(proxy=proxy.url))
    assert "certificate of" in error.title and error.details


def test_what_is_shown_is_read_as_openssl_reads_it(inspected: Certificate) -> None:
    der = ssl.PEM_cert_to_DER_cert(inspected.file.read_text())
    shown = certificate.read(der)
    assert (shown.owner, shown.issuer) == (f"Postflight test {HOST}", INSPECTOR)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_certificate_or_none(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        certificate.read(data)


@given(st.data())
def test_a_damaged_certificate_is_read_or_refused(
    inspected: Certificate, data: st.DataObject
) -> None:
    der = bytearray(ssl.PEM_cert_to_DER_cert(inspected.file.read_text()))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    try:
        shown = certificate.read(bytes(der))
    except ValueError:
        return
    assert (shown.owner + shown.issuer).isprintable()


def test_a_proxy_that_is_spoken_to_in_tls_is_not_asked_twice() -> None:
    assert certificate.look(HOST, 443, Proxy("https://127.0.0.1:9", str)) is None
