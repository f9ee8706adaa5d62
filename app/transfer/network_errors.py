"""What breaks a request to a storage, or its answer, in our words."""

from __future__ import annotations

import http.client
import ssl
from typing import Final

from urllib3 import exceptions as broken

from app.domain.errors import BadAnswer, Leg, NetworkError, Offline, PostflightError, TimedOut
from app.net.certificate import untrusted
from app.net.proxy import Proxy


def too_long(host: str) -> BadAnswer:
    return BadAnswer(
        f"The storage at {host} gave an answer of more than 1 MB.",
        "Check the address of the storage.",
        leg=Leg.STORAGE,
    )


def bad_address() -> BadAnswer:
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


def late(host: str) -> NetworkError:
    title = f"The storage at {host} did not answer in time."
    return TimedOut(title, _AGAIN, leg=Leg.NETWORK)


def cut_off(host: str, details: str) -> NetworkError:
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
    return bad_address()


# First fit wins: urllib3's subclasses stand above their bases. The tests walk urllib3's tree.
NETWORK_TABLE: Final = (
    (broken.ProxyError, _no_proxy),
    (broken.SSLError, _insecure),
    (broken.ConnectTimeoutError, _offline),
    (broken.TimeoutError, _timed_out),
    (broken.ProtocolError, cut_off),
    (broken.IncompleteRead, cut_off),
    (broken.InvalidChunkLength, cut_off),
    (broken.PoolError, cut_off),
    (broken.InvalidHeader, _nonsense),
    (broken.DecodeError, _nonsense),
    (broken.ResponseError, _nonsense),
    (broken.BodyNotHttplibCompatible, _nonsense),
    (broken.HeaderParsingError, _nonsense),
    (broken.LocationValueError, _unusable),
    (http.client.InvalidURL, _unusable),
    (TimeoutError, _timed_out),
    (ssl.SSLError, _insecure),
    (OSError, cut_off),
    (http.client.HTTPException, _nonsense),
    (UnicodeError, _unusable),
)


def broken_way(error: BaseException, host: str, port: int, proxy: Proxy | None) -> PostflightError:
    """The same, and who made a certificate that nobody here trusts."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return untrusted(f"the storage at {host}", cause, "", host, port, proxy)
    return network_error(error, host)


def network_error(error: BaseException, host: str) -> PostflightError:
    """What broke a request, in our words."""
    chain = causes(error)
    details = f"{type(error).__name__}: {chain[-1]}"
    # A send that timed out comes as a broken connection with the time-out inside.
    if isinstance(error, broken.ProtocolError) and isinstance(chain[-1], TimeoutError):
        return _timed_out(host, details)
    made = next((made for kind, made in NETWORK_TABLE if isinstance(error, kind)), cut_off)
    return made(host, details)


def asks_for_sign_in(error: BaseException) -> bool:
    """Whether it is a proxy's 407 to CONNECT, which http.client tells in words only."""
    return isinstance(error, broken.ProxyError) and "failed: 407" in str(causes(error)[-1])


def causes(error: BaseException) -> list[BaseException]:
    """The error and what it carries inside, outermost first."""
    chain, inner = [error], error
    while inner is not None and len(chain) < 10:
        told = [arg for arg in inner.args if isinstance(arg, BaseException)]
        inner = inner.__cause__ or (told[-1] if told else None)
        if inner is not None:
            chain.append(inner)
    return chain
