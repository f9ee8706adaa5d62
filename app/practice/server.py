"""The sockets: reads requests, lets faults happen, asks the interface, writes the answer."""

from __future__ import annotations

import contextlib
import email.utils
import io
import os
import re
import shutil
import socket
import socketserver
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from app.practice.calls import Call, Moment
from app.practice.core import Core
from app.practice.faults import Action, Fault
from app.practice.journal import Entry, without_secrets
from app.practice.message import Body, ClientGone, Interface, Refused, Reply, Request, Route

_ELSEWHERE = "http://elsewhere.invalid/"  # reserved: leads nowhere
_PAGE = b"<!DOCTYPE html><html><title>Welcome</title><p>Accept our terms to use this Wi-Fi.</html>"
_BROKEN_PAGE = b"<html><title>Gateway</title><p>The server did not answer in time.</html>"
_HUGE = b'{"code":0,"message":"","data":"' + b"x" * (11 * 1024 * 1024) + b'"}'


class Listener:
    """One port on 127.0.0.1 for one interface; every connection has its own thread."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._server = _Server(core)
        self._address = ("127.0.0.1", self._server.server_port)
        self.url = "http://{}:{}".format(*self._address)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self, interface: Interface) -> None:
        self._server.interface = interface
        self._thread.start()

    @property
    def connections(self) -> int:
        """How many are open now."""
        return self._server.connections

    def hang_up(self) -> None:
        """Ends all connections; later ones are welcome."""
        self._server.hang_up()

    def unplug(self) -> None:
        """Hangs up and refuses every connection until `plug_in`, as when the network is gone."""
        self.close()

    def plug_in(self) -> None:
        interface = self._server.interface
        self._server = _Server(self._core, self._address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.start(interface)

    def close(self) -> None:
        """Ends all connections and waits for their threads, soon when the core is closing."""
        if self._thread.is_alive():
            ending = threading.Thread(target=self._server.shutdown)
            ending.start()
            # The loop looks at its end only twice a second, unless somebody knocks.
            with contextlib.suppress(OSError):
                socket.create_connection(self._address, 1).close()
            ending.join()
            self._thread.join()
        self._server.server_close()
        self._server.hang_up()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    # On Windows this option would let a second program share the port.
    allow_reuse_address = os.name != "nt"

    interface: Interface

    def __init__(self, core: Core, port: int = 0) -> None:
        self.core = core
        self._open: dict[socket.socket, threading.Thread] = {}
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # Without the look-up of the host's name, which takes seconds on some machines.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        with self._open_lock:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._open_lock:
            self._open.pop(request, None)

    @property
    def connections(self) -> int:
        with self._open_lock:
            return len(self._open)

    def hang_up(self) -> None:
        with self._open_lock:
            still = list(self._open.items())
        for connection, _ in still:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in still:
            thread.join(5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.core.breach(Call.UNKNOWN, f"the practice cloud failed: {traceback.format_exc()}")


class _Cut(Exception):
    """A fault hangs up."""


class _Lines(io.BufferedReader):
    def readline(self, size: int | None = -1, /) -> bytes:
        """A head that breaks off is no request, though the library would take it for one."""
        line = super().readline(size)
        if not line.endswith(b"\n") and len(line) != size:
            raise ClientGone
        return line


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    _waits_for_go = False

    def setup(self) -> None:
        super().setup()
        self.rfile = _Lines(cast(io.BufferedReader, self.rfile).detach())

    @property
    def _home(self) -> _Server:
        return cast(_Server, self.server)

    def handle(self) -> None:
        with contextlib.suppress(OSError, ClientGone, _Cut):
            super().handle()

    def serve(self) -> None:
        request = self._request()
        core = self._home.core
        route = self._home.interface.route(request)
        call = route.call if route else Call.UNKNOWN
        entry = core.journal.note(call, request)
        if route is None:
            core.breach(call, f"no such address: {request.method} {request.path}")
            request.body.drain()
            self._send(Reply(404), entry, request)
        elif "transfer-encoding" in request.headers:
            core.breach(call, "a body without Content-Length")
            self._send(Reply(411, shut=True), entry, request)
        else:
            self._work(route, request, entry)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve  # noqa: N815

    def _request(self) -> Request:
        headers = dict[str, str]()
        for name, value in self.headers.items():
            lower = name.lower()
            headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
        announced = headers.get("content-length", "0")
        length = int(announced) if announced.isdigit() else 0
        core = self._home.core
        body = Body(self.rfile, length, self._say_go, core.pause)
        target, _, query = self.path.partition("?")
        return Request(self.command, target, query, headers, body)

    def handle_expect_100(self) -> bool:
        # The go is said when the body is first read, so that a refusal comes instead of it.
        self._waits_for_go = True
        return True

    def _say_go(self) -> None:
        if self._waits_for_go:
            self._waits_for_go = False
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _work(self, route: Route, request: Request, entry: Entry) -> None:
        core = self._home.core
        core.witness(route.call, Moment.ARRIVED)
        fault = core.faults.take(route.call, request.path)
        entry.fault = str(fault or "")
        if _is(fault, Action.CUT_BEFORE):
            raise _Cut
        request.body.rate = core.settings.upload_rate if route.streams else None
        if not route.streams:
            request.load()
            entry.body = without_secrets(request.json())
            core.pause(core.settings.control_delay)
        with core.alone(route.call, route.alone(request) if route.alone else ""):
            reply = self._replaced(fault, route, request) if fault else None
            if reply is None:
                reply = self._late(fault, self._act(route, request))
            self._send(reply, entry, request, halved=_is(fault, Action.TRUNCATE))
        core.witness(route.call, Moment.ANSWERED)

    def _act(self, route: Route, request: Request) -> Reply:
        core = self._home.core
        try:
            reply = route.act(request)
        except Refused as no:
            if no.breach:
                core.breach(route.call, no.breach)
            reply = no.reply
        except (OSError, ClientGone):
            raise
        except Exception:
            core.breach(route.call, f"the practice cloud failed: {traceback.format_exc()}")
            reply = Reply(500)
        if self._waits_for_go:
            reply.shut = True  # the client keeps its body, so the connection is at an odd place
        else:
            request.body.drain()
        core.witness(route.call, Moment.DONE)
        return reply

    def _replaced(self, fault: Fault, route: Route, request: Request) -> Reply | None:
        """The answer that a fault gives in the call's place; None goes on to the call."""
        core = self._home.core
        match fault.action:
            case Action.LATE:
                request.body.drain()
                doing = threading.Timer(fault.seconds, self._act, (route, request))
                doing.daemon = True
                doing.start()
                return Reply(504, _BROKEN_PAGE, {"Content-Type": "text/html"})
            case Action.STALL:
                core.pause(fault.seconds)
            case Action.SLOW:
                request.body.rate = fault.rate
            case Action.DAMAGE:
                request.body.damage = True
            case Action.DAMAGE_SILENT:
                request.body.silent_damage = True
            case Action.EXPIRE:
                core.expire_keys()
            case Action.FORGET:
                core.forget_uploads()
            case Action.CUT_AFTER:
                request.body.drain()
                raise _Cut
            case _:
                return self._instead(fault, request)
        return None

    def _instead(self, fault: Fault, request: Request) -> Reply | None:
        made = {
            Action.EMPTY: Reply(ours=False),
            Action.PAGE: Reply(200, _PAGE, {"Content-Type": "text/html"}, ours=False),
            Action.GARBAGE: Reply(200, b'{"code":0,"mess', {"Content-Type": "application/json"}),
            Action.HUGE: Reply(200, _HUGE, {"Content-Type": "application/json"}),
            Action.REDIRECT: Reply(302, b"", {"Location": _ELSEWHERE}, ours=False),
        }.get(fault.action)
        if fault.action is Action.BUSINESS:
            made = self._home.interface.problem(request, fault.code)
        if fault.action is Action.STATUS:
            asked = {} if fault.wait is None else {"Retry-After": str(fault.wait)}
            made = Reply(fault.status, b"", asked)
        if made is not None:
            request.body.drain()
        return made

    def _late(self, fault: Fault | None, reply: Reply) -> Reply:
        if _is(fault, Action.CUT_ANSWER):
            raise _Cut
        if fault is not None and fault.action is Action.LOST:
            return Reply(fault.status, _BROKEN_PAGE, {"Content-Type": "text/html"}, ours=False)
        if _is(fault, Action.WRONG_ETAG):
            wrong = "0" * 32
            if "ETag" in reply.headers:
                reply.headers["ETag"] = f'"{wrong}"'
            etag = f"<ETag>&quot;{wrong}&quot;</ETag>".encode()
            reply.body = re.sub(rb"<ETag>.*?</ETag>", etag, reply.body)
        return reply

    def _send(self, reply: Reply, entry: Entry, request: Request, halved: bool = False) -> None:
        """Head and body in one write, since small answers are most of the work."""
        self.close_connection = self.close_connection or reply.shut or halved
        entry.status = reply.status
        headers = {
            "Date": email.utils.formatdate(self._home.core.now(), usegmt=True),
            "Content-Length": str(len(reply.body)),
            **({"X-Request-Id": self._home.core.uuid()} if reply.ours else {}),
            **reply.headers,
        }
        if self.close_connection:
            headers["Connection"] = "close"
        reason = self.responses.get(reply.status, ("",))[0]
        lines = [f"HTTP/1.1 {reply.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        body = b"" if request.method == "HEAD" else reply.body
        if reply.status == 204:
            head = head.replace(b"Content-Length: 0\r\n", b"")
        self.wfile.write(head + (body[: len(body) // 2] if halved else body))
        if reply.file is not None and request.method != "HEAD":
            with reply.file.open("rb") as file:
                shutil.copyfileobj(file, self.wfile)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _is(fault: Fault | None, action: Action) -> bool:
    return fault is not None and fault.action is action
