"""A relay in front of a store: loses requests and answers, and damages bytes."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# By method and target of a request.
Chooses = Callable[[str, str], bool]
Harms = Callable[[str, bytes], bytes]


def _none(method: str, target: str) -> bool:
    return False


def _as_it_is(method: str, body: bytes) -> bytes:
    return body


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    relay: Relay


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def handle_one(self) -> None:
        relay = self.server.relay
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if relay.holds(self.command, self.path):
            self.close_connection = True
            return
        onward = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=60)
        try:
            # With the Host it came with, as that is signed.
            onward.request(
                self.command, self.path, relay.harm(self.command, body), dict(self.headers.items())
            )
            answer = onward.getresponse()
            payload = answer.read()
        except OSError:
            self.close_connection = True
            return
        finally:
            onward.close()
        if relay.loses(self.command, self.path):
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one

    def log_message(self, format: str, *args: object) -> None:
        pass


class Relay:
    """`loses` chooses answers that the store gave and nobody hears, `holds` requests that never
    reach it; `harm` is a body as it arrives. All run in server threads.
    """

    def __init__(
        self, port: int, loses: Chooses = _none, holds: Chooses = _none, harm: Harms = _as_it_is
    ) -> None:
        self.port = port
        self.holds = holds
        self.harm = harm
        self.lost = 0
        self._loses = loses
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.relay = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def loses(self, method: str, target: str) -> bool:
        with self._lock:
            lost = self._loses(method, target)
            self.lost += lost
            return lost
