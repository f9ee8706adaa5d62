"""Servers that answer without end, too much or too slowly, on both legs: bounded, and one sentence.

Each of these would hold a thread for ever, or fill the memory, if nothing stopped it.
"""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, repeat

import pytest

from app.domain.errors import AnswerLost, BadAnswer, NetworkError, PostflightError, TimedOut
from app.domain.ports import Cancel, Route
from app.net.http import Http
from app.transfer.reader import Held
from app.transfer.throttle import Throttle
from app.transfer.transport import Answer, Transport
from tests.unit.net.servers import At
from tests.unit.transfer.kit import Moved

MIB = 1024 * 1024
WHOLE = 1.0  # seconds for an answer here; 300 and 600 as it ships
SILENCE = 60.0  # as it ships: it is not silence that ends these
BOUND = 30.0  # generous: the machine may be busy
DRIP = 0.05  # seconds between two bytes
MUCH = 40 * MIB  # bytes of memory; the bombs below unpack to 200 MiB
OK = b"HTTP/1.1 200 OK\r\n"


@dataclass
class Endless:
    """Answers each request with pieces until they end or the other side has gone."""

    pieces: Callable[[], Iterable[bytes]]
    pause: float = 0.0
    url: str = ""
    told: int = 0
    left: threading.Event = field(default_factory=threading.Event)

    def serve(self, connection: socket.socket) -> None:
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                _take_request(connection)
                for piece in self.pieces():
                    connection.sendall(piece)
                    self.told += len(piece)
                    time.sleep(self.pause)
            except OSError:
                self.left.set()


