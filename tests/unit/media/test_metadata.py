"""What a photo says of itself: where, how high, when and with what it was taken."""

from __future__ import annotations

import io
import struct
import time
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.domain.errors import FileGone
from app.domain.model import Capture, Position
from app.media.metadata import read_capture
from tests.helpers.photos import exif_block, jpeg, write_photo, xmp_packet
from tests.unit.media.kit import GREY, LOCAL, TAKEN, fuzz, read_bytes, zone


def capture(path: Path, **kind: Any) -> Capture:
    return read_capture(write_photo(path / "DJI_0001.JPG", **kind), zone=UTC)


@pytest.mark.parametrize("elements", [False, True])
@pytest.mark.parametrize("big_endian", [False, True])
def test_a_whole_photo_is_read_in_each_way_of_writing(
    tmp_path: Path, elements: bool, big_endian: bool
) -> None:
    assert capture(tmp_path, elements=elements, big_endian=big_endian) == Capture(
        taken=TAKEN,
        position=Position(47.3769, 8.5417),
        absolute_altitude=412.35,
        relative_altitude=80.125,
        gimbal_yaw=-12.5,
        drone_model="M3E",
        camera_model="M3E",
        drone_serial="1581FEXAMPLE0001",
        panorama=False,
    )


def test_the_generated_photo_is_a_real_one_of_the_wanted_size(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", size_hint=300_000)
    assert path.stat().st_size == 300_000
    with Image.open(path) as picture:
        picture.load()
        assert picture.getexif()[0x010F] == "DJI"
    other = write_photo(tmp_path / "b.jpg", size_hint=300_000)
    assert path.read_bytes() != other.read_bytes()


@pytest.mark.parametrize("position", [(47.25, 8.5), (-33.5, -70.25), (-0.5, 179.75), (0.5, 0.0)])
def test_without_xmp_the_position_comes_from_exif(
    tmp_path: Path, position: tuple[float, float]
) -> None:
    read = capture(tmp_path, with_xmp=False, position=position)
    assert read.position == Position(*position)
    assert (read.drone_model, read.camera_model) == ("", "M3E")


def test_the_position_of_xmp_wins_over_that_of_exif(tmp_path: Path) -> None:
    read = capture(tmp_path, position=(1.5, 2.5), exif_position=(3.5, 4.5))
    assert read.position == Position(1.5, 2.5)


def test_the_old_misspelling_of_longitude_is_understood(tmp_path: Path) -> None:
    xmp = {"drone-dji:GpsLongitude": "", "drone-dji:GpsLongtitude": "+8.25"}
    read = capture(tmp_path, position=(47.5, 9.0), exif_position=(1.0, 1.0), xmp=xmp)
    assert read.position == Position(47.5, 8.25)


def test_nought_and_nought_is_no_position(tmp_path: Path) -> None:
    assert capture(tmp_path, position=(0, 0)).position is None
    assert capture(tmp_path, position=(0, 0), exif_position=(1.5, 2.5)).position == Position(
        1.5, 2.5
    )


def test_an_invalid_fix_is_no_position(tmp_path: Path) -> None:
    assert capture(tmp_path, xmp={"drone-dji:GpsStatus": "Invalid"}).position is None
    assert capture(tmp_path, xmp={"drone-dji:GpsStatus": "RTK"}).position is not None


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1e3", "91", "-90.001", "1_0", "٤٧", "12,5", "N 12", "", "9" * 400, "+"]
)
def test_a_latitude_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    packet = xmp_packet({"drone-dji:GpsLatitude": text, "drone-dji:GpsLongitude": "+8.5"})
    read = read_bytes(tmp_path, jpeg(GREY, exif_block("M3E", LOCAL), packet))
    assert read.position is None and read.taken == TAKEN


@pytest.mark.parametrize(
    ("text", "value"), [("+412.350", 412.35), ("-3", -3.0), ("0.0", 0.0), (" 7. ", 7.0)]
)
def test_altitudes_are_signed_text(tmp_path: Path, text: str, value: float) -> None:
    assert capture(tmp_path, xmp={"drone-dji:RelativeAltitude": text}).relative_altitude == value


