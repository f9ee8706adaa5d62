"""The Cloud API: signing in with a token or a user name, and the workspace it leads to."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.errors import (
    BadAnswer,
    Forbidden,
    NotSignedIn,
    PostflightError,
    RemoteError,
    Scope,
    ServerBusy,
)
from app.services.base import Project, WrongOption
from tests.helpers.scripted import Reply, Seen
from tests.unit.services.cloud_api_kit import (
    BATCH,
    LOGIN,
    OK,
    PASSWORD,
    PILOT,
    REFRESH,
    TINY,
    TOKEN,
    WS,
    desk,
    everything,
    token_answer,
)

pytestmark = pytest.mark.usefixtures("houses")


# Signing in


def test_a_pasted_token_is_proved_by_a_call_that_changes_nothing():
    with desk({TINY: {"code": 0, "message": "", "data": {"tiny_fingerprints": []}}}) as d:
        assert d.service.sign_in() == "The token is accepted."
        [seen] = d.seen
    assert (seen.method, seen.path) == ("POST", TINY)
    assert seen.json == {"tiny_fingerprints": []}
    assert seen.headers["x-auth-token"] == TOKEN
    assert seen.headers["content-type"] == "application/json"


def test_a_line_break_after_a_pasted_token_does_not_count():
    with desk({TINY: OK}, secret=f" {TOKEN}\n") as d:
        d.service.sign_in()
        assert d.seen[0].headers["x-auth-token"] == TOKEN


def test_an_empty_secret_is_named_before_anything_is_sent():
    with desk({TINY: OK}, secret="  ") as d:
        with pytest.raises(NotSignedIn, match="no token or password"):
            d.service.sign_in()
        assert d.seen == []


def test_a_user_name_signs_in_once_and_keeps_the_token():
    with desk({LOGIN: token_answer("t1"), TINY: OK}, secret=PASSWORD, options=PILOT) as d:
        assert d.service.sign_in() == "Signed in as pilot."
        d.service.sign_in()
        assert d.paths() == [LOGIN, TINY, TINY]
        assert d.calls(LOGIN)[0].json == {"username": "pilot", "password": PASSWORD, "flag": 1}
        assert "x-auth-token" not in d.calls(LOGIN)[0].headers
        assert [seen.headers["x-auth-token"] for seen in d.calls(TINY)] == ["t1", "t1"]


def test_an_account_of_the_other_kind_is_tried_as_such_and_remembered():
    def login(seen: Seen) -> Reply:
        if seen.json["flag"] == 2:
            return Reply(token_answer(f"t{len(d.calls(LOGIN))}"))
        return Reply({"code": -1, "message": "The account type does not match."})

    valid = "t2"

    def tiny(seen: Seen) -> Reply:
        return Reply(OK) if seen.headers["x-auth-token"] == valid else Reply(status=401)

    with desk({LOGIN: login, TINY: tiny}, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        assert [seen.json["flag"] for seen in d.calls(LOGIN)] == [1, 2]
        valid = "t3"
        d.service.sign_in()
        assert [seen.json["flag"] for seen in d.calls(LOGIN)] == [1, 2, 2]


def test_an_account_of_neither_kind_is_asked_about_twice_and_no_more():
    answers = {LOGIN: {"code": -1, "message": "flag is wrong"}}
    with desk(answers, secret=PASSWORD, options=PILOT) as d:
        with pytest.raises(NotSignedIn, match="flag is wrong"):
            d.service.sign_in()
        assert d.paths() == [LOGIN, LOGIN]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({"code": 401, "message": "invalid password"}), "user name or the password"),
        (Reply({"code": -1, "message": "something broke"}), "something broke"),
        (Reply({"detail": "Invalid credentials"}, 401), "user name or the password"),
        (Reply({"detail": "Not Found"}, 404), "has no sign-in with a user name"),
        (Reply({"detail": [{"msg": "field required", "input": PASSWORD}]}, 422), "field required"),
    ],
)
def test_a_refused_login_is_said_once_and_without_the_password(reply: Reply, words: str):
    with desk({LOGIN: reply, TINY: OK}, secret=PASSWORD, options=PILOT) as d:
        with pytest.raises(NotSignedIn, match=words) as caught:
            d.service.sign_in()
        assert d.paths() == [LOGIN]
    assert PASSWORD not in everything(caught.value)


@pytest.mark.parametrize("body", [OK, {"code": 0, "data": None}, {"code": 0, "data": "x"}, "", {}])
def test_a_login_without_a_token_is_no_sign_in(body: Any):
    with desk({LOGIN: Reply(body)}, secret=PASSWORD, options=PILOT) as d:
        with pytest.raises(BadAnswer):
            d.service.sign_in()
        assert d.paths() == [LOGIN]


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply({"detail": "Not Found"}, 404), RemoteError, "workspace"),
        (Reply({"code": -1, "message": "no such workspace"}), RemoteError, "no such workspace"),
        (Reply({"code": 403, "message": "not yours"}), Forbidden, "not yours"),
        (Reply({"detail": "workspace mismatch"}, 403), Forbidden, "workspace mismatch"),
        (Reply(status=503), ServerBusy, "busy"),
        (Reply("<html>sign in to the Wi-Fi</html>"), BadAnswer, "does not understand"),
        (Reply(""), BadAnswer, "does not understand"),
        (Reply(status=302, headers={"Location": "/x"}), BadAnswer, "another address"),
    ],
)
def test_signing_in_says_what_is_wrong_and_stops_the_batch(
    reply: Reply, error: type[PostflightError], words: str
):
    with desk({TINY: reply}) as d:
        with pytest.raises(error, match=words) as caught:
            d.service.sign_in()
        assert len(d.seen) == 1
    assert caught.value.scope is Scope.BATCH
    assert type(caught.value) is error


# The workspace


def named(workspace: Any) -> dict[str, Any]:
    return {"code": 0, "message": "", "data": {"access_token": "t-1", "workspace_id": workspace}}


def test_without_a_workspace_only_the_calls_that_need_one_fail():
    with desk({LOGIN: named(WS)}, secret=PASSWORD, options={**PILOT, "workspace": " "}) as d:
        assert d.service.projects() == (Project(WS, WS),)
        for call in (d.service.sign_in, lambda: d.service.open(BATCH, "media", None)):
            with pytest.raises(WrongOption) as caught:
                call()
            assert caught.value.key == "workspace"
        assert d.paths() == [LOGIN]


def test_a_pasted_token_is_refreshed_to_hear_of_its_workspace():
    with desk({REFRESH: named(f" {WS}\n")}, options={"workspace": ""}) as d:
        assert d.service.projects() == (Project(WS, WS),)
        [seen] = d.seen
    assert (seen.path, seen.headers["x-auth-token"]) == (REFRESH, TOKEN)


def test_another_workspace_than_the_account_s_own_is_no_mistake():
    with desk({LOGIN: named("other")}, secret=PASSWORD, options=PILOT) as d:
        assert d.service.projects() == (Project("other", "other"),)


@pytest.mark.parametrize("told", [None, "", " ", {"id": 3}, [WS], 7])
def test_a_login_that_names_no_workspace_signs_in_all_the_same(told: Any):
    with desk({LOGIN: named(told), TINY: OK}, secret=PASSWORD, options=PILOT) as d:
        assert d.service.sign_in() == "Signed in as pilot."
        assert d.service.projects() == ()


def test_a_server_without_refresh_names_no_workspace():
    with desk({}, options={"workspace": ""}) as d:
        assert d.service.projects() == ()
        assert d.paths() == [REFRESH]
