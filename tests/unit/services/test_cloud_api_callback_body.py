"""The Cloud API: the callback about a file is complete, in its times and its model keys as well."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app.domain.model import Capture, Position
from tests.unit.services.cloud_api_kit import (
    CALLBACK,
    CAPTURE,
    FAST,
    GROUP_ID,
    MISS,
    MISSION,
    NAME,
    OK,
    desk,
    grant,
    prepared,
    sent,
)

pytestmark = pytest.mark.usefixtures("houses")


def test_the_callback_is_complete_to_the_last_member():
    with desk({CALLBACK: OK}) as d:
        outcome = d.service.confirm(grant(), [sent()])
        [seen] = d.seen
    assert outcome.ids == {7} and not outcome.refused
    assert (seen.method, seen.path) == ("POST", CALLBACK)
    assert seen.json == {
        "result": 0,
        "fingerprint": "0F1E2D3C4B5A69788796A5B4C3D2E1F0",
        "name": NAME,
        "path": MISSION,
        "object_key": f"b6f0c0de/{MISSION}/{NAME}",
        "sub_file_type": 0,
        "ext": {
            "file_group_id": GROUP_ID,
            "drone_model_key": "0-77-0",
            "payload_model_key": "1-66-0",
            "is_original": True,
            "tinny_fingerprint": "00112233445566778899aabbccddeeff_2026_5_3_10_11_12",
            "sn": "1581FEXAMPLE0001",
        },
        "metadata": {
            "absolute_altitude": 412.35,
            "relative_altitude": 80.02,
            "gimbal_yaw_degree": -91.4,
            "created_time": "2026-05-03T10:11:11+02:00",
            "shoot_position": {"lat": 59.123456, "lng": 17.654321},
        },
    }


def callback_of(capture: Capture | None, **about: Any) -> tuple[dict[str, Any], str]:
    with desk({CALLBACK: OK}) as d:
        assert d.service.confirm(grant(), [sent(prepared(capture, **about))]).ids == {7}
        return d.seen[0].json, d.seen[0].body.decode()


@pytest.mark.parametrize("capture", [None, Capture()])
def test_a_file_without_a_word_about_its_shot_is_told_completely(capture: Capture | None):
    body, raw = callback_of(capture, path=f"{MISSION}/DJI_20260503101112_0007.MP4")
    here = datetime(2026, 5, 3, 10, 11, 12).astimezone()
    assert body["metadata"] == {
        "absolute_altitude": 0.0,
        "relative_altitude": 0.0,
        "gimbal_yaw_degree": 0.0,
        "created_time": here.isoformat(),
        "shoot_position": {"lat": 0.0, "lng": 0.0},
    }
    assert '"lat":0.0' in raw.replace(" ", "")
    assert body["sub_file_type"] == 0
    assert body["ext"]["sn"] == ""
    assert body["ext"]["drone_model_key"] == "0-77-0"
    assert body["ext"]["payload_model_key"] == "1-66-0"


def test_numbers_that_are_none_become_zero_and_whole_ones_stay_real():
    nan, endless = float("nan"), float("inf")
    capture = replace(
        CAPTURE,
        absolute_altitude=nan,
        relative_altitude=-endless,
        gimbal_yaw=90,
        position=Position(nan, endless),
    )
    body, raw = callback_of(capture)
    told = body["metadata"]
    assert (told["absolute_altitude"], told["relative_altitude"]) == (0.0, 0.0)
    assert told["shoot_position"] == {"lat": 0.0, "lng": 0.0}
    assert '"gimbal_yaw_degree":90.0' in raw.replace(" ", "")


def test_a_panorama_is_said_to_be_one():
    assert callback_of(replace(CAPTURE, panorama=True))[0]["sub_file_type"] == 1


def test_a_long_serial_fits_the_servers_column():
    assert callback_of(replace(CAPTURE, drone_serial="S" * 40))[0]["ext"]["sn"] == "S" * 32


CREATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        (timedelta(hours=-9, minutes=-30), "2026-05-03T10:11:11-09:30"),
        (timedelta(0), "2026-05-03T10:11:11+00:00"),
        (timedelta(hours=2, seconds=1), "2026-05-03T10:11:11+02:00"),
        (timedelta(hours=1, minutes=59, seconds=59), "2026-05-03T10:11:11+02:00"),
    ],
)
def test_the_time_has_no_fraction_and_a_zone_in_minutes(offset: timedelta, told: str):
    taken = datetime(2026, 5, 3, 10, 11, 11, 999_999, tzinfo=timezone(offset))
    assert callback_of(replace(CAPTURE, taken=taken))[0]["metadata"]["created_time"] == told


def test_the_time_of_a_file_without_any_is_its_own():
    time = datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)
    told = callback_of(None, path="a.MRK", mtime=time.timestamp())[0]["metadata"]["created_time"]
    assert CREATED.fullmatch(told)
    assert datetime.fromisoformat(told) == time


@pytest.mark.parametrize(
    ("drone", "camera", "keys"),
    [
        ("M3E", "", ("0-77-0", "1-66-0")),
        ("", "M3T", ("0-77-1", "1-67-0")),
        ("M3M", "M3M", ("0-77-2", "1-68-0")),
        ("MAVIC3-ENTERPRISE", "M3E\0\0", ("0-77-0", "1-66-0")),
        ("DJI Mavic 3T", "", ("0-77-1", "1-67-0")),
        ("M300 RTK", "ZH20T", ("0-60-0", "1-43-0")),
        ("Matrice 350 RTK", "ZH20N", ("0-89-0", "1-61-0")),
        ("m30t", "M30T", ("0-67-1", "1-53-0")),
        ("M30", "M30", ("0-67-0", "1-52-0")),
        ("Matrice 400", "H30T", ("0-103-0", "1-83-0")),
        ("M350 RTK", "ZenmuseP1", ("0-89-0", "1-50-65535")),
        ("M300 RTK", "Zenmuse L1", ("0-60-0", "1-90742-0")),
        ("M4E", "M4E", ("0-99-0", "1-88-0")),
        ("Matrice 4T", "", ("0-99-1", "1-89-0")),
        ("M3D", "M3D", ("0-91-0", "1-80-0")),
        ("", "M3TD", ("0-91-1", "1-81-0")),
        ("M4D", "", ("0-100-0", "1-98-0")),
        ("M4TD", "", ("0-100-1", "1-99-0")),
        ("M3TA", "", ("0-77-3", "1-129-0")),
        ("FC300S", "FC300S", ("0-77-0", "1-66-0")),
        ("M350 RTK", "L2", ("0-89-0", "1-66-0")),
    ],
)
def test_aircraft_and_cameras_are_known_by_their_names(
    drone: str, camera: str, keys: tuple[str, str]
):
    capture = replace(CAPTURE, drone_model=drone, camera_model=camera)
    ext = callback_of(capture)[0]["ext"]
    assert (ext["drone_model_key"], ext["payload_model_key"]) == keys


@pytest.mark.parametrize(
    ("drone", "camera", "keys"),
    [
        ("Spotter 9", "Lens 9", ("0-67-0", "1-52-0")),  # unknown
        ("M4E", "M4E", ("0-67-0", "1-52-0")),  # newer than the sample server
        ("M350 RTK", "H30T", ("0-89-0", "1-52-0")),
        ("M3E", "M3E", ("0-77-0", "1-66-0")),  # known everywhere: never replaced
    ],
)
def test_the_persons_model_keys_stand_in_for_what_servers_do_not_know(
    drone: str, camera: str, keys: tuple[str, str]
):
    capture = replace(CAPTURE, drone_model=drone, camera_model=camera)
    fallback = {"drone-model": "0-67-0", "payload-model": " 1-52-0 "}
    with desk({FAST: MISS}, options=fallback) as d:
        d.service.place(grant(), prepared(capture))
        ext = d.seen[0].json["ext"]
    assert (ext["drone_model_key"], ext["payload_model_key"]) == keys
