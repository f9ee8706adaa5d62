"""Connections: trust, proxies, stop signs, and what breaks them."""

from __future__ import annotations

import http.client
import inspect
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3.exceptions as broken

from app.domain.errors import (
    BadAnswer,
    Cancelled,
    NetworkError,
    Offline,
    PostflightError,
    TimedOut,
    Untrusted,
    UsageError,
)
from app.domain.ports import Cancel, Route
from app.transfer.network_errors import NETWORK_TABLE, network_error
from app.transfer.reader import Held
from app.transfer.throttle import Throttle
from app.transfer.transport import Transport
from tests.helpers.certificates import Certificate, make_certificate
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import MIB, Moved


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(Route(), 4, Throttle())
    yield made
    made.close()


def _held(size: int = 1000) -> Held:
    return Held(memoryview(bytes(size)), Cancel(), Moved())


def test_an_answer_comes_whole_with_names_in_lower_case(transport: Transport) -> None:
    with ScriptedServer(lambda _: Reply("hello", 418, {"X-Some": "Thing"})) as server:
        answer = transport.send("PUT", f"{server.url}/k", {"A": "b"}, _held(), Cancel())
    assert (answer.host, answer.status, answer.body) == ("127.0.0.1", 418, b"hello")
    assert answer.headers["x-some"] == "Thing"
    assert server.seen[0].headers["a"] == "b"
    assert server.seen[0].body == bytes(1000)


def test_a_redirect_is_not_followed(transport: Transport) -> None:
    with ScriptedServer(lambda _: Reply(status=307, headers={"Location": "/other"})) as server:
        answer = transport.send("PUT", f"{server.url}/k", {}, _held(), Cancel())
    assert answer.status == 307
    assert len(server.seen) == 1


def test_a_connection_is_used_again(transport: Transport) -> None:
    peers: list[int] = []
    with ScriptedServer(lambda _: Reply()) as server:
        handler = server._server.RequestHandlerClass
        plain = handler.setup

        def setup(self) -> None:
            peers.append(self.client_address[1])
            plain(self)

        handler.setup = setup
        for _ in range(3):
            transport.send("PUT", f"{server.url}/k", {}, _held(), Cancel())
    assert len(peers) == 1


def test_an_address_without_a_path_asks_for_the_root(transport: Transport) -> None:
    with ScriptedServer(lambda _: Reply()) as server:
        transport.send("HEAD", server.url, {}, None, Cancel())
        transport.send("GET", f"{server.url}?a=b#c", {}, None, Cancel())
    assert [(seen.path, seen.query) for seen in server.seen] == [("/", {}), ("/", {"a": "b"})]


def test_an_answer_without_end_is_not_taken(transport: Transport) -> None:
    with ScriptedServer(lambda _: Reply(b"x" * (2 * MIB))) as server, pytest.raises(BadAnswer):
        transport.send("GET", f"{server.url}/k", {}, None, Cancel())


def test_an_early_yes_to_half_a_body_does_not_count(transport: Transport) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_early() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 0\r\n\r\n")
            connection.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=answer_early)
    with listener:
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/k"
        with pytest.raises(NetworkError):
            transport.send("PUT", url, {}, _held(32 * MIB), Cancel())
        thread.join()


def test_a_refusal_that_comes_before_the_whole_body_is_heard(transport: Transport) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    heard = threading.Event()

    def refuse_early() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(MIB):  # takes the rest, as a polite server does
                pass
        heard.set()

    thread = threading.Thread(target=refuse_early)
    with listener:
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/k"
        answer = transport.send("PUT", url, {}, _held(8 * MIB), Cancel())
        assert (answer.status, answer.body) == (403, b"no")
        transport.close()
        thread.join()


def test_a_closed_port_is_offline(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Offline) as caught:
        transport.send("PUT", f"http://127.0.0.1:{port}/k?secret=1", {}, _held(), Cancel())
    assert "secret" not in caught.value.details


def test_a_name_that_does_not_exist_is_offline(transport: Transport) -> None:
    with pytest.raises(Offline):
        transport.send("PUT", "http://no-such-host.invalid/k", {}, _held(), Cancel())


