"""How a file may change while it is being sent, for all to see or with its size and time kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

Change = Callable[[Path], None]


def _restored(path: Path, act: Callable[[], object]) -> None:
    """With the time it had before, as a program that copies times leaves it."""
    before = path.stat()
    act()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _other(path: Path) -> bytes:
    """Other bytes from the first to the last, as many."""
    return bytes(byte ^ 0x55 for byte in path.read_bytes())


def changed(path: Path) -> None:
    path.write_bytes(_other(path))


def grown(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


def shrunk(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def replaced_unseen(path: Path) -> None:
    """Another file of the same name, size and time."""
    other = path.with_name("other")
    other.write_bytes(_other(path))
    before = path.stat()
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def rewritten_unseen(path: Path) -> None:
    """The same file with other bytes, of the same size and time."""
    content = _other(path)
    _restored(path, lambda: path.write_bytes(content))


CHANGES = [changed, grown, shrunk]
UNSEEN = [replaced_unseen, rewritten_unseen]
