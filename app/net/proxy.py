"""Which proxy stands on the way to an address, and what it takes to get past it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from app.domain.errors import Leg, NotSignedIn, UsageError
from app.domain.ports import Route
from app.net.address import is_address


@dataclass(frozen=True, slots=True)
class Proxy:
    """`sign_in` answers "user:password", or "" when nobody has to sign in; it may be slow."""

    url: str  # without user and password
    sign_in: Callable[[], str] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """Host and port, for sentences."""
        return self.url.partition("://")[2]

    @property
    def secure(self) -> bool:
        return self.url.startswith("https:")

    def user(self) -> tuple[str, str] | None:
        """Name and password; asks for the secret."""
        name, _, password = self.sign_in().partition(":")
        return (name, password) if name or password else None


def checked_proxy(text: str) -> str:
    """The proxy as http://host:port, "" for none of one's own; UsageError for anything else."""
    address = text.strip()
    if not address:
        return ""
    hint = "Give it as http://host:port. Its user name and password are asked for on their own."
    if "@" in address:  # what stands before it may be a password: not repeated
        raise UsageError("A proxy with a user name or password in it cannot be used.", hint)
    whole = address if "://" in address else f"http://{address}"
    if not whole.lower().startswith("http://") or not is_address(whole):
        raise UsageError(f"{address!r} is not a proxy Postflight can use.", hint)
    host, port, path = _parts(whole)
    if port is None or path not in ("", "/"):
        raise UsageError(f"{address!r} is not a proxy Postflight can use.", hint)
    return f"http://{host}:{port}"


def proxy_for(route: Route, scheme: str, host: str) -> Proxy | None:
    """None where the way is direct; UsageError for a proxy of the system that we cannot use."""
    if is_this_computer(host):
        return None
    if route.proxy:
        return Proxy(route.proxy, route.sign_in)
    return _systems(scheme, host)


def is_this_computer(host: str) -> bool:
    """Whether it never leaves this computer: a proxy would look for it on its own."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def wants_sign_in(proxy: Proxy | None, who: str) -> NotSignedIn:
    """For a 407, which only proxies give. `proxy` is None when nobody told us of it."""
    which = f"The proxy {proxy.name}" if proxy else f"A proxy on the way to {who}"
    return NotSignedIn(
        f"{which} asks for a user name and password.",
        "Put them into Postflight's network settings; if they are there, check them.",
        leg=Leg.NETWORK,
        details="407",
    )


def _systems(scheme: str, host: str) -> Proxy | None:
    import urllib.request  # only now: no start waits for it

    proxies = urllib.request.getproxies()
    address = proxies.get(scheme) or proxies.get("all") or ""
    if not address or urllib.request.proxy_bypass(host):
        return None
    if "://" not in address:
        address = f"http://{address}"
    kind, _, rest = address.partition("://")
    kind = kind.lower()
    if kind not in ("http", "https"):
        raise UsageError(
            f"The system's proxy is of a kind that Postflight cannot use: {kind}.",
            "Set an http proxy in the system or in Postflight's network settings.",
            leg=Leg.COMPUTER,
        )
    user, _, place = rest.rpartition("@")
    if not is_address(f"{kind}://{place}"):
        raise UsageError(
            "The system's proxy has an address that Postflight cannot use.",
            "Put it right in the system, or set a proxy in Postflight's network settings.",
            leg=Leg.COMPUTER,
        )
    name, port, _ = _parts(f"{kind}://{place}")
    shown = f"{kind}://{name}" + (f":{port}" if port else "")
    return Proxy(shown, lambda: unquote(user))


def _parts(address: str) -> tuple[str, int | None, str]:
    parts = urlsplit(address)
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host, parts.port, parts.path
