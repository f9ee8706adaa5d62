"""MetaStudio: assets, files, signed addresses, confirmation, and who may ask."""

from __future__ import annotations

import base64
import hashlib
import random
from pathlib import Path
from typing import Any

import pytest

from app.practice.cloud import PracticeCloud
from tests.unit.practice.clients import Studio, ask

DATA = b"a photo, or so"


@pytest.fixture
def studio(cloud: PracticeCloud) -> Studio:
    return Studio(cloud)


def refused(studio: Studio, got: Any, code: str, words: str = "", status: int = 400) -> None:
    """Refused with this code; a breach when `words` are given, none otherwise."""
    assert (got.status, got.json["error_code"]) == (status, code), got.body
    violations = studio.cloud.violations
    assert len(violations) == (1 if words else 0), violations
    assert not words or words in violations[0]


def test_a_whole_delivery_leaves_no_breach(studio: Studio):
    told = studio.file(DATA)
    got = studio.put(told["upload_url"], DATA)
    assert got.headers["etag"] == f'"{hashlib.md5(DATA).hexdigest()}"'
    assert (studio.complete(told["file_id"]).status, studio.cloud.violations) == (200, [])
    assert studio.cloud.delivered("metastudio")["a.jpg"].read_bytes() == DATA
    assert [(r.name, r.times) for r in studio.cloud.registrations("metastudio")] == [("a.jpg", 1)]


def test_what_is_not_confirmed_is_not_delivered(studio: Studio):
    studio.put(studio.file(DATA)["upload_url"], DATA)
    assert studio.cloud.delivered("metastudio") == {}


# who may ask


def test_nobody_in_particular_is_refused_as_a_breach(studio: Studio):
    got = studio.ask("GET", "/digital-assets", X_Auth_Token=None)
    refused(studio, got, "MSS.00000001", "neither", status=401)


def test_a_token_that_is_wrong_or_ended_is_refused(studio: Studio):
    assert studio.ask("GET", "/digital-assets").status == 200
    studio.cloud.expire_tokens()
    refused(studio, studio.ask("GET", "/digital-assets"), "APIGW.0301", status=401)


def test_a_token_lives_a_day(studio: Studio):
    studio.cloud.settings.offset = 24 * 3600 + 1
    refused(studio, studio.ask("GET", "/digital-assets"), "APIGW.0301", status=401)


def test_signing_in_to_iam_names_the_project(studio: Studio):
    got = studio.sign_in()
    assert got.status == 201
    assert got.json["token"]["project"]["id"] == studio.account.options["project-id"]
    assert studio.sign_in(password="wrong").status == 401
    assert studio.sign_in(domain={"name": "other"}).status == 401
    assert studio.sign_in("elsewhere").status == 401
    assert studio.cloud.violations == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "auth is missing"),
        ({"auth": {"identity": {}, "scope": {}}}, "methods is missing"),
        ({"auth": {"identity": {"methods": ["totp"]}}}, "other methods"),
        ({"auth": {"scope": {"project": {}}}}, "neither name nor id"),
    ],
)
def test_a_sign_in_has_all_its_members(studio: Studio, value: Any, words: str):
    assert studio.sign_in_with(value).status == 400
    assert words in studio.cloud.violations[0]


def test_another_project_is_refused(studio: Studio):
    url = f"{studio.account.url}/v1/{'0' * 32}/digital-assets"
    got = ask("GET", url, headers={"X-Auth-Token": studio.token})
    refused(studio, got, "MSS.00010009")


def test_the_projects_header_must_fit(studio: Studio):
    got = studio.ask("GET", "/digital-assets", X_Project_Id="0" * 32)
    refused(studio, got, "MSS.00010009", "X-Project-Id")


def test_the_app_user_is_ascii(studio: Studio):
    got = studio.ask("GET", "/digital-assets", X_App_UserId="\u00fc")
    refused(studio, got, "MSS.00000003", "X-App-UserId")


def test_the_project_is_found_by_its_regions_name(studio: Studio):
    url = f"{studio.cloud.iam_login.url}/v3/projects?name={studio.cloud.iam_region}"
    got = ask("GET", url, headers={"X-Auth-Token": studio.token})
    assert got.json["projects"][0]["id"] == studio.account.options["project-id"]


def test_bodies_are_json_and_say_so(studio: Studio):
    got = studio.ask("POST", "/digital-assets", {}, Content_Type="text/plain")
    refused(studio, got, "MSS.10000002", "Content-Type")


def test_bodies_are_whole_json(studio: Studio):
    project = studio.account.options["project-id"]
    headers = {"X-Auth-Token": studio.token, "Content-Type": "application/json"}
    url = f"{studio.account.url}/v1/{project}/digital-assets"
    refused(studio, ask("POST", url, b'{"asset', headers), "MSS.10000002", "no JSON")


