"""Writes believable drone photos: a real JPEG with EXIF and XMP, padded to any size."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from PIL import Image

DRONE = "http://www.dji.com/drone-dji/1.0/"
_NAMESPACES = {
    "drone-dji": DRONE,
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
}
Exif = dict[int, object]


def write_photo(
    path: Path,
    *,
    model: str = "M3E",
    taken: datetime | None = datetime(2026, 5, 3, 10, 11, 12),  # noqa: DTZ001
    offset: str = "",  # OffsetTimeOriginal, for example "+02:00"
    position: tuple[float, float] | None = (47.3769, 8.5417),
    exif_position: tuple[float, float] | None = None,  # without it, `position`
    xmp: dict[str, str] | None = None,  # further or other properties, "prefix:Name"; "" removes
    elements: bool = False,  # properties as elements, not attributes
    with_xmp: bool = True,
    big_endian: bool = False,
    size_hint: int = 0,  # bytes; smaller than the plain photo means unpadded
) -> Path:
    """Every path gives other bytes; the same call gives the same bytes."""
    properties: dict[str, str] = {}
    if with_xmp:
        properties = _usual_properties(model, position) | (xmp or {})
    packet = xmp_packet(properties, elements=elements) if properties else b""
    exif = exif_block(model, taken, offset, exif_position or position, big_endian=big_endian)
    picture = jpeg(_colour(path), exif, packet)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture + _padding(path, size_hint - len(picture)))
    return path


def exif_block(
    model: str,
    taken: datetime | None,
    offset: str = "",
    position: tuple[float, float] | None = None,
    *,
    altitude: float | None = None,
    big_endian: bool = False,
) -> bytes:
    """EXIF as it stands in a JPEG segment, beginning with `Exif`."""
    exif = Image.Exif()
    exif.endian = ">" if big_endian else "<"
    exif[0x010F] = "DJI"
    # Cameras pad the model with zeros.
    exif[0x0110] = model + "\0" * 4
    inner: Exif = {}
    if taken:
        inner[0x9003] = taken.strftime("%Y:%m:%d %H:%M:%S")
    if offset:
        inner[0x9011] = offset
    exif.get_ifd(0x8769).update(inner)
    gps: Exif = {}
    if position:
        gps |= {
            1: "N" if position[0] >= 0 else "S",
            2: _degrees(position[0]),
            3: "E" if position[1] >= 0 else "W",
            4: _degrees(position[1]),
        }
    if altitude is not None:
        gps |= {5: b"\1" if altitude < 0 else b"\0", 6: abs(altitude)}
    exif.get_ifd(0x8825).update(gps)
    return exif.tobytes()


def xmp_packet(properties: dict[str, str], *, elements: bool = False) -> bytes:
    kept = {name: value for name, value in properties.items() if value}
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    attributes = "".join(f"\n   {name}={quoteattr(value)}" for name, value in kept.items())
    inside = "".join(f"\n  <{name}>{escape(value)}</{name}>" for name, value in kept.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f'  <rdf:Description rdf:about=""{spaces}{"" if elements else attributes}>'
        f"{inside if elements else ''}</rdf:Description>\n"
        ' </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def jpeg(colour: tuple[int, int, int], exif: bytes, xmp: bytes = b"") -> bytes:
    """A small picture with the two segments in front, as cameras write them."""
    plain = _plain_jpeg(colour)
    body = exif if exif.startswith(b"Exif") else b"Exif\0\0" + exif
    segments = [body]
    if xmp:
        segments.append(b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    inserted = b"".join(b"\xff\xe1" + (len(s) + 2).to_bytes(2, "big") + s for s in segments)
    return plain[:2] + inserted + plain[2:]


def _usual_properties(model: str, position: tuple[float, float] | None) -> dict[str, str]:
    properties = {
        "tiff:Make": "DJI",
        "tiff:Model": model,
        "drone-dji:AbsoluteAltitude": "+412.350",
        "drone-dji:RelativeAltitude": "+80.125",
        "drone-dji:GimbalYawDegree": "-12.50",
        "drone-dji:DroneModel": model,
        "drone-dji:DroneSerialNumber": "1581FEXAMPLE0001",
    }
    if position:
        properties["drone-dji:GpsLatitude"] = f"{position[0]:+.7f}"
        properties["drone-dji:GpsLongitude"] = f"{position[1]:+.7f}"
    return properties


def _degrees(angle: float) -> tuple[float, float, float]:
    whole, rest = divmod(abs(angle), 1)
    minutes, rest = divmod(rest * 60, 1)
    return whole, minutes, round(rest * 60, 4)


def _colour(path: Path) -> tuple[int, int, int]:
    # Few colours, so that thousands of photos are encoded only a few times.
    digest = hashlib.md5(path.name.encode("utf-8", "surrogatepass")).digest()
    return digest[0] & 0xC0, digest[1] & 0xC0, digest[2] & 0xC0


@cache
def _plain_jpeg(colour: tuple[int, int, int]) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(stream, "JPEG")
    return stream.getvalue()


def _padding(path: Path, size: int) -> bytes:
    """At least a few bytes of its own per path; readers stop at the picture's end."""
    own = hashlib.sha256(str(path).encode("utf-8", "surrogatepass")).digest()
    size = max(size, len(own))
    return (own * (size // len(own) + 1))[:size]
