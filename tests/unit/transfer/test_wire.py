"""Answers byte by byte as servers really write them, and requests that could become two."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from app.domain.errors import BadAnswer, NetworkError, PostflightError
from app.domain.ports import Cancel, Route
from app.transfer.reader import Held
from app.transfer.throttle import Throttle
from app.transfer.transport import Answer, Transport
from tests.unit.transfer.kit import Moved

BODY = b"ABCDEFGHIJ"
PLAIN = b'HTTP/1.1 200 OK\r\nETag: "e1"\r\nContent-Length: 0\r\n\r\n'


class Wire:
    """Gives its answers in turn, each in these pieces; keeps what it read and how it was asked."""

    def __init__(self, answers: Sequence[Sequence[bytes]], hang_up: bool) -> None:
        self._answers = list(answers)
        self._hang_up = hang_up
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/k"
        self.heads: list[bytes] = []
        self.connections = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _run(self) -> None:
        while self._answers:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        while self._answers:
            seen = b""
            while not seen.endswith(BODY):
                piece = connection.recv(65536)
                if not piece:
                    return
                seen += piece
            self.heads.append(seen.removesuffix(BODY))
            for piece in self._answers.pop(0):
                connection.sendall(piece)
            if self._hang_up:
                return


@contextmanager
def wire(*answers: Sequence[bytes], hang_up: bool = False) -> Iterator[Wire]:
    made = Wire(answers, hang_up)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(Route(), 4, Throttle())
    yield made
    made.close()


def put(transport: Transport, url: str, headers: dict[str, str] | None = None) -> Answer:
    body = Held(memoryview(BODY), Cancel(), Moved())
    return transport.send("PUT", url, headers or {}, body, Cancel())


def test_a_request_is_what_the_protocol_asks_for(transport: Transport) -> None:
    with wire([PLAIN]) as server:
        put(transport, server.url + "?a=b", {"Content-MD5": "x=="})
    host = server.url.split("/")[2]
    lines = ["PUT /k?a=b HTTP/1.1", f"Host: {host}", "Content-MD5: x==", "Content-Length: 10"]
    assert server.heads == ["\r\n".join((*lines, "", "")).encode()]


@pytest.mark.parametrize(
    "pieces",
    [
        [PLAIN],
        [bytes([byte]) for byte in PLAIN],
        [b"HTTP/1.1 100 Continue\r\n\r\n", PLAIN],
        [b"HTTP/1.1 102 Processing\r\n\r\n" + PLAIN],
        [b'HTTP/1.1 200\r\nETag: "e1"\r\nContent-Length: 0\r\n\r\n'],
        [b'HTTP/1.1 200 OK\r\nETAG:"e1"\r\nContent-Length:  0  \r\nVia: a\r\nVia: b\r\n\r\n'],
        [b'HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\nETag: "e1"\r\nContent-Length: 0\r\n\r\n'],
        [b'HTTP/1.1 200 OK\r\nETag: "e1"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ],
    ids=["one", "drops", "continue", "two interim", "no reason", "twice", "folded", "chunked"],
)
def test_every_way_to_say_yes_is_understood(transport: Transport, pieces: list[bytes]) -> None:
    with wire(pieces, [PLAIN], hang_up=True) as server:
        answers = [put(transport, server.url) for _ in range(2)]
    for answer in answers:
        assert (answer.status, answer.headers["etag"], answer.body) == (200, '"e1"', b"")


@pytest.mark.parametrize(
    "told",
    [
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nbody",
        b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\n\r\nbody",
        b"HTTP/1.0 403 Forbidden\r\nContent-Length: 4\r\n\r\nbody",
        b"HTTP/1.1 403 Forbidden\nContent-Length: 4\n\nbody",
    ],
    ids=["length", "chunks", "to the end", "old", "short line ends"],
)
def test_a_body_is_read_whole(transport: Transport, told: bytes) -> None:
    with wire([told], hang_up=True) as server:
        answer = put(transport, server.url)
    assert (answer.status, answer.body) == (403, b"body")


def test_answers_in_turn_come_over_one_connection(transport: Transport) -> None:
    refused = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 4\r\n\r\nbody"
    with wire([PLAIN], [refused], [PLAIN]) as server:
        statuses = [put(transport, server.url).status for _ in range(3)]
    assert statuses == [200, 503, 200]
    assert server.connections == 1


@pytest.mark.parametrize(
    "told",
    [
        b'HTTP/1.1 200 OK\r\nETag: "e1"\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n',
        b'HTTP/1.1 200 OK\r\nETag: "e1"\r\nContent-Length: 0\r\n\r\nHTTP/1.1 403 ',
        b'HTTP/1.1 200 OK\r\nETag: "e1"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ids=["said", "bytes behind it", "chunks"],
)
def test_a_connection_whose_end_is_not_plain_is_not_used_again(
    transport: Transport, told: bytes
) -> None:
    with wire([told], [PLAIN]) as server:
        assert put(transport, server.url).status == 200
        assert put(transport, server.url).status == 200
    assert server.connections == 2


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (b"", NetworkError),
        (b"HTTP/1.1 200", NetworkError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfew", NetworkError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", NetworkError),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", PostflightError),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n", PostflightError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + bytes(2_000_000), BadAnswer),
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk", "not HTTP", "endless", "long"],
)
def test_what_is_no_whole_answer_is_an_error(
    transport: Transport, told: bytes, error: type[PostflightError]
) -> None:
    with wire([told], [told], hang_up=True) as server, pytest.raises(error):
        put(transport, server.url)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb"])
def test_a_header_cannot_become_two(transport: Transport, value: str) -> None:
    with wire([PLAIN]) as server, pytest.raises(PostflightError):
        put(transport, server.url, {"X-Amz-Security-Token": value})
    assert server.heads == []