class Turned:
    """A clock that tests turn."""

    time = 1_800_000_000.0

    def now(self) -> float:
        return self.time


def test_calls_beyond_the_limit_are_throttled_for_the_rest_of_the_second(tmp_path: Path):
    clock = Turned()
    with PracticeCloud(tmp_path, clock=clock, rng=random.Random(1)) as cloud:
        studio = Studio(cloud)
        cloud.settings.throttle = 2
        answers = [studio.ask("GET", "/digital-assets").status for _ in range(3)]
        clock.time += 1.5
        answers.append(studio.ask("GET", "/digital-assets").status)
        assert answers == [200, 200, 429, 200]
        assert cloud.violations == []


# assets


ASSETS: list[tuple[dict[str, Any], str]] = [
    ({"asset_name": None}, "asset_name is missing"),
    ({"asset_name": "x" * 257}, "asset_name has 257"),
    ({"asset_type": "PHOTO"}, "asset_type is none of"),
    ({"asset_type": "VOICE_MODEL"}, "users cannot upload"),
    ({"tags": ["x"] * 51}, "tags has 51"),
    ({"tags": ["x" * 129]}, "tags is no list of strings"),
    ({"system_properties": [{"action": "SET", "key": "A", "value": "Yes"}]}, "action is none of"),
    ({"system_properties": [{"action": "ADD", "key": "A"}]}, "value is missing"),
    ({"name": "x"}, "name is a member nobody knows"),
    ({"review_config": "x"}, "review_config is no JSON object"),
]


@pytest.mark.parametrize(("changes", "words"), ASSETS)
def test_an_asset_follows_the_contract(studio: Studio, changes: dict[str, Any], words: str):
    value = {"asset_name": "Flight", "asset_type": "IMAGE", **changes}
    refused(studio, studio.ask("POST", "/digital-assets", value), "MSS.10000003", words)


def test_files_of_one_name_in_two_assets_are_both_there(studio: Studio):
    for data in (b"one", b"two"):
        told = studio.file(data)
        studio.put(told["upload_url"], data)
        studio.complete(told["file_id"])
    found = [(name, path.read_bytes()) for name, path in studio.cloud.arrivals("metastudio")]
    assert found == [("a.jpg", b"one"), ("a.jpg", b"two")]


def test_an_asset_shows_what_it_was_made_with(studio: Studio):
    value = {"asset_name": "Flight", "asset_type": "IMAGE", "asset_description": "mark"}
    asset = studio.ask("POST", "/digital-assets", value).json["asset_id"]
    shown = studio.ask("GET", f"/digital-assets/{asset}").json
    assert {name: shown[name] for name in value} == value


def test_an_asset_may_have_tags_and_properties(studio: Studio):
    value = {
        "asset_name": "Flight",
        "asset_type": "IMAGE",
        "tags": ["a"],
        "asset_description": "",
        "system_properties": [{"action": "ADD", "key": "MATERIAL_IMG", "value": "Yes"}],
    }
    assert studio.ask("POST", "/digital-assets", value).json["asset_id"]
    assert studio.cloud.violations == []


def test_names_may_have_to_be_unique(studio: Studio):
    studio.cloud.settings.unique_asset_names = True
    studio.asset()
    value = {"asset_name": "Flight", "asset_type": "IMAGE"}
    refused(studio, studio.ask("POST", "/digital-assets", value), "MSS.10001005")


def test_assets_are_listed_by_state_name_and_page(studio: Studio):
    told = studio.file(DATA)
    studio.put(told["upload_url"], DATA)
    studio.complete(told["file_id"])
    other = studio.asset("VIDEO")
    assert studio.ask("GET", "/digital-assets").json["count"] == 2
    got = studio.ask("GET", "/digital-assets?asset_state=CREATING%2CFAILED").json["assets"]
    assert [asset["asset_id"] for asset in got] == [other]
    assert studio.ask("GET", f"/digital-assets?asset_id={other}").json["count"] == 1
    assert studio.ask("GET", "/digital-assets?asset_type=IMAGE&name=FLI").json["count"] == 1
    page = studio.ask("GET", "/digital-assets?limit=1&offset=1&sort_dir=desc").json
    assert (page["count"], len(page["assets"]), page["assets"][0]["asset_type"]) == (2, 1, "IMAGE")
    assert studio.cloud.violations == []


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=x", "sort_key=size"])
def test_a_list_query_is_one_of_those_documented(studio: Studio, query: str):
    got = studio.ask("GET", f"/digital-assets?{query}")
    refused(studio, got, "MSS.10001002", "query")