@pytest.mark.parametrize("text", ["nan", "inf", "1000000", "unknown"])
def test_impossible_altitudes_and_angles_are_left_out(tmp_path: Path, text: str) -> None:
    xmp = {
        f"drone-dji:{name}": text
        for name in ("AbsoluteAltitude", "RelativeAltitude", "GimbalYawDegree")
    }
    read = capture(tmp_path, xmp=xmp)
    assert (read.absolute_altitude, read.relative_altitude, read.gimbal_yaw) == (None,) * 3
    assert read.position is not None


@pytest.mark.parametrize("altitude", [198.5, -2.25])
def test_without_xmp_the_altitude_comes_from_exif(tmp_path: Path, altitude: float) -> None:
    block = exif_block("M3E", LOCAL, "", (1.5, 2.5), altitude=altitude)
    assert read_bytes(tmp_path, jpeg(GREY, block)).absolute_altitude == altitude


def test_the_zone_that_exif_names_wins(tmp_path: Path) -> None:
    utc = {"drone-dji:UTCAtExposure": "2026-05-03T09:11:12"}
    assert capture(tmp_path, offset="+05:30", xmp=utc).taken == TAKEN.replace(tzinfo=zone(5.5))
    assert capture(tmp_path, offset="-03:00").taken == TAKEN.replace(tzinfo=zone(-3))
    assert capture(tmp_path, offset="Z").taken == TAKEN


@pytest.mark.parametrize(
    ("utc", "hours"),
    [
        ("2026-05-03T08:11:12.345678", 2),
        ("2026:05:03 08:11:30", 2),
        ("2026-05-03T04:26:12", 5.75),
        ("2026-05-03 17:11:12", -7),
        ("2026-05-03 08:20:12", 0),  # a camera clock that is nine minutes off tells no zone
        ("2026-05-04 17:11:12", 0),  # nor does one that is off by a day
        ("yesterday", 0),
    ],
)
def test_without_it_the_difference_to_utc_is_the_zone(
    tmp_path: Path, utc: str, hours: float
) -> None:
    read = capture(tmp_path, xmp={"drone-dji:UTCAtExposure": utc})
    assert read.taken == TAKEN.replace(tzinfo=zone(hours))


def test_without_either_the_given_zone_counts(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg")
    taken = read_capture(path, zone=ZoneInfo("Europe/Zurich")).taken
    assert taken is not None and taken.utcoffset() == timedelta(hours=2)


def test_without_any_the_zone_of_this_computer_counts(tmp_path: Path) -> None:
    assert read_capture(write_photo(tmp_path / "a.jpg")).taken == LOCAL.astimezone()


def test_without_a_local_time_the_utc_of_the_exposure_is_told(tmp_path: Path) -> None:
    xmp = {"drone-dji:UTCAtExposure": "2026-05-03T08:11:12"}
    assert capture(tmp_path, taken=None, xmp=xmp).taken == TAKEN - timedelta(hours=2)
    assert capture(tmp_path, taken=None).taken is None


@pytest.mark.parametrize("year", [1, 1970, 2100, 9999])
def test_a_clock_that_was_never_set_tells_no_time(tmp_path: Path, year: int) -> None:
    assert read_capture(write_photo(tmp_path / "a.jpg", taken=LOCAL.replace(year=year))) == replace(
        capture(tmp_path), taken=None
    )


def test_a_stitched_picture_is_known_by_its_viewer_projection_or_folder(tmp_path: Path) -> None:
    assert capture(tmp_path, xmp={"GPano:ProjectionType": "equirectangular"}).panorama
    assert capture(tmp_path, xmp={"GPano:UsePanoramaViewer": "True"}).panorama
    assert not capture(tmp_path, xmp={"GPano:UsePanoramaViewer": "False"}).panorama
    assert capture(tmp_path / "PANORAMA/100_0001").panorama
    assert read_capture(write_photo(tmp_path / "dji_panorama_1.jpg")).panorama


def test_the_model_of_xmp_counts_for_the_drone_if_dji_made_it(tmp_path: Path) -> None:
    named = {"drone-dji:DroneModel": "", "tiff:Model": "FC300S"}
    assert capture(tmp_path, xmp=named).drone_model == "FC300S"
    assert capture(tmp_path, xmp=named | {"tiff:Make": "Sony"}).drone_model == ""


def test_control_characters_never_get_into_texts(tmp_path: Path) -> None:
    read = capture(tmp_path, model="M3\x1bE", with_xmp=False)
    assert read.camera_model == "M3E"


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileGone, match=r"x\.jpg"):
        read_capture(tmp_path / "x.jpg")


