"""Photos and packets that nobody meant well with: only expected errors, in bounded time.

POSTFLIGHT_NIGHTLY=1 tries 5000 mutations of each instead of 40.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import PostflightError, UsageError
from app.domain.ports import Cancel
from app.evidence.comparing import check
from app.media.metadata import read_capture
from app.media.xmp import find_packet, read_properties
from tests.conftest import flight_media
from tests.helpers.photos import write_photo, xmp_packet

NIGHTLY = os.environ.get("POSTFLIGHT_NIGHTLY") == "1"
MANY = settings(
    max_examples=5000 if NIGHTLY else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HEAD = 256 * 1024  # bytes: EXIF and XMP stand in front
SLOW = 10.0  # seconds; far more than a busy machine needs


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("photos")
    made = [
        write_photo(folder / "a.jpg"),
        write_photo(folder / "b.jpg", big_endian=True, elements=True, offset="+02:00"),
    ]
    real = flight_media()
    found = sorted(real.rglob("*.[jJ][pP][gG]"))[:6] if real else []
    contents: list[bytes] = []
    for path in (*made, *found):
        with path.open("rb") as file:
            contents.append(file.read(HEAD))
    return contents


Edit = tuple[str, float, bytes]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "cut", "repeat"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=12,
)


def edited(content: bytes, edits: list[Edit]) -> bytes:
    """Most edits fall on the first kilobytes, where the lengths and offsets stand."""
    text = bytearray(content)
    for kind, where, given_bytes in edits:
        at = int(where**3 * len(text))
        if kind == "set":
            text[at : at + len(given_bytes)] = given_bytes
        elif kind == "insert":
            text[at:at] = given_bytes
        elif kind == "cut":
            del text[at : at + 64 * len(given_bytes)]
        else:
            text[at:at] = text[at : at + 256] * len(given_bytes)
    return bytes(text)


def quick(work: Callable[[], object]) -> None:
    started = time.monotonic()
    try:
        work()
    except PostflightError as error:
        assert error.title
    assert time.monotonic() - started < SLOW


@MANY
@given(which=st.integers(0, 7), edits=EDITS)
def test_a_mutated_photo_is_read_or_named(
    photos: list[bytes], tmp_path: Path, which: int, edits: list[Edit]
) -> None:
    path = tmp_path / "DJI_0001.JPG"
    path.write_bytes(edited(photos[which % len(photos)], edits))
    quick(lambda: read_capture(path))


@MANY
@given(edits=EDITS, tail=st.binary(max_size=200))
def test_a_mutated_packet_is_read_or_empty(edits: list[Edit], tail: bytes) -> None:
    packet = edited(xmp_packet({"drone-dji:GpsLatitude": "+47.1", "tiff:Model": "M3E"}), edits)
    quick(lambda: read_properties(find_packet(packet + tail)))


NAMED = [(n, f"&l{n - 1};") for n in range(1, 10)]
LAUGHS = "".join(f"<!ENTITY l{n} '{entity * 10}'>" for n, entity in NAMED)


@pytest.mark.parametrize(
    "packet",
    [
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><x>&l9;</x>',
        f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><x>{"&a;" * 50_000}</x>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>',
        "<a>" * 100_000,
        "<x " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>",
        "<x>" + "\ud800".encode("utf-8", "surrogatepass").decode("latin-1") + "</x>",
    ],
    ids=["laughs", "quadratic", "file", "dtd", "deep", "wide", "surrogate"],
)
def test_an_xml_bomb_costs_nothing(packet: str, tmp_path: Path) -> None:
    wrapped = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{packet}</x:xmpmeta>'.encode()
    for text in (packet.encode(), wrapped):
        quick(lambda text=text: _harmless(text))


def _harmless(text: bytes) -> None:
    assert "root:" not in str(read_properties(text))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@MANY
@given(value=JSON, cut=st.integers(0, 30))
def test_a_strange_receipt_is_named(tmp_path: Path, value: object, cut: int) -> None:
    text = json.dumps(value)
    path = tmp_path / "receipt.json"
    path.write_text(text[: len(text) - cut], encoding="utf-8")
    (tmp_path / "card").mkdir(exist_ok=True)
    with pytest.raises(UsageError):
        check(path, tmp_path / "card", Cancel())
