"""What is handed in instead of reached for: time, secrets, stop signs, ledgers, the way out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

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


PROXY_SECRET: Final = "proxy"  # noqa: S105 - only the name of the one with "user:password"


@dataclass(frozen=True, slots=True)
class Network:
    """What a person set for every connection; empty means as the system has it."""

    proxy: str = ""  # http://host:port; user and password are the secret `PROXY_SECRET`
    ca_file: str = ""  # PEM


@dataclass(frozen=True, slots=True)
class Tuning:
    """How much goes at once; zero means as Postflight sees fit."""

    files_at_once: int = 0
    parts_at_once: int = 0
    part_size: int = 0  # bytes


def _nobody() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Route:
    """How connections leave this computer.

    The system's trust store holds, plus `ca_files`. Without a `proxy` the system's is taken;
    `sign_in` answers "user:password" for a `proxy`, or "", and is asked when one is first used.
    """

    ca_files: tuple[str, ...] = ()
    proxy: str = ""
    sign_in: Callable[[], str] = field(default=_nobody, repr=False, compare=False)
