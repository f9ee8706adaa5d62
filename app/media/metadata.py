"""Where, when and with what a picture was taken, from its EXIF and XMP, without its pixels."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import BinaryIO, Final

from app.domain.model import Capture, Position
from app.domain.naming import printable
from app.domain.os_errors import translate_os_error
from app.media import exif, xmp
from app.media.exif import Exif, Value
from app.media.scan import opened_as

_HEAD: Final = 512 * 1024  # bytes searched for an XMP packet that stands in no known place
_BUDGET: Final = 2 * 1024 * 1024  # bytes read of one TIFF, however its directories point about
_MOST_SEGMENTS: Final = 1024
_EXIF_MARK: Final = b"Exif\0\0"
_XMP_MARK: Final = b"http://ns.adobe.com/xap/1.0/\0"
_MOST_TEXT: Final = 100

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_MOMENT: Final = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
_OFFSET: Final = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
_QUARTER: Final = timedelta(minutes=15)
_CLOCK_SLACK: Final = timedelta(minutes=3)  # camera clocks are set by GPS, but not to the second


def read_capture(source: Path, zone: tzinfo | None = None) -> Capture:
    """What the file says of its shot; fields it does not say, or says strangely, stay empty.

    Reads some kilobytes, also of a large file; any file type may be asked. `zone` is where the
    camera's clock was set when the file does not tell; None: this computer's zone. Raises
    FileGone and FileUnreadable only. (contracts: cloud-api 5 and 8.4)
    """
    try:
        with open(opened_as(source), "rb") as stream:  # noqa: PTH123
            said = _read(stream)
    except OSError as error:
        raise translate_os_error(error, source) from error
    return Capture(
        taken=_taken(said, zone),
        position=_position(said),
        absolute_altitude=_absolute_altitude(said),
        relative_altitude=said.number("RelativeAltitude", 100_000),
        gimbal_yaw=said.number("GimbalYawDegree", 360),
        drone_model=_clean(said.drone("DroneModel") or _maker_model(said)),
        camera_model=_clean(exif.text_of(said.exif.first.get(exif.MODEL))),
        drone_serial=_clean(said.drone("DroneSerialNumber")),
        panorama=_is_panorama(said, source),
    )


@dataclass(frozen=True, slots=True)
class _Said:
    exif: Exif
    xmp: xmp.Properties

    def drone(self, name: str) -> str:
        return self.xmp.get((xmp.DRONE, name), "")

    def number(self, name: str, most: float) -> float | None:
        return _number(self.drone(name), most)


def _read(stream: BinaryIO) -> _Said:
    head = stream.read(4)
    if head[:2] == b"\xff\xd8":
        tiff, packet = _jpeg_parts(stream)
        said = exif.read_exif(lambda offset, size: tiff[offset : offset + size])
    elif head in (b"II*\0", b"MM\0*"):
        said = exif.read_exif(_bounded(stream))
        value = said.first.get(exif.XMP)
        packet = value if isinstance(value, bytes) else b""
    else:
        return _Said(Exif(), xmp.NOTHING)
    if not packet:
        stream.seek(0)
        packet = xmp.find_packet(stream.read(_HEAD))
    return _Said(said, xmp.read_properties(packet) if packet else xmp.NOTHING)


def _jpeg_parts(stream: BinaryIO) -> tuple[bytes, bytes]:
    """The first EXIF and the first XMP segment; thermal pictures have megabytes of others."""
    found = {_EXIF_MARK: b"", _XMP_MARK: b""}
    stream.seek(2)
    for _ in range(_MOST_SEGMENTS):
        head = stream.read(4)
        if head[:2] == b"\xff\xff":  # padding in front of a marker
            stream.seek(-3, 1)
            continue
        # Pixels begin at a start of scan; what follows them belongs to embedded pictures.
        if len(head) < 4 or head[0] != 0xFF or head[1] in (0xDA, 0xD9):
            break
        length = int.from_bytes(head[2:], "big") - 2
        if length < 0:
            break
        if head[1] != 0xE1:
            stream.seek(length, 1)
            continue
        body = stream.read(length)
        for mark in found:
            if body.startswith(mark) and not found[mark]:
                found[mark] = body[len(mark) :]
        if all(found.values()):
            break
    return found[_EXIF_MARK], found[_XMP_MARK]


def _bounded(stream: BinaryIO) -> exif.Read:
    left = _BUDGET

    def read(offset: int, size: int) -> bytes:
        nonlocal left
        stream.seek(offset)
        data = stream.read(min(size, left))
        left -= len(data)
        return data

    return read


def _number(text: str, most: float) -> float | None:
    """A plain decimal number no farther from zero than `most`; "nan" and "1e999" are none."""
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) <= most else None


def _position(said: _Said) -> Position | None:
    if said.drone("GpsStatus").lower() == "invalid":
        return None
    latitude = said.number("GpsLatitude", 90)
    longitude = said.number("GpsLongitude", 180)
    if longitude is None:
        longitude = said.number("GpsLongtitude", 180)  # older firmware's own spelling
    return _somewhere(latitude, longitude) or _somewhere(
        _angle(said.exif.gps, exif.LATITUDE, exif.LATITUDE_SIDE, "NS", 90),
        _angle(said.exif.gps, exif.LONGITUDE, exif.LONGITUDE_SIDE, "EW", 180),
    )


def _somewhere(latitude: float | None, longitude: float | None) -> Position | None:
    """Drones without satellites write 0, 0, which is in the sea off Africa."""
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None
    return Position(latitude, longitude)


def _angle(
    gps: Mapping[int, Value], tag: int, side_tag: int, sides: str, most: float
) -> float | None:
    """Degrees, minutes and seconds with their side; without a side the hemisphere is unknown."""
    value, side = gps.get(tag), exif.text_of(gps.get(side_tag)).upper()
    if not isinstance(value, tuple) or len(value) > 3 or len(side) != 1 or side not in sides:
        return None
    angle = sum(part / 60**step for step, part in enumerate(value))
    if not math.isfinite(angle) or not 0 <= angle <= most or min(value) < 0:
        return None
    return angle if side == sides[0] else -angle


def _absolute_altitude(said: _Said) -> float | None:
    named = said.number("AbsoluteAltitude", 100_000)
    value = said.exif.gps.get(exif.ALTITUDE)
    if named is not None or not isinstance(value, tuple) or len(value) != 1:
        return named
    if not math.isfinite(value[0]) or abs(value[0]) > 100_000:
        return None
    below = said.exif.gps.get(exif.ALTITUDE_BELOW) in ((1.0,), b"\x01")
    return -value[0] if below else value[0]


def _taken(said: _Said, zone: tzinfo | None) -> datetime | None:
    local = _moment(exif.text_of(said.exif.exif.get(exif.TAKEN)))
    exposed = _moment(said.drone("UTCAtExposure"))
    if local is None:
        return exposed.replace(tzinfo=UTC) if exposed else None
    told = _told_zone(exif.text_of(said.exif.exif.get(exif.TAKEN_ZONE)))
    known = told or (_zone_between(local, exposed) if exposed else None) or zone
    return local.replace(tzinfo=known) if known else local.astimezone()


def _moment(text: str) -> datetime | None:
    """A camera's date; years without drones are clocks that were never set."""
    match = _MOMENT.match(text)
    if not match or not 1980 <= int(match[1]) < 2100:
        return None
    try:
        return datetime(*map(int, match.groups()))  # noqa: DTZ001  # pyright: ignore[reportArgumentType]
    except ValueError:
        return None


