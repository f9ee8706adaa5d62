"""What one file's move needs besides its placement, and an account of its progress."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from app.domain.model import MediaFile
from app.domain.ports import Cancel, PartLedger, Progress


@dataclass(frozen=True, slots=True)
class Transfer:
    """One file's move. `md5` is what the service was told of the file (lower-case hex), or None.

    A file whose bytes have another MD5 by then is not sent: FileChanged. `sha256` is of the same
    bytes, "" where it is not known yet.
    """

    file: MediaFile
    md5: str | None
    ledger: PartLedger
    progress: Progress
    cancel: Cancel
    sha256: str = ""


class Counted:
    """Passes progress on, and takes all of it back when the move did not come to its end.

    So a file adds up to its size when it was stored and to nothing when it was not; parts that
    the storage kept are counted again, once they were compared, by the move that goes on.
    """

    def __init__(self, progress: Progress, also: Progress | None = None) -> None:
        """`also`: hears of the same."""
        self._progress = progress
        self._also = also
        self._lock = threading.Lock()
        self._moved = 0

    def moved(self, amount: int) -> None:
        with self._lock:
            self._moved += amount
        self._tell(amount)

    def take_back(self) -> None:
        with self._lock:
            moved, self._moved = self._moved, 0
        if moved:
            self._tell(-moved)

    def _tell(self, amount: int) -> None:
        self._progress.moved(amount)
        if self._also is not None:
            self._also.moved(amount)


class Stop(Cancel):
    """A stop sign of its own that is also up when the outer one is."""

    def __init__(self, outer: Cancel) -> None:
        super().__init__()
        self._outer = outer

    def is_set(self) -> bool:
        return super().is_set() or self._outer.is_set()

    def check(self) -> None:
        self._outer.check()
        super().check()
