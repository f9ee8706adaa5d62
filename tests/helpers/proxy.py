"""A small real HTTP proxy on loopback: tunnels, absolute addresses, Basic sign-in."""

from __future__ import annotations

import base64
import http.client
import select
import socket
import threading
from collections.abc import Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_NOT_PASSED_ON = frozenset({"proxy-authorization", "proxy-connection", "connection", "date"})
_NOT_PASSED_BACK = frozenset({"content-length", "connection"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: ProxyServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.may_pass():
            return
        url = urlsplit(self.path)
        target = f"{url.path}?{url.query}" if url.query else url.path
        port = self.server.proxy.hosts[url.hostname or ""]
        onward = http.client.HTTPConnection("127.0.0.1", port)
        onward.request(self.command, target, body, _without(self.headers, _NOT_PASSED_ON))
        answer = onward.getresponse()
        self.answer(answer.status, answer.read(), _without(answer.headers, _NOT_PASSED_BACK))
        onward.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one

    def do_CONNECT(self) -> None:
        if not self.may_pass():
            return
        port = self.server.proxy.hosts[self.path.rpartition(":")[0]]
        with socket.create_connection(("127.0.0.1", port)) as onward:
            self.send_response_only(200)
            self.end_headers()
            _carry(self.connection, onward)
        self.close_connection = True

    def may_pass(self) -> bool:
        told = self.headers.get("Proxy-Authorization", "").removeprefix("Basic ")
        user = base64.b64decode(told).decode()
        self.server.proxy.asked.append(f"{self.command} {self.path}")
        self.server.proxy.signed_in.append(user)
        if len(self.server.proxy.asked) > self.server.proxy.most:
            self.answer(503, b"enough", {})
            return False
        if self.server.proxy.user in ("", user):
            return True
        self.answer(407, b"who?", {"Proxy-Authenticate": 'Basic realm="office"'})
        return False

    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class ProxyServer:
    """Leads each host of `hosts`, whatever its port, to a port of this computer.

    With `user` ("name:password") everybody else is answered 407. `asked` lists what was asked for
    in order, `signed_in` the credentials that came with it.
    """

    def __init__(self, hosts: Mapping[str, int], user: str = "") -> None:
        self.hosts = hosts
        self.user = user
        self.most = 1_000_000  # requests; later ones are refused
        self.asked: list[str] = []
        self.signed_in: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()
        self.name = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.name}"

    def __enter__(self) -> ProxyServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def port_of(url: str) -> int:
    """The port of a server's address, for `hosts`."""
    return urlsplit(url).port or 0


def _without(headers: Message, names: frozenset[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in names}


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Both ways, until either side has nothing more to say."""
    while ready := select.select([one, other], [], [], 10)[0]:
        for side in ready:
            try:
                data = side.recv(65536)
                (other if side is one else one).sendall(data)
            except OSError:
                return
            if not data:
                return
