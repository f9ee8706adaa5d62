"""Connections that died while nobody looked: one request notices, and no other dead one is met."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import AnswerLost, NetworkError
from app.domain.ports import Cancel, Route
from app.net.http import Http
from app.transfer.reader import Held
from app.transfer.throttle import Throttle
from app.transfer.transport import Transport
from tests.unit.net.servers import client
from tests.unit.transfer.kit import Moved

AT_ONCE = 5
SHORT = 3.0  # seconds of patience here
YES = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Forgetful:
    """Keeps connections; after `forget` it hears no more of those it has, and tells nobody."""

    def __init__(self) -> None:
        self.taken = 0
        self._age = 0
        self._together = threading.Barrier(AT_ONCE)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self) -> None:
        self._age += 1

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self.taken += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        born = self._age
        try:
            while connection.recv(65536):
                if born != self._age:
                    continue
                if born == 0:  # all at once, so that there are as many connections
                    self._together.wait(20)
                connection.sendall(YES)
        except OSError:
            return


@pytest.fixture
def server() -> Iterator[Forgetful]:
    made = Forgetful()
    yield made
    made.close()


def check(ask: Callable[[], int], server: Forgetful) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [pool.submit(ask) for _ in range(AT_ONCE)]
        assert [one.result() for one in asked] == [200] * AT_ONCE
    assert server.taken == AT_ONCE
    server.forget()
    with pytest.raises(NetworkError):
        ask()
    assert ask() == 200, "another dead connection was taken for a living one"


def test_the_storage_leg_meets_one_dead_connection_only(server: Forgetful) -> None:
    transport = Transport(Route(), AT_ONCE, Throttle(), silence=SHORT)
    check(lambda: transport.send("GET", f"{server.url}/k", {}, None, Cancel()).status, server)
    transport.close()


def test_the_service_leg_meets_one_dead_connection_only(server: Forgetful) -> None:
    with client(server.url, patience=SHORT) as http:
        check(lambda: http.request("GET", "/call").status, server)


class Hasty:
    """Answers the first request of each connection; hangs up when another one begins there.

    As a server does that gave the idle connection up while the request was on its way. With
    `sullen` it answers nobody any more.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.taken = 0
        self.sullen = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.taken += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            for turn in range(2):
                head = stream.readline()
                if not head:
                    return
                self.asked += 1
                if turn or self.sullen:
                    return
                length = 0
                while (line := stream.readline()) != b"\r\n":
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                stream.read(length)
                connection.sendall(YES)


@pytest.fixture
def hasty() -> Iterator[Hasty]:
    made = Hasty()
    yield made
    made.close()


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(Route(), AT_ONCE, Throttle(), silence=SHORT)
    yield made
    made.close()


@pytest.fixture
def service(hasty: Hasty) -> Iterator[Http]:
    with client(hasty.url, patience=SHORT) as http:
        yield http


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_the_storage_leg_goes_on_over_a_fresh_connection(
    hasty: Hasty, transport: Transport, size: int
) -> None:
    for number in range(1, 4):
        moved = Moved()
        body = Held(memoryview(bytes(size)), Cancel(), moved)
        assert transport.send("PUT", f"{hasty.url}/k", {}, body, Cancel()).status == 200
        assert moved.total == size, "bytes were counted twice"
        assert hasty.taken == number
    assert hasty.asked == 5, "two of three met a dead connection"


def test_the_service_leg_goes_on_over_a_fresh_connection(hasty: Hasty, service: Http) -> None:
    assert [service.request("GET", "/call").status for _ in range(3)] == [200] * 3
    assert (hasty.taken, hasty.asked) == (3, 5)


def test_what_must_not_run_twice_is_not_repeated(
    hasty: Hasty, service: Http, transport: Transport
) -> None:
    service.request("POST", "/call", repeatable=False)
    with pytest.raises(AnswerLost):
        service.request("POST", "/call", repeatable=False)
    assert hasty.asked == 2
    transport.send("POST", f"{hasty.url}/k", {}, None, Cancel())
    with pytest.raises(NetworkError):
        transport.send("POST", f"{hasty.url}/k", {}, None, Cancel())
    assert hasty.asked == 4


def test_a_server_that_hangs_up_on_fresh_connections_is_not_asked_again_and_again(
    hasty: Hasty, service: Http, transport: Transport
) -> None:
    transport.send("GET", f"{hasty.url}/k", {}, None, Cancel())
    service.request("GET", "/call")
    hasty.sullen = True
    with pytest.raises(NetworkError):
        transport.send("GET", f"{hasty.url}/k", {}, None, Cancel())
    assert hasty.asked == 4
    with pytest.raises(NetworkError):
        transport.send("GET", f"{hasty.url}/k", {}, None, Cancel())
    assert hasty.asked == 5, "a fresh connection was no news, and yet it was repeated"
    with pytest.raises(NetworkError):
        service.request("GET", "/call")
    assert hasty.asked == 7
    with pytest.raises(NetworkError):
        service.request("GET", "/call")
    assert hasty.asked == 8, "a fresh connection was no news, and yet it was repeated"
