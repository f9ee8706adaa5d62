"""Microsoft's C++ runtime once, where Python, Qt and its binding each bring one of their own."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path, PureWindowsPath
from typing import Final

Entry = tuple[str, str, str]  # of PyInstaller: where it goes, where it is, its kind

_RUNTIME: Final = re.compile(r"(msvcp|vcruntime)\d+(_\w+)?\.dll", re.IGNORECASE)
_SIGNATURE: Final = struct.pack("<I", 0xFEEF04BD)  # of VS_FIXEDFILEINFO


def once(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The newest of each name, in _internal itself: PyInstaller's bootloader has that searched.

    An older program works with a newer runtime, not the other way round, and what Python brings is
    mostly older than what Qt was made with.
    """
    newest: dict[str, Entry] = {}
    for place, source, kind in entries:
        name = PureWindowsPath(place).name
        if not _RUNTIME.fullmatch(name):
            yield place, source, kind
            continue
        known = newest.get(name.lower())
        if known is None or version_of(Path(source)) > version_of(Path(known[1])):
            newest[name.lower()] = (name, source, kind)
    yield from newest.values()


def version_of(library: Path) -> tuple[int, ...]:
    content = library.read_bytes()
    high, low = struct.unpack_from("<II", content, content.index(_SIGNATURE) + 8)
    return high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF
