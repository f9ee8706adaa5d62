"""The one way out of this layer: connections, trust, proxies, and what breaks them."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as broken

from app.domain.errors import (
    BadAnswer,
    Leg,
    NetworkError,
    Offline,
    PostflightError,
    TimedOut,
)
from app.domain.ports import Cancel, Route
from app.net.certificate import untrusted
from app.net.proxy import Proxy
from app.transfer.cutting import SILENCE, WHOLE, Blocks, Order, Watch
from app.transfer.throttle import Throttle
from app.transfer.ways import Ways

MAX_ANSWER: Final = 1024 * 1024  # bytes; an error or a completed upload takes some hundred


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of a storage; header names in lower case."""

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Address:
    scheme: str
    host: str
    port: int | None
    target: str  # path and query as they were given, never written anew

    @staticmethod
    def of(url: str) -> _Address:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _bad_address() from None
        printable = url.isascii() and url.isprintable() and " " not in url
        if parts.scheme not in ("http", "https") or not parts.hostname or not printable:
            raise _bad_address()
        rest = url.partition("#")[0].partition("://")[2]
        cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
        target = rest[cut:]
        target = target if target.startswith("/") else f"/{target}"
        return _Address(parts.scheme, parts.hostname, port, target)

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")


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
        address = _Address.of(url)
        ways = self._ways
        proxy = ways.proxy_to(address.scheme, address.host)
        absolute = proxy is not None and address.scheme == "http"
        target = address.origin + address.target if absolute else address.target
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
            if _asks_for_sign_in(error):
                raise ways.refused(proxy, address.host) from error
            raise _broken(error, address, proxy) from error
        if answer.status == 407:
            raise ways.refused(proxy, address.host)
        return answer

    def _sent(
        self,
        ways: Ways,
        proxy: Proxy | None,
        method: str,
        address: _Address,
        order: Callable[[], Order],
        headers: dict[str, str],
    ) -> Answer:
        """Once more, at once and over a fresh connection, where a kept one had died while idle."""
        first = order()
        try:
            return self._once(ways.manager(proxy), method, address, first, headers)
        except (broken.ProtocolError, broken.SSLError) as error:
            if not _died_idle(error, method, first):
                raise
        ways.forget_idle()
        return self._once(ways.manager(proxy), method, address, order(), headers)

    def _once(
        self,
        manager: urllib3.PoolManager,
        method: str,
        address: _Address,
        order: Order,
        headers: dict[str, str],
    ) -> Answer:
        try:
            answer = _exchange(manager, method, address, order, headers)
        except (broken.HTTPError, http.client.HTTPException, OSError) as error:
            order.cancel.check()
            if order.late:
                raise _late(address.host) from error
            raise
        finally:
            self._watch.end(order)
        if order.late:  # a body without a length seems to end where the watch ended it
            raise _late(address.host)
        return answer

    def close(self) -> None:
        """Call when no request is under way any more."""
        self._watch.close()
        self._ways.close()


def _exchange(
    manager: urllib3.PoolManager,
    method: str,
    address: _Address,
    order: Order,
    headers: dict[str, str],
) -> Answer:
    pool = manager.connection_from_host(address.host, address.port, address.scheme)
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
            address.host,
            response.status,
            {name.lower(): value for name, value in response.headers.items()},
            _read(response, address.host),
        )
    except BaseException:
        response.close()
        raise
    response.release_conn()
    if answer.status < 300 and not order.whole:
        # An early yes cannot be about bytes that were not sent.
        raise _cut_off(address.host, "answered before everything was sent")
    return answer


def _died_idle(error: BaseException, method: str, order: Order) -> bool:
    """Whether a kept connection broke off under something that may be sent once more."""
    if not order.kept or method == "POST" or order.cancel.is_set():
        return False
    broke = isinstance(_causes(error)[-1], ConnectionError | ssl.SSLEOFError)
    return broke and (order.body is None or order.body.again())


def _length(body: Blocks | None) -> str:
    return str(0 if body is None else len(body))


def _read(response: urllib3.BaseHTTPResponse, host: str) -> bytes:
    body = bytearray()
    for chunk in response.stream(65536):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise BadAnswer(
                f"The storage at {host} gave an answer of more than 1 MB.",
                "Check the address of the storage.",
                leg=Leg.STORAGE,
            )
    return bytes(body)


def _bad_address() -> BadAnswer:
    # The address itself may be a secret.
    return BadAnswer(
        "The service named a storage address that cannot be used.",
        "Ask its administrator to check the storage settings.",
        leg=Leg.SERVICE,
    )


_AGAIN: Final = "Postflight keeps everything and tries again."


def _offline(host: str, details: str) -> NetworkError:
    title = f"The storage at {host} cannot be reached."
    hint = f"{_AGAIN} Check the network."
    return Offline(title, hint, leg=Leg.NETWORK, details=details)


def _no_proxy(host: str, details: str) -> NetworkError:
    title = f"The proxy on the way to the storage at {host} cannot be used."
    hint = f"{_AGAIN} Check the proxy in the network settings of Postflight or of the system."
    return Offline(title, hint, leg=Leg.NETWORK, details=details)


def _timed_out(host: str, details: str) -> NetworkError:
    title = f"The storage at {host} went silent."
    return TimedOut(title, _AGAIN, leg=Leg.NETWORK, details=details)


def _late(host: str) -> NetworkError:
    title = f"The storage at {host} did not answer in time."
    return TimedOut(title, _AGAIN, leg=Leg.NETWORK)


def _cut_off(host: str, details: str) -> NetworkError:
    title = f"The connection to the storage at {host} broke off."
    return NetworkError(title, _AGAIN, leg=Leg.NETWORK, details=details)


def _insecure(host: str, details: str) -> NetworkError:
    title = f"No secure connection to the storage at {host} came about."
    hint = f"{_AGAIN} Check whether something on the network opens encrypted connections."
    return NetworkError(title, hint, leg=Leg.NETWORK, details=details)


def _nonsense(host: str, details: str) -> PostflightError:
    title = f"The storage at {host} gave an answer that is not HTTP."
    return BadAnswer(title, "Check the storage's address.", leg=Leg.STORAGE, details=details)


def _unusable(host: str, details: str) -> PostflightError:
    return _bad_address()


# First fit wins: urllib3's subclasses stand above their bases. The tests walk urllib3's tree.
NETWORK_TABLE: Final = (
    (broken.ProxyError, _no_proxy),
    (broken.SSLError, _insecure),
    (broken.ConnectTimeoutError, _offline),
    (broken.TimeoutError, _timed_out),
    (broken.ProtocolError, _cut_off),
    (broken.IncompleteRead, _cut_off),
    (broken.InvalidChunkLength, _cut_off),
    (broken.PoolError, _cut_off),
    (broken.InvalidHeader, _nonsense),
    (broken.DecodeError, _nonsense),
    (broken.ResponseError, _nonsense),
    (broken.BodyNotHttplibCompatible, _nonsense),
    (broken.HeaderParsingError, _nonsense),
    (broken.LocationValueError, _unusable),
    (http.client.InvalidURL, _unusable),
    (TimeoutError, _timed_out),
    (ssl.SSLError, _insecure),
    (OSError, _cut_off),
    (http.client.HTTPException, _nonsense),
    (UnicodeError, _unusable),
)


def _broken(error: BaseException, address: _Address, proxy: Proxy | None) -> PostflightError:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            who, port = f"the storage at {address.host}", address.port or 443
            return untrusted(who, cause, "", address.host, port, proxy)
    return network_error(error, address.host)


def network_error(error: BaseException, host: str) -> PostflightError:
    """What broke a request, in our words."""
    chain = _causes(error)
    details = f"{type(error).__name__}: {chain[-1]}"
    # A send that timed out comes as a broken connection with the time-out inside.
    if isinstance(error, broken.ProtocolError) and isinstance(chain[-1], TimeoutError):
        return _timed_out(host, details)
    made = next((made for kind, made in NETWORK_TABLE if isinstance(error, kind)), _cut_off)
    return made(host, details)


def _asks_for_sign_in(error: BaseException) -> bool:
    """Whether it is a proxy's 407 to CONNECT, which http.client tells in words only."""
    return isinstance(error, broken.ProxyError) and "failed: 407" in str(_causes(error)[-1])


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it carries inside, outermost first."""
    chain, inner = [error], error
    while inner is not None and len(chain) < 10:
        told = [arg for arg in inner.args if isinstance(arg, BaseException)]
        inner = inner.__cause__ or (told[-1] if told else None)
        if inner is not None:
            chain.append(inner)
    return chain
