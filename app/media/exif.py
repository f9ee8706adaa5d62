"""Reads a few chosen entries of a TIFF structure, which is what EXIF and DNG are."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

Read = Callable[[int, int], bytes]  # offset and size in, at most size bytes out
Value = bytes | str | tuple[float, ...]

# Entries of the first directory.
MAKE: Final = 0x010F
MODEL: Final = 0x0110
XMP: Final = 0x02BC
_EXIF_DIRECTORY: Final = 0x8769
_GPS_DIRECTORY: Final = 0x8825
_FIRST_TAGS: Final = frozenset({MAKE, MODEL, XMP, _EXIF_DIRECTORY, _GPS_DIRECTORY})
# Entries of the EXIF directory.
TAKEN: Final = 0x9003  # DateTimeOriginal
TAKEN_ZONE: Final = 0x9011  # OffsetTimeOriginal
_EXIF_TAGS: Final = frozenset({TAKEN, TAKEN_ZONE})
# Entries of the GPS directory.
LATITUDE_SIDE: Final = 1
LATITUDE: Final = 2
LONGITUDE_SIDE: Final = 3
LONGITUDE: Final = 4
ALTITUDE_BELOW: Final = 5
ALTITUDE: Final = 6
_GPS_TAGS: Final = frozenset(range(LATITUDE_SIDE, ALTITUDE + 1))

_MOST_ENTRIES: Final = 1024  # per directory; cameras write some dozens
_MOST_BYTES: Final = 512 * 1024  # per text; only XMP comes near
_MOST_NUMBERS: Final = 16
_ASCII, _UNDEFINED = 2, 7
# Type number to struct letter and count of them per value; rationals are two.
_TYPES: Final = {
    1: ("B", 1),
    2: ("s", 1),
    3: ("H", 1),
    4: ("I", 1),
    5: ("I", 2),
    6: ("b", 1),
    7: ("s", 1),
    8: ("h", 1),
    9: ("i", 1),
    10: ("i", 2),
    11: ("f", 1),
    12: ("d", 1),
}
_WIDTHS: Final = {"B": 1, "b": 1, "s": 1, "H": 2, "h": 2, "I": 4, "i": 4, "f": 4, "d": 8}

_NOTHING: Final[Mapping[int, Value]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Exif:
    """Chosen entries by tag number. A fraction with a zero below is left out as a value."""

    first: Mapping[int, Value] = field(default_factory=lambda: _NOTHING)
    exif: Mapping[int, Value] = field(default_factory=lambda: _NOTHING)
    gps: Mapping[int, Value] = field(default_factory=lambda: _NOTHING)


def read_exif(read: Read) -> Exif:
    """What can be read of a TIFF structure in either byte order; strange content is skipped.

    Only what `read` raises comes out of it. Memory is bounded by the sizes above.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4]) if len(head := read(0, 8)) == 8 else None
    if order is None:
        return Exif()
    (start,) = struct.unpack(order + "I", head[4:])
    first = _directory(read, order, start, _FIRST_TAGS)
    return Exif(
        first,
        _directory(read, order, _offset(first, _EXIF_DIRECTORY), _EXIF_TAGS),
        _directory(read, order, _offset(first, _GPS_DIRECTORY), _GPS_TAGS),
    )


def text_of(value: Value | None) -> str:
    """A text entry without the zeros that cameras pad it with; other values are no text."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.partition("\0")[0].strip() if isinstance(value, str) else ""


def _offset(entries: Mapping[int, Value], tag: int) -> int:
    value = entries.get(tag)
    return int(value[0]) if isinstance(value, tuple) and value else 0


def _directory(read: Read, order: str, start: int, wanted: frozenset[int]) -> Mapping[int, Value]:
    if start < 8:
        return _NOTHING
    head = read(start, 2)
    if len(head) < 2:
        return _NOTHING
    count = min(struct.unpack(order + "H", head)[0], _MOST_ENTRIES)
    raw = read(start + 2, count * 12)
    found: dict[int, Value] = {}
    for at in range(0, len(raw) - 11, 12):
        tag, kind, amount = struct.unpack_from(order + "HHI", raw, at)
        # The first of two equal entries counts, as with other readers.
        if tag in wanted and tag not in found:
            value = _value(read, order, kind, amount, raw[at + 8 : at + 12])
            if value is not None:
                found[tag] = value
    return found


def _value(read: Read, order: str, kind: int, amount: int, field: bytes) -> Value | None:
    if kind not in _TYPES:
        return None
    letter, per = _TYPES[kind]
    size = _WIDTHS[letter] * per * amount
    plain = _WIDTHS[letter] == 1
    if not 0 < size <= _MOST_BYTES or not (plain or amount <= _MOST_NUMBERS):
        return None
    raw = field[:size] if size <= 4 else read(struct.unpack(order + "I", field)[0], size)
    if kind in (_ASCII, _UNDEFINED):
        return raw.decode("utf-8", "replace") if kind == _ASCII else raw
    if len(raw) < size:
        return None
    numbers = struct.unpack(f"{order}{per * amount}{letter}", raw)
    if per == 1:
        # XMP in TIFF is written as plain bytes by most, as "undefined" by some.
        return bytes(raw) if letter == "B" and amount > 4 else tuple(map(float, numbers))
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return tuple(above / below for above, below in pairs) if all(b for _, b in pairs) else None
