"""urllib3's connections for one route: a manager for each proxy that stands on the way."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass
from typing import Final

import urllib3

from app.domain.errors import NotSignedIn
from app.domain.ports import Route
from app.net import tls
from app.net.proxy import Proxy, proxy_for, wants_sign_in
from app.transfer.cutting import SILENCE, LinePool, SecureLinePool

CONNECT: Final = 10.0  # seconds


_USUAL_PORT: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """A server as an address names it."""

    scheme: str
    host: str
    port: int | None

    @property
    def named(self) -> str:
        """As it stands in the Host header: without the port that is the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in (None, _USUAL_PORT[self.scheme]) else f"{host}:{self.port}"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")


class Ways:
    """Thread-safe. Once nobody refers to it, it ends with the last request that is under way:
    urllib3 closes what is idle in a forgotten pool."""

    def __init__(self, route: Route, connections: int, silence: float = SILENCE) -> None:
        self._route = route
        self._silence = silence
        self._connections = connections
        self._lock = threading.Lock()
        self._managers: dict[Proxy | None, urllib3.PoolManager] = {}
        self._pools: dict[tuple[Proxy | None, Origin], urllib3.HTTPConnectionPool] = {}
        self._proxies: dict[tuple[str, str], Proxy | None] = {}

    def proxy_to(self, scheme: str, host: str) -> Proxy | None:
        """None where the way is direct; UsageError for a proxy that we cannot use."""
        key = (scheme, host)
        try:
            return self._proxies[key]
        except KeyError:
            found = self._proxies[key] = proxy_for(self._route, scheme, host)
            return found

    def pool(self, proxy: Proxy | None, to: Origin) -> urllib3.HTTPConnectionPool:
        """Looked up here first: urllib3 puts its key for it together anew each time."""
        found = self._pools.get((proxy, to))
        if found is None:
            with self._lock:
                manager = self._managers.get(proxy)
                if manager is None:
                    manager = self._managers[proxy] = self._made(proxy)
                found = manager.connection_from_host(to.host, to.port, to.scheme)
                self._pools[proxy, to] = found
        return found

    def look_again(self) -> None:
        """A laptop that moved may have another proxy now."""
        self._proxies.clear()

    def forget_idle(self) -> None:
        """Connections die together: none that waits is used again; those at work go on."""
        with self._lock:
            self._pools.clear()
            for manager in self._managers.values():
                manager.clear()

    def refused(self, proxy: Proxy | None, host: str) -> NotSignedIn:
        """For a 407; the next request asks for the proxy's secret anew."""
        with self._lock:
            self._pools.clear()
            self._managers.pop(proxy, None)
        return wants_sign_in(proxy, f"the storage at {host}")

    def close(self) -> None:
        self.forget_idle()
        with self._lock:
            self._managers.clear()

    def _made(self, proxy: Proxy | None) -> urllib3.PoolManager:
        context = tls.context(self._route)
        timeout = urllib3.Timeout(connect=min(CONNECT, self._silence), read=self._silence)
        if proxy is None:
            manager = urllib3.PoolManager(
                maxsize=self._connections, ssl_context=context, timeout=timeout
            )
        else:
            manager = urllib3.ProxyManager(
                proxy.url,
                proxy_headers=_signed_in(proxy),
                proxy_ssl_context=context,
                maxsize=self._connections,
                ssl_context=context,
                timeout=timeout,
            )
        manager.pool_classes_by_scheme = {"http": LinePool, "https": SecureLinePool}
        return manager


def _signed_in(proxy: Proxy) -> dict[str, str] | None:
    user = proxy.user()
    # Not urllib3's own: it takes Latin-1 only, and a password may hold anything.
    if user is None:
        return None
    coded = base64.b64encode(":".join(user).encode()).decode()
    return {"Proxy-Authorization": f"Basic {coded}"}
