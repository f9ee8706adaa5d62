"""Files that are damaged, cut off or lie about themselves take no time and say nothing false."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.domain.model import Capture
from app.media.exif import LATITUDE, read_exif
from tests.helpers.photos import exif_block, jpeg, xmp_packet
from tests.unit.media.kit import GREY, LOCAL, TAKEN, fuzz, read_bytes


def test_a_file_that_is_no_picture_says_nothing(tmp_path: Path) -> None:
    for content in (b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xe1", b"II*\0", b"ftyp" * 100):
        assert read_bytes(tmp_path, content) == Capture()


@pytest.mark.parametrize("kind", range(14))
def test_a_tiff_whose_entries_lie_about_their_sizes_costs_nothing(
    tmp_path: Path, kind: int
) -> None:
    entries = b"".join(
        struct.pack("<HHII", tag, kind, amount, 8)
        for tag in (0x010F, 0x0110, 0x02BC, 0x8769, 0x8825)
        for amount in (0xFFFFFFFF, 500_000)
    )
    body = b"II*\0" + struct.pack("<IH", 8, 0xFFFF) + entries * 50 + bytes(2_000_000)
    began = time.thread_time()
    read_bytes(tmp_path, body)
    assert time.thread_time() - began < 1.0


def test_a_directory_that_points_at_itself_ends(tmp_path: Path) -> None:
    entries = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    assert read_bytes(tmp_path, b"II*\0" + struct.pack("<IH", 8, 2) + entries) == Capture()


@pytest.mark.parametrize(("amount", "kept"), [(0, False), (1, True), (3, True), (17, False)])
def test_a_value_of_no_or_far_too_many_numbers_is_left_out(amount: int, kept: bool) -> None:
    entry = struct.pack("<HHII", LATITUDE, 5, amount, 100)
    gps = struct.pack("<HHII", 0x8825, 4, 1, 26)
    head = b"II*\0" + struct.pack("<IH", 8, 1) + gps + bytes(4) + struct.pack("<H", 1) + entry
    content = head.ljust(100, b"\0") + struct.pack("<II", 47, 1) * amount
    read = read_exif(lambda offset, size: content[offset : offset + size])
    assert read.gps == ({LATITUDE: (47.0,) * amount} if kept else {})


def test_a_side_that_is_missing_makes_no_position(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({2: (47.0, 30.0, 0.0), 3: "E", 4: (8.0, 30.0, 0.0)})
    assert read_bytes(tmp_path, jpeg(GREY, exif.tobytes())).position is None


@pytest.mark.parametrize("broken", [(0, 0), (1, 0), (181, 1)])
def test_fractions_of_nothing_make_no_position(tmp_path: Path, broken: tuple[int, int]) -> None:
    block = exif_block("M3E", LOCAL, "", (1.5, 2.5))
    written = struct.pack("<IIII", 1, 1, 30, 1)
    assert block.count(written) == 1
    damaged = block.replace(written, struct.pack("<IIII", *broken, 30, 1))
    read = read_bytes(tmp_path, jpeg(GREY, damaged))
    assert read.position is None and read.taken == TAKEN


@pytest.fixture(scope="module")
def whole() -> bytes:
    packet = xmp_packet({"drone-dji:GimbalYawDegree": "+3.5", "drone-dji:GpsLatitude": "+1.5"})
    return jpeg(GREY, exif_block("M3E", LOCAL, "+02:00", (1.5, 2.5), altitude=3.0), packet)


@fuzz
@given(st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8", b"II*\0", b"MM\0*"]))
def test_any_bytes_are_survived(tmp_path: Path, content: bytes, head: bytes) -> None:
    read_bytes(tmp_path, head + content)


@fuzz
@given(st.data())
def test_a_photo_cut_anywhere_gives_what_is_left(
    tmp_path: Path, whole: bytes, data: st.DataObject
) -> None:
    read_bytes(tmp_path, whole[: data.draw(st.integers(0, len(whole)))])


@fuzz
@given(st.data())
def test_a_photo_damaged_anywhere_gives_sensible_values_only(
    tmp_path: Path, whole: bytes, data: st.DataObject
) -> None:
    content = bytearray(whole)
    for at in data.draw(st.lists(st.integers(0, 1200), max_size=6)):
        content[min(at, len(content) - 1)] = data.draw(st.integers(0, 255))
    read = read_bytes(tmp_path, bytes(content))
    if read.position:
        assert abs(read.position.latitude) <= 90 and abs(read.position.longitude) <= 180
    assert read.taken is None or read.taken.tzinfo is not None
    assert read.camera_model.isprintable()
