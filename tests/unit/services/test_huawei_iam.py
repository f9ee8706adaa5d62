"""Tokens of IAM: asked for once, kept, renewed in time, and not asked for again after a no."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from app.domain.errors import BadAnswer, NotSignedIn, PostflightError, ServerBusy, UsageError
from app.domain.ports import Route
from app.net.http import Http
from app.services.huawei_iam import AccessKey, IamTokens, IamUser, PastedToken, TokenAuth
from tests.helpers.scripted import Reply, ScriptedServer, Seen

START = 1_795_187_126.0
PASSWORD = "Pa55 wörd"
USER = IamUser("pilot", "acme", "p-1")


class At:
    def __init__(self, now: float = START) -> None:
        self.time = now

    def now(self) -> float:
        return self.time


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Iam:
    """IAM with tokens that live a day and count up; `replies` come first."""

    def __init__(self, clock: At) -> None:
        self.clock = clock
        self.replies: list[Reply] = []
        self.life: float | None = 86400.0
        self.ahead = 0.0  # seconds IAM's clock is ahead
        self.count = 0
        self.gate = threading.Event()
        self.gate.set()

    def answer(self, seen: Seen) -> Reply:
        self.gate.wait(5)
        if self.replies:
            return self.replies.pop(0)
        self.count += 1
        now = self.clock.now() + self.ahead
        token = {"issued_at": iso(now)}
        if self.life is not None:
            token["expires_at"] = iso(now + self.life)
        date = datetime.fromtimestamp(now, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"X-Subject-Token": f"token-{self.count}", "Date": date}
        return Reply({"token": token}, 201, headers)


@pytest.fixture
def clock() -> At:
    return At()


@pytest.fixture
def iam(clock: At) -> Iam:
    return Iam(clock)


@pytest.fixture
def server(iam: Iam) -> Iterator[ScriptedServer]:
    with ScriptedServer(iam.answer) as running:
        yield running


@pytest.fixture
def http(server: ScriptedServer, clock: At) -> Iterator[Http]:
    made = Http(server.url, "Huawei IAM", Route(), clock)
    yield made
    made.close()


@pytest.fixture
def tokens(http: Http, clock: At) -> IamTokens:
    return IamTokens(USER, lambda: PASSWORD, http, clock)


def token_of(tokens: IamTokens) -> str:
    auth = tokens.auth()
    assert isinstance(auth, TokenAuth)
    return auth.token


def test_the_question_has_every_member_that_iam_wants(
    tokens: IamTokens, server: ScriptedServer
) -> None:
    assert token_of(tokens) == "token-1"
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.query) == ("POST", "/v3/auth/tokens", {"nocatalog": "1"})
    assert seen.headers["content-type"] == "application/json;charset=utf8"
    assert seen.json == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {"name": "pilot", "password": PASSWORD, "domain": {"name": "acme"}}
                },
            },
            "scope": {"project": {"id": "p-1"}},
        }
    }


def test_a_project_name_wins_over_the_id(http: Http, clock: At, server: ScriptedServer) -> None:
    user = IamUser("pilot", "acme", "p-1", "cn-north-4")
    IamTokens(user, lambda: PASSWORD, http, clock).auth()
    assert server.seen[0].json["auth"]["scope"] == {"project": {"name": "cn-north-4"}}


def test_a_token_serves_until_ten_minutes_before_its_end(tokens: IamTokens, clock: At) -> None:
    assert token_of(tokens) == "token-1"
    clock.time = START + 86400 - 601
    assert token_of(tokens) == "token-1"
    clock.time = START + 86400 - 600
    assert token_of(tokens) == "token-2"


def test_a_token_of_unknown_life_is_kept_for_less_than_an_hour(
    tokens: IamTokens, clock: At, iam: Iam
) -> None:
    iam.life = None
    assert token_of(tokens) == "token-1"
    clock.time += 2999
    assert token_of(tokens) == "token-1"
    clock.time += 1
    assert token_of(tokens) == "token-2"


def test_the_end_counts_on_iams_clock(tokens: IamTokens, clock: At, iam: Iam) -> None:
    iam.ahead = 7200.0
    assert token_of(tokens) == "token-1"
    clock.time = START + 86400 - 599
    assert token_of(tokens) == "token-2"


def test_a_clock_set_back_leads_to_a_new_token(tokens: IamTokens, clock: At) -> None:
    assert token_of(tokens) == "token-1"
    clock.time = START - 3600
    assert token_of(tokens) == "token-2"


def test_many_threads_ask_iam_once(tokens: IamTokens, iam: Iam) -> None:
    iam.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(token_of, tokens) for _ in range(8)]
        iam.gate.set()
        assert {one.result() for one in waiting} == {"token-1"}
    assert iam.count == 1


def test_a_wrong_password_is_not_sent_again_at_once(
    tokens: IamTokens, clock: At, iam: Iam, server: ScriptedServer
) -> None:
    body = {"error": {"code": 401, "message": "wrong password", "title": "Unauthorized"}}
    iam.replies = [Reply(body, 401), Reply(body, 401)]
    for _ in range(5):
        with pytest.raises(NotSignedIn) as caught:
            tokens.auth()
        assert "Huawei IAM" in caught.value.title and "wrong password" in caught.value.details
    assert len(server.seen) == 1
    clock.time += 60
    with pytest.raises(NotSignedIn):
        tokens.auth()
    assert len(server.seen) == 2


def test_another_password_is_tried_at_once(http: Http, clock: At, iam: Iam) -> None:
    current = ["wrong"]
    tokens = IamTokens(USER, lambda: current[0], http, clock)
    iam.replies = [Reply({}, 401)]
    with pytest.raises(NotSignedIn):
        tokens.auth()
    current[0] = "right"
    assert token_of(tokens) == "token-1"


@pytest.mark.parametrize("status", [400, 403, 404])
def test_other_refusals_of_iam_point_at_the_connection(
    tokens: IamTokens, iam: Iam, status: int
) -> None:
    iam.replies = [Reply({"error_code": "IAM.0001", "error_msg": "bad scope"}, status)]
    with pytest.raises(UsageError) as caught:
        tokens.auth()
    assert "bad scope" in caught.value.details


def test_a_busy_iam_is_asked_again_later(tokens: IamTokens, iam: Iam) -> None:
    iam.replies = [Reply("", 503)]
    with pytest.raises(ServerBusy):
        tokens.auth()
    assert token_of(tokens) == "token-1"


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"token": {}}, 201),
        Reply("<html>", 201, {"X-Subject-Token": "t"}),
        Reply({"token": {"expires_at": "soon"}}, 201, {"X-Subject-Token": "t"}),
    ],
)
def test_an_answer_without_token_or_sense_is_a_bad_answer(
    tokens: IamTokens, iam: Iam, reply: Reply
) -> None:
    iam.replies = [reply]
    with pytest.raises(BadAnswer):
        tokens.auth()


def test_an_end_without_a_zone_is_utc(tokens: IamTokens, iam: Iam, clock: At) -> None:
    ends = iso(START + 3600).removesuffix("Z")
    date = datetime.fromtimestamp(START, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = {"X-Subject-Token": "first", "Date": date}
    iam.replies = [Reply({"token": {"expires_at": ends}}, 201, headers)]
    assert token_of(tokens) == "first"
    clock.time = START + 2999
    assert token_of(tokens) == "first"
    clock.time = START + 3000
    assert token_of(tokens) == "token-1"


def test_a_token_that_served_and_is_refused_is_replaced_once(tokens: IamTokens, clock: At) -> None:
    used = tokens.auth()
    assert not tokens.mended(used), "a fresh token that is refused has another cause"
    clock.time += 61
    assert tokens.mended(used)
    assert token_of(tokens) == "token-2"
    assert tokens.mended(used), "another thread has renewed it meanwhile"
    assert token_of(tokens) == "token-2"


def test_an_empty_password_is_never_sent(http: Http, clock: At, server: ScriptedServer) -> None:
    with pytest.raises(NotSignedIn):
        IamTokens(USER, lambda: "", http, clock).auth()
    assert server.seen == []


@pytest.mark.parametrize("secret", ["", "  \n", "one\ntwo", "tökén", "a\x00b"])
def test_a_token_that_cannot_be_a_header_is_refused_without_being_shown(
    secret: str, http: Http, clock: At
) -> None:
    for way in (PastedToken(lambda: secret), AccessKey("ak", lambda: secret, http, clock)):
        with pytest.raises(NotSignedIn) as caught:
            way.auth()
        shown = f"{caught.value.title}{caught.value.hint}{caught.value.details}"
        assert not secret.strip() or secret.strip() not in shown


def test_a_refused_secret_key_is_not_sent_again_before_another_one_is_entered(
    http: Http, clock: At
) -> None:
    secret = "old"
    way = AccessKey("ak", lambda: secret, http, clock)
    way.gave_up(way.auth(), NotSignedIn("No.", "Check it."))
    with pytest.raises(NotSignedIn, match="No"):
        way.auth()
    secret = "new"
    way.auth()


def test_a_pasted_token_loses_the_line_break_of_pasting() -> None:
    auth = PastedToken(lambda: " abc\r\n").auth()
    assert isinstance(auth, TokenAuth) and auth.token == "abc"


def test_no_secret_is_shown(tokens: IamTokens, iam: Iam, http: Http, clock: At) -> None:
    shown = [repr(tokens.auth()), repr(tokens), repr(USER), repr(vars(tokens)["_token"])]
    iam.replies = [Reply({"error": {"message": "no"}}, 401)]
    clock.time += 90_000
    with pytest.raises(PostflightError) as caught:
        tokens.auth()
    error = caught.value
    shown += [repr(error), str(error), error.title, error.hint, error.details]
    assert not [text for text in shown if PASSWORD in text or "token-1" in text]
