"""The storage's disk: objects and unfinished multipart uploads, hashed while they arrive."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.practice.core import Core
from app.practice.message import CHUNK, Body, flipped


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that arrived. `md5` and `sha256` are of what the client sent, `kept` of the disk's.

    They differ only under a silent damage. All lower-case hex.
    """

    path: Path
    size: int
    md5: str
    sha256: str
    kept: str
    damaged: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """An object, or a part of an unfinished one."""

    bucket: str
    key: str
    path: Path
    size: int
    md5: str  # of the bytes on the disk; of the parts' digests for a multipart object
    etag: str  # without quotes
    pinned: bool = False  # a service points at it, so its bytes stay when the object is replaced


@dataclass(slots=True)
class Upload:
    """A multipart upload that has begun."""

    id: str
    bucket: str
    key: str
    parts: dict[int, Stored] = field(default_factory=dict[int, Stored])


class Shelf:
    """Thread-safe. File names on the disk are numbers, since keys do not fit every disk."""

    def __init__(self, folder: Path, core: Core) -> None:
        self._folder = folder
        self._core = core
        self._count = 0
        self._objects: dict[tuple[str, str], Stored] = {}
        self._uploads: dict[str, Upload] = {}
        core.forget_uploads = self.forget_uploads
        folder.mkdir(parents=True, exist_ok=True)

    def receive(self, body: Body, with_sha256: bool = False) -> Received:
        """Writes a body to the disk in chunks; nothing stays when the client hangs up."""
        path = self._new_path()
        sent, sha256 = hashlib.md5(), hashlib.sha256()
        kept = hashlib.md5() if body.silent_damage else sent
        damaged, silent, size = body.damage, body.silent_damage, 0
        try:
            with path.open("wb") as file:
                for chunk in body.chunks():
                    sent.update(chunk)
                    if with_sha256:
                        sha256.update(chunk)
                    if kept is not sent:
                        chunk, silent = flipped(chunk) if silent else chunk, False
                        kept.update(chunk)
                    file.write(chunk)
                    size += len(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        hashes = sent.hexdigest(), sha256.hexdigest(), kept.hexdigest()
        return Received(path, size, *hashes, damaged)

    def drop(self, received: Received) -> None:
        received.path.unlink(missing_ok=True)

    def keep(self, bucket: str, key: str, received: Received) -> Stored:
        """Puts received bytes in an object's place, whatever was there before."""
        stored = Stored(
            bucket, key, received.path, received.size, received.kept, self._etag(received.kept)
        )
        self._place(stored)
        return stored

    def find(self, bucket: str, key: str) -> Stored | None:
        with self._core.lock:
            return self._objects.get((bucket, key))

    def pin(self, stored: Stored) -> Stored:
        """Marks bytes that a service points at."""
        with self._core.lock:
            self._objects[stored.bucket, stored.key] = pinned = replace(stored, pinned=True)
        return pinned

    def remove(self, bucket: str, key: str) -> None:
        with self._core.lock:
            old = self._objects.pop((bucket, key), None)
        self._discard(old)

    def listed(self, bucket: str, prefix: str) -> list[Stored]:
        with self._core.lock:
            every = list(self._objects.values())
        fitting = [s for s in every if s.bucket == bucket and s.key.startswith(prefix)]
        return sorted(fitting, key=lambda stored: stored.key)

    def begin(self, bucket: str, key: str) -> Upload:
        upload = Upload(self._core.text(32), bucket, key)
        with self._core.lock:
            self._uploads[upload.id] = upload
        return upload

    def upload(self, bucket: str, key: str, upload_id: str) -> Upload | None:
        with self._core.lock:
            found = self._uploads.get(upload_id)
        return found if found and (found.bucket, found.key) == (bucket, key) else None

    def uploads(self, bucket: str, prefix: str) -> list[Upload]:
        with self._core.lock:
            every = list(self._uploads.values())
        return [u for u in every if u.bucket == bucket and u.key.startswith(prefix)]

    def add_part(self, upload: Upload, number: int, received: Received) -> Stored:
        """Keeps a part; a part sent again replaces the first."""
        etag = self._etag(received.kept)
        path, size, kept = received.path, received.size, received.kept
        part = Stored(upload.bucket, upload.key, path, size, kept, etag)
        with self._core.lock:
            old = upload.parts.get(number)
            upload.parts[number] = part
        self._discard(old)
        return part

    def assemble(self, upload: Upload, parts: list[Stored]) -> Stored:
        """Joins parts to an object, in the order given, and ends the upload."""
        path = self._new_path()
        with path.open("wb") as whole:
            for part in parts:
                with part.path.open("rb") as piece:
                    shutil.copyfileobj(piece, whole, CHUNK)
        joined = hashlib.md5(b"".join(bytes.fromhex(part.md5) for part in parts)).hexdigest()
        size = sum(part.size for part in parts)
        etag = f"{self._etag(joined)}-{len(parts)}"
        stored = Stored(upload.bucket, upload.key, path, size, joined, etag)
        self._place(stored)
        self.abort(upload)
        return stored

    def abort(self, upload: Upload) -> None:
        with self._core.lock:
            self._uploads.pop(upload.id, None)
            parts = list(upload.parts.values())
        for part in parts:
            self._discard(part)

    def forget_uploads(self) -> None:
        """All unfinished uploads end, as when a storage tidies up."""
        with self._core.lock:
            every = list(self._uploads.values())
        for upload in every:
            self.abort(upload)

    def _place(self, stored: Stored) -> None:
        with self._core.lock:
            old = self._objects.get((stored.bucket, stored.key))
            self._objects[stored.bucket, stored.key] = stored
        if old is not None and not old.pinned:
            self._discard(old)

    def _discard(self, stored: Stored | None) -> None:
        if stored is not None:
            # Windows refuses while another thread still reads it; the folder is temporary anyway.
            with contextlib.suppress(OSError):
                stored.path.unlink()

    def _etag(self, md5: str) -> str:
        match self._core.settings.etag_style:
            case "upper":
                return md5.upper()
            case "opaque":
                return hashlib.md5(b"opaque" + md5.encode()).hexdigest()
            case _:
                return md5

    def _new_path(self) -> Path:
        with self._core.lock:
            self._count += 1
            return self._folder / f"{self._count:07d}"
