"""What is handed in instead of reached for: time, secrets, cancelling, and a file's part ledger."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from app.domain.errors import Cancelled


class Clock(Protocol):
    """Wall time in UTC seconds: it goes on while a laptop sleeps, as keys do."""

    def now(self) -> float: ...


class SystemClock:
    def now(self) -> float:
        return time.time()


class Secrets(Protocol):
    """Secrets by name. `get` answers None when there is none; all may raise SecretsError."""

    def get(self, name: str) -> str | None: ...
    def set(self, name: str, value: str) -> None: ...
    def delete(self, name: str) -> None: ...


class Cancel:
    """A thread-safe stop sign that readers look at between two reads."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        if self._event.is_set():
            raise Cancelled("Stopped.", "It continues where it stopped.")


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """A multipart upload that has begun. It may go on only for the same bytes and the same key."""

    upload_id: str
    bucket: str
    key: str
    part_size: int
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class DonePart:
    """`number` from 1. `md5` lower-case hex of the part's bytes as they were sent."""

    number: int
    size: int
    etag: str
    md5: str


class PartLedger(Protocol):
    """One file's multipart record on disk; thread-safe, each call is durable when it returns."""

    def upload(self) -> OpenUpload | None: ...
    def parts(self) -> tuple[DonePart, ...]: ...
    def begin(self, upload: OpenUpload) -> None: ...
    def done(self, part: DonePart) -> None: ...
    def clear(self) -> None: ...


class Progress(Protocol):
    """Told from file and part threads. `moved` may be negative when sent bytes must go again."""

    def moved(self, amount: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Trust:
    """How connections are checked: the system's trust store, plus one more file of authorities."""

    ca_file: str = ""
