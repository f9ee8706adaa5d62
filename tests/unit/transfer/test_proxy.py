"""Bytes through a proxy that a person set: plain, in a tunnel, with a sign-in, with another one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.errors import NotSignedIn, Offline
from app.domain.ports import Cancel, Route
from app.transfer.mover import Mover
from app.transfer.reader import Held
from app.transfer.throttle import Throttle
from app.transfer.transport import Transport
from tests.helpers.certificates import Certificate, make_certificate
from tests.helpers.proxy import ProxyServer, port_of
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import MIB, Moved, grant_for, make_file, move_of, stored, target

SECRET = "pilot:пароль:1"
PLAIN = "http://storage.invalid:9000"
SECURE = "https://storage.invalid"


@pytest.fixture
def storage() -> Iterator[ScriptedServer]:
    with ScriptedServer(stored) as server:
        yield server


@pytest.fixture
def proxy(storage: ScriptedServer) -> Iterator[ProxyServer]:
    with ProxyServer({"storage.invalid": port_of(storage.url)}, SECRET) as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "storage.invalid")


@contextmanager
def _transport(route: Route) -> Iterator[Transport]:
    made = Transport(route, 4, Throttle())
    yield made
    made.close()


def _held(size: int = 1000) -> Held:
    return Held(memoryview(bytes(size)), Cancel(), Moved())


@pytest.mark.parametrize("url", [PLAIN, SECURE])
def test_a_file_goes_through_the_proxy_that_was_set(
    url: str, storage: ScriptedServer, proxy: ProxyServer, certificate: Certificate, tmp_path: Path
) -> None:
    if url == SECURE:
        certificate.secure(storage)
    mover = Mover(Route((str(certificate.file),), proxy.url, lambda: SECRET))
    file = make_file(tmp_path, 3 * MIB)
    mover.place(grant_for(url), target(), move_of(file))
    mover.close()
    (seen,) = storage.seen
    assert seen.body == file.source.read_bytes()
    assert "proxy-authorization" not in seen.headers
    whole = "PUT http://storage.invalid:9000/media/"
    (asked,) = proxy.asked
    assert asked.startswith(whole if url == PLAIN else "CONNECT storage.invalid:443")


@pytest.mark.parametrize("url", [PLAIN, SECURE])
def test_a_proxy_that_wants_to_know_who_asks_is_named_and_then_told(
    url: str, storage: ScriptedServer, proxy: ProxyServer, certificate: Certificate
) -> None:
    if url == SECURE:
        certificate.secure(storage)
    secrets = ["", "pilot:wrong", SECRET]
    route = Route((str(certificate.file),), proxy.url, lambda: secrets.pop(0))
    with _transport(route) as transport:
        for _ in range(2):
            with pytest.raises(NotSignedIn) as caught:
                transport.send("PUT", f"{url}/k", {}, _held(), Cancel())
            error = caught.value
            assert proxy.name in error.title and error.hint
            assert "wrong" not in f"{error.title}{error.hint}{error.details}"
        for _ in range(2):
            answer = transport.send("PUT", f"{url}/k", {}, _held(), Cancel())
            assert answer.status == 200
    assert len(storage.seen) == 2


def test_a_proxy_that_does_not_lead_there_is_told_from_one_that_asks_who_we_are() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 403 407 is not it\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=refuse)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with listener, _transport(Route(proxy=address)) as transport:
        thread.start()
        with pytest.raises(Offline) as caught:
            transport.send("PUT", f"{SECURE}/k", {}, _held(), Cancel())
        thread.join()
    assert "proxy" in caught.value.title and "storage.invalid" in caught.value.title
    assert "403" in caught.value.details


def test_this_computer_is_reached_without_the_proxy(storage: ScriptedServer) -> None:
    with _transport(Route(proxy="http://127.0.0.1:9")) as transport:
        assert transport.send("PUT", f"{storage.url}/k", {}, _held(), Cancel()).status == 200


def test_after_a_change_of_the_route_requests_go_the_new_way(
    proxy: ProxyServer, storage: ScriptedServer
) -> None:
    with (
        ProxyServer({"storage.invalid": port_of(storage.url)}) as other,
        _transport(Route(proxy=proxy.url, sign_in=lambda: SECRET)) as transport,
    ):
        transport.send("PUT", f"{PLAIN}/1", {}, _held(), Cancel())
        transport.reroute(Route(proxy=other.url))
        transport.send("PUT", f"{PLAIN}/2", {}, _held(), Cancel())
    assert proxy.asked == [f"PUT {PLAIN}/1"]
    assert other.asked == [f"PUT {PLAIN}/2"]


def test_a_request_under_way_ends_as_it_began_when_the_route_changes() -> None:
    there, go_on = threading.Event(), threading.Event()
    statuses: list[int] = []

    def answer(seen: Seen) -> Reply:
        there.set()
        go_on.wait(10)
        return Reply(status=218)

    def send() -> None:
        answer = transport.send("PUT", f"{server.url}/k", {}, _held(2 * MIB), Cancel())
        statuses.append(answer.status)

    with ScriptedServer(answer) as server, _transport(Route()) as transport:
        thread = threading.Thread(target=send)
        thread.start()
        there.wait(10)
        transport.reroute(Route(proxy="http://127.0.0.1:9"))
        go_on.set()
        thread.join()
    assert statuses == [218]


def test_connections_of_an_earlier_route_are_closed() -> None:
    ended = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            if not connection.recv(1):
                ended.set()

    thread = threading.Thread(target=serve)
    with socket.create_server(("127.0.0.1", 0)) as listener, _transport(Route()) as transport:
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/k"
        transport.send("GET", url, {}, None, Cancel())
        assert not ended.is_set()
        transport.reroute(Route())
        assert ended.wait(5)
        thread.join()
