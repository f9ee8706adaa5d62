"""The client and the way there: servers that cut, stall, lie about their name or are not there."""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterator
from pathlib import Path

import httpx
import pytest

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    NetworkError,
    Offline,
    PostflightError,
    Retry,
    TimedOut,
    Untrusted,
    UsageError,
)
from app.domain.ports import Route
from tests.helpers.certificates import Certificate, make_certificate
from tests.helpers.scripted import Reply, ScriptedServer
from tests.unit.net.servers import client, failure, raw_server, serving

# -- every exception of the library has a translation


class Raising(httpx.Auth):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        raise self.error
        yield request


# class: (when the call may be repeated, when it must not run twice)
TRANSLATIONS: dict[type[Exception], tuple[type[PostflightError], type[PostflightError]]] = {
    httpx.ConnectError: (Offline, Offline),
    httpx.ConnectTimeout: (Offline, Offline),
    httpx.PoolTimeout: (Offline, Offline),
    httpx.ProxyError: (Offline, Offline),
    httpx.ReadTimeout: (TimedOut, AnswerLost),
    httpx.WriteTimeout: (TimedOut, AnswerLost),
    httpx.TimeoutException: (TimedOut, AnswerLost),
    httpx.ReadError: (NetworkError, AnswerLost),
    httpx.WriteError: (NetworkError, AnswerLost),
    httpx.CloseError: (NetworkError, AnswerLost),
    httpx.NetworkError: (NetworkError, AnswerLost),
    httpx.RemoteProtocolError: (NetworkError, AnswerLost),
    httpx.ProtocolError: (NetworkError, AnswerLost),
    httpx.TransportError: (NetworkError, AnswerLost),
    httpx.LocalProtocolError: (UsageError, UsageError),
    httpx.UnsupportedProtocol: (UsageError, UsageError),
    httpx.InvalidURL: (UsageError, UsageError),
    httpx.DecodingError: (BadAnswer, BadAnswer),
    httpx.TooManyRedirects: (BadAnswer, BadAnswer),
    httpx.RequestError: (BadAnswer, BadAnswer),
    httpx.HTTPStatusError: (BadAnswer, BadAnswer),
    httpx.HTTPError: (BadAnswer, BadAnswer),
}


def httpx_tree(root: type[Exception]) -> set[type[Exception]]:
    return {root}.union(*(httpx_tree(child) for child in root.__subclasses__()))


def made(kind: type[Exception]) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", "http://h.example")
        return httpx.HTTPStatusError("boom", request=request, response=httpx.Response(500))
    return kind("boom")


def test_no_exception_of_the_library_is_forgotten() -> None:
    ours = {kind for kind in httpx_tree(httpx.HTTPError) if kind.__module__.startswith("httpx")}
    assert ours | {httpx.InvalidURL} == set(TRANSLATIONS)


@pytest.mark.parametrize("kind", TRANSLATIONS)
@pytest.mark.parametrize("repeatable", [True, False])
def test_an_exception_of_the_library_becomes_ours(kind: type[Exception], repeatable: bool) -> None:
    expected = TRANSLATIONS[kind][0 if repeatable else 1]
    with client("http://127.0.0.1:9") as http:
        error = failure(http, repeatable=repeatable, auth=Raising(made(kind)))
    assert type(error) is expected
    assert "Cloud" in error.title and "GET /call" in error.details


def test_a_bug_is_not_dressed_up_as_trouble_with_the_network() -> None:
    with client("http://127.0.0.1:9") as http, pytest.raises(ZeroDivisionError):
        http.request("GET", "/", auth=Raising(ZeroDivisionError()))


# -- the way there


def test_a_port_where_nobody_listens_is_offline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with client(f"http://127.0.0.1:{port}") as http:
        assert type(failure(http, repeatable=False)) is Offline


@pytest.mark.parametrize(
    "payload", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly ten b"]
)
def test_silence_is_a_timeout_or_a_lost_answer(payload: bytes) -> None:
    with raw_server(payload, stall=True) as url, client(url, patience=0.1) as http:
        assert type(failure(http)) is TimedOut
        assert type(failure(http.sibling(url, "Other"))) is TimedOut
        error = failure(http, repeatable=False)
    assert type(error) is AnswerLost and "ReadTimeout" in error.details


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly ten b",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
def test_a_cut_connection_is_told_and_may_be_a_lost_answer(payload: bytes) -> None:
    with raw_server(payload) as url, client(url) as http:
        assert type(failure(http)) is NetworkError
        assert type(failure(http, repeatable=False)) is AnswerLost


def test_an_answer_that_cannot_be_unpacked_is_a_bad_answer() -> None:
    with serving(Reply(b"no gzip", headers={"Content-Encoding": "gzip"})) as (_, http):
        assert type(failure(http)) is BadAnswer


# -- certificates


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def secure_url(certificate: Certificate) -> Iterator[str]:
    with ScriptedServer(lambda seen: Reply({})) as server:
        certificate.secure(server)
        yield server.url


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_an_unknown_certificate_is_not_trusted(secure_url: str, scheme: str) -> None:
    with client(secure_url.replace("https", scheme)) as http:
        error = failure(http, repeatable=False)
    assert type(error) is Untrusted and error.retry is Retry.PERSON
    assert "--ca-file" in error.hint and "self" in error.details


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_an_authority_of_ones_own_is_trusted_when_named(
    secure_url: str, certificate: Certificate, scheme: str
) -> None:
    with client(secure_url.replace("https", scheme), Route((str(certificate.file),))) as http:
        assert http.request("GET", "/").status == 200
        assert http.sibling(secure_url, "Other").request("GET", "/").status == 200


def test_a_certificate_for_another_name_is_not_trusted(
    secure_url: str, certificate: Certificate
) -> None:
    with client(
        secure_url.replace("127.0.0.1", "localhost"), Route((str(certificate.file),))
    ) as http:
        assert type(failure(http)) is Untrusted


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_certificate_file_that_is_none_is_a_usage_error(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with client("https://127.0.0.1:9", Route((str(file),))) as http:
        error = failure(http)
    assert type(error) is UsageError and "ca.pem" in error.title


def test_plain_http_spoken_to_by_https_is_offline() -> None:
    with (
        ScriptedServer(lambda seen: Reply()) as server,
        client(server.url.replace("http", "https")) as http,
    ):
        assert type(failure(http)) is Offline
