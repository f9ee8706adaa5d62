"""Servers and a client for the tests of `Http`."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from app.domain.errors import PostflightError
from app.domain.ports import Route
from app.net.http import Http
from tests.helpers.scripted import Reply, ScriptedServer, Seen

NOW = 1_795_187_126.0
DATE = "Fri, 20 Nov 2026 15:05:26 GMT"


class At:
    def now(self) -> float:
        return NOW


@contextmanager
def client(url: str, route: Route | None = None, patience: float = 5.0) -> Generator[Http]:
    http = Http(url, "Cloud", route or Route(), At(), patience)
    try:
        yield http
    finally:
        http.close()


@contextmanager
def serving(answer: Callable[[Seen], Reply] | Reply) -> Generator[tuple[ScriptedServer, Http]]:
    reply = answer if callable(answer) else lambda seen: answer
    with ScriptedServer(reply) as server, client(server.url) as http:
        yield server, http


@contextmanager
def raw_server(payload: bytes, *, stall: bool = False) -> Generator[str]:
    """Answers every request with these bytes as they are; then closes, or says nothing more."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                if over.is_set():
                    return
                connection.recv(65536)
                connection.sendall(payload)
                if stall:
                    over.wait(10)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        over.set()
        with socket.create_connection(("127.0.0.1", port)):
            pass
        thread.join()
        listener.close()


def failure(
    http: Http, method: str = "GET", *, repeatable: bool = True, **more: Any
) -> PostflightError:
    with pytest.raises(PostflightError) as caught:
        http.request(method, "/call", repeatable=repeatable, **more)
    return caught.value
