"""The one place that decides which certificates are trusted."""

from __future__ import annotations

import ssl
from pathlib import Path

import truststore

from app.domain.errors import Leg, UsageError
from app.domain.ports import Trust


def context(trust: Trust) -> ssl.SSLContext:
    """The system's trust store, plus the authorities of `trust.ca_file`. Verification is never off.

    Raises UsageError when the file cannot be read or holds no certificate.
    """
    made = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust.ca_file:
        try:
            made.load_verify_locations(cafile=str(Path(trust.ca_file).expanduser()))
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"The certificate file {trust.ca_file} cannot be used.",
                "Name a PEM file with the authority's certificate.",
                leg=Leg.COMPUTER,
                details=str(error),
            ) from error
    return made
