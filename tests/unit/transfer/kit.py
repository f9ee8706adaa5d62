"""What the transfer tests share: files, grants, ledgers, a count of progress."""

from __future__ import annotations

import functools
import hashlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from app.domain.model import MediaFile
from app.domain.placement import Addressing, Grant, Keys, ObjectTarget, Signature, Storage
from app.domain.ports import Cancel, DonePart, OpenUpload, PartLedger
from app.transfer.mover import Transfer
from app.transfer.pacing import SEND
from tests.helpers.changes import Change
from tests.helpers.rclone import ACCESS_KEY, SECRET_KEY
from tests.helpers.scripted import Reply, Seen

MIB = 1024 * 1024
BUCKET = "media"
KEY = "flight 7/DJI ü+1.JPG"
SESSION_TOKEN = "session-token-that-nobody-may-see"


def make_file(folder: Path, size: int, name: str = "DJI_0001.JPG", seed: int = 7) -> MediaFile:
    path = folder / name
    path.write_bytes(_content(size, seed))
    return as_scanned(path)


@functools.cache
def _content(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def as_scanned(path: Path) -> MediaFile:
    stat = path.stat()
    return MediaFile(
        id=1,
        batch="b1",
        path=path.name,
        source=path,
        name=path.name,
        size=stat.st_size,
        modified_ns=stat.st_mtime_ns,
    )


def md5_of(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def touch(path: Path, content: bytes) -> None:
    """Other bytes under another time, as when a card is used again."""
    before = path.stat().st_mtime_ns
    path.write_bytes(content)
    os.utime(path, ns=(before + 2_000_000_000, before + 2_000_000_000))


def grant_for(
    url: str,
    *,
    expires_at: float | None = None,
    secret: str = SECRET_KEY,
    access_key: str = ACCESS_KEY,
    token: str = "",
    signature: Signature = Signature.V4,
) -> Grant:
    return Grant(
        batch="b1",
        lane="media",
        group="g1",
        storage=Storage(url, "us-east-1", BUCKET, Addressing.PATH, signature),
        expires_at=expires_at,
        keys=Keys(access_key, secret, token),
    )


def target(*, single: bool = True, key: str = KEY) -> ObjectTarget:
    return ObjectTarget(key, "image/jpeg", single, "remote-1")


class Moved:
    """Adds up progress; `then` runs after each step, in the thread that made it."""

    def __init__(self, then: Callable[[int], None] = lambda total: None) -> None:
        self.total = 0
        self.highest = 0
        self._then = then
        self._lock = threading.Lock()

    def moved(self, amount: int) -> None:
        with self._lock:
            self.total += amount
            self.highest = max(self.highest, self.total)
            total = self.total
        self._then(total)


class ChangesHalfWay(Moved):
    """Changes the file once, when half of it was taken."""

    def __init__(self, file: MediaFile, change: Change) -> None:
        super().__init__(self._look)
        self._file, self._change = file, change
        self.done = False

    def _look(self, total: int) -> None:
        if not self.done and total >= self._file.size // 2:
            self.done = True
            time.sleep(0.05)  # the system's clock of changes has steps of some milliseconds
            self._change(self._file.source)


class MemoryLedger:
    def __init__(self, upload: OpenUpload | None = None, parts: tuple[DonePart, ...] = ()) -> None:
        self._upload = upload
        self._parts = {part.number: part for part in parts}
        self._lock = threading.Lock()

    def upload(self) -> OpenUpload | None:
        return self._upload

    def parts(self) -> tuple[DonePart, ...]:
        with self._lock:
            return tuple(self._parts.values())

    def begin(self, upload: OpenUpload) -> None:
        self.clear()
        self._upload = upload

    def done(self, part: DonePart) -> None:
        with self._lock:
            self._parts[part.number] = part

    def clear(self) -> None:
        with self._lock:
            self._upload = None
            self._parts.clear()


class StopsAfterOne(MemoryLedger):
    """Raises the stop sign when the first part is in it."""

    def __init__(self, cancel: Cancel) -> None:
        super().__init__()
        self._cancel = cancel

    def done(self, part: DonePart) -> None:
        super().done(part)
        self._cancel.set()


class DiskLedger:
    """One file's ledger in a database of its own, durable at once; survives a killed process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._run("CREATE TABLE IF NOT EXISTS upload (id, bucket, key, part_size, size, modified)")
        self._run("CREATE TABLE IF NOT EXISTS part (number PRIMARY KEY, size, etag, md5)")

    def upload(self) -> OpenUpload | None:
        rows = self._run("SELECT * FROM upload")
        return OpenUpload(*rows[0]) if rows else None

    def parts(self) -> tuple[DonePart, ...]:
        return tuple(DonePart(*row) for row in self._run("SELECT * FROM part"))

    def begin(self, upload: OpenUpload) -> None:
        self.clear()
        row = (
            upload.upload_id,
            upload.bucket,
            upload.key,
            upload.part_size,
            upload.size,
            upload.modified_ns,
        )
        self._run("INSERT INTO upload VALUES (?, ?, ?, ?, ?, ?)", *row)

    def done(self, part: DonePart) -> None:
        row = (part.number, part.size, part.etag, part.md5)
        self._run("INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?)", *row)

    def clear(self) -> None:
        self._run("DELETE FROM upload")
        self._run("DELETE FROM part")

    def _run(self, sql: str, *values: object) -> list[tuple]:
        with self._lock:
            connection = sqlite3.connect(self._path)
            try:
                with connection:
                    return connection.execute(sql, values).fetchall()
            finally:
                connection.close()


def move_of(
    file: MediaFile,
    *,
    md5: str | None = None,
    ledger: PartLedger | None = None,
    progress: Moved | None = None,
    cancel: Cancel | None = None,
    sha256: str = "",
) -> Transfer:
    ledger, progress = ledger or MemoryLedger(), progress or Moved()
    return Transfer(file, md5, ledger, progress, cancel or Cancel(), sha256)


def freely(wanted: int) -> int:
    """A gate that never waits."""
    return min(wanted, SEND)


def stored(seen: Seen) -> Reply:
    """A storage that takes everything and names its MD5."""
    return Reply(headers={"ETag": f'"{hashlib.md5(seen.body).hexdigest()}"'})


def refusal(status: int, code: str, headers: dict[str, str] | None = None) -> Reply:
    body = (
        f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no, because</Message>"
        "<RequestId>req-77</RequestId></Error>"
    )
    return Reply(body, status, {"Content-Type": "application/xml", **(headers or {})})
