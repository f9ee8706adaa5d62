"""How each storage provider wants to be spoken to, with the connection's own word on top."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from app.domain.errors import BadAnswer, Leg
from app.domain.model import Connection
from app.domain.placement import Addressing, Signature, Storage
from app.services.base import Field

STORAGE_FIELDS = (
    Field(
        "storage-addressing",
        "Bucket in the address",
        "overrides how the bucket is addressed; normally chosen by the provider",
        choices=tuple(Addressing),
        advanced=True,
    ),
    Field(
        "storage-signature",
        "Signature version",
        "overrides the signature version; s3 is the old one that Aliyun documents",
        choices=tuple(Signature),
        advanced=True,
    ),
)

# Vendors' words in `provider` (cloud-api 2.1) and `cloud_name` (flighthub2 3.2), lower case.
# OSS refuses path style (flighthub2 8.1); MinIO has no wildcard host names by itself.
_PATH_STYLE = ("minio",)


def storage_of(
    provider: str, endpoint: str, region: str, bucket: str, connection: Connection
) -> Storage:
    """A `Storage` from a service's words; BadAnswer when there is no endpoint or bucket."""
    if not endpoint.strip() or not bucket.strip(". "):
        raise BadAnswer(
            "The service named no storage to send to.",
            "Ask its administrator to set up the storage.",
            leg=Leg.SERVICE,
        )
    address = endpoint.strip().rstrip("/")
    if "://" not in address:
        address = f"https://{address}"
    chosen = connection.option("storage-addressing")
    return Storage(
        endpoint=address,
        region=region.strip() or "us-east-1",
        bucket=bucket.strip(),
        addressing=Addressing(chosen) if chosen else _addressing(provider, address, bucket),
        signature=Signature(connection.option("storage-signature") or Signature.V4),
    )


def _addressing(provider: str, endpoint: str, bucket: str) -> Addressing:
    host = urlsplit(endpoint).hostname or ""
    # A bucket in the host name needs a name, and one that a certificate and DNS can carry.
    if provider.strip().lower() in _PATH_STYLE or host == "localhost" or _is_ip(host):
        return Addressing.PATH
    return Addressing.PATH if "_" in bucket or "." in bucket else Addressing.VIRTUAL


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
