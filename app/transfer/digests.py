"""MD5 in its notations: hex for us, base64 on the wire, and of a whole multipart object."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable


def base64_of(md5: str) -> str:
    return base64.b64encode(bytes.fromhex(md5)).decode()


def hex_of(content_md5: str) -> str | None:
    """Lower-case hex of a Content-MD5 header, None when it is none."""
    try:
        raw = base64.b64decode(content_md5, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 16 else None


def multipart_etag(md5s: Iterable[str]) -> str:
    """The etag S3 gives an object of parts: the MD5 of their raw MD5s, a dash, their number."""
    whole, count = hashlib.md5(usedforsecurity=False), 0
    for md5 in md5s:
        whole.update(bytes.fromhex(md5))
        count += 1
    return f"{whole.hexdigest()}-{count}"
