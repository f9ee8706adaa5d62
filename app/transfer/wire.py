"""The hot path's other half: one PUT over a connection, HTTP by hand.

urllib3 and http.client take some 0.5 ms for a request of which the system needs a tenth: an e-mail
parser for the answer's six headers, a dozen objects, a write for every line. Here it is one write
of the head together with the first of the body, and one read of the answer. Whatever is not plain
(an interim answer, chunks, no length) is read by http.client after all; how to connect, TLS and
proxies are urllib3's in any case, and so is every other method.
"""

from __future__ import annotations

import errno
import http.client
import io
import re
import ssl
from collections.abc import Mapping
from typing import Any, Final

from urllib3 import exceptions as broken
from urllib3.util import SKIP_HEADER

from app.transfer.cutting import Line, Order

_PIECE: Final = 65536
_LONGEST_HEAD: Final = 65536  # bytes; S3's answers have some 500
_BLANK_LINE: Final = re.compile(rb"\n\r?\n")
_INTERIM: Final = re.compile(rb"HTTP/1\.1 1\d\d")
_STATUS: Final = re.compile(rb"HTTP/1\.1 ([2-5]\d\d)(?: .*)?")
_STOPPED_LISTENING: Final = frozenset({errno.EPIPE, errno.ECONNRESET, errno.EPROTOTYPE})


class Reply:
    """Status, headers by their names in lower case, and the body. `keep`: more may follow on it."""

    __slots__ = ("body", "headers", "keep", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes, keep: bool) -> None:
        self.status, self.headers, self.body, self.keep = status, headers, body, keep


def put(line: Line, host: str, headers: Mapping[str, str], order: Order, longest: int) -> Reply:
    """The storage's answer; a body of more than `longest` bytes comes cut off one byte later.

    Raises what urllib3 would raise: ProtocolError for a connection that broke, its time-out and
    its SSLError.
    """
    try:
        line.begin(order)
        if line.sock is None:
            line.connect()
        _send(line, _head(order, host, headers), order)
        return _answer(line, longest)
    except OSError as error:
        raise _broken(error) from error
    except http.client.HTTPException as error:
        raise broken.ProtocolError("Connection aborted.", error) from error


def _broken(error: OSError) -> broken.HTTPError:
    if isinstance(error, ssl.SSLError):
        return broken.SSLError(error)
    return broken.ProtocolError("Connection aborted.", error)


def _head(order: Order, host: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"PUT {order.target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if value != SKIP_HEADER]
    text = "\r\n".join((*lines, "", ""))
    if text.count("\n") != len(lines) + 1 or text.count("\r") != len(lines) + 1:
        raise http.client.InvalidURL("a header that would end before its end")
    return text.encode("latin-1")


def _send(line: Line, head: bytes, order: Order) -> None:
    """A storage that says no early may stop listening: then its answer is what counts."""
    try:
        blocks = order.blocks()
        first = next(blocks, None)
        if first is None:
            line.send(head)
            return
        line.send_together(head, first)
        for block in blocks:
            line.send(block)
    except OSError as error:
        if error.errno not in _STOPPED_LISTENING:
            raise


def _answer(line: Line, longest: int) -> Reply:
    connected = line.listen()
    seen = bytearray()
    while True:
        end = _head_in(connected, seen)
        head = bytes(seen[:end])
        if not _INTERIM.match(head):
            break
        del seen[:end]
    found = _plain(head)
    if found is None:
        return _by_library(connected, seen, longest)
    status, headers, length = found
    body = seen[end:]
    while len(body) < min(length, longest + 1):
        piece = connected.recv(_PIECE)
        if not piece:
            raise broken.ProtocolError("The answer was cut off in its body.")
        body += piece
    # Bytes behind the answer belong to nothing: such a connection is not used again.
    keep = len(body) == length and headers.get("connection", "").lower() != "close"
    return Reply(status, headers, bytes(body[:length]), keep)


def _head_in(connected: Any, seen: bytearray) -> int:
    """Reads on until `seen` holds a whole head, and answers where it ends."""
    while (found := _BLANK_LINE.search(seen)) is None:
        piece = connected.recv(_PIECE)
        if not piece and not seen:
            raise http.client.RemoteDisconnected("Remote end closed connection without response")
        if not piece:
            raise broken.ProtocolError("The answer was cut off in its head.")
        seen += piece
        if len(seen) > _LONGEST_HEAD and b"\n\r\n" not in seen:
            raise http.client.LineTooLong("headers")
    return found.end()


def _plain(head: bytes) -> tuple[int, dict[str, str], int] | None:
    """Status, headers and length of the body; None where the head has anything unusual."""
    if not head.endswith(b"\r\n\r\n"):
        return None
    first, *rest = head[:-4].split(b"\r\n")
    found = _STATUS.fullmatch(first)
    headers: dict[str, str] = {}
    for raw in rest:
        name, colon, value = raw.decode("latin-1").partition(":")
        name = name.lower()
        if not colon or not name or name[0] in " \t" or name in headers:
            return None
        headers[name] = value.strip()
    length = headers.get("content-length", "")
    if found is None or not length.isdecimal() or "transfer-encoding" in headers:
        return None
    return int(found[1]), headers, int(length)


class _Seen(io.RawIOBase):
    """What was read already, then the connection."""

    def __init__(self, connected: Any, seen: bytearray) -> None:
        self._connected, self._seen = connected, seen

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._seen:
            count = min(len(buffer), len(self._seen))
            buffer[:count] = self._seen[:count]
            del self._seen[:count]
            return count
        return int(self._connected.recv_into(buffer))

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(self)


def _by_library(connected: Any, seen: bytearray, longest: int) -> Reply:
    response = http.client.HTTPResponse(_Seen(connected, seen), method="PUT")  # type: ignore[arg-type]
    response.begin()
    try:
        body = response.read(longest + 1)
        rest = response.length or 0
    except http.client.IncompleteRead as error:
        raise broken.ProtocolError(f"Connection broken: {error!r}", error) from error
    if rest and len(body) <= longest:
        raise broken.ProtocolError("The answer was cut off in its body.")
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, body, False)
