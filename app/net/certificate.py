"""Whose certificate it was that is not trusted: looked at without believing it, for a sentence."""

from __future__ import annotations

import base64
import hashlib
import http.client
import ssl
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from app.domain.errors import Leg, Untrusted
from app.net.proxy import Proxy

_PATIENCE: Final = 10.0  # seconds
_ORGANISATION, _COMMON_NAME = b"\x55\x04\x0a", b"\x55\x04\x03"  # X.520's 2.5.4.10 and 2.5.4.3
_VERSION: Final = 0xA0  # the tag of the one member that may be missing
_WIDE: Final = {0x1E: "utf-16-be", 0x1C: "utf-32-be"}  # BMPString and UniversalString
# OpenSSL's words for "nobody we know vouches for it"; not among them: expired, another name.
_NOBODY_WE_KNOW: Final = frozenset({2, 18, 19, 20, 21})


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server showed. `issuer` and `owner` are the organisation, else the common name."""

    owner: str
    issuer: str
    fingerprint: str  # SHA-256, as browsers write it


def untrusted(
    who: str,
    failure: ssl.SSLCertVerificationError,
    call: str,
    host: str,
    port: int,
    proxy: Proxy | None,
) -> Untrusted:
    """The error for a certificate that did not pass, with the name of who signed it.

    `who` is the server for the middle of a sentence, `call` is for the details. Connects a second
    time to read the certificate; nothing is sent there.
    """
    shown = look(host, port, proxy)
    why = getattr(failure, "verify_message", "") or str(failure)
    details = ": ".join(part for part in (call, why) if part)
    if shown is not None:
        details += f"; signed by {shown.issuer or '?'}, SHA-256 {shown.fingerprint}"
    if shown is None or not shown.issuer or not _is_about_the_issuer(failure):
        return Untrusted(
            f"The certificate of {who} is not trusted by this computer.",
            "Give the authority's certificate with --ca-file, or ask who runs the network.",
            leg=Leg.NETWORK,
            details=details,
        )
    return Untrusted(
        f"The certificate of {who} is signed by {shown.issuer}, which this computer does not"
        " trust.",
        "Something on the network may be opening encrypted connections. If that name is your"
        " company's or your virus scanner's, give its certificate with --ca-file or in the network"
        " settings; if not, use another network.",
        leg=Leg.NETWORK,
        details=details,
    )


def _is_about_the_issuer(failure: ssl.SSLCertVerificationError) -> bool:
    # Windows and macOS have numbers of their own; there the name is said in any case.
    code = getattr(failure, "verify_code", None)
    return not isinstance(code, int) or code in _NOBODY_WE_KNOW or not 0 < code < 100


def look(host: str, port: int, proxy: Proxy | None) -> Shown | None:
    """The certificate that is shown there, None when that cannot be told."""
    try:
        return read(_fetched(host, port, proxy))
    except (OSError, http.client.HTTPException, ValueError):
        return None


def _fetched(host: str, port: int, proxy: Proxy | None) -> bytes:
    # Trusts anybody, and so it is used for this one handshake only: not a byte is sent after it.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    line = _line(host, port, proxy, context)
    try:
        line.connect()
        secure = line.sock
        shown = secure.getpeercert(binary_form=True) if isinstance(secure, ssl.SSLSocket) else None
    finally:
        line.close()
    return shown or b""


def _line(
    host: str, port: int, proxy: Proxy | None, context: ssl.SSLContext
) -> http.client.HTTPSConnection:
    if proxy is None:
        return http.client.HTTPSConnection(host, port, timeout=_PATIENCE, context=context)
    if proxy.secure:
        raise ValueError("TLS inside TLS")
    place = urlsplit(proxy.url)
    line = http.client.HTTPSConnection(
        place.hostname or "", place.port or 80, timeout=_PATIENCE, context=context
    )
    user = proxy.user()
    coded = base64.b64encode(":".join(user).encode()).decode() if user else ""
    line.set_tunnel(host, port, {"Proxy-Authorization": f"Basic {coded}"} if user else {})
    return line


def read(der: bytes) -> Shown:
    """Reads just enough of X.509; ValueError when it is something else."""
    ((_, certificate),) = _members(der)
    signed, *_ = _members(certificate)
    body = [content for tag, content in _members(signed[1]) if tag != _VERSION]
    _serial, _algorithm, issuer, _validity, owner, *_ = body
    digest = hashlib.sha256(der).hexdigest().upper()
    pairs = [digest[at : at + 2] for at in range(0, len(digest), 2)]
    return Shown(_name(owner), _name(issuer), ":".join(pairs))


def _members(data: bytes) -> Generator[tuple[int, bytes]]:
    """Tag and content of each element that stands in `data`."""
    at = 0
    while at < len(data):
        tag, size, at = data[at], _at(data, at + 1), at + 2
        if size >= 0x80:
            count = size - 0x80
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            raise ValueError("cut short")
        yield tag, data[at : at + size]
        at += size


def _at(data: bytes, at: int) -> int:
    if at >= len(data):
        raise ValueError("cut short")
    return data[at]


def _name(data: bytes) -> str:
    found: dict[bytes, str] = {}
    for _, attributes in _members(data):
        for _, attribute in _members(attributes):
            (_, kind), (tag, text) = _members(attribute)
            found.setdefault(kind, text.decode(_WIDE.get(tag, "utf-8"), "replace"))
    told = found.get(_ORGANISATION) or found.get(_COMMON_NAME) or ""
    line = "".join(c if c.isprintable() else " " for c in told)
    return " ".join(line.split())[:80]
