"""Requests, answers and refusals as the interfaces of the practice cloud see them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

from app.practice.calls import Call

CHUNK = 256 * 1024
MOST_JSON = 12 * 1024 * 1024  # bytes; the gateway's own limit (contracts: metastudio 6.2)


class ClientGone(Exception):
    """The client hung up before the body was whole."""


class Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Body:
    """A request's body, read once. `damage` flips a byte on the way in, `rate` slows it down."""

    def __init__(
        self,
        source: Reader,
        length: int | None,
        before: Callable[[], None],
        pause: Callable[[float], None],
    ) -> None:
        self.length = length  # None: the client announced none
        self.damage = False
        self.silent_damage = False
        self.rate: float | None = None  # bytes per second
        self._source = source
        self._left = length or 0
        self._before = before
        self._pause = pause
        self._started = False

    @property
    def unread(self) -> int:
        return self._left

    def chunks(self) -> Iterator[bytes]:
        """All that is left; ClientGone when the client hangs up before the end."""
        self._start()
        while self._left:
            most = CHUNK if self.rate is None else max(1, min(CHUNK, int(self.rate / 10)))
            data = self._source.read(min(most, self._left))
            if not data:
                raise ClientGone
            self._left -= len(data)
            if self.rate is not None:
                self._pause(len(data) / self.rate)
            if self.damage:
                self.damage, data = False, flipped(data)
            yield data

    def drain(self) -> None:
        """Throws away what is left, so that the connection can be used again."""
        for _ in self.chunks():
            pass

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._before()


def flipped(data: bytes) -> bytes:
    """The same bytes with one bit of the middle one changed."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@dataclass(slots=True)
class Request:
    """`target` and `query` as sent; `path` decoded, below the interface's own prefix."""

    method: str
    target: str
    query: str
    headers: Mapping[str, str]  # lower-case names
    body: Body
    path: str = ""
    loaded: bytes | None = None

    @property
    def params(self) -> dict[str, str]:
        return dict(self.pairs)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def load(self) -> bytes:
        """The whole body, for control calls only; at most MOST_JSON bytes are kept."""
        if self.loaded is None:
            kept = bytearray()
            for chunk in self.body.chunks():
                if len(kept) <= MOST_JSON:
                    kept += chunk
            self.loaded = bytes(kept)
        return self.loaded

    def json(self) -> Any:
        """The body as JSON; None when it is empty or no JSON."""
        try:
            return json.loads(self.load()) if self.load() else None
        except ValueError:
            return None


@dataclass(slots=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    shut: bool = False  # the connection ends with this answer
    file: Path | None = None  # sent in the body's place; needs a Content-Length
    ours: bool = True  # False: somebody on the way answers, without the request's id


def json_reply(value: object, status: int = 200, **headers: str) -> Reply:
    """`headers` are written with underscores for dashes."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    body = json.dumps(value, ensure_ascii=False).encode()
    return Reply(status, body, {"Content-Type": "application/json", **named})


class Refused(Exception):
    """A no. `breach` says which rule the client broke; empty when it did nothing wrong."""

    def __init__(self, reply: Reply, breach: str = "") -> None:
        super().__init__(breach)
        self.reply = reply
        self.breach = breach


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes. `alone` names what must not be worked on by two calls at once."""

    call: Call
    act: Callable[[Request], Reply]
    streams: bool = False  # the body goes to the disk, not into memory
    alone: Callable[[Request], str] | None = None


class Interface(Protocol):
    """One server's set of calls."""

    def route(self, request: Request) -> Route | None: ...

    def problem(self, request: Request, code: str) -> Reply:
        """A made-up refusal in this interface's own words, for the `business` fault."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a routing table; the pattern's groups are handed to `act` as text."""

    method: str
    pattern: str
    call: Call
    act: Callable[..., Reply]
    alone: Callable[[Request], str] | None = None


def look_up(rows: tuple[Row, ...], request: Request) -> Route | None:
    for row in rows:
        found = re.fullmatch(row.pattern, request.path)
        if found and row.method == request.method:
            groups = tuple(unquote(text) for text in found.groups())
            return Route(
                row.call, lambda r, act=row.act, groups=groups: act(r, *groups), alone=row.alone
            )
    return None
