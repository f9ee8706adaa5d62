"""FlightHub 2: media and routes are told to it once, and looked for where an answer was lost."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import pytest

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    Forbidden,
    NotSignedIn,
    PostflightError,
    Refused,
    Scope,
    ServerBusy,
)
from app.domain.model import MEDIA
from tests.helpers.scripted import Reply
from tests.unit.services.flighthub2_kit import (
    BASE,
    BATCH,
    CALLBACK_URL,
    GROUP,
    GROUP_2,
    HTML,
    RESOURCE_URL,
    ROUTE_URL,
    SECRETS,
    TOKEN_URL,
    Desk,
    fine,
    grant,
    no,
    no_secret_in,
    resource,
    sent,
    token_data,
)

# --- confirm: media ------------------------------------------------------------------------------


def uploaded(**data: object) -> Reply:
    return fine({"resource_uuid": GROUP, **data})


def test_the_callback_carries_names_and_tags_as_they_came(desk: Desk) -> None:
    nfd = unicodedata.normalize("NFD", "é.jpg")
    desk.on("POST", CALLBACK_URL, uploaded(upload_count=3))
    items = [
        sent(1, "DJI_0001.JPG", etag="00112233445566778899AABBCCDDEEFF"),
        sent(2, "港口 🛰️.jpeg", etag="aBc-2"),
        sent(3, nfd),
    ]
    got = desk.service().confirm(grant(), items)
    assert got.ids == {1, 2, 3} and not got.refused
    assert desk.calls() == ["POST /open_model/stores/upload_callback"]
    assert desk.seen[0].json == {
        "resource_uuid": GROUP,
        "resource_name": "Site A",
        "callback_param": SECRETS[4],
        "files": [
            {"name": "DJI_0001.JPG", "etag": "00112233445566778899AABBCCDDEEFF"},
            {"name": "港口 🛰️.jpeg", "etag": "aBc-2"},
            {"name": nfd, "etag": "ETAG0003"},
        ],
    }


def test_a_batch_without_a_title_names_no_resource(desk: Desk) -> None:
    desk.on("POST", CALLBACK_URL, uploaded(upload_count=1))
    memo = json.dumps({"callback_param": "x", "title": ""})
    desk.service().confirm(replace(grant(), memo=memo), [sent(1, "a.jpg")])
    assert "resource_name" not in desk.seen[0].json


def test_a_hundred_files_go_in_one_call_and_leave_no_one_out(desk: Desk) -> None:
    desk.on("POST", CALLBACK_URL, lambda seen: uploaded(upload_count=len(seen.json["files"])))
    got = desk.service().confirm(grant(), [sent(n, f"{n}.jpg") for n in range(100)])
    assert len(desk.seen) == 1 and len(desk.seen[0].json["files"]) == 100
    assert got.ids == set(range(100))


@pytest.mark.parametrize("count", [2, 350, None, ..., "2"])
def test_a_count_that_may_be_of_all_calls_acknowledges_the_call(desk: Desk, count: object) -> None:
    data = {} if count is ... else {"upload_count": count}
    desk.on("POST", CALLBACK_URL, uploaded(**data, file_name_list=None))
    got = desk.service().confirm(grant(), [sent(1, "a.jpg"), sent(2, "b.jpg")])
    assert got.ids == {1, 2} and not got.refused
    assert len(desk.seen) == 1


@pytest.mark.parametrize("data", [None, {}])
def test_a_success_without_content_acknowledges_the_call(desk: Desk, data: object) -> None:
    desk.on("POST", CALLBACK_URL, fine(data))
    assert desk.service().confirm(grant(), [sent(1, "a.jpg")]).ids == {1}


def test_a_short_count_with_a_list_refuses_the_names_that_are_not_on_it(desk: Desk) -> None:
    nfd = unicodedata.normalize("NFD", "é.jpg")
    desk.on("POST", CALLBACK_URL, uploaded(upload_count=1, file_name_list=[nfd]))
    got = desk.service().confirm(grant(), [sent(1, "a.jpg"), sent(2, "é.jpg")])
    assert got.ids == {2}
    assert set(got.refused) == {1}
    error = got.refused[1]
    assert isinstance(error, Refused) and error.scope is Scope.FILE
    assert "a.jpg" in error.details and "upload_count 1 for 2" in error.details
    assert len(desk.seen) == 1


@pytest.mark.parametrize("listed", [None, []])
def test_a_short_count_without_a_list_looks_at_the_resource(desk: Desk, listed: object) -> None:
    desk.on("POST", CALLBACK_URL, uploaded(upload_count=1, file_name_list=listed))
    desk.on("GET", RESOURCE_URL, resource(["b.jpg"]))
    got = desk.service().confirm(grant(), [sent(1, "a.jpg"), sent(2, "b.jpg")])
    assert got.ids == {2} and set(got.refused) == {1}
    assert desk.calls()[1] == f"GET /open_model/resource/{GROUP}"


def test_nothing_taken_and_no_resource_refuses_all(desk: Desk) -> None:
    desk.on("POST", CALLBACK_URL, uploaded(upload_count=0))
    desk.on("GET", RESOURCE_URL, no(210999, "resource not found"))
    got = desk.service().confirm(grant(), [sent(1, "a.jpg")])
    assert not got.ids and set(got.refused) == {1}


def test_a_file_asked_about_before_is_looked_for_first(desk: Desk) -> None:
    desk.on(
        "GET", RESOURCE_URL, resource(["b.jpg", "c.jpg", unicodedata.normalize("NFD", "é.jpg")])
    )
    desk.on("POST", CALLBACK_URL, lambda seen: uploaded(upload_count=len(seen.json["files"])))
    items = [
        sent(1, "a.jpg", asked=True),
        sent(2, "b.jpg", asked=True),
        sent(3, "c.jpg"),
        sent(4, "é.jpg", asked=True),
    ]
    got = desk.service().confirm(grant(), items)
    assert got.ids == {1, 2, 3, 4}
    assert [seen.method for seen in desk.seen] == ["GET", "POST"]
    assert [item["name"] for item in desk.seen[1].json["files"]] == ["c.jpg"]


def test_a_call_in_doubt_is_repeated_only_when_the_import_is_over(desk: Desk) -> None:
    desk.on("GET", RESOURCE_URL, [resource([], status=0), resource(["other.jpg"], status=1)])
    desk.on("POST", CALLBACK_URL, uploaded(upload_count=1))
    doubtful = [sent(1, "a.jpg", asked=True)]
    with pytest.raises(AnswerLost, match="still importing"):
        desk.service().confirm(grant(), doubtful)
    assert desk.service().confirm(grant(), doubtful).ids == {1}
    assert [seen.method for seen in desk.seen] == ["GET", "GET", "POST"]


def test_when_all_are_known_no_callback_goes_out(desk: Desk) -> None:
    desk.on("GET", RESOURCE_URL, resource(["a.jpg"], status=0))
    got = desk.service().confirm(grant(), [sent(1, "a.jpg", asked=True)])
    assert got.ids == {1}
    assert [seen.method for seen in desk.seen] == ["GET"]


@pytest.mark.parametrize(
    "reply", [no(210999, "not found"), Reply("gone", status=404), resource(None), fine()]
)
def test_a_resource_that_is_not_there_yet_knows_no_file(desk: Desk, reply: Reply) -> None:
    desk.on("GET", RESOURCE_URL, reply)
    desk.on("POST", CALLBACK_URL, uploaded(upload_count=1))
    assert desk.service().confirm(grant(), [sent(1, "a.jpg", asked=True)]).ids == {1}
    assert len(desk.seen) == 2


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(no(210500), ServerBusy), (no(200401), NotSignedIn), (Reply(HTML), BadAnswer)],
)
def test_when_the_look_fails_no_callback_goes_out(
    desk: Desk, reply: Reply, kind: type[PostflightError]
) -> None:
    desk.on("GET", RESOURCE_URL, reply)
    with pytest.raises(kind):
        desk.service().confirm(grant(), [sent(1, "a.jpg", asked=True)])
    assert [seen.method for seen in desk.seen] == ["GET"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(cut=True),
        Reply(HTML),
        Reply(b""),
        Reply({"data": {}}),
        Reply("x", status=500),
        Reply("x", status=502),
        no(200500, "db error"),
        no(228402, "storage error"),
        no(7, "odd", 504),
        uploaded(file_name_list="no list"),
    ],
)
def test_a_callback_without_a_usable_answer_is_looked_for_before_it_is_repeated(
    desk: Desk, reply: Reply
) -> None:
    desk.on("POST", CALLBACK_URL, reply)
    with pytest.raises(AnswerLost) as caught:
        desk.service().confirm(grant(), [sent(1, "a.jpg")])
    no_secret_in(caught.value)
    assert len(desk.seen) == 1


@pytest.mark.parametrize(
    "reply", [no(210429, "often"), no(210429, "often", 429), Reply(status=503)]
)
def test_a_callback_refused_at_the_door_may_go_again(desk: Desk, reply: Reply) -> None:
    desk.on("POST", CALLBACK_URL, reply)
    with pytest.raises(ServerBusy):
        desk.service().confirm(grant(), [sent(1, "a.jpg")])


def test_a_callback_refused_in_words_hides_the_callback_value(desk: Desk) -> None:
    desk.on("POST", CALLBACK_URL, no(200101, f"callback_param {SECRETS[4]} is invalid"))
    with pytest.raises(Refused, match="is invalid") as caught:
        desk.service().confirm(grant(), [sent(1, "a.jpg")])
    no_secret_in(caught.value)


def test_files_put_into_another_group_stop_the_batch(desk: Desk) -> None:
    desk.on("POST", CALLBACK_URL, fine({"resource_uuid": GROUP_2, "upload_count": 1}))
    with pytest.raises(BadAnswer, match="somewhere else") as caught:
        desk.service().confirm(grant(), [sent(1, "a.jpg")])
    assert GROUP_2 in caught.value.details


@pytest.mark.parametrize("memo", ["", "{}", "plain", "[1]"])
def test_a_memo_that_is_not_ours_is_named(desk: Desk, memo: str) -> None:
    with pytest.raises(BadAnswer, match="own record"):
        desk.service().confirm(replace(grant(), memo=memo), [sent(1, "a.jpg")])
    assert desk.seen == []


def test_the_memo_of_open_is_understood_by_confirm(desk: Desk) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data(callback_param='a"b\\c=\u00e9')))
    desk.on("POST", CALLBACK_URL, uploaded(upload_count=1))
    service = desk.service()
    opened = service.open(replace(BATCH, title='Dach "Süd" 港'), MEDIA, None)
    service.confirm(opened, [sent(1, "a.jpg")])
    assert desk.seen[1].json["callback_param"] == 'a"b\\c=\u00e9'
    assert desk.seen[1].json["resource_name"] == 'Dach "Süd" 港'


# --- confirm: routes -----------------------------------------------------------------------------


def test_each_route_is_announced_with_its_name_and_key(desk: Desk) -> None:
    desk.on("POST", ROUTE_URL, fine({"uuid": "w", "name": "n"}))
    items = [sent(1, "Pylon 港.KMZ", lane="route"), sent(2, "b.kmz", lane="route")]
    got = desk.service().confirm(grant("", lane="route"), items)
    assert got.ids == {1, 2} and not got.refused
    assert [seen.json for seen in desk.seen] == [
        {"name": "Pylon 港", "object_key": "key/Pylon 港.KMZ"},
        {"name": "b", "object_key": "key/b.kmz"},
    ]


@pytest.mark.parametrize("code", [219017, 200500, 210500])
def test_one_bad_route_does_not_stop_the_others(desk: Desk, code: int) -> None:
    desk.on("POST", ROUTE_URL, [no(code, "invalid kmz"), fine({"uuid": "w"})])
    items = [sent(1, "a.kmz", lane="route"), sent(2, "b.kmz", lane="route")]
    got = desk.service().confirm(grant("", lane="route"), items)
    assert got.ids == {2}
    assert "invalid kmz" in got.refused[1].title
    assert got.refused[1].scope is Scope.FILE


@pytest.mark.parametrize("reply", [Reply(cut=True), Reply(HTML), Reply(b""), Reply(status=500)])
def test_a_lost_answer_about_a_route_is_told(desk: Desk, reply: Reply) -> None:
    desk.on("POST", ROUTE_URL, reply)
    with pytest.raises(AnswerLost):
        desk.service().confirm(grant("", lane="route"), [sent(1, "a.kmz", lane="route")])


def test_a_right_that_is_missing_stops_the_routes(desk: Desk) -> None:
    desk.on("POST", ROUTE_URL, no(200403, "no"))
    with pytest.raises(Forbidden):
        desk.service().confirm(grant("", lane="route"), [sent(1, "a.kmz", lane="route")])


def test_a_route_asked_about_before_is_looked_for_by_name_and_size(desk: Desk) -> None:
    listed = [
        {"id": "1", "name": unicodedata.normalize("NFD", "é"), "size": 10},
        {"id": "2", "name": "b.kmz", "size": None},
        {"id": "3", "name": "older", "size": 11},
        {"id": "4", "name": "notasked", "size": 10},
        {"id": "5", "name": None},
    ]
    desk.on("GET", f"{BASE}/wayline", fine({"list": listed}))
    desk.on("POST", ROUTE_URL, fine())
    items = [
        sent(1, "é.kmz", asked=True, lane="route"),
        sent(2, "b.kmz", asked=True, lane="route"),
        sent(3, "older.kmz", asked=True, lane="route"),
        sent(4, "notasked.kmz", lane="route"),
    ]
    got = desk.service().confirm(grant("", lane="route"), items)
    assert got.ids == {1, 2, 3, 4}
    assert desk.calls()[0] == "GET /wayline"
    assert [seen.json["name"] for seen in desk.seen[1:]] == ["older", "notasked"]


@pytest.mark.parametrize("data", [None, {}, {"list": None}])
def test_an_empty_list_of_routes_knows_none(desk: Desk, data: object) -> None:
    desk.on("GET", f"{BASE}/wayline", fine(data))
    desk.on("POST", ROUTE_URL, fine())
    item = sent(1, "a.kmz", asked=True, lane="route")
    assert desk.service().confirm(grant("", lane="route"), [item]).ids == {1}
    assert len(desk.seen) == 2
