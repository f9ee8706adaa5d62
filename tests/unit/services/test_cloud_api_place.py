"""The Cloud API: the server is asked for a file first, and one it lacks gets its key and path."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.errors import (
    BadAnswer,
    Forbidden,
    NetworkError,
    NotSignedIn,
    PostflightError,
    Refused,
    ServerBusy,
    ServerFailed,
)
from app.domain.model import Capture, Digests, Prepared
from app.domain.placement import AlreadyThere, ObjectTarget
from tests.helpers.scripted import Reply, Seen
from tests.unit.services.cloud_api_kit import (
    CAPTURE,
    DIGESTS,
    FAST,
    GROUP_ID,
    MISS,
    MISSION,
    NAME,
    TINY,
    desk,
    file,
    grant,
    prepared,
)

pytestmark = pytest.mark.usefixtures("houses")


# Asking what is there


def test_the_survey_sends_an_object_and_answers_the_known_ids():
    known = f"{DIGESTS.quick}_2026_5_3_10_11_12"
    two = Prepared(file("x/DJI_20261231235959_0001.JPG", 8), Digests("", "ab" * 16), CAPTURE)

    def tiny(seen: Seen) -> Reply:
        listed = ["elsewhere_1_1_1_1_1_1", known, known]
        return Reply({"code": 0, "message": "", "data": {"tiny_fingerprints": listed}})

    with desk({TINY: tiny}) as d:
        assert d.service.survey(grant(), [prepared(), two]) == {7}
        assert d.seen[0].json == {"tiny_fingerprints": [known, "ab" * 16 + "_2026_12_31_23_59_59"]}


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"detail": "Not Found"}, 404),
        Reply({"detail": [{"msg": "x"}]}, 422),
        Reply(["bare"]),
        Reply({"code": 0, "data": ["bare"]}),
        Reply({"code": 0, "data": None}),
        Reply({"code": 0, "data": {"tiny_fingerprints": None}}),
        Reply({"code": 0, "data": {"tiny_fingerprints": [None, 3]}}),
        Reply({"code": -1, "message": "unreadable"}),
        Reply("null"),
        Reply(""),
    ],
)
def test_a_server_that_does_not_survey_knows_nothing(reply: Reply):
    with desk({TINY: reply}) as d:
        assert d.service.survey(grant(), [prepared()]) == frozenset()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=401), NotSignedIn),
        (Reply(status=403), Forbidden),
        (Reply(status=502), ServerBusy),
        (Reply(cut=True), NetworkError),
    ],
)
def test_a_survey_that_fails_says_so(reply: Reply, error: type[PostflightError]):
    with desk({TINY: reply}) as d, pytest.raises(error):
        d.service.survey(grant(), [prepared()])


def test_the_question_before_an_upload_is_complete():
    with desk({FAST: MISS}) as d:
        d.service.place(grant(), prepared())
        [seen] = d.seen
    assert (seen.method, seen.path) == ("POST", FAST)
    assert seen.json == {
        "fingerprint": "0F1E2D3C4B5A69788796A5B4C3D2E1F0",
        "name": NAME,
        "path": MISSION,
        "ext": {
            "drone_model_key": "0-77-0",
            "payload_model_key": "1-66-0",
            "is_original": True,
            "tinny_fingerprint": "00112233445566778899aabbccddeeff_2026_5_3_10_11_12",
            "sn": "1581FEXAMPLE0001",
        },
    }


@pytest.mark.parametrize("data", [{}, "", {"object_key": "media/x.jpg"}, None, [1]])
@pytest.mark.parametrize("code", [0, "0"])
def test_code_0_means_that_nothing_is_sent(data: Any, code: Any):
    with desk({FAST: {"code": code, "message": "ok", "data": data}}) as d:
        assert d.service.place(grant(), prepared()) == AlreadyThere("already on the server")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(MISS),
        Reply({"code": 1, "message": "not found", "data": None}),
        Reply({"code": -1, "message": "unreadable request"}),
        Reply({"code": "A0400", "message": "?"}),
        Reply({"code": "", "message": "?"}),
        Reply({"code": None}),
        Reply({"detail": "Not Found"}, 404),
        Reply({"code": 404, "message": "no such route"}, 404),
        Reply({"detail": [{"msg": "field required"}]}, 422),
        Reply(status=405),
        Reply(""),
        Reply("[]"),
    ],
)
def test_everything_else_means_that_the_file_is_sent(reply: Reply):
    with desk({FAST: reply}) as d:
        placed = d.service.place(grant(), prepared())
    key = f"b6f0c0de/{GROUP_ID}/{MISSION}/{NAME}"
    assert placed == ObjectTarget(key, "image/jpeg", single_put=False)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=401), NotSignedIn),
        (Reply({"code": 401, "message": "expired"}), NotSignedIn),
        (Reply({"detail": "mismatch"}, 403), Forbidden),
        (Reply(status=429), ServerBusy),
        (Reply(status=500), ServerFailed),
        (Reply(status=501), Refused),
        (Reply({"detail": "name too long"}, 400), Refused),
        (Reply("<html>Wi-Fi</html>"), BadAnswer),
        (Reply(cut=True), NetworkError),
    ],
)
def test_a_question_that_fails_is_no_miss(reply: Reply, error: type[PostflightError]):
    with desk({FAST: reply}) as d:
        with pytest.raises(error) as caught:
            d.service.place(grant(), prepared())
        assert type(caught.value) is error


# Where a file goes


def key_of(path: str, prefix: str = "p/") -> str:
    with desk({FAST: MISS}) as d:
        placed = d.service.place(grant(prefix=prefix), prepared(path=path))
    assert isinstance(placed, ObjectTarget)
    return placed.key


def test_flights_with_equal_names_do_not_meet_in_the_bucket():
    """A formatted card starts its numbering anew, and a PUT replaces."""
    with desk({FAST: MISS}) as d:
        one = d.service.place(grant(prefix="p/"), prepared(path="DCIM/a.JPG"))
        other = d.service.place(
            replace(grant(prefix="p/"), group="other"), prepared(path="DCIM/a.JPG")
        )
    assert isinstance(one, ObjectTarget) and isinstance(other, ObjectTarget)
    assert one.key == f"p/{GROUP_ID}/DCIM/a.JPG"
    assert other.key == "p/other/DCIM/a.JPG"


def test_names_are_sent_and_stored_in_their_composed_form():
    spoken = unicodedata.normalize("NFD", "Höhe-é 北区 🚁")
    path = f"{spoken}/DJI_20260503101112_0001_{spoken}.JPG"
    composed = unicodedata.normalize("NFC", path)
    assert composed != path
    with desk({FAST: MISS}) as d:
        placed = d.service.place(grant(prefix="p/"), prepared(path=path))
        body = d.seen[0].json
    assert isinstance(placed, ObjectTarget)
    assert placed.key == f"p/{GROUP_ID}/{composed}"
    assert f"{body['path']}/{body['name']}" == composed


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("a.JPG", "a.JPG"),
        ("../../a.JPG", "a.JPG"),
        ("/x/./y//a.JPG", "x/y/a.JPG"),
        ("DCIM/DJI_001/a.JPG", "DCIM/DJI_001/a.JPG"),
    ],
)
def test_a_key_stays_below_the_prefix(path: str, key: str):
    assert key_of(path) == f"p/{GROUP_ID}/{key}"


def test_a_key_without_a_prefix_starts_with_the_group():
    assert key_of("x/a.JPG", prefix="") == f"{GROUP_ID}/x/a.JPG"


@pytest.mark.parametrize("letter", ["d", "北", "🚁"])
def test_a_key_that_is_too_long_loses_folders_and_never_the_name(letter: str):
    folder = "/".join(letter * 60 for _ in range(12))
    one, other = key_of(f"{folder}x/{NAME}"), key_of(f"{folder}y/{NAME}")
    for key in (one, other):
        assert key.startswith(f"p/{GROUP_ID}/{letter}")
        assert key.endswith(f"/{NAME}")
        assert len(key) <= 512
        assert len(key.encode()) <= 1024
    assert one != other
    assert key_of(f"{folder}x/{NAME}") == one


def test_a_key_of_just_the_allowed_length_is_left_alone():
    start = f"p/{GROUP_ID}/"
    folder = "d" * (512 - len(start) - len("/a.JPG"))
    assert key_of(f"{folder}/a.JPG") == f"{start}{folder}/a.JPG"
    assert key_of(f"{folder}d/a.JPG") != f"{start}{folder}d/a.JPG"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.jpeg", "image/jpeg"),
        ("a.TIF", "image/tiff"),
        ("a.MP4", "video/mp4"),
        ("a_Timestamp.MRK", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_the_content_type_follows_the_ending(path: str, kind: str):
    with desk({FAST: MISS}) as d:
        placed = d.service.place(grant(), prepared(path=path))
    assert isinstance(placed, ObjectTarget)
    assert placed.content_type == kind


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"DCIM/{MISSION}/a.JPG", MISSION),
        (f"DCIM/{MISSION}/extra/a.JPG", MISSION),
        (f"DJI_202605031009_003_old/{MISSION}/a.JPG", MISSION),
        ("DCIM/100MEDIA/a.JPG", "100MEDIA"),
        ("DCIM/DJI_001/a.JPG", "DJI_001"),
        ("DJI_202605031009_0041/b/a.JPG", "b"),
        ("a.JPG", ""),
    ],
)
def test_the_business_path_is_the_mission_folders_name(path: str, told: str):
    with desk({FAST: MISS}) as d:
        d.service.place(grant(), prepared(path=path))
        assert d.seen[0].json["path"] == told


def tiny_of(capture: Capture | None = None, **about: Any) -> str:
    with desk({FAST: MISS}) as d:
        d.service.place(grant(), prepared(capture, **about))
        return d.seen[0].json["ext"]["tinny_fingerprint"].partition("_")[2]


def test_the_short_fingerprint_takes_its_time_from_the_name():
    assert tiny_of(CAPTURE, path="DJI_20260102030405_0001_V.JPG") == "2026_1_2_3_4_5"
    assert tiny_of(CAPTURE, path="north_dji_20260102030405.jpg") == "2026_1_2_3_4_5"


@pytest.mark.parametrize(
    "name", ["DJI_0018.JPG", "DJI_20261399000000_0001.JPG", "DJI_202601020304051_1.JPG"]
)
def test_else_from_the_shot_and_else_from_the_file(name: str):
    assert tiny_of(CAPTURE, path=name) == "2026_5_3_10_11_11"
    time = datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)
    here = time.astimezone()
    expected = f"{here.year}_{here.month}_{here.day}_{here.hour}_{here.minute}_{here.second}"
    assert tiny_of(None, path=name, mtime=time.timestamp()) == expected
    assert tiny_of(replace(CAPTURE, taken=None), path=name, mtime=time.timestamp()) == expected


def test_the_times_of_a_strange_clock_break_nothing():
    assert tiny_of(None, path="a.JPG", mtime=-9e18 / 1e9).count("_") == 5
    assert tiny_of(None, path="a.JPG", mtime=9e30).count("_") == 5
