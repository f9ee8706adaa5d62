"""Addresses as people type them: made one way, or refused before anything is sent there."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.domain.errors import UsageError


def checked_url(text: str) -> str:
    """The address without a trailing slash; UsageError when it is no http(s) address."""
    address = text.strip()
    hint = "Give it as https://host or https://host:port/path, without a user name or password."
    if "@" in address:  # what stands before it may be a password: not repeated
        raise UsageError("An address with a user name or password in it cannot be used.", hint)
    if not is_address(address):
        raise UsageError(f"{address!r} is not an address Postflight can use.", hint)
    scheme, _, rest = address.partition("://")
    return f"{scheme.lower()}://{rest.rstrip('/')}"


def is_address(text: str) -> bool:
    """Whether http(s) can be spoken to it, by our reading, the library's and the resolver's."""
    if not text.isprintable() or any(sign in text for sign in " ?#\\"):
        return False
    import httpx  # only now: no start waits for it

    try:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            return False
        url = httpx.URL(text)
        # As library and resolver read it later, where a bad name would not be a network error.
        return bool(url.host) and bool(url.raw_host.decode("ascii").encode("idna"))
    except (ValueError, httpx.InvalidURL):
        return False
