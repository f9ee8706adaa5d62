"""Reads a file for sending: interruptible, never short, and aware of a file that changes."""

from __future__ import annotations

import os
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import FileIO
from itertools import cycle
from types import TracebackType
from typing import Final, Protocol, cast

from app.domain.card_time import same_time
from app.domain.errors import FileChanged, Leg
from app.domain.hashing import Beside, Hashes
from app.domain.model import MediaFile
from app.domain.naming import long_path
from app.domain.os_errors import translate_os_error
from app.domain.ports import Cancel, Progress
from app.transfer.cutting import Gate
from app.transfer.pacing import MEMORY, MIB, SEND

READ: Final = MIB


class Digest(Protocol):
    """What sees the bytes that are read."""

    def update(self, data: memoryview, /) -> None: ...


class Buffers:
    """Memory for bodies, reused; thread-safe.

    Bounded by `most` bytes, so that many files at once cost no more of it than a few.
    """

    def __init__(self, most: int = MEMORY) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._free: list[bytearray] = []
        self._lent = 0

    @contextmanager
    def needed(self, size: int) -> Generator[memoryview]:
        """For parts, of which no more are begun than there is memory for (lanes.py)."""
        view = self._lend(size)
        try:
            yield view
        finally:
            self.give_back(view)

    def lend(self, size: int) -> memoryview | None:
        """`size` bytes until `give_back`; None where so many are lent that it would be too much."""
        with self._lock:
            crowded = self._lent and self._lent + size > self._most
        return None if crowded else self._lend(size)

    def _lend(self, size: int) -> memoryview:
        with self._lock:
            # The one used last: some of it may still be in the processor's memory, which is worth
            # 6 % of the time that photos of 12 MiB take on loopback.
            places = range(len(self._free) - 1, -1, -1)
            place = next((n for n in places if len(self._free[n]) >= size), None)
            # By its place: `remove` would take another one with the same bytes in it, and this one
            # would be lent twice.
            held = None if place is None else self._free.pop(place)
            # Whole MiB, as the photos of one card differ a little from each other.
            room = len(held) if held is not None else -(-size // MIB) * MIB
            self._lent += room
            if held is None:
                self._make_room(room)
        return memoryview(bytearray(room) if held is None else held)[:size]

    def give_back(self, view: memoryview) -> None:
        """Whoever holds a part of it must not look at it any more."""
        buffer = cast(bytearray, view.obj)
        with self._lock:
            self._lent -= len(buffer)
            self._free.append(buffer)
            self._make_room(0)

    def _make_room(self, wanted: int) -> None:
        """What waits to be used again counts too; those that waited longest go first."""
        while self._free and self._lent + wanted + sum(map(len, self._free)) > self._most:
            del self._free[0]


class Source:
    """An open media file; belongs to one thread.

    Raises FileGone, FileUnreadable, FileChanged when it is not the file that was scanned, and
    Cancelled between two reads. Others may read and write the file meanwhile, also on Windows,
    where Python opens files for sharing.

    The time may differ from the scan's as a card's does (card_time.py); from then on, until it is
    closed, it may not move at all.
    """

    def __init__(self, file: MediaFile, cancel: Cancel) -> None:
        self._file = file
        self._cancel = cancel
        self._named = long_path(os.fspath(file.source), sys.platform == "win32")
        self._modified_ns: int | None = None  # when it was opened
        try:
            self._raw = FileIO(self._named, "rb")
            self._began = os.fstat(self._raw.fileno())
        except OSError as error:
            raise translate_os_error(error, file.source) from error

    def __enter__(self) -> Source:
        try:
            self.check()
        except BaseException:
            self._raw.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._raw.close()

    @property
    def as_scanned(self) -> bool:
        """Whether not even the time is another one than the scan's."""
        return self._modified_ns == self._file.modified_ns

    def check(self) -> None:
        """Raises FileChanged unless size, time and identity are still those of the scan.

        And unless nobody wrote to it since it was opened: a program that puts the old time back
        cannot put back the time of that change. Windows does not tell it, and FAT does not keep
        it; there `verify` finds out.
        """
        try:
            now = os.fstat(self._raw.fileno())
        except OSError as error:
            raise translate_os_error(error, self._file.source) from error
        if self._modified_ns is None and same_time(now.st_mtime_ns, self._file.modified_ns):
            self._modified_ns = now.st_mtime_ns
        if (now.st_size, now.st_mtime_ns) != (self._file.size, self._modified_ns):
            raise changed(self._file)
        if self._replaced(now):
            raise changed(self._file)

    def _replaced(self, opened: os.stat_result) -> bool:
        # A file that was deleted after it was opened can still be read to its end. Windows
        # makes up the numbers on FAT cards, and does not let an open file be replaced.
        if sys.platform == "win32":
            return False
        try:
            named = os.stat(self._named)  # noqa: PTH116
        except OSError:
            return False
        if (opened.st_dev, opened.st_ino) != (named.st_dev, named.st_ino):
            return True
        return opened.st_ctime_ns != self._began.st_ctime_ns

    def fill(self, view: memoryview, offset: int, *digests: Digest) -> None:
        """Reads exactly `len(view)` bytes from `offset` and feeds them to `digests`."""
        try:
            self._raw.seek(offset)
            at = 0
            while at < len(view):
                self._cancel.check()
                count = self._raw.readinto(view[at : at + READ])
                if not count:
                    raise changed(self._file)
                for digest in digests:
                    digest.update(view[at : at + count])
                at += count
        except OSError as error:
            raise translate_os_error(error, self._file.source) from error

    def pieces(self, offset: int, size: int) -> Iterator[memoryview]:
        """These bytes in pieces; each is void when the next but one comes."""
        step = READ // 2  # two in turn take the memory of one reading
        buffers = cycle([memoryview(bytearray(min(step, size))) for _ in range(2)])
        for at in range(offset, offset + size, step):
            view = next(buffers)[: min(step, offset + size - at)]
            self.fill(view, at)
            yield view

    def digest(self, offset: int, size: int, hashes: Hashes) -> None:
        """Shows `hashes` these bytes, in a pass of its own."""
        with Beside(hashes) as beside:
            for piece in self.pieces(offset, size):
                beside.update(piece)


class Body(ABC):
    """What one request sends; seekable for botocore's signer, in blocks for the wire.

    `blocks` tells `progress` of a block when the next one is asked for, which is after the
    system took it. The blocks share one buffer: each is void when the next one comes.
    """

    def __init__(self, size: int, progress: Progress) -> None:
        self._size = size
        self._progress = progress
        self._at = 0
        self._counted = 0

    def __len__(self) -> int:
        return self._size

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at, self._size)[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, amount: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        data = self._piece(self._at, left if amount < 0 else min(amount, left))
        self._at += len(data)
        return data

    def blocks(self, gate: Gate) -> Iterator[memoryview]:
        went = 0
        for loaded in self._loaded():
            at = 0
            while at < len(loaded):
                block = loaded[at : at + gate(len(loaded) - at)]
                yield block
                at += len(block)
                went += len(block)
                if went > self._counted:  # when it goes again, no bar goes back
                    self._progress.moved(went - self._counted)
                    self._counted = went

    @abstractmethod
    def _piece(self, offset: int, size: int) -> bytes: ...

    @abstractmethod
    def _loaded(self) -> Iterator[memoryview]: ...


class Held(Body):
    """Bytes that are in memory already: what was hashed is what goes out."""

    def __init__(self, view: memoryview, cancel: Cancel, progress: Progress) -> None:
        super().__init__(len(view), progress)
        self._view = view
        self._cancel = cancel

    def _piece(self, offset: int, size: int) -> bytes:
        return bytes(self._view[offset : offset + size])

    def _loaded(self) -> Iterator[memoryview]:
        for at in range(0, len(self._view), SEND):
            self._cancel.check()
            yield self._view[at : at + SEND]


class Streamed(Body):
    """Bytes read while they are sent; `hashes` see what goes out, when it went to its end."""

    def __init__(
        self,
        source: Source,
        offset: int,
        size: int,
        progress: Progress,
        hashes: Hashes | None = None,
    ) -> None:
        super().__init__(size, progress)
        self._source = source
        self._offset = offset
        self._hashes = hashes or Hashes()
        self._before = self._hashes.copy()

    def _piece(self, offset: int, size: int) -> bytes:
        data = bytearray(size)
        self._source.fill(memoryview(data), self._offset + offset)
        return bytes(data)

    def _loaded(self) -> Iterator[memoryview]:
        pieces = self._source.pieces(self._offset, self._size)
        if not self._before.each:
            yield from pieces
            return
        self._hashes.each = self._before.copy().each  # if it goes once more
        with Beside(self._hashes) as beside:
            for piece in pieces:
                beside.update(piece)
                yield piece


def changed(file: MediaFile) -> FileChanged:
    return FileChanged(
        f"{file.path} changed while it was being sent.",
        "Postflight sends it again from the start as soon as it holds still.",
        leg=Leg.CARD,
    )
