"""A TLS front on loopback: takes secure connections and carries them on to a plain port."""

from __future__ import annotations

import contextlib
import socket
import threading

from tests.helpers.certificates import Certificate


class TlsFront:
    """Before any server of this computer; `taken` counts the connections that came about."""

    def __init__(self, certificate: Certificate, port: int) -> None:
        self.taken = 0
        self._context = certificate.server_context()
        self._onward = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> TlsFront:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for end in tuple(self._open):
            _shut(end)

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            near = self._context.wrap_socket(plain, server_side=True)
        except OSError:  # who does not trust us hangs up
            plain.close()
            return
        self.taken += 1
        with near, socket.create_connection(self._onward) as far:
            self._open |= {near, far}
            back = threading.Thread(target=_carry, args=(far, near), daemon=True)
            back.start()
            _carry(near, far)
            back.join()
            self._open -= {near, far}


def _carry(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    _shut(one)
    _shut(other)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(end, socket.SHUT_RDWR)
