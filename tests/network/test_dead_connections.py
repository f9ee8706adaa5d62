"""Connections that died while nobody looked: one request notices, and no other dead one is met."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import NetworkError
from app.domain.ports import Cancel, Route
from app.transfer.throttle import Throttle
from app.transfer.transport import Transport
from tests.unit.net.servers import client

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
