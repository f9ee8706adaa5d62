"""Requests that can be cut off: connections which know whose request they carry, and a watch."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf
from queue import Empty, LifoQueue
from typing import Any, Final, Protocol, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse

from app.domain.ports import Cancel
from app.transfer.throttle import Throttle

SILENCE: Final = 60.0  # seconds without a block taken, or without an answer
# Seconds from the last byte of a request to the last one of its answer. Storages put a large
# object together for minutes, and send a blank now and then to show that they live.
WHOLE: Final = 600.0


# How many of the next bytes may go out now, at least one; waits until some may.
Gate = Callable[[int], int]


class Blocks(Protocol):
    """A body: its length, and its bytes in blocks that are each taken as a whole.

    `gate` is asked before each block of a file's bytes.
    """

    def __len__(self) -> int: ...

    def blocks(self, gate: Gate) -> Iterator[memoryview]:
        """From the start, each time; no byte is counted twice."""
        ...


class Order:
    """One request on its way. It travels through urllib3 as the body, which is left alone there.

    `target` is what stands in the request line, byte for byte: urllib3 would write a signed
    address anew (upper-case escapes), and would print it in its log.
    """

    def __init__(
        self,
        target: str,
        body: Blocks | None,
        cancel: Cancel,
        watch: Watch,
        throttle: Throttle,
        silence: float,
        whole: float = WHOLE,
    ) -> None:
        self.target = target
        self.body = body
        self.cancel = cancel
        self.watch = watch
        self.throttle = throttle
        self.silence = silence
        self.whole_answer = whole
        self.sent = 0
        self.line: Line | None = None
        self.late = False  # the watch ended it, because its answer did not
        self._due = inf
        self.kept = False  # whether the connection had carried other orders before

    @property
    def whole(self) -> bool:
        """Whether all of the body was handed to the system."""
        return self.body is None or self.sent == len(self.body)

    def asked(self) -> None:
        """From now on the answer is waited for."""
        self._due = time.monotonic() + self.whole_answer

    @property
    def over(self) -> bool:
        """Whether the watch is to end it."""
        self.late = self.late or time.monotonic() > self._due
        return self.late or self.cancel.is_set()

    def blocks(self) -> Iterator[memoryview]:
        if self.body is not None:
            for block in self.body.blocks(self._may_go):
                self.cancel.check()
                yield block
                self.sent += len(block)

    def _may_go(self, wanted: int) -> int:
        return self.throttle.let(wanted, self.cancel)


class Watch:
    """Shuts the socket of a request that was cancelled or whose answer drips without end, so that
    a call blocked in the system ends.

    A look at the stop sign between two blocks is not enough: on a link of 64 KB/s one block
    takes 4 s, a silent server holds the call for 60 s, and TLS leaves no way to wait for an
    answer in slices (a session ticket makes the socket readable without one).
    """

    _EVERY: Final = 0.25
    _IDLE: Final = 40  # looks at nothing until it sleeps: to be woken for each request costs more

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self._asleep = False
        self._orders: set[Order] = set()
        self._thread: threading.Thread | None = None
        self._closed = False

    def begin(self, order: Order, line: Line) -> None:
        with self.lock:
            line.order = order
            order.line = line
            self._orders.add(order)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="pf-watch", daemon=True)
                self._thread.start()
            if self._asleep:
                self.lock.notify()

    def end(self, order: Order) -> None:
        with self.lock:
            self._orders.discard(order)

    def close(self) -> None:
        with self.lock:
            self._closed = True
            self.lock.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        idle = 0
        with self.lock:
            while not self._closed:
                for order in self._orders:
                    if order.line is not None and order.over:
                        order.line.shut(order)
                idle = 0 if self._orders else idle + 1
                self._asleep = idle > self._IDLE
                self.lock.wait(None if self._asleep else self._EVERY)


class Line(HTTPConnection):
    """A connection that carries one order at a time."""

    order: Order | None = None
    _answering: Any = None  # the socket: a connection that ends with its answer forgets it before
    used = False  # whether it has carried an order since it was opened

    def begin(self, order: Order) -> None:
        """From now on it carries `order`."""
        self._answering = None
        order.kept, self.used = self.used, True
        order.watch.begin(order, self)

    def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> None:
        order: Order = body
        self.begin(order)
        blocks: Any = None if order.body is None else order.blocks()
        super().request(method, url, body=blocks, headers=headers, **options)

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        target = url if self.order is None else self.order.target
        super().putrequest(method, target, skip_host, skip_accept_encoding)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        connected = self._patient()
        # Not `sendall`, whose time-out counts over the whole block: on a slow link that many
        # share, a block may take long, and only a block of which nothing goes is silence.
        left = memoryview(data)
        while left:
            left = left[connected.send(left) :]

    def send_together(self, head: bytes, block: memoryview) -> None:
        """Both in one packet where the system can do that, and TLS does not stand between."""
        connected = self._patient()
        if isinstance(connected, ssl.SSLSocket) or not hasattr(connected, "sendmsg"):
            self.send(head)
            self.send(block)
            return
        went = connected.sendmsg((head, block))
        if went < len(head):
            self.send(head[went:])
        self.send(block[max(0, went - len(head)) :])

    def _patient(self) -> Any:
        """The socket, with the time that a block may take."""
        connected: Any = self.sock
        silence = SILENCE if self.order is None else self.order.silence
        # urllib3 leaves the connect timeout on the socket while a body goes out.
        if connected.gettimeout() != silence:
            connected.settimeout(silence)
        return connected

    def listen(self) -> Any:
        """All is sent; answers the socket that the answer comes from."""
        if self.order is not None:
            self.order.asked()
        self._answering = self.sock
        return self.sock

    def getresponse(self) -> HTTPResponse:
        self.listen()
        return super().getresponse()

    def close(self) -> None:
        self.used = False
        order = self.order
        if order is None:
            super().close()
            return
        with order.watch.lock:  # a number of a closed socket may belong to another one at once
            super().close()

    def shut(self, order: Order) -> None:
        """Ends what blocks on the socket; called with the watch's lock held, in its thread."""
        connected: Any = self._answering if self.sock is None else self.sock
        if self.order is not order or connected is None:
            return
        # TLS inside TLS (an https proxy) wraps the socket. The method of the plain socket is
        # called on purpose: the one of SSLSocket first drops the encryption, and a `sendall`
        # under way in another thread would go on in clear text.
        plain = getattr(connected, "socket", connected)
        with suppress(OSError):
            socket.socket.shutdown(plain, socket.SHUT_RDWR)
            if sys.platform == "win32":
                # There a thread that waits in select does not hear of a shutdown; it does of a
                # socket that is gone. In the worst case its number is given out again at once,
                # and one other request breaks off and is repeated.
                socket.close(plain.detach())


class SecureLine(Line, HTTPSConnection):
    """The same over TLS."""


class Lender:
    """Gives connections out of a pool of urllib3's."""

    pool: LifoQueue[Any] | None

    def lend(self) -> Line | None:
        """One that waits, or a new one that is still to be connected; None where that is urllib3's
        work, because a proxy is on the way. `give_back` it whatever happens."""
        try:
            kept: Line | None = self.pool.get_nowait() if self.pool is not None else None
        except (Empty, AttributeError):  # none waits; closed in this very moment
            kept = None
        line: Line = kept or cast(Any, self)._new_conn()
        if line.sock is not None and not line.is_connected:
            line.close()
        if line.proxy is not None and (line.sock is None or line.proxy_is_forwarding):
            self.give_back(line)
            return None
        return line

    def give_back(self, line: Line) -> None:
        cast(Any, self)._put_conn(line)


class LinePool(Lender, HTTPConnectionPool):
    ConnectionCls = Line  # pyright: ignore[reportAssignmentType]


class SecureLinePool(Lender, HTTPSConnectionPool):
    ConnectionCls = SecureLine  # pyright: ignore[reportAssignmentType]