def tiff(folder: Path, packet: bytes, *, extra: bytes = b"") -> Path:
    """A DNG-like TIFF: EXIF's own structure with pixels no reader knows, and XMP in a tag."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "DJI", "M3M"
    exif[0x0103] = 34892  # lossy DNG
    if packet:
        exif[0x02BC] = packet
    exif.get_ifd(0x8769)[0x9003] = "2026:05:03 10:11:12"
    path = folder / "a.DNG"
    path.write_bytes(exif.tobytes().removeprefix(b"Exif\0\0") + extra)
    return path


def test_a_raw_picture_is_read_like_a_jpeg(tmp_path: Path) -> None:
    packet = xmp_packet({"drone-dji:GimbalYawDegree": "+3.5"})
    read = read_capture(tiff(tmp_path, packet), zone=UTC)
    assert (read.taken, read.camera_model, read.gimbal_yaw) == (TAKEN, "M3M", 3.5)


def test_an_xmp_packet_in_no_known_place_is_found(tmp_path: Path) -> None:
    packet = xmp_packet({"drone-dji:GimbalYawDegree": "+3.5"})
    assert read_capture(tiff(tmp_path, b"", extra=packet)).gimbal_yaw == 3.5
    assert read_bytes(tmp_path, jpeg(GREY, b"") + packet).gimbal_yaw == 3.5


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def test_many_other_segments_in_front_do_not_hide_ours(tmp_path: Path) -> None:
    whole = jpeg(GREY, exif_block("H20T", LOCAL), xmp_packet({"drone-dji:GimbalYawDegree": "2"}))
    thermal = b"".join(segment(0xE3, bytes(65_000)) for _ in range(40))
    read = read_bytes(tmp_path, whole[:2] + thermal + b"\xff" * 7 + whole[2:])
    assert (read.camera_model, read.gimbal_yaw) == ("H20T", 2.0)


def test_a_huge_file_is_read_in_no_time(tmp_path: Path) -> None:
    path = tiff(tmp_path, b"")
    with path.open("r+b") as stream:
        stream.truncate(4 * 1024**3)
    began = time.thread_time()
    assert read_capture(path).camera_model == "M3M"
    assert time.thread_time() - began < 1.0


@fuzz
@given(st.floats(-90, 90, allow_nan=False), st.floats(-180, 180, allow_nan=False), st.booleans())
def test_exif_positions_agree_with_what_another_reader_sees(
    tmp_path: Path, latitude: float, longitude: float, big_endian: bool
) -> None:
    block = exif_block("M3E", LOCAL, "", (latitude, longitude), big_endian=big_endian)
    content = jpeg(GREY, block)
    with Image.open(io.BytesIO(content)) as picture:
        gps = picture.getexif().get_ifd(0x8825)
    seen = [
        sum(float(part) / 60**step for step, part in enumerate(gps[tag])) * sign
        for tag, sign in ((2, 1 if gps[1] == "N" else -1), (4, 1 if gps[3] == "E" else -1))
    ]
    position = read_bytes(tmp_path, content).position
    if seen == [0, 0] or abs(seen[0]) > 90 or abs(seen[1]) > 180:
        assert position is None
    else:
        assert position is not None
        assert (position.latitude, position.longitude) == pytest.approx(tuple(seen), abs=1e-9)