def _take_request(connection: socket.socket) -> None:
    """All of it: a connection that is closed with something unread is reset."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += connection.recv(65536)
    head, _, body = heard.partition(b"\r\n\r\n")
    length = 2000 if head.startswith(b"PUT") else 0
    while len(body) < length:
        body += connection.recv(65536)


@contextmanager
def endless(pieces: Callable[[], Iterable[bytes]], pause: float = 0.0) -> Iterator[Endless]:
    made = Endless(pieces, pause)
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def take() -> None:
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            threads.append(threading.Thread(target=made.serve, args=(connection,), daemon=True))
            threads[-1].start()

    taker = threading.Thread(target=take, daemon=True)
    taker.start()
    made.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield made
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        taker.join()
        for thread in threads:
            thread.join(BOUND)
            assert not thread.is_alive(), "the server still talks to somebody"


def ask_service(url: str, repeatable: bool = True) -> bytes:
    http = Http(url, "Cloud", Route(), At(), SILENCE, WHOLE)
    try:
        return http.request("GET", "/call", repeatable=repeatable).body
    finally:
        http.close()


def ask_storage(url: str) -> bytes:
    return _stored(url).body


def _stored(url: str) -> Answer:
    transport = Transport(Route(), 2, Throttle(), SILENCE, WHOLE)
    try:
        body = Held(memoryview(bytes(2000)), Cancel(), Moved())
        return transport.send("PUT", f"{url}/k", {}, body, Cancel())
    finally:
        transport.close()


Ask = Callable[[str], bytes]
BOTH = pytest.mark.parametrize("ask", [ask_service, ask_storage])


def failure(ask: Ask, url: str) -> PostflightError:
    """What is said, within a bounded time and with bounded memory."""
    tracemalloc.start()
    began = time.monotonic()
    try:
        with pytest.raises(PostflightError) as caught:
            ask(url)
        assert time.monotonic() - began < BOUND
        assert tracemalloc.get_traced_memory()[1] < MUCH
    finally:
        tracemalloc.stop()
    error = caught.value
    assert error.title and error.hint and error.leg is not None
    assert error.title.count(".") == 1 + error.title.count("127.0.0.1") * 3
    assert len(error.title + error.details) < 500
    return error


# -- too slow


SLOW: dict[str, Callable[[], Iterable[bytes]]] = {
    "status": lambda: repeat(b"H"),
    "headers": lambda: chain([OK], *repeat([b"X", b"-", b"a", b":", b" ", b"b", b"\r\n"], 20)),
    "a long body": lambda: chain([OK + b"Content-Length: 100000\r\n\r\n"], repeat(b"x")),
    "a body without length": lambda: chain([OK + b"\r\n"], repeat(b"x")),
    "chunks": lambda: chain([OK + b"Transfer-Encoding: chunked\r\n\r\n"], repeat(b"1\r\nx\r\n")),
    "a chunk's size": lambda: chain([OK + b"Transfer-Encoding: chunked\r\n\r\n"], repeat(b"0")),
    "trailers": lambda: chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"], repeat(b"X-a: b\r\n")
    ),
    "continue": lambda: repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@BOTH
@pytest.mark.parametrize("what", SLOW)
def test_an_answer_that_drips_is_ended_though_it_is_never_silent(ask: Ask, what: str) -> None:
    with endless(SLOW[what], DRIP) as server:
        error = failure(ask, server.url)
        assert server.left.wait(BOUND), "the connection was kept"
    assert isinstance(error, TimedOut), error.details
    assert "did not answer in time" in error.title
    assert server.told > 5, "it was not dripping"


def test_a_call_that_must_not_run_twice_is_a_lost_answer_when_it_drips() -> None:
    with endless(SLOW["chunks"], DRIP) as server:
        error = failure(lambda url: ask_service(url, repeatable=False), server.url)
    assert type(error) is AnswerLost


@BOTH
def test_slow_is_not_too_slow(ask: Ask) -> None:
    pieces = [OK + b"ETag: x\r\nContent-Length: 5\r\n\r\n", *(b"%c" % c for c in b"hello")]
    with endless(lambda: pieces, DRIP) as server:
        assert ask(server.url) == b"hello"


# -- too much


FLOODS: dict[str, Callable[[], Iterable[bytes]]] = {
    "headers": lambda: chain([OK], repeat(b"X-More: %s\r\n" % (b"y" * 1000))),
    "one header of a megabyte": lambda: [OK + b"X: " + b"y" * MIB + b"\r\nETag: x\r\n\r\n"],
    "one header without end": lambda: chain([OK + b"X: "], repeat(b"y" * 65536)),
    "a status without end": lambda: chain([b"HTTP/1.1 200 "], repeat(b"y" * 65536)),
    "a chunk's size without end": lambda: chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n"], repeat(b"0" * 65536)
    ),
    "a chunk's extension without end": lambda: chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n1;"], repeat(b"a" * 65536)
    ),
}
BODIES: dict[str, Callable[[], Iterable[bytes]]] = {
    "chunks without end": lambda: chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n"],
        repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    ),
    "one chunk as large as numbers go": lambda: chain(
        [OK + b"Transfer-Encoding: chunked\r\n\r\n7fffffffffff\r\n"], repeat(b"x" * 65536)
    ),
    "a body without length or end": lambda: chain([OK + b"\r\n"], repeat(b"x" * 65536)),
    "a length of a terabyte": lambda: chain(
        [OK + b"Content-Length: 1099511627776\r\n\r\n"], repeat(b"x" * 65536)
    ),
}


@BOTH
@pytest.mark.parametrize("what", FLOODS)
def test_what_stands_before_a_body_may_not_be_long(ask: Ask, what: str) -> None:
    with endless(FLOODS[what]) as server:
        error = failure(ask, server.url)
    assert isinstance(error, NetworkError | BadAnswer)
    assert not isinstance(error, TimedOut), "time ended it, not its size"


@BOTH
@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_does_not_end_is_left_at_a_limit(ask: Ask, what: str) -> None:
    with endless(BODIES[what]) as server:
        error = failure(ask, server.url)
        assert server.left.wait(BOUND), "the connection was kept"
    assert type(error) is BadAnswer and "more than" in error.title


# -- packed


@cache
def bomb(wbits: int = zlib.MAX_WBITS | 16) -> bytes:
    """200 MiB of zeros."""
    packer = zlib.compressobj(9, wbits=wbits)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(200)) + packer.flush()


def packed_answer(body: bytes, coding: str) -> Callable[[], Iterable[bytes]]:
    head = f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda: [OK + head.encode() + body]


@pytest.mark.parametrize(
    ("coding", "layers"), [("gzip", 1), ("gzip, gzip", 2), ("gzip, gzip, gzip", 3), ("deflate", 0)]
)
def test_a_bomb_does_not_go_off(coding: str, layers: int) -> None:
    body = bomb() if layers else bomb(zlib.MAX_WBITS)
    for _ in range(layers - 1):
        body = gzip.compress(body)
    assert len(body) < MIB
    with endless(packed_answer(body, coding)) as server:
        assert type(failure(ask_service, server.url)) is BadAnswer


def test_the_storage_is_asked_for_nothing_packed_and_nothing_is_unpacked() -> None:
    body = bomb()
    with endless(packed_answer(body, "gzip")) as server:
        tracemalloc.start()
        try:
            assert ask_storage(server.url) == body
            assert tracemalloc.get_traced_memory()[1] < MUCH
        finally:
            tracemalloc.stop()


def test_what_is_packed_once_and_well_is_read() -> None:
    with endless(packed_answer(gzip.compress(b"[1]"), "GZip")) as server:
        assert ask_service(server.url) == b"[1]"


@pytest.mark.parametrize(
    "body",
    # Named here: gzip writes the second into its head, and tests need the same names everywhere.
    [
        pytest.param(gzip.compress(b"[1]")[:-3], id="cut off"),
        pytest.param(gzip.compress(b"[1]") + b"more", id="with more behind it"),
        pytest.param(b"no gzip at all", id="not packed"),
    ],
)
def test_what_is_packed_badly_is_refused(body: bytes) -> None:
    with endless(packed_answer(body, "gzip")) as server:
        assert type(failure(ask_service, server.url)) is BadAnswer
