"""How much goes at once is remembered for each network, so that a run need not find it out anew."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from app.domain.errors import StoreError
from app.domain.model import Connection
from app.net.whereabouts import network_of_now
from app.store.networks import NetworkTable
from app.transfer.lanes import Lanes


@contextmanager
def visiting(lanes: Lanes, networks: NetworkTable, connection: Connection) -> Generator[None]:
    """Around a run: it starts with what is known of this network and the connection's server."""
    name = f"{network_of_now()} {urlsplit(connection.url).hostname}"
    if name != lanes.network:
        lanes.move_to(name, *networks.at_once(name))
    try:
        yield
    finally:
        files, parts = lanes.files.learned, lanes.parts.learned
        if name == lanes.network and (files or parts):
            with suppress(StoreError):  # a full disk: the run has said so, or the next one will
                networks.learned(name, files, parts)
