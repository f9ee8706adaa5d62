"""Opens a file so that it is read from its card again, and not from this computer's memory."""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Final

from app.media.scan import opened_as

STEP: Final = 1024 * 1024  # bytes of one reading; a multiple of every sector


class Uncached:
    """A file to be read once, front to back, with `read`."""

    def __init__(self, stream: FileIO, bypassed: bool) -> None:
        self.stream = stream
        self.bypassed = bypassed  # False: the system may hand out what it remembers
        self._ended = False

    def read(self, buffer: memoryview) -> int:
        """Into a buffer of `aligned`; the count, 0 at the end."""
        if self._ended:
            return 0
        count = self.stream.readinto(buffer) or 0
        # Behind a piece that is not whole, systems refuse to read on past their cache.
        self._ended = count < len(buffer)
        return count


def aligned() -> memoryview:
    """Of `STEP` bytes, where a page begins: reading past the cache asks for that."""
    return memoryview(mmap.mmap(-1, STEP))


@contextmanager
def uncached(path: Path) -> Generator[Uncached]:
    """Raises the system's OSError when the file does not open.

    Linux: O_DIRECT, which the file systems of cards know (exFAT, FAT, NTFS, ext4). Windows: no
    buffering. macOS: its cache is told to forget the file, then not to keep it. Where the system
    refuses that, as for folders in memory and many network drives, the file is read as usual.
    """
    name = opened_as(path)
    opened = _direct(name)
    if opened is None:
        opened = _plain(name)
    with opened.stream:
        yield opened


def _direct(name: str) -> Uncached | None:
    if sys.platform == "linux":
        return _direct_on_linux(name)
    if sys.platform == "win32":
        return _direct_on_windows(name)
    return None


def _plain(name: str) -> Uncached:
    stream = FileIO(name, "rb")
    bypassed = False
    if sys.platform == "darwin":
        bypassed = _forgotten_on_macos(stream)
    elif sys.platform == "linux":
        with suppress(OSError):  # a wish, which nobody promises to fulfil
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return Uncached(stream, bypassed)


if sys.platform == "linux":

    def _direct_on_linux(name: str) -> Uncached | None:
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
        except OSError:
            return None
        stream = FileIO(descriptor, "rb")
        try:  # some file systems open it and then refuse to read
            stream.readinto(aligned()[: mmap.PAGESIZE])
            stream.seek(0)
        except OSError:
            stream.close()
            return None
        return Uncached(stream, True)


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _READ, _SHARED, _EXISTING = 0x80000000, 0x7, 3
    _NO_BUFFERING, _SEQUENTIAL = 0x20000000, 0x08000000
    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.CreateFileW.restype = wintypes.HANDLE
    _kernel.CreateFileW.argtypes = (
        *(wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID),
        *(wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE),
    )

    def _direct_on_windows(name: str) -> Uncached | None:
        flags = _NO_BUFFERING | _SEQUENTIAL
        handle = _kernel.CreateFileW(name, _READ, _SHARED, None, _EXISTING, flags, None)
        if handle in (None, wintypes.HANDLE(-1).value):
            return None
        return Uncached(FileIO(msvcrt.open_osfhandle(handle, os.O_RDONLY), "rb"), True)


if sys.platform == "darwin":
    import ctypes
    import fcntl

    _F_NOCACHE, _PROT_READ, _MAP_SHARED, _MS_INVALIDATE = 48, 1, 1, 2
    _libc = ctypes.CDLL(None, use_errno=True)
    _libc.mmap.restype = ctypes.c_void_p
    _libc.mmap.argtypes = (
        *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int),
        ctypes.c_int64,
    )
    _libc.msync.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    _libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)

    def _forgotten_on_macos(stream: FileIO) -> bool:
        """F_NOCACHE alone would still hand out pages that are there from the upload."""
        size = os.fstat(stream.fileno()).st_size
        try:
            fcntl.fcntl(stream.fileno(), _F_NOCACHE, 1)
        except OSError:
            return False
        if not size:
            return True
        where = _libc.mmap(None, size, _PROT_READ, _MAP_SHARED, stream.fileno(), 0)
        if where in (None, ctypes.c_void_p(-1).value):
            return False
        gone = _libc.msync(where, size, _MS_INVALIDATE) == 0
        _libc.munmap(where, size)
        return gone
