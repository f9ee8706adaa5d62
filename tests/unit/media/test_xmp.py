"""XMP packets, neat and otherwise."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media.xmp import DRONE, PANORAMA, find_packet, read_properties
from tests.helpers.photos import xmp_packet

YAW = (DRONE, "GimbalYawDegree")
PACKET = xmp_packet({"drone-dji:GimbalYawDegree": "-12.50", "drone-dji:SelfData": "A & <B>"})


@pytest.mark.parametrize("elements", [False, True])
def test_attributes_and_elements_say_the_same(elements: bool) -> None:
    written = {"drone-dji:GimbalYawDegree": "+1.5", "GPano:ProjectionType": "equirectangular"}
    properties = read_properties(xmp_packet(written, elements=elements))
    assert properties == {YAW: "+1.5", (PANORAMA, "ProjectionType"): "equirectangular"}


def test_another_prefix_for_the_namespace_is_as_good() -> None:
    packet = PACKET.replace(b"drone-dji:", b"d:").replace(b"xmlns:drone-dji", b"xmlns:d")
    assert read_properties(packet)[YAW] == "-12.50"


def test_a_value_in_a_list_is_read() -> None:
    packet = xmp_packet({"drone-dji:GimbalYawDegree": "VALUE"}, elements=True)
    packet = packet.replace(b"VALUE", b"<rdf:Seq><rdf:li>3</rdf:li></rdf:Seq>")
    assert read_properties(packet)[YAW] == "3"


def test_free_text_that_breaks_the_xml_hides_no_other_value() -> None:
    broken = PACKET.replace(b"A &amp; &lt;B&gt;", b"A & B")
    assert broken != PACKET
    assert read_properties(broken)[YAW] == "-12.50"


def test_broken_xml_with_elements_is_read_too() -> None:
    packet = xmp_packet({"drone-dji:GimbalYawDegree": "3"}, elements=True)
    assert read_properties(packet.replace(b"</rdf:RDF>", b""))[YAW] == "3"


def test_a_packet_cut_in_the_middle_gives_what_came_before() -> None:
    cut = PACKET[: PACKET.index(b"SelfData")]
    assert read_properties(cut)[YAW] == "-12.50"


def test_entities_are_never_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + PACKET.replace(
        b"-12.50", b"&b;"
    )
    assert "aaa" not in str(read_properties(bomb))
    bare = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x drone-dji:GimbalYawDegree="3">&a;</x>'
    assert read_properties(bare) == {YAW: "3"}
    inside = PACKET.replace(b"-12.50", b"&b;")
    assert "aaa" not in str(read_properties(inside))


def test_the_first_packet_is_found_among_other_bytes() -> None:
    other = xmp_packet({"drone-dji:GimbalYawDegree": "9"})
    packet = find_packet(b"\xff\xd8junk\0" + PACKET + b"\0\xff" + other)
    assert read_properties(packet)[YAW] == "-12.50"
    assert find_packet(b"no packet here") == b""
    assert find_packet(b"<x:xmpmeta but no end") == b""


def test_overlong_values_are_left_out() -> None:
    packet = xmp_packet({"drone-dji:GimbalYawDegree": "1" * 300})
    assert read_properties(packet) == {}


def test_zeros_behind_the_packet_do_not_matter() -> None:
    assert read_properties(PACKET + b"\0" * 200)[YAW] == "-12.50"


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    read_properties(data)
    find_packet(data)


@given(st.integers(0, len(PACKET) - 1), st.binary(max_size=12))
def test_any_damage_is_survived(at: int, inserted: bytes) -> None:
    read_properties(PACKET[:at] + inserted + PACKET[at + len(inserted) :])


@pytest.mark.parametrize(
    "content",
    [
        b"<x:xmpmeta " * 40_000,
        b"a" * 400_000,
        b"a:" * 200_000,
        b'a:b="' * 80_000,
        b"<a:b>" * 80_000,
        b"a-" * 200_000,
        b"<x:xmpmeta>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</x:xmpmeta>",
    ],
    ids=["openings", "letters", "colons", "quotes", "elements", "hyphens", "nested"],
)
def test_hostile_content_takes_no_time_worth_speaking_of(content: bytes) -> None:
    began = time.thread_time()
    read_properties(content)
    find_packet(content)
    assert time.thread_time() - began < 3.0
