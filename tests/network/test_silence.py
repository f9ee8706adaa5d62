"""Names that are not known, pages of a hotel, servers that say nothing: bounded, and named."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.domain.errors import BadAnswer, Leg, NetworkError, Offline, PostflightError, TimedOut
from app.domain.ports import Cancel, Route
from app.transfer import s3_errors
from app.transfer.cutting import Line, Order, Watch
from app.transfer.reader import Held
from app.transfer.throttle import Throttle
from app.transfer.transport import Transport
from tests.helpers.scripted import Reply, ScriptedServer
from tests.unit.net.servers import client
from tests.unit.transfer.kit import Moved

SHORT = 0.4  # seconds of patience here; 30 and 60 as it ships
BOUND = 30.0  # generous: the machine may be busy; without a bound these would hang for ever
PAGE = b"<!DOCTYPE html><html><title>Hotel</title><form>Accept our terms</form></html>"


def ask_service(url: str) -> None:
    with client(url, patience=SHORT) as http:
        http.request("GET", "/call")


def ask_storage(url: str) -> None:
    transport = Transport(Route(), 2, Throttle(), silence=SHORT)
    try:
        body = Held(memoryview(bytes(2000)), Cancel(), Moved())
        answer = transport.send("PUT", f"{url}/k", {}, body, Cancel())
        if answer.status >= 300:
            raise s3_errors.refusal(answer, time.time(), None)
        if "etag" not in answer.headers:
            raise s3_errors.no_etag(answer.host)
    finally:
        transport.close()


Ask = Callable[[str], None]
BOTH = pytest.mark.parametrize("ask", [ask_service, ask_storage])


def failure(ask: Ask, url: str) -> PostflightError:
    began = time.monotonic()
    with pytest.raises(PostflightError) as caught:
        ask(url)
    assert time.monotonic() - began < BOUND
    error = caught.value
    assert error.title and error.hint and error.leg is not None
    return error


@contextmanager
def silent_port() -> Iterator[int]:
    """Takes connections and every byte, and says nothing."""
    taken: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def take() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for connection in taken:
            connection.close()


@BOTH
def test_a_name_that_nobody_knows_is_the_network(ask: Ask) -> None:
    error = failure(ask, "http://no-such-host.invalid")
    assert type(error) is Offline and error.leg is Leg.NETWORK


@BOTH
def test_a_server_that_takes_the_call_and_never_answers(ask: Ask) -> None:
    with silent_port() as port:
        error = failure(ask, f"http://127.0.0.1:{port}")
    assert type(error) is TimedOut and error.leg is Leg.NETWORK


@BOTH
def test_a_secure_greeting_that_is_never_answered(ask: Ask) -> None:
    with silent_port() as port:
        error = failure(ask, f"https://127.0.0.1:{port}")
    assert isinstance(error, NetworkError) and error.leg is Leg.NETWORK


@BOTH
@pytest.mark.parametrize("status", [200, 511, 403, 302])
def test_the_page_of_a_hotel_is_not_taken_for_the_server(ask: Ask, status: int) -> None:
    page = Reply(PAGE, status, {"Content-Type": "text/html", "Location": "http://hotel.invalid/"})
    with ScriptedServer(lambda seen: page) as server:
        if ask is ask_service and status == 200:  # it is the reading of an answer that minds
            with client(server.url) as http:
                answer = http.request("GET", "/call")
            assert type(answer.nonsense()) is BadAnswer and "Wi-Fi" in answer.nonsense().hint
            return
        error = failure(ask, server.url)
    assert isinstance(error, PostflightError)


def test_a_block_may_take_longer_than_silence_as_long_as_some_of_it_goes() -> None:
    """A quarter of a MiB over a share of a slow link: slow is not silent."""
    block, far_end = bytes(256 * 1024), threading.Event()
    near, far = socket.socketpair()
    with near, far:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)

        def sip() -> None:
            left = len(block)
            while left:
                time.sleep(0.25)
                left -= len(far.recv(min(left, 16_000)))
            far_end.set()

        thread = threading.Thread(target=sip)
        thread.start()
        line = Line("slow.invalid")
        line.sock = near
        line.order = Order("/", None, Cancel(), Watch(), Throttle(), silence=2.0)
        began = time.monotonic()
        line.send(block)
        thread.join()
        assert far_end.is_set() and time.monotonic() - began > 2.0
        with pytest.raises(TimeoutError):
            line.send(block)