def _told_zone(text: str) -> tzinfo | None:
    if text == "Z":
        return UTC
    match = _OFFSET.fullmatch(text)
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        return None
    apart = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-apart if match[1] == "-" else apart)


def _zone_between(local: datetime, utc: datetime) -> tzinfo | None:
    """Zones are whole quarters of an hour; anything else means that a clock was wrong."""
    apart = local - utc
    steps = round(apart / _QUARTER)
    if abs(apart - steps * _QUARTER) > _CLOCK_SLACK or not -48 <= steps <= 56:
        return None
    return timezone(steps * _QUARTER)


def _maker_model(said: _Said) -> str:
    maker = said.xmp.get((xmp.TIFF, "Make")) or exif.text_of(said.exif.first.get(exif.MAKE))
    return said.xmp.get((xmp.TIFF, "Model"), "") if maker.upper().startswith("DJI") else ""


def _is_panorama(said: _Said, source: Path) -> bool:
    viewer = said.xmp.get((xmp.PANORAMA, "UsePanoramaViewer"), "").lower() == "true"
    # DJI keeps the shots of one panorama in PANORAMA/100_0001/.
    named = any("PANORAMA" in part.upper() for part in source.parts[-3:])
    return viewer or named or bool(said.xmp.get((xmp.PANORAMA, "ProjectionType")))


def _clean(text: str) -> str:
    return printable(text).replace("\ufffd", "").strip()[:_MOST_TEXT]
