"""Huawei's SDK-HMAC-SHA256 request signature, for calls made with an access key."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Generator, Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import httpx

ALGORITHM = "SDK-HMAC-SHA256"
# Signed where present. User-Agent stays out: a proxy may rewrite it (contracts: metastudio 6.2).
_SIGNED = (
    "content-type",
    "host",
    "x-app-userid",
    "x-project-id",
    "x-sdk-date",
    "x-security-token",
)


def signed_date(now: float) -> str:
    """`now`, UTC seconds, the way X-Sdk-Date wants it."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def authorization(
    method: str, target: str, headers: Mapping[str, str], body: bytes, access_key: str, secret: str
) -> str:
    """The Authorization value of a request (contracts: metastudio 6.2).

    `target` is path and query as they are sent; `headers` have lower-case names, among them
    x-sdk-date, and all of them are signed.
    """
    names = sorted(headers)
    canonical = "\n".join(
        (
            method.upper(),
            _path(target),
            _query(target),
            "".join(f"{name}:{headers[name].strip()}\n" for name in names),
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{headers['x-sdk-date']}\n{digest}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return (
        f"{ALGORITHM} Access={access_key}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )


def _path(target: str) -> str:
    segments = urlsplit(target).path.split("/")
    path = "/".join(quote(unquote(segment), safe="~") for segment in segments)
    return path if path.endswith("/") else f"{path}/"


def _query(target: str) -> str:
    pairs = parse_qsl(urlsplit(target).query, keep_blank_values=True)
    encoded = sorted((quote(key, safe="~"), quote(value, safe="~")) for key, value in pairs)
    return "&".join(f"{key}={value}" for key, value in encoded)


class SigningAuth(httpx.Auth):
    """Signs one call. `now` answers the server's time in UTC seconds, not this computer's."""

    requires_request_body = True

    def __init__(self, access_key: str, secret: str, now: Callable[[], float]) -> None:
        self._access_key = access_key
        self.secret = secret
        self._now = now
        self.signed_at: float | None = None  # what `now` said when the call was signed

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        self.signed_at = self._now()
        request.headers["X-Sdk-Date"] = signed_date(self.signed_at)
        signed = {name: request.headers[name] for name in _SIGNED if name in request.headers}
        request.headers["Authorization"] = authorization(
            request.method,
            request.url.raw_path.decode("ascii"),
            signed,
            request.content,
            self._access_key,
            self.secret,
        )
        yield request
