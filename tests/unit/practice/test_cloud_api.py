"""The Cloud API: sign-in, keys, and every rule of the strict demo server."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from app.practice.cloud import PracticeCloud
from tests.unit.practice.clients import CloudApi

GROUP = "5d0f7a2e-aaaa-4bbb-8ccc-ddddeeee0001"


@pytest.fixture
def api(cloud: PracticeCloud) -> CloudApi:
    return CloudApi(cloud)


def ext() -> dict[str, Any]:
    return {
        "drone_model_key": "0-77-0",
        "payload_model_key": "1-66-0",
        "is_original": True,
        "tinny_fingerprint": "00112233445566778899aabbccddeeff_2026_5_3_10_11_12",
        "sn": "1581FEXAMPLE0001",
    }


def question(fingerprint: str = "F" * 32) -> dict[str, Any]:
    return {"fingerprint": fingerprint, "name": "a.jpg", "path": "DJI_1", "ext": ext()}


def report(key: str, fingerprint: str = "F" * 32) -> dict[str, Any]:
    return {
        "result": 0,
        "fingerprint": fingerprint,
        "name": "a.jpg",
        "path": "DJI_202605031009_004_north-field",
        "object_key": key,
        "sub_file_type": 0,
        "ext": {**ext(), "file_group_id": GROUP},
        "metadata": {
            "absolute_altitude": 412.35,
            "relative_altitude": 80,
            "gimbal_yaw_degree": -91.4,
            "created_time": "2026-05-03T10:11:12+02:00",
            "shoot_position": {"lat": 59.1, "lng": 17.6},
        },
    }


def changed(value: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """A copy with one member replaced, or dropped when `new` is `...`."""
    whole = inner = copy.deepcopy(value)
    *parents, last = path.split(".")
    for name in parents:
        inner = inner[name]
    if new is ...:
        del inner[last]
    else:
        inner[last] = new
    return whole


def refused(api: CloudApi, got: Any, words: str) -> None:
    assert (got.status, got.code) == (200, -1), got.body
    assert len(api.cloud.violations) == 1, api.cloud.violations
    assert words in api.cloud.violations[0]


def test_a_whole_delivery_leaves_no_breach(api: CloudApi):
    assert api.media("fast-upload", question()).code == -1
    key = api.put("DJI_1/a.jpg", b"photo")
    got = api.media("upload-callback", report(key))
    assert (got.code, got.data) == (0, key)
    assert api.media("fast-upload", question()).json == {
        "code": 0,
        "message": "success",
        "data": "",
    }
    counts = {"file_group_id": GROUP, "file_count": 2, "file_uploaded_count": 1}
    assert api.media("group-upload-callback", counts).code == 0
    assert api.cloud.violations == []
    found = api.cloud.delivered("cloud-api")
    assert {name: path.read_bytes() for name, path in found.items()} == {"DJI_1/a.jpg": b"photo"}


def test_a_stored_object_without_a_callback_is_not_delivered(api: CloudApi):
    api.put("a.jpg", b"photo")
    assert api.cloud.delivered("cloud-api") == {}


def test_bytes_stay_as_they_were_when_they_were_registered(api: CloudApi):
    api.media("upload-callback", report(api.put("a.jpg", b"first")))
    api.put("a.jpg", b"second")
    assert api.cloud.delivered("cloud-api")["a.jpg"].read_bytes() == b"first"


def test_a_wrong_token_is_401_without_a_body_and_a_missing_one_is_a_breach(api: CloudApi):
    api.token = "wrong"
    got = api.sts()
    assert (got.status, got.body) == (401, b"")
    assert api.cloud.violations == []
    got = api.ask(f"/storage/api/v1/workspaces/{GROUP}/sts", X_Auth_Token=None)
    assert (got.status, got.body) == (401, b"")
    assert api.cloud.violations == ["cloud-api.sts: no X-Auth-Token"]


def test_another_workspace_is_forbidden(api: CloudApi):
    assert api.ask(f"/storage/api/v1/workspaces/{GROUP}/sts").status == 403
    assert api.cloud.violations == []


def login(api: CloudApi, **changes: Any):
    told = api.cloud.cloud_api_login
    body = {"username": told.username, "password": told.password, "flag": 2, **changes}
    kept = {name: value for name, value in body.items() if value is not None}
    return api.ask("/manage/api/v1/login", kept, X_Auth_Token=None)


def test_a_login_gives_a_token_that_works_until_it_ends_and_can_be_renewed(api: CloudApi):
    told = login(api).data
    assert told["workspace_id"] == api.account.options["workspace"]
    api.token = told["access_token"]
    assert api.sts().code == 0
    api.cloud.expire_tokens()
    assert api.sts().status == 401
    api.token = api.ask("/manage/api/v1/token/refresh").data["access_token"]
    assert api.sts().code == 0
    assert api.cloud.violations == []


def test_a_token_nobody_gave_is_not_renewed(api: CloudApi):
    api.token = "made up"
    assert api.ask("/manage/api/v1/token/refresh").status == 401


def test_a_wrong_password_is_code_401_and_a_wrong_kind_of_account_is_minus_1(api: CloudApi):
    got = login(api, password="wrong")
    assert (got.status, got.code) == (200, 401)
    api.cloud.settings.login_flag = 1
    assert (login(api).code, login(api, flag=1).code) == (-1, 0)
    assert api.cloud.violations == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"flag": 3}, "flag is 3"), ({"flag": "2"}, "whole number"), ({"username": None}, "missing")],
)
def test_a_login_has_three_members(api: CloudApi, changes: dict[str, Any], words: str):
    refused(api, login(api, **changes), words)


def test_request_ids_are_uuids_where_they_are_sent(api: CloudApi):
    path = f"/storage/api/v1/workspaces/{api.account.options['workspace']}/sts"
    assert api.ask(path, X_Request_ID=GROUP).code == 0
    refused(api, api.ask(path, X_Request_ID="7"), "X-Request-ID")


def test_a_body_says_that_it_is_json(api: CloudApi):
    path = f"/storage/api/v1/workspaces/{api.account.options['workspace']}/sts"
    refused(api, api.ask(path, {}, Content_Type="text/plain"), "Content-Type")


def test_keys_are_asked_for_with_nothing_or_an_empty_object(api: CloudApi):
    assert api.sts().code == api.sts({}).code == 0
    refused(api, api.sts({"bucket": "x"}), "no body")


@pytest.mark.parametrize(("provider", "start"), [("ali", "STS."), ("aws", "ASIA"), ("minio", "")])
def test_keys_look_as_their_provider_makes_them(api: CloudApi, provider: Any, start: str):
    api.cloud.settings.provider = provider
    told = api.sts().data
    assert told["provider"] == provider
    assert told["credentials"]["access_key_id"].startswith(start)
    assert told["credentials"]["expire"] == 3600


@pytest.mark.parametrize("answer", [0, -120, 30, None])
def test_the_end_of_keys_may_be_told_wrongly(api: CloudApi, answer: int | None):
    api.cloud.settings.expire_answer = answer
    assert api.sts().data["credentials"].get("expire") == answer


def test_credentials_and_slash_follow_the_settings(api: CloudApi):
    assert not api.sts().data["object_key_prefix"].endswith("/")
    api.cloud.settings.prefix_slash, api.cloud.settings.sts_credentials = True, False
    told = api.sts().data
    assert told["object_key_prefix"].endswith("/") and "credentials" not in told


def test_known_tiny_fingerprints_come_back(api: CloudApi):
    api.media("upload-callback", report(api.put("a.jpg", b"a")))
    tiny = ext()["tinny_fingerprint"]
    got = api.media("files/tiny-fingerprints", {"tiny_fingerprints": ["x", tiny]})
    assert got.data == {"tiny_fingerprints": [tiny]}
    assert api.cloud.violations == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["x"], "no JSON object"),
        ({}, "missing"),
        ({"tiny_fingerprints": ["x"] * 1001}, "1001 entries"),
        ({"tiny_fingerprints": ["x" * 257]}, "256 characters"),
        ({"tiny_fingerprints": "x"}, "no list"),
    ],
)
def test_tiny_fingerprints_come_in_an_object(api: CloudApi, value: Any, words: str):
    refused(api, api.media("files/tiny-fingerprints", value), words)


BOTH: list[tuple[str, Any, str]] = [
    ("fingerprint", ..., "fingerprint is missing"),
    ("fingerprint", "x" * 65, "fingerprint has 65"),
    ("name", None, "name is missing"),
    ("name", "x" * 101, "name has 101"),
    ("path", 7, "path is no string"),
    ("path", "x" * 1001, "path has 1001"),
    ("ext", ..., "ext is missing"),
    ("ext.drone_model_key", "", "drone_model_key is none of"),
    ("ext.drone_model_key", "0-1-1", "drone_model_key is none of"),
    ("ext.payload_model_key", "1-66", "payload_model_key is none of"),
    ("ext.payload_model_key", "1-65534-0", "payload_model_key is none of"),
    ("ext.is_original", "true", "is_original is no boolean"),
    ("ext.is_original", ..., "is_original is missing"),
    ("ext.tinny_fingerprint", ..., "tinny_fingerprint is missing"),
    ("ext.sn", ..., "sn is missing"),
    ("ext.sn", "x" * 33, "sn has 33"),
]


@pytest.mark.parametrize(("path", "new", "words"), BOTH)
def test_a_fast_upload_has_all_its_members(api: CloudApi, path: str, new: Any, words: str):
    refused(api, api.media("fast-upload", changed(question(), path, new)), words)


CALLBACK: list[tuple[str, Any, str]] = [
    *BOTH,
    ("result", 1, "result is 1"),
    ("result", ..., "result is missing"),
    ("path", ..., "path is missing"),
    ("object_key", ..., "object_key is missing"),
    ("object_key", "elsewhere/a.jpg", "outside the prefix"),
    ("sub_file_type", 2, "sub_file_type is 2"),
    ("sub_file_type", ..., "sub_file_type is missing"),
    ("ext.file_group_id", None, "file_group_id is missing"),
    ("ext.file_group_id", "1", "file_group_id is no UUID"),
    ("metadata", ..., "metadata is missing"),
    ("metadata", [], "metadata is no JSON object"),
    ("metadata.absolute_altitude", ..., "absolute_altitude is missing"),
    ("metadata.relative_altitude", "+80.0", "relative_altitude is no number"),
    ("metadata.gimbal_yaw_degree", True, "gimbal_yaw_degree is no number"),
    ("metadata.gimbal_yaw_degree", 900, "gimbal_yaw_degree is 900"),
    ("metadata.shoot_position", ..., "shoot_position is missing"),
    ("metadata.shoot_position.lat", 91, "lat is 91"),
    ("metadata.shoot_position.lng", ..., "lng is missing"),
    ("metadata.created_time", ..., "created_time is missing"),
]


@pytest.mark.parametrize(("path", "new", "words"), CALLBACK)
def test_a_callback_has_all_its_members(api: CloudApi, path: str, new: Any, words: str):
    key = api.put("a.jpg", b"a")
    refused(api, api.media("upload-callback", changed(report(key), path, new)), words)
    assert api.cloud.registrations("cloud-api") == []


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-03T10:11:12+0200",
        "2026-05-03T10:11:12",
        "2026-05-03T10:11:12.5Z",
        "2026-05-03 10:11:12Z",
        "2026:05:03 10:11:12",
    ],
)
def test_a_created_time_has_seconds_and_a_zone(api: CloudApi, text: str):
    value = changed(report(api.put("a.jpg", b"a")), "metadata.created_time", text)
    refused(api, api.media("upload-callback", value), "created_time")


@pytest.mark.parametrize("text", ["2026-05-03T10:11:12Z", "2026-05-03T10:11:12+00:00"])
def test_other_times_are_taken(api: CloudApi, text: str):
    value = changed(report(api.put("a.jpg", b"a")), "metadata.created_time", text)
    assert api.media("upload-callback", value).code == 0


def test_newer_drones_are_known_and_unknown_members_passed_over(api: CloudApi):
    value = changed(question(), "ext.drone_model_key", "0-103-0")
    value = changed(value, "ext.payload_model_key", "1-89-0")
    api.media("fast-upload", {**value, "more": 1})
    assert api.cloud.violations == []


def test_a_callback_for_a_missing_object_is_refused_unless_the_server_does_not_look(api: CloudApi):
    key = api.put("a.jpg", b"a").replace("a.jpg", "b.jpg")
    refused(api, api.media("upload-callback", report(key)), "not in the bucket")
    api.cloud.settings.callback_looks = False
    assert api.media("upload-callback", report(key)).code == 0
    assert api.cloud.delivered("cloud-api") == {}


def test_a_repeated_callback_makes_a_second_row_and_breaks_the_look_up(api: CloudApi):
    key = api.put("a.jpg", b"a")
    assert [api.media("upload-callback", report(key)).code for _ in range(2)] == [0, 0]
    assert api.cloud.violations == ["cloud-api.upload-callback: a.jpg was registered twice"]
    assert [(r.name, r.times) for r in api.cloud.registrations("cloud-api")] == [("a.jpg", 2)]
    got = api.media("fast-upload", question())
    assert got.code == -1 and "TooManyResults" in got.json["message"]


def test_another_file_under_a_registered_key_is_a_loss(api: CloudApi):
    api.media("upload-callback", report(api.put("a.jpg", b"a"), "A" * 32))
    api.media("upload-callback", report(api.put("a.jpg", b"b"), "B" * 32))
    assert "lost" in api.cloud.violations[0]


@pytest.mark.parametrize(("shape", "data"), [("object", dict), ("null", None)])
def test_the_answers_data_takes_other_shapes(api: CloudApi, shape: Any, data: Any):
    api.cloud.settings.data_shape = shape
    got = api.media("upload-callback", report(api.put("a.jpg", b"a"))).json
    hit = api.media("fast-upload", question()).json
    for answer in (got, hit):
        assert answer["code"] == 0
        assert "data" not in answer if data is None else isinstance(answer["data"], data)


def counts(**changes: Any) -> dict[str, Any]:
    return {"file_group_id": GROUP, "file_count": 2, "file_uploaded_count": 2, **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"file_group_id": "1"}, "no UUID"),
        ({"file_group_id": GROUP.upper()}, "lower case"),
        ({"file_count": -1}, "file_count is -1"),
        ({"file_count": "2"}, "no whole number"),
        ({"file_uploaded_count": 3}, "more files"),
        ({"file_uploaded_count": None}, "missing"),
    ],
)
def test_group_counts_make_sense(api: CloudApi, changes: dict[str, Any], words: str):
    refused(api, api.media("group-upload-callback", counts(**changes)), words)


def test_the_group_callback_may_be_absent_or_say_nothing(api: CloudApi):
    api.cloud.settings.group_callback = "absent"
    assert api.media("group-upload-callback", counts()).status == 404
    api.cloud.settings.group_callback = "empty"
    got = api.media("group-upload-callback", counts())
    assert (got.status, got.body) == (200, b"")
    assert api.cloud.violations == []
