"""Reads an XMP packet, also one that is not quite well-formed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree

DRONE: Final = "http://www.dji.com/drone-dji/1.0/"
PANORAMA: Final = "http://ns.google.com/photos/1.0/panorama/"
TIFF: Final = "http://ns.adobe.com/tiff/1.0/"
_KNOWN: Final = {"drone-dji": DRONE, "GPano": PANORAMA, "tiff": TIFF}
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

# Lengths are bounded everywhere, so that no content makes the search slow.
_OPENING: Final = re.compile(rb"<((?:\w{1,20}:)?xmpmeta|rdf:RDF)[\s>]")
_NAME: Final = r"(?<![\w-])([\w-]{1,20}):(\w{1,60})"
_ATTRIBUTE: Final = re.compile(
    _NAME + r"\s{0,9}=\s{0,9}(?:\"([^\"<>]{0,200})\"|'([^'<>]{0,200})')", re.ASCII
)
_ELEMENT: Final = re.compile(f"<{_NAME}>([^<>]{{0,200}})</", re.ASCII)
_MOST: Final = 200  # characters; no value that we read is longer

# Namespace and name to value.
Properties = Mapping[tuple[str, str], str]
NOTHING: Final[Properties] = MappingProxyType({})


def find_packet(data: bytes) -> bytes:
    """The first XMP packet in `data`, from opening to closing element; empty when there is none."""
    opening = _OPENING.search(data)
    if opening is None:
        return b""
    closing = b"</" + opening[1]
    end = data.find(closing, opening.end())
    return data[opening.start() : end] + closing + b">" if end >= 0 else b""


def read_properties(packet: bytes) -> Properties:
    """The simple properties of our three namespaces, written as attributes or as elements.

    Never raises: a packet that is no XML (drones let pilots' free text in unescaped) is read for
    its plain `prefix:Name="value"` pairs; one that declares entities likewise, none expanded.
    """
    packet = find_packet(packet) or packet
    try:
        root = ElementTree.fromstring(packet)
    except (ParseError, ValueError, LookupError):
        return _pairs(packet.decode("utf-8", "replace"))
    found: dict[tuple[str, str], str] = {}
    for description in root.iter(f"{{{_RDF}}}Description"):
        for name, value in description.attrib.items():
            _keep(found, name, value)
        for child in description:
            _keep(found, child.tag, _text(child))
    return found


def _keep(found: dict[tuple[str, str], str], name: str, value: str) -> None:
    namespace, _, local = name[1:].partition("}")
    if namespace in (DRONE, PANORAMA, TIFF) and len(value) <= _MOST:
        found.setdefault((namespace, local), value.strip())


def _text(element: Element) -> str:
    """The element's text, or that of the only item of an rdf:Seq, Bag or Alt."""
    return "".join(element.itertext()).strip()


def _pairs(text: str) -> Properties:
    found: dict[tuple[str, str], str] = {}
    for prefix, name, double, single in _ATTRIBUTE.findall(text):
        if prefix in _KNOWN:
            _keep(found, f"{{{_KNOWN[prefix]}}}{name}", double or single)
    for prefix, name, value in _ELEMENT.findall(text):
        if prefix in _KNOWN:
            _keep(found, f"{{{_KNOWN[prefix]}}}{name}", value)
    return found