def test_an_answer_that_is_cut_off_is_a_broken_connection(transport: Transport) -> None:
    with ScriptedServer(lambda _: Reply(cut=True)) as server, pytest.raises(NetworkError) as caught:
        transport.send("PUT", f"{server.url}/k", {}, _held(), Cancel())
    assert type(caught.value) is NetworkError


def test_a_stop_sign_ends_only_its_own_request(transport: Transport) -> None:
    stopped, other = Cancel(), Cancel()
    both, ended = threading.Barrier(3), threading.Event()

    def answer(seen: Seen) -> Reply:
        both.wait(10)
        ended.wait(10)
        return Reply("fine")

    results: list[object] = []

    def send(cancel: Cancel) -> None:
        try:
            results.append(transport.send("PUT", f"{server.url}/k", {}, _held(), cancel).body)
        except PostflightError as error:
            results.append(type(error))

    with ScriptedServer(answer) as server:
        threads = [threading.Thread(target=send, args=(cancel,)) for cancel in (stopped, other)]
        for thread in threads:
            thread.start()
        both.wait(10)
        began = time.monotonic()
        stopped.set()
        threads[0].join()
        assert time.monotonic() - began < 2
        ended.set()
        threads[1].join()
    assert results == [Cancelled, b"fine"]


# --- proxies


