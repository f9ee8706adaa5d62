"""The one way out of this layer: connections, trust, proxies, and what breaks them."""

from __future__ import annotations

import http.client
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as broken

from app.domain.errors import PostflightError
from app.domain.ports import Cancel, Route
from app.net.proxy import Proxy
from app.transfer import wire
from app.transfer.cutting import SILENCE, WHOLE, Blocks, Lender, Line, Order, Watch
from app.transfer.network_errors import (
    asks_for_sign_in,
    bad_address,
    broken_way,
    causes,
    cut_off,
    late,
    too_long,
)
from app.transfer.throttle import Throttle
from app.transfer.ways import Origin, Ways

_log = logging.getLogger(__name__)

MAX_ANSWER: Final = 1024 * 1024  # bytes; an error or a completed upload takes some hundred


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of a storage; header names in lower case."""

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Address:
    origin: Origin
    target: str  # path and query as they were given, never written anew

    @staticmethod
    def of(url: str) -> Address:
        if not (url.isascii() and url.isprintable()) or " " in url:
            raise bad_address()
        scheme, _, rest = url.partition("#")[0].partition("://")
        cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
        target = rest[cut:]
        target = target if target.startswith("/") else f"/{target}"
        return Address(_origin(f"{scheme}://{rest[:cut]}"), target)


@lru_cache(maxsize=64)
def _origin(text: str) -> Origin:
    """A batch has one or two, and thousands of addresses there."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise bad_address() from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_address()
    return Origin(parts.scheme, parts.hostname, port)


class Transport:
    """Sends requests; thread-safe, keeps connections, follows no redirect."""

    def __init__(
        self,
        route: Route,
        connections: int,
        throttle: Throttle,
        silence: float = SILENCE,
        whole: float = WHOLE,
    ) -> None:
        """`silence`: seconds without a byte taken or an answer after which it counts as broken;
        `whole`: seconds for all of an answer, however much of it comes."""
        self._connections = connections
        self._throttle = throttle
        self._silence, self._whole = silence, whole
        self._watch = Watch()
        self._ways = Ways(route, connections, silence)

    def reroute(self, route: Route) -> None:
        """Later requests go that way; those under way end as they began."""
        self._ways = Ways(route, self._connections, self._silence)

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Blocks | None,
        cancel: Cancel,
    ) -> Answer:
        """Any answer of the storage, whatever its status.

        Raises NetworkError and its kin when there is none, NotSignedIn when a proxy wants to know
        who asks, Cancelled within about a second after the stop sign (while connecting: after at
        most 10 s), and what reading `body` raises.
        """
        cancel.check()
        address = Address.of(url)
        ways = self._ways
        origin = address.origin
        proxy = ways.proxy_to(origin.scheme, origin.host)
        absolute = proxy is not None and origin.scheme == "http"
        target = str(origin) + address.target if absolute else address.target
        length = {} if body is None and method == "HEAD" else {"Content-Length": _length(body)}
        whole = {**headers, **length}

        def order() -> Order:
            limits = (self._silence, self._whole)
            return Order(target, body, cancel, self._watch, self._throttle, *limits)

        try:
            answer = self._sent(ways, proxy, method, address, order, whole)
        except PostflightError:
            raise
        except (broken.HTTPError, http.client.HTTPException, OSError, UnicodeError) as error:
            ways.look_again()
            cancel.check()
            if asks_for_sign_in(error):
                raise ways.refused(proxy, origin.host) from error
            raise broken_way(error, origin.host, origin.port or 443, proxy) from error
        # Without the query, which may be a signature.
        _log.debug("%s %s: %d", method, address.target.partition("?")[0], answer.status)
        if answer.status == 407:
            raise ways.refused(proxy, origin.host)
        return answer

    def _sent(
        self,
        ways: Ways,
        proxy: Proxy | None,
        method: str,
        address: Address,
        order: Callable[[], Order],
        headers: dict[str, str],
    ) -> Answer:
        """Once more, at once and over a fresh connection, where a kept one had died while idle."""
        first = order()
        try:
            return self._once(ways.pool(proxy, address.origin), method, address, first, headers)
        except (broken.ProtocolError, broken.SSLError) as error:
            if not _died_idle(error, method, first):
                raise
        ways.forget_idle()
        return self._once(ways.pool(proxy, address.origin), method, address, order(), headers)

    def _once(
        self,
        pool: urllib3.HTTPConnectionPool,
        method: str,
        address: Address,
        order: Order,
        headers: dict[str, str],
    ) -> Answer:
        try:
            answer = _exchange(pool, method, address, order, headers)
        except (broken.HTTPError, http.client.HTTPException, OSError) as error:
            order.cancel.check()
            if order.late:
                raise late(address.origin.host) from error
            raise
        finally:
            self._watch.end(order)
        if order.late:  # a body without a length seems to end where the watch ended it
            raise late(address.origin.host)
        return answer

    def close(self) -> None:
        """Call when no request is under way any more."""
        self._watch.close()
        self._ways.close()


def _exchange(
    pool: urllib3.HTTPConnectionPool,
    method: str,
    address: Address,
    order: Order,
    headers: dict[str, str],
) -> Answer:
    line = pool.lend() if method == "PUT" and isinstance(pool, Lender) else None
    answer = (
        _by_library(pool, method, address, order, headers)
        if line is None
        else _by_hand(cast(Lender, pool), line, address, order, headers)
    )
    if answer.status < 300 and not order.whole:
        # An early yes cannot be about bytes that were not sent.
        raise cut_off(address.origin.host, "answered before everything was sent")
    return answer


def _by_hand(
    pool: Lender, line: Line, address: Address, order: Order, headers: dict[str, str]
) -> Answer:
    try:
        reply = wire.put(line, address.origin.named, headers, order, MAX_ANSWER)
    except BaseException:
        line.close()
        raise
    else:
        if not reply.keep or not order.whole:
            line.close()
    finally:
        pool.give_back(line)
    if len(reply.body) > MAX_ANSWER:
        raise too_long(address.origin.host)
    return Answer(address.origin.host, reply.status, reply.headers, reply.body)


def _by_library(
    pool: urllib3.HTTPConnectionPool,
    method: str,
    address: Address,
    order: Order,
    headers: dict[str, str],
) -> Answer:
    # Without the query, which may be a signature: urllib3 writes this into its log.
    named = order.target.partition("?")[0]
    response = pool.urlopen(
        method,
        named,
        body=order,  # pyright: ignore[reportArgumentType]
        headers=headers,
        retries=False,
        redirect=False,
        assert_same_host=False,
        preload_content=False,
        decode_content=False,
    )
    try:
        answer = Answer(
            address.origin.host,
            response.status,
            {name.lower(): value for name, value in response.headers.items()},
            _read(response, address.origin.host),
        )
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return answer


def _died_idle(error: BaseException, method: str, order: Order) -> bool:
    """Whether a kept connection broke off under something that may be sent once more."""
    if not order.kept or method == "POST" or order.cancel.is_set():
        return False
    return isinstance(causes(error)[-1], ConnectionError | ssl.SSLEOFError)


def _length(body: Blocks | None) -> str:
    return str(0 if body is None else len(body))


def _read(response: urllib3.BaseHTTPResponse, host: str) -> bytes:
    body = bytearray()
    for chunk in response.stream(65536):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise too_long(host)
    return bytes(body)