def test_an_asset_goes_to_the_bin_or_for_good(studio: Studio):
    asset = studio.file(DATA) and studio.ask("GET", "/digital-assets").json["assets"][0]["asset_id"]
    assert studio.ask("DELETE", f"/digital-assets/{asset}").status == 200
    binned = studio.ask("GET", "/digital-assets?asset_state=DELETING").json
    assert binned["count"] == 1
    refused(studio, studio.ask("GET", f"/digital-assets/{asset}"), "MSS.10001001")
    other = studio.asset()
    assert studio.ask("DELETE", f"/digital-assets/{other}?mode=force").status == 200
    refused(studio, studio.ask("DELETE", f"/digital-assets/{other}"), "MSS.10001001")
    third = studio.asset()
    got = studio.ask("DELETE", f"/digital-assets/{third}?mode=hard")
    refused(studio, got, "MSS.10001002", "mode")


# files


FILES: list[tuple[dict[str, Any], str]] = [
    ({"file_name": ""}, "file_name has 0"),
    ({"file_name": "x" * 257}, "file_name has 257"),
    ({"file_md5": hashlib.md5(DATA).hexdigest()}, "file_md5 has 32"),
    ({"file_md5": base64.b64encode(b"17 bytes, not 16!").decode()}, "not the base 64 of 16"),
    ({"file_md5": None}, "file_md5 is missing"),
    ({"file_size": 0}, "file_size is 0"),
    ({"file_size": 5368709121}, "file_size is 5368709121"),
    ({"file_size": "14"}, "file_size is no whole number"),
    ({"file_type": ""}, "file_type has 0"),
    ({"file_type": ".jpg"}, "file_type with a dot"),
    ({"file_type": "tif"}, "tif is no main file of IMAGE"),
    ({"asset_file_category": "main"}, "asset_file_category is none of"),
    ({"asset_file_category": "COVER"}, "COVER is not allowed on IMAGE"),
    ({"asset_file_category": "SAMPLE"}, "SAMPLE is not allowed on IMAGE"),
    ({"asset_id": None}, "asset_id is missing"),
    ({"auto": True}, "auto is a member nobody knows"),
]


@pytest.mark.parametrize(("changes", "words"), FILES)
def test_a_file_follows_the_contract(studio: Studio, changes: dict[str, Any], words: str):
    value = studio.wanted(studio.asset(), DATA, **changes)
    refused(studio, studio.ask("POST", "/files", value), "MSS.10000003", words)


@pytest.mark.parametrize(
    ("kind", "name", "most"),
    [("IMAGE", "a.JPG", 50), ("MUSIC", "a.mp3", 100), ("PPT", "a.pdf", 100)],
)
def test_each_kind_has_its_own_largest_file(studio: Studio, kind: str, name: str, most: int):
    size = most * 1024 * 1024
    value = studio.wanted(studio.asset(kind), DATA, name, file_size=size)
    assert studio.ask("POST", "/files", value).status == 201
    value = studio.wanted(studio.asset(kind), DATA, name, file_size=size + 1)
    refused(studio, studio.ask("POST", "/files", value), "MSS.10001007", "too many")


def test_an_asset_has_one_main_and_one_cover_file(studio: Studio):
    asset = studio.asset("VIDEO")
    main = studio.wanted(asset, DATA, "a.mp4")
    cover = studio.wanted(asset, DATA, "a.jpg", asset_file_category="COVER")
    assert [studio.ask("POST", "/files", value).status for value in (main, cover)] == [201, 201]
    got = studio.ask("POST", "/files", cover)
    refused(studio, got, "MSS.10001009", "second COVER")


def test_a_second_main_file_is_refused_until_the_first_is_given_up(studio: Studio):
    asset = studio.asset()
    value = studio.wanted(asset, DATA)
    first = studio.ask("POST", "/files", value).json
    studio.complete(first["file_id"], state="CANCELLED")
    assert studio.ask("POST", "/files", value).status == 201
    refused(studio, studio.ask("POST", "/files", value), "MSS.10001008", "second MAIN")


def test_a_cancelled_main_file_may_go_on_counting(studio: Studio):
    studio.cloud.settings.main_after_cancel = False
    value = studio.wanted(studio.asset(), DATA)
    studio.complete(studio.ask("POST", "/files", value).json["file_id"], state="CANCELLED")
    refused(studio, studio.ask("POST", "/files", value), "MSS.10001008", "second MAIN")


def test_unknown_assets_and_files_have_their_own_codes(studio: Studio):
    value = studio.wanted("nobody", DATA)
    refused(studio, studio.ask("POST", "/files", value), "MSS.10001001")
    refused(studio, studio.complete("nobody"), "MSS.10001004")
    refused(studio, studio.ask("DELETE", "/files/nobody"), "MSS.10001004")


def test_a_deleted_file_is_gone_and_no_longer_delivered(studio: Studio):
    told = studio.file(DATA)
    studio.put(told["upload_url"], DATA)
    studio.complete(told["file_id"])
    assert studio.ask("DELETE", f"/files/{told['file_id']}").status == 204
    assert studio.cloud.delivered("metastudio") == {}
    refused(studio, studio.complete(told["file_id"]), "MSS.10001004")
