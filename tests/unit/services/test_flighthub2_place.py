"""FlightHub 2: which files it takes, and the lane, key and type that each gets."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import FileRefused
from app.domain.model import MEDIA, Found
from app.domain.placement import ObjectTarget, Why
from tests.unit.services.flighthub2_kit import GROUP, Desk, grant, media

# --- files before they are sent ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "lane"),
    [
        ("a/b.kmz", "route"),
        ("B.KMZ", "route"),
        ("b.kmz.jpg", MEDIA),
        ("kmz", MEDIA),
        ("IMG.JPG", MEDIA),
    ],
)
def test_routes_travel_in_a_lane_of_their_own(desk: Desk, path: str, lane: str) -> None:
    assert desk.service().lane(path) == lane


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("a.jpg", 0, "empty"),
        ("a.jpg", 5 * 1024**3 + 1, "larger than 5 GiB"),
        ("x" * 1025, 1, "too long"),
        ("a\udcff.jpg", 1, "no text"),
    ],
)
def test_what_can_never_arrive_is_refused_beforehand(
    desk: Desk, name: str, size: int, words: str
) -> None:
    error = desk.service().refuse(Found(0, Path(name), f"DCIM/{name}", size, 1))
    assert isinstance(error, FileRefused)
    assert words in error.title


@pytest.mark.parametrize(
    ("name", "size"),
    [("a.jpg", 1), ("a.jpg", 5 * 1024**3), ("é" * 1024, 1), ("e\u0301" * 1024, 1), ("🛰️港.jpg", 3)],
)
def test_other_files_are_welcome(desk: Desk, name: str, size: int) -> None:
    assert desk.service().refuse(Found(0, Path(name), f"DCIM/{name}", size, 1)) is None


# --- place ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DJI_0001.JPG", "image/jpeg"),
        ("a.jpeg", "image/jpeg"),
        ("a.dng", "image/x-adobe-dng"),
        ("港 🛰️ é.mp4", "video/mp4"),
        ("noext", "application/octet-stream"),
        ("a.ldr", "application/octet-stream"),
        ("{fileName}.jpg", "image/jpeg"),
    ],
)
def test_a_file_goes_where_the_template_says(desk: Desk, name: str, kind: str) -> None:
    target = desk.service().place(grant(), media(1, name))
    assert target == ObjectTarget(f"fh/tmp/{GROUP}/{name}", kind, single_put=True)
    assert desk.seen == []


def test_a_route_gets_a_key_that_stays_the_same(desk: Desk) -> None:
    service, opened = desk.service(), grant("", lane="route")
    target = service.place(opened, media(1, "Pylon.kmz", "route"))
    assert isinstance(target, ObjectTarget)
    top, middle, own, name = target.key.split("/")
    assert (top, middle, name) == ("org", "routes", "Pylon.kmz")
    assert uuid.UUID(own)
    assert target.content_type == "application/vnd.google-earth.kmz"
    assert service.place(opened, media(9, "Pylon.kmz", "route")) == target
    other = service.place(opened, media(2, "Other.kmz", "route"))
    elsewhere = service.place(replace(opened, batch="b2"), media(1, "Pylon.kmz", "route"))
    assert isinstance(other, ObjectTarget) and isinstance(elsewhere, ObjectTarget)
    assert len({item.key.split("/")[2] for item in (target, other, elsewhere)}) == 3


def test_a_route_without_a_prefix_has_no_leading_slash(desk: Desk) -> None:
    opened = replace(grant("", lane="route"), prefix="")
    target = desk.service().place(opened, media(1, "a.kmz", "route"))
    assert isinstance(target, ObjectTarget)
    assert target.key.count("/") == 1 and not target.key.startswith("/")


def test_survey_and_forget_say_nothing(desk: Desk) -> None:
    service = desk.service()
    assert service.survey(grant(), [media(1, "a.jpg")]) == frozenset()
    service.forget(grant(), "id", Why.CANCELLED)
    assert desk.seen == []