def test_the_systems_proxy_carries_plain_http(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(lambda _: Reply("by proxy")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://me:p%40ss@"))
        url = "http://storage.invalid:8080/a%2fb?Sig=a%2bB"
        answer = transport.send("PUT", url, {}, _held(), Cancel())
    (seen,) = proxy.seen
    assert answer.body == b"by proxy"
    assert seen.headers["host"] == "storage.invalid:8080"
    assert seen.headers["proxy-authorization"] == "Basic bWU6cEBzcw=="
    assert seen.path.endswith("/a%2fb")
    assert seen.body == bytes(1000)


def test_a_host_that_is_excepted_is_reached_without_the_proxy(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "storage.invalid")
    with pytest.raises(Offline) as caught:
        transport.send("GET", "http://storage.invalid", {}, None, Cancel())
    assert "proxy" not in caught.value.title


def test_a_dead_proxy_is_named_and_a_new_one_is_found(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "127.0.0.1:9")
    with ScriptedServer(lambda _: Reply()) as proxy:
        with pytest.raises(Offline) as caught:
            transport.send("GET", "http://storage.invalid", {}, None, Cancel())
        assert "proxy" in caught.value.title
        monkeypatch.setenv("http_proxy", proxy.url)
        answer = transport.send("GET", "http://storage.invalid", {}, None, Cancel())
        assert answer.status == 200


def test_a_proxy_of_another_kind_is_refused_in_words(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", "socks5://user:secret@127.0.0.1:9")
    with pytest.raises(UsageError) as caught:
        transport.send("GET", "http://storage.invalid/", {}, None, Cancel())
    assert "socks5" in caught.value.title
    assert "secret" not in caught.value.title


# --- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def secure(certificate: Certificate) -> Iterator[ScriptedServer]:
    """A scripted server over TLS; `hold` keeps answers back until it is set."""
    with ScriptedServer(lambda seen: _held_back(seen)) as server:
        certificate.secure(server)
        yield server


_hold: dict[str, threading.Event] = {}


def _held_back(seen: Seen) -> Reply:
    if seen.path in _hold:
        _hold[seen.path].wait(10)
    return Reply("secure")


def test_a_certificate_of_nobody_we_know_is_not_trusted(
    transport: Transport, secure: ScriptedServer
) -> None:
    with pytest.raises(Untrusted):
        transport.send("PUT", f"{secure.url}/k", {}, _held(), Cancel())
    assert secure.seen == []


def test_an_authority_of_ones_own_is_trusted(
    secure: ScriptedServer, certificate: Certificate
) -> None:
    transport = Transport(Route((str(certificate.file),)), 2, Throttle())
    try:
        answer = transport.send("PUT", f"{secure.url}/k", {}, _held(3 * MIB), Cancel())
        assert answer.body == b"secure"
        assert len(secure.seen[0].body) == 3 * MIB
        wrong_name = secure.url.replace("127.0.0.1", "localhost")
        with pytest.raises(Untrusted):
            transport.send("PUT", f"{wrong_name}/k", {}, _held(), Cancel())
    finally:
        transport.close()


def test_waiting_over_tls_ends_soon_after_the_stop_sign(
    secure: ScriptedServer, certificate: Certificate
) -> None:
    transport, cancel = Transport(Route((str(certificate.file),)), 2, Throttle()), Cancel()
    _hold["/slow"] = threading.Event()
    threading.Timer(0.2, cancel.set).start()
    began = time.monotonic()
    try:
        with pytest.raises(Cancelled):
            transport.send("PUT", f"{secure.url}/slow", {}, _held(), cancel)
        assert time.monotonic() - began < 2.5
    finally:
        _hold.pop("/slow").set()
        transport.close()


def test_a_server_without_tls_makes_no_secure_connection(transport: Transport) -> None:
    with ScriptedServer(lambda _: Reply()) as server, pytest.raises(NetworkError):
        url = server.url.replace("http:", "https:")
        transport.send("PUT", f"{url}/k", {}, _held(), Cancel())


def test_a_file_of_authorities_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    transport = Transport(Route((str(tmp_path / "missing.pem"),)), 2, Throttle())
    with pytest.raises(UsageError):
        transport.send("PUT", "https://127.0.0.1:9/k", {}, _held(), Cancel())
    transport.close()


# --- the table

# Classes of urllib3 that a request of ours cannot raise, and why.
_NEVER = {
    "HTTPError": "the root; only its subclasses are raised",
    "TimeoutStateError": "a Timeout object used twice: a mistake in urllib3 itself",
    "UnrewindableBodyError": "only for a body that is sent again; nothing is repeated",
    "ProxySchemeUnsupported": "https through an https proxy on a Python without SSLObject",
}


def _urllib3_classes() -> list[type[Exception]]:
    return [
        kind
        for _, kind in inspect.getmembers(broken, inspect.isclass)
        if issubclass(kind, Exception)
        and not issubclass(kind, Warning)
        and kind.__module__ == "urllib3.exceptions"
    ]


@pytest.mark.parametrize("kind", _urllib3_classes(), ids=lambda kind: kind.__name__)
def test_every_urllib3_error_is_translated_or_cannot_come(kind: type[Exception]) -> None:
    translated = any(issubclass(kind, row) for row, _ in NETWORK_TABLE)
    assert translated != (kind.__name__ in _NEVER)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (broken.NewConnectionError(None, "refused"), Offline),  # pyright: ignore
        (broken.NameResolutionError("h", None, socket.gaierror(-2, "no")), Offline),  # pyright: ignore
        (broken.ConnectTimeoutError(), Offline),
        (broken.ProxyError("no proxy", OSError()), Offline),
        (broken.ReadTimeoutError(None, "", "silent"), TimedOut),  # pyright: ignore
        (TimeoutError("timed out"), TimedOut),
        (broken.ProtocolError("Connection aborted.", TimeoutError("timed out")), TimedOut),
        (broken.ProtocolError("Connection aborted.", ConnectionResetError()), NetworkError),
        (broken.IncompleteRead(1, 2), NetworkError),
        (broken.ClosedPoolError(None, ""), NetworkError),  # pyright: ignore
        (broken.SSLError(ssl.SSLError(1, "bad record")), NetworkError),
        (OSError(101, "Network is unreachable"), NetworkError),
        (broken.DecodeError(), BadAnswer),
        (http.client.BadStatusLine("x"), BadAnswer),
        (broken.LocationParseError("x"), BadAnswer),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_what_breaks_a_request_in_our_words(error: Exception, kind: type[PostflightError]) -> None:
    ours = network_error(error, "storage.example")
    assert type(ours) is kind
    assert ours.title and ours.hint
