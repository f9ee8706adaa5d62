"""Photos of real cameras say what is known of them, where they lie beside the checkout."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.model import Capture
from app.media.metadata import read_capture
from tests.helpers.flights import REAL
from tests.unit.media.kit import fuzz, read_bytes, zone

real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real photos do not lie beside this checkout; generated ones do"
)

# Number to seconds after the hour, latitude, longitude, both altitudes and yaw, as the files say.
FLIGHT = {
    "0018": ("16:31:59", 46.8426071, -91.9945599, 198.31, 39.8, 45.0),
    "0019": ("16:32:06", 46.8426907, -91.9944273, 198.61, 40.1, 42.8),
    "0020": ("16:32:13", 46.8427776, -91.9942994, 198.61, 40.1, 44.2),
    "0021": ("16:32:20", 46.8428651, -91.9941766, 198.61, 40.1, 45.0),
}


@real
@pytest.mark.parametrize("number", FLIGHT)
def test_the_real_flight_says_where_it_was(number: str) -> None:
    clock, latitude, longitude, absolute, relative, yaw = FLIGHT[number]
    read = read_capture(REAL / f"brighton_beach/DJI_{number}.JPG", zone=zone(-5))
    assert read.position is not None
    assert read.position.latitude == pytest.approx(latitude, abs=1e-6)
    assert read.position.longitude == pytest.approx(longitude, abs=1e-6)
    assert replace(read, position=None) == Capture(
        taken=datetime.fromisoformat(f"2016-06-23T{clock}-05:00"),
        absolute_altitude=absolute,
        relative_altitude=relative,
        gimbal_yaw=yaw,
        drone_model="FC300S",
        camera_model="FC300S",
    )


@real
@pytest.mark.parametrize(
    ("number", "absolute", "yaw"), [("0024", 198.41, -140.0), ("0026", 198.61, -132.0)]
)
def test_real_photos_rewritten_by_a_viewer_say_the_same(
    number: str, absolute: float, yaw: float
) -> None:
    path = REAL / f"brighton_beach/DJI_{number}.JPG"
    assert path.read_bytes()[:4] == b"\xff\xd8\xff\xe0"  # JFIF first, then EXIF in the other order
    read = read_capture(path, zone=UTC)
    assert (read.absolute_altitude, read.gimbal_yaw) == (absolute, yaw)
    assert read.position is not None and read.position.latitude == pytest.approx(46.843, abs=1e-3)
    assert read.taken is not None and (read.taken.hour, read.taken.minute) == (16, 32)


ENTERPRISE = {
    "H20N": ("ZH20N", "2023-12-21T14:43:37"),
    "H20T": ("ZH20T", "2020-06-23T15:16:43"),  # writes its date with hyphens
    "H30T": ("H30T", "2024-01-30T22:52:25"),
    "M2EA": ("MAVIC2-ENTERPRISE-ADVANCED", "2021-03-02T16:01:49"),
    "M30T": ("M30T", "2022-03-24T17:11:00"),
    "M3T": ("M3T", "2022-07-23T15:13:38"),
    "M3TD": ("M3TD", "2024-04-08T17:09:05"),
    "M4T": ("M4T", "2024-11-22T18:27:40"),
}


@real
@pytest.mark.parametrize("camera", ENTERPRISE)
def test_real_thermal_photos_without_xmp_say_time_and_camera_only(camera: str) -> None:
    model, taken = ENTERPRISE[camera]
    read = read_capture(REAL / f"enterprise/{camera}_DJI_0002_R.JPG", zone=UTC)
    assert read == Capture(
        taken=datetime.fromisoformat(taken).replace(tzinfo=UTC), camera_model=model
    )


@real
def test_every_real_photo_has_its_expected_words_here() -> None:
    names = {path.name for path in REAL.rglob("*.JPG")}
    assert names == {f"DJI_{n}.JPG" for n in (*FLIGHT, "0024", "0025", "0026", "0031")} | {
        f"{camera}_DJI_0002_R.JPG" for camera in ENTERPRISE
    }


@real
@fuzz
@given(st.sampled_from(["0018", "0024"]), st.integers(0, 66_000), st.binary(max_size=8))
def test_a_real_photo_cut_or_damaged_is_survived(
    tmp_path: Path, number: str, at: int, inserted: bytes
) -> None:
    content = (REAL / f"brighton_beach/DJI_{number}.JPG").read_bytes()[:66_000]
    read_bytes(tmp_path, content[:at] + inserted + content[at + len(inserted) :])
    read_bytes(tmp_path, content[:at])
