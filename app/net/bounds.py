"""A server's whole answer within bounds: of time, however it drips, and of bytes, once unpacked."""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import Any, Final

import httpcore
import httpx

MAX_ANSWER: Final = 10 * 1024 * 1024  # bytes; no known answer comes near
WHOLE: Final = 300.0  # seconds for a call with all of its answer; 10 MB at 64 KB/s take 160
PACKED: Final = "gzip"  # what is asked for: bytes are dear on a link of 64 KB/s
_PLAIN: Final = ("", "identity")
_GZIP_ONLY: Final = zlib.MAX_WBITS | 16
_due: ContextVar[float] = ContextVar("due", default=inf)


class TooLarge(Exception):
    """More than `MAX_ANSWER`, packed or not."""


@contextmanager
def within(seconds: float) -> Generator[None]:
    """No call of this thread waits longer for its server than until then."""
    before = _due.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _due.reset(before)


def body_of(response: httpx.Response) -> bytes:
    """Reads and unpacks the body, never holding much more than `MAX_ANSWER`."""
    packed = bytearray()
    for chunk in response.iter_raw():
        packed += chunk
        if len(packed) > MAX_ANSWER:
            raise TooLarge
    coding = response.headers.get("content-encoding", "").strip().lower()
    # Not httpx's own decoders: they unpack a block as a whole, and as often as the server says.
    if coding in _PLAIN or not packed:
        return bytes(packed)
    if coding != PACKED:
        raise httpx.DecodingError("packed in a way that was not asked for")
    return _unpacked(bytes(packed))


def _unpacked(packed: bytes) -> bytes:
    gzip = zlib.decompressobj(_GZIP_ONLY)
    try:
        body = gzip.decompress(packed, MAX_ANSWER + 1)
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from None
    if len(body) > MAX_ANSWER:
        raise TooLarge
    if not gzip.eof or gzip.unused_data:
        raise httpx.DecodingError("what is packed does not end where it should")
    return body


class BoundedTransport(httpx.HTTPTransport):
    """Its connections keep to `within`: a byte a second is no silence, and goes on for ever."""

    def __init__(self, context: ssl.SSLContext, proxy: httpx.Proxy | None) -> None:
        super().__init__(verify=context, proxy=proxy, trust_env=False)
        # httpx hands httpcore's setting on nowhere. tests/security/test_hostile_servers.py hangs
        # when a later httpx keeps its connections elsewhere.
        self._pool._network_backend = _Backend()  # pyright: ignore[reportPrivateUsage]


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        made = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(made)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(timeout: float | None) -> float | None:
    left = _due.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the whole answer took too long")
    if left == inf:
        return timeout
    return left if timeout is None else min(timeout, left)
