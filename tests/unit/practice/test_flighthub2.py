"""FlightHub 2: what it grants, what it takes, and every rule of the contract it insists on."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from typing import Any

import pytest

from app.practice.cloud import PracticeCloud
from app.practice.faults import Action, Fault
from tests.unit.practice.clients import FlightHub, keys_of, put_object, resource_of

NAMES = tuple(f"DJI_{number:04d}.JPG" for number in range(1, 13))


@pytest.fixture
def hub(cloud: PracticeCloud) -> FlightHub:
    return FlightHub(cloud)


def refused(hub: FlightHub, got: Any, code: int, words: str) -> None:
    """Refused with this code, and noted as one breach."""
    assert (got.status, got.code) == (200, code), got.body
    assert len(hub.cloud.violations) == 1, hub.cloud.violations
    assert words in hub.cloud.violations[0]


def imported(hub: FlightHub, grant: dict[str, Any]) -> Any:
    """Looks until the import is complete."""
    for _ in range(hub.cloud.settings.import_polls):
        data = hub.ask("GET", f"/open_model/resource/{resource_of(grant)}").data
    return data  # pyright: ignore[reportPossiblyUnbound]


def start(hub: FlightHub, grant: dict[str, Any], **value: Any):
    body = {"resource_uuid": resource_of(grant), **value}
    return hub.ask("POST", "/open_model/models/reconstruction/start", body)


def test_a_whole_delivery_leaves_no_breach(hub: FlightHub):
    grant = hub.deliver(*NAMES[:5])
    assert imported(hub, grant)["status"] == 1
    told = start(hub, grant, parameter_3d=json.dumps({"parameter": {}})).data["model_3d"]
    path = f"/open_model/models/{told['uuid']}"
    states = [hub.ask("GET", path).data["model_status"] for _ in range(3)]
    assert (told["status"], states) == (12, [14, 14, 15])
    assert hub.cloud.violations == []
    found = hub.cloud.delivered("flighthub2")
    assert {name: path.read_bytes() for name, path in found.items()} == {
        name: name.encode() for name in NAMES[:5]
    }


def test_a_missing_token_is_a_breach_and_a_wrong_one_is_not(hub: FlightHub):
    assert hub.ask("GET", "/system_status", X_User_Token="wrong").code == 200401
    assert hub.cloud.violations == []
    refused(hub, hub.ask("GET", "/system_status", X_User_Token=None), 200401, "no X-User-Token")


@pytest.mark.parametrize("request_id", [None, "1", "not-a-uuid"])
def test_a_request_id_is_a_uuid(hub: FlightHub, request_id: str | None):
    got = hub.ask("GET", "/system_status", X_Request_Id=request_id)
    refused(hub, got, 200101, "X-Request-Id is no UUID")


def test_a_request_id_is_used_once(hub: FlightHub):
    request_id = str(uuid.uuid4())
    assert hub.ask("GET", "/system_status", X_Request_Id=request_id).code == 0
    got = hub.ask("GET", "/system_status", X_Request_Id=request_id)
    refused(hub, got, 200101, "used before")


def test_there_are_two_languages(hub: FlightHub):
    assert hub.ask("GET", "/system_status", X_Language=None).code == 0
    refused(hub, hub.ask("GET", "/system_status", X_Language="de"), 200101, "X-Language")


def test_a_body_says_that_it_is_json(hub: FlightHub):
    got = hub.ask("POST", "/wayline/finish-upload", {}, Content_Type="text/plain")
    refused(hub, got, 200101, "Content-Type")


def test_a_get_has_no_body(hub: FlightHub):
    refused(hub, hub.ask("GET", "/system_status", {}), 200101, "a GET with a body")


def test_the_project_must_be_named_known_and_joined(hub: FlightHub):
    token = "/open_model/stores/obtain_token"
    assert hub.ask("POST", token, X_Project_Uuid=str(uuid.uuid4())).code == 210104
    listed = hub.ask("GET", "/project?usage=simple").data["list"]
    joined = hub.ask("GET", "/project?prj_authorized_status=project-status-authorized").data["list"]
    (other,) = {p["uuid"] for p in listed} - {p["uuid"] for p in joined}
    assert hub.ask("POST", token, X_Project_Uuid=other).code == 200403
    refused(hub, hub.ask("POST", token, X_Project_Uuid=None), 200403, "X-Project-Uuid")


def test_projects_come_page_by_page_and_all_at_once(hub: FlightHub):
    hub.cloud.settings.projects = 24
    pages = [hub.ask("GET", f"/project?page={page}").data["list"] for page in (1, 2, 3, 4)]
    assert [None if page is None else len(page) for page in pages] == [10, 10, 5, None]
    assert len(hub.ask("GET", "/project?usage=simple").data["list"]) == 25
    assert len(hub.ask("GET", "/project?q=PROJECT%2024&page_size=5").data["list"]) == 1
    hub.cloud.settings.projects = 0
    assert hub.ask("GET", "/project").data["list"] is None


@pytest.mark.parametrize("query", ["page=0", "page_size=x", "usage=all", "sort_type=up", "limit=3"])
def test_a_project_query_is_one_of_those_documented(hub: FlightHub, query: str):
    refused(hub, hub.ask("GET", f"/project?{query}"), 200101, "bad query")


def test_a_grant_has_every_member_and_ends_in_unix_seconds(hub: FlightHub):
    hub.cloud.settings.keys_live = 900
    grant = hub.open()
    assert set(grant) == {
        "cloud_name", "access_key_id", "secret_access_key", "session_token", "region",
        "cloud_bucket_name", "end_point", "store_path", "callback_param", "expire_time",
    }  # fmt: skip
    assert grant["store_path"].endswith("/{fileName}")
    assert uuid.UUID(resource_of(grant))
    assert abs(grant["expire_time"] - time.time() - 900) < 60


def test_a_grant_is_asked_for_without_a_body(hub: FlightHub):
    refused(hub, hub.ask("POST", "/open_model/stores/obtain_token", {}), 200101, "no body")


def test_a_further_grant_is_a_new_group_or_the_same(hub: FlightHub):
    first, second = hub.open(), hub.open()
    assert resource_of(first) != resource_of(second)
    hub.cloud.settings.renewal = "same"
    third = hub.open()
    assert third["callback_param"] == second["callback_param"]
    assert third["store_path"] == second["store_path"]
    assert third["access_key_id"] != second["access_key_id"]


def test_an_old_groups_files_are_registered_under_the_old_group(hub: FlightHub):
    old = hub.open()
    etag = hub.put(old, "a.jpg", b"a")
    new = hub.open()
    assert hub.callback(hub.body(old, [("a.jpg", etag)])).code == 0
    refused(hub, hub.callback(hub.body(new, [("a.jpg", etag)])), 200101, "not in the bucket")


def test_the_callback_answers_what_it_took(hub: FlightHub):
    grant = hub.open()
    got = hub.callback(hub.body(grant, [("a.jpg", hub.put(grant, "a.jpg", b"a"))]))
    assert got.data["upload_count"] == 1
    assert got.data["file_name_list"] == ["a.jpg"]
    assert got.data["resource_uuid"] == resource_of(grant)


BREACHES = {
    "resource_uuid is missing": {"resource_uuid": None},
    "resource_uuid is no UUID": {"resource_uuid": "1"},
    "resource_name has": {"resource_name": "x" * 256},
    "callback_param is missing": {"callback_param": None},
    "never handed out": {"callback_param": "bm9uc2Vuc2U="},
    "another callback_param": {"resource_uuid": "11111111-1111-4111-8111-111111111111"},
    "files has 0": {"files": []},
    "files has 101": {"files": [{"name": f"{n}", "etag": "x"} for n in range(101)]},
    "names a twice": {"files": [{"name": "a", "etag": "x"}] * 2},
    "files[0].etag is missing": {"files": [{"name": "a"}]},
    "files[0].name has another form": {"files": [{"name": "sub/a", "etag": "x"}]},
    "files[0].size is a member nobody knows": {"files": [{"name": "a", "etag": "x", "size": 1}]},
    "project is a member nobody knows": {"project": "x"},
    "files[0].name is no string": {"files": [{"name": 1, "etag": "x"}]},
    "is no list": {"files": {"name": "a"}},
    "is no JSON object": {"files": ["a"]},
}


@pytest.mark.parametrize(("words", "changes"), list(BREACHES.items()))
def test_a_callback_follows_the_contract_member_by_member(
    hub: FlightHub, words: str, changes: dict[str, Any]
):
    grant = hub.open()
    body = {**hub.body(grant, [("a", hub.put(grant, "a", b"a"))]), **changes}
    refused(hub, hub.callback(body), 200101, words)
    assert hub.cloud.registrations("flighthub2") == []


def test_a_callback_that_is_no_object_is_refused(hub: FlightHub):
    refused(hub, hub.callback([]), 200101, "the body is no JSON object")


@pytest.mark.parametrize("change", [str.lower, lambda etag: f'"{etag}"', lambda etag: "0" * 32])
def test_the_etag_is_the_buckets_own_without_quotes_and_in_its_case(hub: FlightHub, change: Any):
    hub.cloud.settings.etag_style = "upper"
    grant = hub.open()
    etag = hub.put(grant, "a", b"a")
    refused(hub, hub.callback(hub.body(grant, [("a", change(etag))])), 200101, "another etag")


def test_a_file_that_was_never_put_is_refused_and_registers_none_of_its_call(hub: FlightHub):
    grant = hub.open()
    files = [("a", hub.put(grant, "a", b"a")), ("b", "0" * 32)]
    refused(hub, hub.callback(hub.body(grant, files)), 200101, "b is not in the bucket")
    assert hub.cloud.delivered("flighthub2") == {}


def test_where_the_storage_is_somebody_elses_the_callback_is_believed(hub: FlightHub):
    grant = hub.open()
    hub.cloud.settings.callback_looks = False
    files = [("a", "0" * 32), ("b", hub.put(grant, "b", b"b"))]
    for _ in range(2):
        assert hub.callback(hub.body(grant, files)).data["upload_count"] == 2
    assert list(hub.cloud.delivered("flighthub2")) == ["b"]
    assert [(r.name, r.times) for r in hub.cloud.registrations("flighthub2")] == [
        ("a", 2),
        ("b", 2),
    ]


def test_a_hundred_files_are_one_call(hub: FlightHub):
    grant = hub.open()
    files = [(f"{n}.jpg", hub.put(grant, f"{n}.jpg", b"x")) for n in range(100)]
    assert hub.callback(hub.body(grant, files)).data["upload_count"] == 100
    assert hub.cloud.violations == []


def test_repeated_registrations_are_counted(hub: FlightHub):
    grant = hub.open()
    body = hub.body(grant, [("a", hub.put(grant, "a", b"a")), ("b", hub.put(grant, "b", b"b"))])
    hub.callback(body)
    hub.callback({**body, "files": body["files"][:1]})
    seen = [(r.name, r.times) for r in hub.cloud.registrations("flighthub2")]
    assert seen == [("a", 2), ("b", 1)]


def test_bytes_stay_as_they_were_when_they_were_registered(hub: FlightHub):
    grant = hub.open()
    hub.callback(hub.body(grant, [("a", hub.put(grant, "a", b"first"))]))
    hub.put(grant, "a", b"second")
    assert hub.cloud.delivered("flighthub2")["a"].read_bytes() == b"first"


@pytest.mark.parametrize(("same", "breaches"), [(True, 1), (False, 0)])
def test_two_callbacks_at_once_for_one_group_are_a_breach(
    hub: FlightHub, same: bool, breaches: int
):
    one = hub.open()
    two = one if same else hub.open()
    bodies = [
        hub.body(one, [("a", hub.put(one, "a", b"a"))]),
        hub.body(two, [("b", hub.put(two, "b", b"b"))]),
    ]
    hub.cloud.faults.add(Fault("flighthub2.upload_callback", Action.STALL, times=2, seconds=0.3))
    threads = [threading.Thread(target=hub.callback, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hub.cloud.violations) == breaches
    assert all("two calls at once" in words for words in hub.cloud.violations)


@pytest.mark.parametrize(("polls", "counts"), [(0, [4]), (1, [4]), (2, [2, 4]), (3, [2, 3, 4])])
def test_an_import_shows_its_names_from_look_to_look(hub: FlightHub, polls: int, counts: list[int]):
    hub.cloud.settings.import_polls = polls
    grant = hub.deliver(*NAMES[:4])
    looks = [hub.ask("GET", f"/open_model/resource/{resource_of(grant)}").data for _ in counts]
    assert [len(look["file_names"]) for look in looks] == counts
    assert [look["status"] for look in looks] == [0] * (len(counts) - 1) + [1]


def test_an_import_begins_anew_for_files_that_came_later(hub: FlightHub):
    grant = hub.deliver("a")
    assert imported(hub, grant)["status"] == 1
    files = [(name, hub.put(grant, name, b"x")) for name in ("b", "c")]
    hub.callback(hub.body(grant, files))
    path = f"/open_model/resource/{resource_of(grant)}"
    looks = [hub.ask("GET", path).data for _ in range(2)]
    assert [(len(look["file_names"]), look["status"]) for look in looks] == [(2, 0), (3, 1)]


def test_a_resource_is_unknown_before_its_first_callback(hub: FlightHub):
    grant = hub.open()
    assert hub.ask("GET", f"/open_model/resource/{resource_of(grant)}").code == 200610
    assert hub.cloud.violations == []


def test_a_deleted_resource_shows_so_and_delivers_nothing(hub: FlightHub):
    grant = hub.deliver("a")
    path = f"/open_model/resource/{resource_of(grant)}"
    assert [hub.ask("DELETE", path).code for _ in range(2)] == [0, 0]
    told = hub.ask("GET", path).data
    assert (told["status"], told["file_names"]) == (3, None)
    assert hub.cloud.delivered("flighthub2") == {}


STARTS = {
    "asks for no kind": {},
    "parameter_3d is no string with a JSON object": {"parameter_3d": "no json"},
    "parameter_2d is no string with a JSON object": {"parameter_2d": "[1]"},
    "parameter_3d is no string": {"parameter_3d": {"parameter": {}}},
    "is no boolean": {"parameter_3d": "{}", "delete_resource_if_finish": "no"},
    "parameter_4d is a member nobody knows": {"parameter_3d": "{}", "parameter_4d": "{}"},
}


@pytest.mark.parametrize(("words", "value"), list(STARTS.items()))
def test_a_start_follows_the_contract(hub: FlightHub, words: str, value: dict[str, Any]):
    grant = hub.deliver(*NAMES[:5])
    imported(hub, grant)
    refused(hub, start(hub, grant, **value), 200101, words)


def test_a_start_before_the_import_is_complete_is_a_breach(hub: FlightHub):
    refused(hub, start(hub, hub.deliver(*NAMES[:5]), parameter_2d="{}"), 200101, "complete")


def test_each_kind_has_its_own_fewest_files(hub: FlightHub):
    grant = hub.deliver(*NAMES[:9])
    imported(hub, grant)
    kinds = {f"parameter_{kind}": "{}" for kind in ("2d", "3d", "3dgs", "lidar")}
    told = start(hub, grant, **kinds).data
    wrong = {name: model["sub_error_code"] for name, model in told.items()}
    assert wrong == {"model_2d": 0, "model_3d": 0, "model_3dgs": 310002, "model_lidar": 0}
    running = hub.ask("GET", "/open_model/models/running").data["list"]
    assert sorted(model["model_type"] for model in running) == [1, 2, 4]
    assert hub.cloud.violations == []


@pytest.mark.parametrize(("end", "status"), [("success", 15), ("failed", 8), ("no compute", 13)])
def test_a_job_ends_as_the_setting_says(hub: FlightHub, end: Any, status: int):
    hub.cloud.settings.job_end, hub.cloud.settings.job_polls = end, 1
    grant = hub.deliver(*NAMES[:5])
    imported(hub, grant)
    model = start(hub, grant, parameter_2d="{}").data["model_2d"]["uuid"]
    told = hub.ask("GET", f"/open_model/models/{model}").data
    assert told["model_status"] == status
    assert (told["error_code"] != 0) == (end == "failed")
    assert hub.ask("GET", "/open_model/models/running").data["list"] is None


def test_a_stopped_job_stays_stopped_and_a_deleted_one_is_gone(hub: FlightHub):
    grant = hub.deliver(*NAMES[:5])
    imported(hub, grant)
    path = f"/open_model/models/{start(hub, grant, parameter_2d='{}').data['model_2d']['uuid']}"
    assert [hub.ask("POST", f"{path}/reconstruction/stop").code for _ in range(2)] == [0, 0]
    assert hub.ask("GET", path).data["model_status"] == 16
    assert hub.ask("DELETE", path).code == 0
    assert hub.ask("GET", path).code == 200610


def put_wayline(hub: FlightHub, name: str) -> str:
    grant = hub.ask("GET", "/project/sts-token").data
    key = f"{grant['object_key_prefix']}/{name}"
    put_object(hub.cloud, f"{grant['bucket']}/{key}", b"PK", keys_of(grant), grant["region"])
    return key


def test_a_wayline_is_registered_by_its_key(hub: FlightHub):
    key = put_wayline(hub, "x/north.kmz")
    got = hub.ask("POST", "/wayline/finish-upload", {"name": "North", "object_key": key})
    assert got.data["name"] == "North"
    (listed,) = hub.ask("GET", "/wayline").data["list"]
    assert (listed["name"], listed["size"]) == ("North", 2)
    assert hub.cloud.delivered("flighthub2")["north.kmz"].read_bytes() == b"PK"
    assert [r.name for r in hub.cloud.registrations("flighthub2")] == ["north.kmz"]
    assert hub.cloud.violations == []


def test_a_wayline_is_a_kmz_under_the_projects_prefix(hub: FlightHub):
    key = put_wayline(hub, "north.zip")
    got = hub.ask("POST", "/wayline/finish-upload", {"name": "North", "object_key": key})
    refused(hub, got, 200101, "no .kmz")


def test_a_wayline_that_was_never_put_is_refused(hub: FlightHub):
    key = re.sub("north", "south", put_wayline(hub, "north.kmz"))
    got = hub.ask("POST", "/wayline/finish-upload", {"name": "South", "object_key": key})
    refused(hub, got, 219001, "not in the bucket")
