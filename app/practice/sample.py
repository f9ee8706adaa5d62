"""A small believable flight to try things on: photos, one without a position, and a MRK file."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

_START = datetime(2026, 5, 3, 10, 11, 12)  # noqa: DTZ001  cameras write local time without a zone
_ZONE = "+02:00"
_HOME = (59.123456, 17.654321)
_SIZE = (1280, 960)
_SERIAL = "1581FPRACTICE0001"
_LEAP_SECONDS, _GPS_START = 18, datetime(1980, 1, 6)  # noqa: DTZ001  GPS time knows no zones


@dataclass(frozen=True, slots=True)
class _Shot:
    number: int
    taken: datetime
    latitude: float
    longitude: float
    height: float  # metres above the sea
    above: float  # metres above the take-off point
    yaw: float

    @property
    def name(self) -> str:
        return f"DJI_{self.taken:%Y%m%d%H%M%S}_{self.number:04d}_V.JPG"


def write_sample_flight(folder: Path, photos: int = 12, rng: random.Random | None = None) -> Path:
    """Writes `DCIM/DJI_<time>_001_Sample/` with `photos` photos and answers that folder.

    The last photo has no position, as at a lost fix; beside them lies `<folder>_Timestamp.MRK`.
    Some 0.2 to 1 MB a photo. With the same `rng` the same bytes come out.
    """
    rng = rng or random.Random()
    flight = folder / "DCIM" / f"DJI_{_START:%Y%m%d%H%M}_001_Sample"
    flight.mkdir(parents=True)
    shots = [_shot(number, rng) for number in range(1, photos + 1)]
    for shot in shots:
        placed = shot.number < photos or photos == 1
        (flight / shot.name).write_bytes(_photo(shot, placed, rng))
    lines = "".join(_mark(shot) for shot in shots)
    (flight / f"{flight.name}_Timestamp.MRK").write_text(lines, encoding="ascii", newline="\r\n")
    return flight


def _shot(number: int, rng: random.Random) -> _Shot:
    """Legs of six photos to and fro, some 12 m apart, with a little wind."""
    leg, place = divmod(number - 1, 6)
    along = place if leg % 2 == 0 else 5 - place
    above = 80 + rng.uniform(-0.4, 0.4)
    return _Shot(
        number,
        _START + timedelta(seconds=3 * (number - 1)),
        _HOME[0] + leg * 0.00016 + rng.uniform(-2e-6, 2e-6),
        _HOME[1] + along * 0.00021 + rng.uniform(-2e-6, 2e-6),
        332.35 + above,
        above,
        (90.0 if leg % 2 == 0 else -90.0) + rng.uniform(-1.5, 1.5),
    )


def _photo(shot: _Shot, placed: bool, rng: random.Random) -> bytes:
    """Fields in two colours under a fine grain, so that no two photos are alike."""
    ground = [rng.randrange(40, 190) for _ in range(6)]
    fields = Image.new("RGB", (2, 1))
    fields.putpixel((0, 0), (ground[0], ground[1], ground[2]))
    fields.putpixel((1, 0), (ground[3], ground[4], ground[5]))
    small = (_SIZE[0] // 2, _SIZE[1] // 2)
    grain = Image.frombytes("RGB", small, rng.randbytes(small[0] * small[1] * 3))
    picture = Image.blend(
        _stretched(fields),
        _stretched(grain),
        rng.uniform(0.25, 0.4),
    )
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85, exif=_exif(shot, placed), xmp=_xmp(shot, placed))
    return out.getvalue()


def _stretched(image: Image.Image) -> Image.Image:
    return image.resize(_SIZE, Image.Resampling.BICUBIC)  # pyright: ignore[reportUnknownMemberType]


def _exif(shot: _Shot, placed: bool) -> bytes:
    moment = f"{shot.taken:%Y:%m:%d %H:%M:%S}"
    exif = Image.Exif()
    exif.update({0x010F: "DJI", 0x0110: "M3E", 0x0131: "Practice", 0x0132: moment, 0x0112: 1})
    exif.get_ifd(0x8769).update(
        {0x9003: moment, 0x9004: moment, 0x9011: _ZONE, 0xA002: _SIZE[0], 0xA003: _SIZE[1]}
    )
    if placed:
        exif.get_ifd(0x8825).update(
            {
                0: b"\x02\x03\x00\x00",
                1: "N",
                2: _degrees(shot.latitude),
                3: "E",
                4: _degrees(shot.longitude),
                5: b"\x00",
                6: IFDRational(round(shot.height * 1000), 1000),
            }
        )
    return exif.tobytes()


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    minutes, degrees = math.modf(value)
    seconds, whole = math.modf(minutes * 60)
    return (
        IFDRational(int(degrees), 1),
        IFDRational(int(whole), 1),
        IFDRational(round(seconds * 60 * 10_000), 10_000),
    )


def _xmp(shot: _Shot, placed: bool) -> bytes:
    """The drone-dji packet as cameras write it: attributes, numbers with their sign."""
    members = {
        "Version": "1.5",
        "ImageSource": "WideCamera",
        "GpsStatus": "RTK" if placed else "Invalid",
        "AltitudeType": "RtkAlt" if placed else "PressureAlt",
        "RelativeAltitude": f"{shot.above:+.3f}",
        "GimbalRollDegree": "+0.00",
        "GimbalYawDegree": f"{shot.yaw:+.2f}",
        "GimbalPitchDegree": "-90.00",
        "DroneModel": "M3E",
        "DroneSerialNumber": _SERIAL,
        "ShutterType": "Mechanical",
    }
    if placed:
        members |= {
            "AbsoluteAltitude": f"{shot.height:+.3f}",
            "GpsLatitude": f"{shot.latitude:+.9f}",
            "GpsLongitude": f"{shot.longitude:+.9f}",
            "RtkFlag": "50",
        }
    attributes = "\n".join(f'   drone-dji:{name}="{value}"' for name, value in members.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="DJI Meta Data"\n'
        '   xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"\n'
        f"{attributes}/>\n </rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def _mark(shot: _Shot) -> str:
    """One line of the MRK file: GPS week and its seconds, lever arm in mm, place, deviations."""
    zone = timedelta(hours=int(_ZONE[1:3]))
    since = shot.taken - zone - _GPS_START + timedelta(seconds=_LEAP_SECONDS)
    week, rest = divmod(since.total_seconds(), 7 * 24 * 3600)
    return (
        f"{shot.number}\t{rest:.6f}\t[{week:.0f}]\t  23,N\t  -4,E\t 193,V\t"
        f"{shot.latitude:.8f},Lat\t{shot.longitude:.8f},Lon\t{shot.height:.3f},Ellh\t"
        "0.012, 0.011, 0.027\t50,Q\n"
    )
