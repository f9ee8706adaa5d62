"""FlightHub 2: calls carry headers and token, and its codes become errors with its own words."""

from __future__ import annotations

import json
import uuid

import pytest

from app.domain.errors import (
    BadAnswer,
    Forbidden,
    NotSignedIn,
    PostflightError,
    Refused,
    Scope,
    ServerBusy,
    ServerFailed,
)
from app.domain.model import MEDIA
from tests.helpers.scripted import Reply
from tests.unit.services.flighthub2_kit import (
    BASE,
    BATCH,
    HTML,
    PROJECT,
    RESOURCE_URL,
    SECRETS,
    TOKEN_URL,
    Desk,
    fine,
    grant,
    no,
    no_secret_in,
    tally,
    token_data,
)


def test_every_call_carries_the_headers_and_a_fresh_request_id(desk: Desk) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data()))
    service = desk.service()
    service.open(BATCH, MEDIA, None)
    service.open(BATCH, MEDIA, None)
    for seen in desk.seen:
        assert seen.headers["x-user-token"] == SECRETS[0]
        assert seen.headers["x-project-uuid"] == PROJECT
        assert seen.headers["x-language"] == "en"
        assert "authorization" not in seen.headers
        assert str(uuid.UUID(seen.headers["x-request-id"])) == seen.headers["x-request-id"]
    assert desk.seen[0].headers["x-request-id"] != desk.seen[1].headers["x-request-id"]


def test_the_secret_is_fetched_once_and_again_after_it_was_not_accepted(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", [fine(), fine(), no(200401, "expired"), fine()])
    service = desk.service()
    service.sign_in()
    service.sign_in()
    assert desk.asked_secret == 1
    with pytest.raises(NotSignedIn):
        service.sign_in()
    desk.secret = "another-organisation-token"
    service.sign_in()
    assert desk.asked_secret == 2
    assert desk.seen[-1].headers["x-user-token"] == "another-organisation-token"


def test_a_pasted_token_loses_its_blanks_and_line_breaks(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    desk.secret = f"  {SECRETS[0]}\r\n"
    desk.service().sign_in()
    assert desk.seen[0].headers["x-user-token"] == SECRETS[0]


@pytest.mark.parametrize("token", ["", "  \n", "topsecret-organisation-token\nx", "ключ", "a b"])
def test_a_token_that_cannot_travel_is_named_without_being_shown(desk: Desk, token: str) -> None:
    desk.secret = token
    with pytest.raises(NotSignedIn, match="no usable organisation token") as caught:
        desk.service().sign_in()
    no_secret_in(caught.value)
    assert desk.seen == []


@pytest.mark.parametrize(
    ("reply", "kind", "title"),
    [
        (no(200401, "gone"), NotSignedIn, "did not accept the organisation token"),
        (no(200401, "gone", 401), NotSignedIn, "did not accept the organisation token"),
        (no(200403, "gone"), Forbidden, "no right on the project"),
        (no(210104, "gone"), Forbidden, "does not know this project"),
        (no(245008, "gone"), Forbidden, "does not know this project"),
        (no(210429, "gone"), ServerBusy, "is busy"),
        (no(210429, "gone", 429), ServerBusy, "is busy"),
        (no(200500, "gone"), ServerFailed, "is busy"),
        (no(210500, "gone"), ServerFailed, "is busy"),
        (no(210504, "gone"), ServerFailed, "is busy"),
        (no(210318, "gone"), ServerFailed, "is busy"),
        (no(228402, "gone"), ServerFailed, "is busy"),
        (no(228406, "gone"), ServerFailed, "is busy"),
        (no(228500, "gone"), ServerFailed, "is busy"),
        (no(299500, "gone"), ServerFailed, "is busy"),
        (no(1, "gone", 500), ServerFailed, "a problem of its own"),
        (no(1, "gone", 401), NotSignedIn, "did not accept"),
        (no(1, "gone", 403), Forbidden, "refused access"),
    ],
)
def test_codes_become_our_errors_with_the_services_words(
    desk: Desk, reply: Reply, kind: type[PostflightError], title: str
) -> None:
    desk.on("GET", RESOURCE_URL, reply)
    with pytest.raises(kind, match=title) as caught:
        desk.service().finish(BATCH, [grant()], tally("a.jpg"))
    error = caught.value
    assert type(error) is kind
    assert error.scope is Scope.BATCH
    assert "FlightHub 2 says: gone" in error.hint
    assert (
        "gone" in error.details and f"code {json.loads(reply.payload())['code']}" in error.details
    )
    no_secret_in(error)


@pytest.mark.parametrize("code", [200101, 200610, 219001, 219017, 219039, 123456789, -7])
def test_an_unknown_or_plain_no_shows_the_services_words(desk: Desk, code: int) -> None:
    desk.on("GET", f"{BASE}/system_status", no(code, "参数 wrong\nparameter\x07"))
    with pytest.raises(Refused) as caught:
        desk.service().sign_in()
    assert caught.value.title == "FlightHub 2 refused: 参数 wrong parameter"
    assert f"code {code}" in caught.value.details


def test_a_no_without_words_shows_its_code(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", Reply({"code": "987", "message": None}))
    with pytest.raises(Refused, match="refused with code 987"):
        desk.service().sign_in()


def test_a_message_that_is_no_text_is_shown_all_the_same(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", Reply({"code": 987, "message": {"en": "bad"}}))
    with pytest.raises(Refused, match="bad"):
        desk.service().sign_in()


def test_a_wait_that_the_service_asks_for_is_kept(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", no(210429, "slow down", Retry_After="7"))
    with pytest.raises(ServerBusy) as caught:
        desk.service().sign_in()
    assert caught.value.wait == 7.0


def test_a_server_that_repeats_the_token_does_not_make_us_show_it(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", no(200401, f"token {SECRETS[0]} is bad"))
    with pytest.raises(NotSignedIn) as caught:
        desk.service().sign_in()
    assert "token [hidden] is bad" in caught.value.hint
    no_secret_in(caught.value)


@pytest.mark.parametrize(
    "body", [b"", HTML, "null", "[]", "7", {}, {"data": {}}, {"code": None}, {"code": "x"}]
)
def test_an_answer_that_is_no_envelope_is_a_bad_answer(desk: Desk, body: object) -> None:
    desk.on("GET", f"{BASE}/system_status", Reply(body))
    with pytest.raises(BadAnswer) as caught:
        desk.service().sign_in()
    if body == HTML:
        assert "Wi-Fi" in caught.value.hint
