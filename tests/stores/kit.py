"""Reading back what a store holds, with a foreign client."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from app.domain.model import MediaFile
from tests.helpers.stores.store import BUCKET, Store


@dataclass(frozen=True)
class Held:
    size: int
    etag: str
    md5: str


def held(store: Store, key: str) -> Held:
    """Size and etag as HEAD tells them, and the MD5 of the bytes that GET brings."""
    client = store.client()
    head = client.head_object(Bucket=BUCKET, Key=key)
    body = client.get_object(Bucket=BUCKET, Key=key)["Body"]
    digest = hashlib.md5()
    for piece in body.iter_chunks(1024 * 1024):
        digest.update(piece)
    return Held(head["ContentLength"], head["ETag"].strip('"'), digest.hexdigest())


def open_uploads(store: Store, key: str) -> list[str]:
    """Ids of the uploads in parts that were begun and not ended."""
    listed = store.client().list_multipart_uploads(Bucket=BUCKET, Prefix=key)
    return [upload["UploadId"] for upload in listed.get("Uploads", [])]


def pieces_of(file: MediaFile, size: int) -> list[bytes]:
    content = file.source.read_bytes()
    return [content[at : at + size] for at in range(0, len(content), size)]
