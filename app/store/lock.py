"""One Postflight at a time works in a data folder."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import filelock

from app.domain.errors import Leg, StoreError, StoreLocked
from app.domain.ports import Clock, SystemClock

if TYPE_CHECKING:
    from app.store.owner import Owner

LOCK_FILE: Final = "postflight.lock"
# Beside the lock and not in it: Windows lets nobody read a locked file.
OWNER_FILE: Final = "postflight.owner.json"


class FolderLock:
    """A lock that the system itself gives back when the process ends, however it ends."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = folder
        self._clock = clock or SystemClock()
        self._lock = filelock.FileLock(folder / LOCK_FILE, timeout=0, thread_local=False)

    def acquire(self) -> None:
        """Raises StoreLocked when another process (or another FolderLock) has the folder."""
        try:
            self._lock.acquire()
        except filelock.Timeout:
            raise _taken(_owner(self._folder)) from None
        except (OSError, NotImplementedError) as error:
            raise StoreError(
                f"Postflight may not work in {self._folder}.",
                "Give it a folder on this computer that it may write in with POSTFLIGHT_HOME.",
                leg=Leg.COMPUTER,
                details=str(error),
            ) from error
        self._write_owner()

    def release(self) -> None:
        """Safe to repeat."""
        if self._lock.is_locked:
            # First the note: afterwards it may already be the next owner's.
            self._forget_owner()
            self._lock.release()

    def __enter__(self) -> FolderLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _write_owner(self) -> None:
        owner = json.dumps({"pid": os.getpid(), "since": self._clock.now()})
        try:
            (self._folder / OWNER_FILE).write_text(owner, encoding="utf-8")
        except OSError:
            # A full disk costs the next one the owner's name, not the lock.
            self._forget_owner()

    def _forget_owner(self) -> None:
        try:
            (self._folder / OWNER_FILE).unlink(missing_ok=True)
        except OSError:
            return  # somebody reads it just now on Windows; the next owner writes it anew


def _owner(folder: Path) -> Owner | None:
    # Only here, where somebody else has the lock: no start waits for pydantic.
    from app.store.owner import read_owner

    try:
        return read_owner((folder / OWNER_FILE).read_bytes())
    except OSError:
        return None


def _taken(owner: Owner | None) -> StoreLocked:
    who = ""
    if owner is not None:
        since = datetime.fromtimestamp(owner.since).astimezone()
        who = f" (process {owner.pid}, since {since:%Y-%m-%d %H:%M})"
    return StoreLocked(
        f"Another Postflight{who} is using the same folder.",
        "Close it, or give this one another folder with POSTFLIGHT_HOME.",
        leg=Leg.COMPUTER,
    )
