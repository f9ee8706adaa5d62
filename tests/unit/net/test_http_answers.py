"""The client and the answers: what is read, refused, too large, elsewhere, or cannot be sent."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app import __version__
from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    Forbidden,
    NotSignedIn,
    PostflightError,
    Refused,
    Scope,
    ServerBusy,
    ServerFailed,
    UsageError,
)
from app.net.address import checked_url
from app.net.bounds import MAX_ANSWER
from app.net.http import Answer, body_text, wait_asked
from app.net.wire import Listed, Text, Wire
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.net.servers import DATE, client, failure, raw_server, serving


class Thing(Wire):
    name: Text = ""
    parts: Listed[str] = []  # noqa: RUF012 - pydantic copies it


class Strict(Wire):
    id: str


# -- answers


def test_a_good_answer_has_status_headers_body_and_call() -> None:
    reply = Reply({"name": None, "parts": None, "new": 1}, 201, {"X-Request-ID": "r-1"})
    with serving(reply) as (server, http):
        answer = http.request("POST", "/a", json={"x": "ü"}, headers={"X-T": "1"})
        assert answer.read(Thing) == answer.maybe(Thing) == Thing()
        assert (answer.who, answer.call, answer.status) == ("Cloud", "POST /a", 201)
        assert answer.about() == "POST /a 201 request r-1"
        (seen,) = server.seen
    assert seen.json == {"x": "ü"} and seen.headers["x-t"] == "1"
    assert seen.headers["user-agent"] == f"Postflight/{__version__}"
    assert seen.headers["content-type"] == "application/json"


class Catching(httpx.Auth):
    target = b""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        self.target = request.url.raw_path
        yield request


def test_a_query_arrives_whole_and_without_plus_signs() -> None:
    query = {"name": "a b+c&d=e/ü~", "empty": ""}
    catching = Catching()
    with serving(Reply({})) as (server, http):
        assert http.request("GET", "/list", params=query, auth=catching).call == "GET /list"
        assert server.seen[0].query == query
    assert catching.target == b"/list?name=a%20b%2Bc%26d%3De%2F%C3%BC~&empty="


def test_a_base_address_with_a_path_is_kept() -> None:
    with ScriptedServer(lambda seen: Reply()) as server, client(server.url + "/api/") as http:
        http.request("GET", "/v1/x")
        assert server.seen[0].path == "/api/v1/x"


def test_a_page_is_a_bad_answer_with_a_hint_at_the_network() -> None:
    with serving(Reply("\n <!doctype html><title>Wi-Fi</title>")) as (_, http):
        answer = http.request("GET", "/")
        assert answer.maybe(Thing) is None
        with pytest.raises(BadAnswer) as caught:
            answer.read(Thing)
    assert "Wi-Fi" in caught.value.hint


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"id": null}', '{"id": "secret-id", "'])
def test_another_shape_is_a_bad_answer_that_does_not_repeat_it(body: str) -> None:
    with serving(Reply(body)) as (_, http), pytest.raises(BadAnswer) as caught:
        http.request("GET", "/x").read(Strict)
    assert "secret-id" not in caught.value.details and "GET /x 200" in caught.value.details
    assert "Wi-Fi" not in caught.value.hint


def test_an_answer_of_ten_megabytes_is_the_largest() -> None:
    with serving(lambda seen: Reply(b" " * (MAX_ANSWER + int(seen.query["more"])))) as (_, http):
        assert len(http.request("GET", "/", params={"more": "0"}).body) == MAX_ANSWER
        with pytest.raises(BadAnswer):
            http.request("GET", "/", params={"more": "1"})


def test_neither_headers_nor_body_stand_in_the_text_of_an_answer() -> None:
    answer = Answer("Cloud", "GET /", 200, {"x-subject-token": "s3cret"}, b"s3cret")
    assert "s3cret" not in repr(answer) + str(answer) + answer.about()


def test_a_redirect_is_not_followed() -> None:
    with (
        ScriptedServer(lambda seen: Reply({})) as other,
        serving(Reply("", 307, {"Location": other.url})) as (_, http),
    ):
        error = failure(http, "POST", repeatable=False, headers={"X-Auth-Token": "t"})
        assert type(error) is BadAnswer and "another address" in error.title
        assert other.seen == []


@pytest.mark.parametrize(
    ("status", "repeatable", "once"),
    [
        (400, Refused, Refused),
        (401, NotSignedIn, NotSignedIn),
        (403, Forbidden, Forbidden),
        (404, Refused, Refused),
        (408, ServerBusy, AnswerLost),
        (425, ServerBusy, ServerBusy),
        (429, ServerBusy, ServerBusy),
        (500, ServerFailed, AnswerLost),
        (501, Refused, Refused),
        (502, ServerFailed, AnswerLost),
        (503, ServerBusy, ServerBusy),
        (504, ServerFailed, AnswerLost),
        (505, Refused, Refused),
    ],
)
def test_a_status_has_one_meaning_for_each_kind_of_call(
    status: int, repeatable: type[PostflightError], once: type[PostflightError]
) -> None:
    with serving(Reply("", status, {"X-Request-Id": "r-2"})) as (server, http):
        for kind, expected in ((True, repeatable), (False, once)):
            error = failure(http, repeatable=kind)
            assert type(error) is expected
            assert "Cloud" in error.title and error.hint and "r-2" in error.details
        assert len(server.seen) == 2, "sent once each, never repeated here"


def test_the_services_own_reading_wins_and_none_leaves_it_to_the_usual() -> None:
    looked: list[int] = []

    def fine(answer: Answer) -> PostflightError | None:
        looked.append(answer.status)
        return Forbidden("own words") if answer.body == b"mine" else None

    def answer(seen: Seen) -> Reply:
        return Reply(seen.query.get("body", ""), int(seen.query["status"]))

    with serving(answer) as (_, http):
        for status in ("200", "500"):
            with pytest.raises(Forbidden, match="own words"):
                http.request("GET", "/", params={"status": status, "body": "mine"}, fine=fine)
        assert http.request("GET", "/", params={"status": "200"}, fine=fine).status == 200
        with pytest.raises(ServerBusy):
            http.request("GET", "/", params={"status": "500"}, fine=fine)
    assert looked == [200, 500, 200, 500]


@pytest.mark.parametrize(
    ("retry_after", "date", "wait"),
    [
        ("3", "", 3.0),
        (" 7 ", "", 7.0),
        ("99999999", "", 3600.0),
        ("Fri, 20 Nov 2026 15:05:56 GMT", DATE, 30.0),
        ("Fri, 20 Nov 2026 15:05:56 -0000", DATE, 30.0),
        ("Fri, 20 Nov 2026 14:00:00 GMT", DATE, 0.0),
        ("Sat, 20 Nov 2027 15:05:26 GMT", DATE, 3600.0),
        ("Fri, 20 Nov 2026 15:05:56 GMT", "", None),
        ("", DATE, None),
        ("soon", DATE, None),
        ("-5", DATE, None),
        ("1.5", DATE, None),
        ("²", DATE, None),
        ("Fri, 20 Nov 99999 15:05:56 GMT", DATE, None),
    ],
)
def test_the_wait_a_server_asks_for_is_understood(
    retry_after: str, date: str, wait: float | None
) -> None:
    assert wait_asked(retry_after, date) == wait


def test_a_wait_travels_with_the_error() -> None:
    with serving(Reply("", 429, {"Retry-After": "12"})) as (_, http):
        error = failure(http)
    assert isinstance(error, ServerBusy) and error.wait == 12.0


# -- the clock


@pytest.mark.parametrize(
    ("date", "offset"),
    [
        (DATE, 0.0),
        ("Fri, 20 Nov 2026 16:05:26 GMT", 3600.0),
        ("Fri, 20 Nov 2026 14:05:26 -0000", -3600.0),
        ("yesterday", None),
        ("Fri, 20 Nov 99999 15:05:26 GMT", None),
    ],
)
def test_the_clocks_offset_is_learnt_from_every_answer(date: str, offset: float | None) -> None:
    with serving(Reply("", 500, {"Date": date})) as (_, http):
        assert http.clock_offset is None
        failure(http)
        assert http.clock_offset == offset


def test_an_answer_without_a_date_teaches_nothing() -> None:
    with raw_server(b"HTTP/1.1 204 No Content\r\n\r\n") as url, client(url) as http:
        http.request("GET", "/")
        assert http.clock_offset is None


def test_a_knock_takes_any_answer_and_learns_the_clock() -> None:
    with serving(Reply("", 404, {"Date": DATE})) as (_, http):
        assert http.knock() == 404
        assert http.clock_offset == 0.0


# -- what cannot be sent


@pytest.mark.parametrize("value", ["s3cret\r\nX-Evil: 1", "s3cret\x00", "s3crét", "s3cret\n"])
def test_a_token_that_is_no_header_is_a_usage_error_that_does_not_show_it(value: str) -> None:
    with serving(Reply({})) as (server, http):
        with pytest.raises(UsageError) as caught:
            http.request("POST", "/a", headers={"X-Auth-Token": value}, repeatable=False)
        assert server.seen == []
    error = caught.value
    assert error.__suppress_context__ and error.__cause__ is None
    assert "s3cr" not in error.title + error.hint + error.details


@pytest.mark.parametrize("how", ["json", "params"])
def test_a_name_that_no_message_can_carry_fails_alone(how: str) -> None:
    value = {"name": "DJI\udcff.jpg"}
    with serving(Reply({})) as (_, http):
        more: dict[str, Any] = {how: value}
        error = failure(http, **more)
    assert type(error) is Refused and error.scope is Scope.FILE


# -- addresses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://cloud.example", "https://cloud.example"),
        ("  http://127.0.0.1:8080/  ", "http://127.0.0.1:8080"),
        ("HTTPS://Cloud.example/api//", "https://Cloud.example/api"),
        ("https://[::1]:443/a", "https://[::1]:443/a"),
        ("https://müller.example", "https://müller.example"),
    ],
)
def test_an_address_is_taken_without_its_last_slash(text: str, expected: str) -> None:
    assert checked_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cloud.example",
        "cloud.example:8080",
        "ftp://cloud.example",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://:443",
        "https://host:0",
        "https://host:99999",
        "https://host:port",
        "https://host?a=b",
        "https://host?",
        "https://host/#top",
        "https://host#",
        "https://ho st",
        "https://host/a\nb",
        "https://host/\u202eb",
        "https://host\\path",
        "https://[::1",
        "http://[not-ip]/",
        "https://xn--.example",
        "https://a..b",
    ],
)
def test_what_is_no_address_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_url(text)
    assert "https://host" in caught.value.hint


@pytest.mark.parametrize("text", ["https://me:s3cret@host", "https://s3cret@host/", "s3cret@host"])
def test_an_address_with_a_password_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_url(text)
    assert "s3cret" not in caught.value.title + caught.value.hint + caught.value.details


# -- life and death


def test_threads_share_one_client() -> None:
    with serving(Reply({})) as (server, http), ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(http.request, "GET", "/") for _ in range(32)]
        assert {answer.result().status for answer in answers} == {200}
        assert len(server.seen) == 32


def test_closing_closes_siblings_and_a_later_call_opens_anew() -> None:
    with serving(Reply({})) as (server, http):
        sibling = http.sibling(server.url, "Other")
        assert http.request("GET", "/").who == "Cloud"
        assert sibling.request("GET", "/").who == "Other"
        http.close()
        http.close()
        assert http.request("GET", "/").status == sibling.request("GET", "/").status == 200


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\x1b[31m\n b\u202ec", "a [31m b c"),
        (None, "None"),
        ("x" * 300, "x" * 200),
        ("中文 ok", "中文 ok"),
    ],
)
def test_a_servers_words_are_made_safe_to_print(value: object, text: str) -> None:
    assert body_text(value) == text
