"""The one place that decides which certificates are trusted."""

from __future__ import annotations

import ssl
from pathlib import Path

import truststore

from app.domain.errors import Leg, UsageError
from app.domain.ports import Route


def context(route: Route) -> ssl.SSLContext:
    """The system's trust store, plus the authorities of `ca_files`. Verification is never off.

    Raises UsageError when a file cannot be read or holds no certificate.
    """
    made = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for file in route.ca_files:
        try:
            made.load_verify_locations(cafile=str(Path(file).expanduser()))
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"The certificate file {file} cannot be used.",
                "Name a PEM file with the authority's certificate.",
                leg=Leg.COMPUTER,
                details=str(error),
            ) from error
    return made
