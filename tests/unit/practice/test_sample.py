"""The sample flight, read back the way a service would."""

from __future__ import annotations

import random
import re
from pathlib import Path

from PIL import Image

from app.practice.sample import write_sample_flight


def test_a_sample_flight_has_photos_with_positions_one_without_and_a_mark_file(tmp_path: Path):
    flight = write_sample_flight(tmp_path, photos=3, rng=random.Random(5))
    assert flight.parent.name == "DCIM"
    assert re.fullmatch(r"DJI_\d{12}_001_Sample", flight.name)
    photos = sorted(flight.glob("DJI_*_V.JPG"))
    assert len(photos) == 3
    placed = [b"GpsLatitude" in photo.read_bytes() for photo in photos]
    assert placed == [True, True, False]
    (mark,) = flight.glob("*_Timestamp.MRK")
    lines = mark.read_text().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["1", "2", "3"]
    assert lines[0].count("\t") == 10


def test_a_sample_photo_says_where_when_and_with_what_it_was_taken(tmp_path: Path):
    flight = write_sample_flight(tmp_path, photos=2, rng=random.Random(5))
    first, last = sorted(flight.glob("*.JPG"))
    with Image.open(first) as photo:
        exif, xmp = photo.getexif(), photo.info["xmp"].decode()
    assert exif[0x0110] == "M3E"
    taken, place = exif.get_ifd(0x8769)[0x9003], exif.get_ifd(0x8825)
    assert re.sub(r"\D", "", taken) == first.name[4:18]
    told = dict(re.findall(r'drone-dji:(\w+)="([^"]+)"', xmp))
    degrees, minutes, seconds = (float(part) for part in place[2])
    assert abs(degrees + minutes / 60 + seconds / 3600 - float(told["GpsLatitude"])) < 1e-6
    assert told["DroneModel"] == "M3E" and told["DroneSerialNumber"]
    assert told["AbsoluteAltitude"].startswith("+") and told["GimbalYawDegree"][0] in "+-"
    with Image.open(last) as photo:
        assert not photo.getexif().get_ifd(0x8825)
        assert b"DroneModel" in photo.info["xmp"]


def test_sample_photos_are_of_a_likely_size_and_all_different(tmp_path: Path):
    flight = write_sample_flight(tmp_path, photos=3)
    contents = {photo.read_bytes() for photo in flight.glob("*.JPG")}
    assert len(contents) == 3
    assert all(200_000 < len(content) < 1_000_000 for content in contents)


def test_the_same_chance_makes_the_same_flight(tmp_path: Path):
    one, two = (
        write_sample_flight(tmp_path / name, photos=1, rng=random.Random(9)) for name in ("a", "b")
    )
    assert [p.read_bytes() for p in sorted(one.iterdir())] == [
        p.read_bytes() for p in sorted(two.iterdir())
    ]
