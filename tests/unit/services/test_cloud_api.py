"""The Cloud API conversation against a real HTTP server, member by member."""

from __future__ import annotations

import json
import re
import sys
import threading
import traceback
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    Forbidden,
    NetworkError,
    NotSignedIn,
    PostflightError,
    Refused,
    RemoteError,
    Retry,
    Scope,
    ServerBusy,
    ServerFailed,
    UsageError,
)
from app.domain.model import (
    Batch,
    Capture,
    Connection,
    Digests,
    Found,
    Job,
    MediaFile,
    Position,
    Prepared,
    Receipt,
    Sent,
    Tally,
)
from app.domain.placement import Addressing, AlreadyThere, Grant, ObjectTarget, Signature, Why
from app.domain.ports import Route
from app.domain.states import BatchState, JobState
from app.net.http import Http
from app.services.base import Finished, Project, Service, WrongOption
from app.services.cloud_api_wire import Envelope, LoggedIn, StorageAccess
from app.services.registry import CLOUD_API as SPEC
from app.services.storage import STORAGE_FIELDS
from tests.helpers.scripted import Reply, ScriptedServer, Seen

WS = "b6f0c0de-1111-4222-8333-444455556666"
STS = f"/storage/api/v1/workspaces/{WS}/sts"
FAST = f"/media/api/v1/workspaces/{WS}/fast-upload"
TINY = f"/media/api/v1/workspaces/{WS}/files/tiny-fingerprints"
CALLBACK = f"/media/api/v1/workspaces/{WS}/upload-callback"
GROUP_ID = "5d0f7a2e-aaaa-4bbb-8ccc-ddddeeee0001"
GROUP = f"/media/api/v1/workspaces/{WS}/group-upload-callback"
LOGIN = "/manage/api/v1/login"
REFRESH = "/manage/api/v1/token/refresh"

OK = {"code": 0, "message": "success", "data": {}}
MISS = {"code": -1, "message": "file does not exist", "data": None}
TOKEN = "eyJ-pasted-token-7781"
PASSWORD = "correct horse 5512"
PILOT = {"username": "pilot"}
SECRET_KEY = "storage-secret-9931"
SESSION = "storage-session-4417"
BATCH = Batch(
    id="0f8fad5bd9cb469fa16570867728950e",
    title="North field",
    connection="depot",
    service="cloud-api",
    roots=(Path("card"),),
    state=BatchState.RUNNING,
)
EAST = timezone(timedelta(hours=2))
NAME = "DJI_20260503101112_0007_V.JPG"
MISSION = "DJI_202605031009_004_north-field"
CAPTURE = Capture(
    taken=datetime(2026, 5, 3, 10, 11, 11, 987_000, tzinfo=EAST),
    position=Position(59.123456, 17.654321),
    absolute_altitude=412.35,
    relative_altitude=80.02,
    gimbal_yaw=-91.4,
    drone_model="M3E",
    camera_model="M3E",
    drone_serial="1581FEXAMPLE0001",
)
DIGESTS = Digests("0f1e2d3c4b5a69788796a5b4c3d2e1f0", "00112233445566778899aabbccddeeff")

Answers = dict[str, Any]  # path to a Reply, a body, or a function of the request


@dataclass
class FixedClock:
    time: float = 1_800_000_000.0

    def now(self) -> float:
        return self.time


class Houses:
    """One real server for all tests of this module; every desk has a first path part of its own."""

    def __init__(self) -> None:
        self.answers: dict[str, Answers] = {}
        self.server = ScriptedServer(self._answer)

    def _answer(self, seen: Seen) -> Reply:
        house, path = split(seen)
        told = self.answers[house].get(path, Reply({"detail": "Not Found"}, 404))
        told = told(seen) if callable(told) else told
        return told if isinstance(told, Reply) else Reply(told)


def split(seen: Seen) -> tuple[str, str]:
    house, _, path = seen.path.removeprefix("/").partition("/")
    return house, f"/{path}"


HOUSES: list[Houses] = []


@pytest.fixture(scope="module", autouse=True)
def houses() -> Iterator[None]:
    made = Houses()
    HOUSES.append(made)
    with made.server:
        yield
    HOUSES.clear()


@dataclass
class Desk:
    """A service and what was said to the server by it."""

    house: str
    service: Service
    clock: FixedClock
    asked_secret: list[int]

    @property
    def seen(self) -> list[Seen]:
        apart = [(split(seen), seen) for seen in HOUSES[0].server.seen]
        return [replace(seen, path=path) for (house, path), seen in apart if house == self.house]

    def calls(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]


@contextmanager
def desk(
    answers: Answers, *, secret: str = TOKEN, options: dict[str, str] | None = None
) -> Iterator[Desk]:
    """`answers` by path; without one the server answers 404 in FastAPI's way."""
    house, clock, asked = uuid.uuid4().hex, FixedClock(), list[int]()
    HOUSES[0].answers[house] = answers
    url = f"{HOUSES[0].server.url}/{house}"
    connection = Connection("depot", "cloud-api", url, {"workspace": WS, **(options or {})})

    def tell() -> str:
        asked.append(1)
        return secret

    http = Http(url, "Depot", Route(), clock, patience=20)
    try:
        yield Desk(house, SPEC.build(connection, tell, http, clock), clock, asked)
    finally:
        http.close()


def file(path: str = f"{MISSION}/{NAME}", number: int = 7, mtime: float = 0.0) -> MediaFile:
    name = unicodedata.normalize("NFC", path.rpartition("/")[2])
    source = Path("card") / path
    return MediaFile(number, BATCH.id, path, source, name, 900, int(mtime * 1e9))


def prepared(capture: Capture | None = CAPTURE, **about: Any) -> Prepared:
    return Prepared(file(**about), DIGESTS, capture)


def sent(item: Prepared | None = None, *, asked: bool = False, key: str = "") -> Sent:
    item = item or prepared()
    receipt = Receipt("etag", DIGESTS.md5, key or f"b6f0c0de/{item.file.path}")
    return Sent(item, receipt, asked)


def grant(**changes: Any) -> Grant:
    made = Grant(BATCH.id, "media", GROUP_ID, "b6f0c0de/")
    return replace(made, **changes)


def sts(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "bucket": "survey-media",
        "endpoint": "https://s3.eu-north-1.example.net",
        "region": "eu-north-1",
        "provider": "aws",
        "object_key_prefix": WS,
        "credentials": {
            "access_key_id": "ASIAEXAMPLE0000001",
            "access_key_secret": SECRET_KEY,
            "security_token": SESSION,
            "expire": 3300,
        },
    }
    data.update(changes)
    return {"code": 0, "message": "success", "data": data}


def keys_lasting(expire: Any) -> dict[str, Any]:
    answer = sts()
    answer["data"]["credentials"]["expire"] = expire
    return answer


def token_answer(token: str) -> dict[str, Any]:
    data = {"user_id": "u", "username": "pilot", "workspace_id": WS, "access_token": token}
    return {"code": 0, "message": "success", "data": data}


# What it declares


def test_it_introduces_itself_with_all_its_fields():
    assert (SPEC.id, SPEC.title) == ("cloud-api", "DJI Cloud API")
    assert SPEC.secret == "token, or password when a user name is given"
    assert SPEC.jobs == ()
    keys = [entry.key for entry in SPEC.fields]
    storage = [entry.key for entry in STORAGE_FIELDS]
    assert keys == ["workspace", "username", "drone-model", "payload-model", *storage]
    assert [entry.key for entry in SPEC.fields if entry.required] == ["workspace"]


def test_its_limits_ask_for_digests_and_capture_and_one_callback_per_file():
    with desk({}) as d:
        limits = d.service.limits
    assert limits.digests_first and limits.capture
    assert (limits.survey, limits.confirm, limits.confirm_parallel) == (200, 1, 4)
    assert not limits.flat_names and not limits.names_to_finish and not limits.one_group


@pytest.mark.parametrize(
    "options",
    [
        {"drone-model": "M3E"},
        {"payload-model": "0-77-0"},
        {"drone-model": "0-77"},
    ],
)
def test_settings_that_no_server_accepts_are_refused_at_once(options: dict[str, str]):
    with pytest.raises(UsageError), desk({}, options=options):
        pass


def test_the_workspace_cannot_leave_its_place_in_the_address():
    with desk({}, options={"workspace": "a/b?c"}) as d:
        assert d.service.survey(grant(), [prepared()]) == frozenset()
        assert d.paths() == ["/media/api/v1/workspaces/a%2Fb%3Fc/files/tiny-fingerprints"]


def test_there_are_no_projects_lanes_or_jobs():
    job = Job(BATCH.id, "3d", "1", JobState.WORKING)
    with desk({}) as d:
        assert d.service.projects() == ()
        assert d.service.lane("x/route.kmz") == "media"
        assert d.service.start_jobs(BATCH, [grant()], ["3d"]) == ()
        assert d.service.find_jobs(BATCH, [grant()]) == ()
        assert d.service.poll(job) is job
        d.service.stop(job)
        d.service.delete([grant()], [job])
        d.service.forget(grant(), "id", Why.CANCELLED)
        assert d.seen == []


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


# A token that ends


class Tokens:
    """A server that counts its tokens and accepts only the newest."""

    def __init__(self, *, refreshes: bool = True, accepts: bool = True) -> None:
        self.valid = "t0"
        self.refreshes = refreshes
        self.accepts = accepts
        self.lock = threading.Lock()
        self.made = 0

    def fresh(self) -> Reply:
        with self.lock:
            self.made += 1
            self.valid = f"t{self.made}" if self.accepts else "nobody has this"
            return Reply(token_answer(f"t{self.made}"))

    def refresh(self, seen: Seen) -> Reply:
        return self.fresh() if self.refreshes else Reply(status=401)

    def call(self, seen: Seen) -> Reply:
        return Reply(OK) if seen.headers.get("x-auth-token") == self.valid else Reply(status=401)

    def answers(self) -> Answers:
        return {
            LOGIN: lambda seen: self.fresh(),
            REFRESH: self.refresh,
            TINY: self.call,
            CALLBACK: self.call,
        }


def test_an_ended_token_is_refreshed_with_the_old_one_and_the_call_repeated():
    tokens = Tokens()
    with desk(tokens.answers(), secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.paths() == [LOGIN, TINY, TINY, REFRESH, TINY]
        [refresh] = d.calls(REFRESH)
    assert refresh.headers["x-auth-token"] == "t1"
    assert refresh.body == b""


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401),
        Reply({"code": 401, "message": "no"}, 401),
        Reply({"detail": "Not Found"}, 404),
        Reply({"code": -1, "message": "null pointer"}),
        Reply(""),
        Reply("<html>"),
        Reply({"code": 0, "data": None}),
        Reply({"code": 0, "data": {"access_token": "t1"}}),  # the old one again
    ],
)
def test_a_server_that_does_not_refresh_gets_a_login(reply: Reply):
    tokens = Tokens()
    with desk({**tokens.answers(), REFRESH: reply}, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.paths() == [LOGIN, TINY, TINY, REFRESH, LOGIN, TINY]


def test_a_refreshed_token_that_is_refused_leads_to_a_login():
    tokens = Tokens()
    answers = {**tokens.answers(), REFRESH: token_answer("useless")}
    with desk(answers, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.paths() == [LOGIN, TINY, TINY, REFRESH, TINY, LOGIN, TINY]


def test_it_gives_up_when_no_token_is_accepted():
    tokens = Tokens(accepts=False)
    with desk(tokens.answers(), secret=PASSWORD, options=PILOT) as d:
        with pytest.raises(NotSignedIn) as caught:
            d.service.sign_in()
        assert d.paths() == [LOGIN, TINY, REFRESH, TINY, LOGIN, TINY]
    assert caught.value.retry is Retry.PERSON


def test_code_401_in_an_envelope_renews_as_well():
    tokens = Tokens()

    def tiny(seen: Seen) -> Reply:
        reply = tokens.call(seen)
        return reply if reply.status == 200 else Reply({"code": 401, "message": "expired"})

    with desk({**tokens.answers(), TINY: tiny}, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.calls(REFRESH)


def test_a_busy_refresh_does_not_cost_a_login():
    tokens = Tokens()
    answers = {**tokens.answers(), REFRESH: Reply(status=503, headers={"Retry-After": "7"})}
    with desk(answers, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        with pytest.raises(ServerBusy) as caught:
            d.service.sign_in()
        assert len(d.calls(LOGIN)) == 1
    assert caught.value.wait == 7


def test_a_pasted_token_is_refreshed_too_where_the_server_does_that():
    tokens = Tokens()
    with desk(tokens.answers()) as d:
        tokens.valid = "gone"
        d.service.sign_in()
        assert d.paths() == [TINY, REFRESH, TINY]


def test_a_pasted_token_that_is_refused_asks_for_a_new_one():
    tokens = Tokens(refreshes=False)
    with desk(tokens.answers()) as d:
        with pytest.raises(NotSignedIn, match="did not accept the token") as caught:
            d.service.sign_in()
        assert d.paths() == [TINY, REFRESH]
        with pytest.raises(NotSignedIn):
            d.service.sign_in()
        assert len(d.asked_secret) == 2  # the person may have entered another one
    assert "Paste a new token" in caught.value.hint
    assert TOKEN not in everything(caught.value)


def test_a_callback_refused_for_its_token_is_sent_again_though_it_must_not_run_twice():
    tokens = Tokens()
    with desk(tokens.answers(), secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        assert d.service.confirm(grant(), [sent()]).ids == {7}
        assert len(d.calls(CALLBACK)) == 2


def test_many_threads_with_an_ended_token_renew_it_once():
    tokens = Tokens()
    width = 8
    barrier = threading.Barrier(width)

    def tiny(seen: Seen) -> Reply:
        reply = tokens.call(seen)
        if reply.status == 401:
            barrier.wait(10)  # all have been refused before the first may renew
        return reply

    with desk({**tokens.answers(), TINY: tiny}, secret=PASSWORD, options=PILOT) as d:
        d.service.sign_in()
        tokens.valid = "gone"
        with ThreadPoolExecutor(width) as threads:
            said = list(threads.map(lambda _: d.service.sign_in(), range(width)))
        assert said == ["Signed in as pilot."] * width
        assert len(d.calls(REFRESH)) == 1
        assert len(d.calls(LOGIN)) == 1


def test_many_threads_without_a_token_log_in_once():
    tokens = Tokens()
    with desk(tokens.answers(), secret=PASSWORD, options=PILOT) as d:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: d.service.sign_in(), range(8)))
        assert len(d.calls(LOGIN)) == 1


def waiting_for_a_token() -> int:
    """Threads inside the step that only one of them may take at a time."""
    count = 0
    for top in sys._current_frames().values():
        frame: FrameType | None = top
        while frame is not None and "refusals" not in frame.f_locals:
            frame = frame.f_back
        count += frame is not None
    return count


def test_threads_that_wait_for_a_login_share_its_refusal():
    width = 6
    started = threading.Barrier(width + 1)
    go_on = threading.Event()

    def login(seen: Seen) -> Reply:
        go_on.wait(10)
        return Reply({"code": 401, "message": "invalid password"})

    def try_it(_: int) -> str:
        started.wait(10)
        try:
            return d.service.sign_in()
        except NotSignedIn as error:
            return error.title

    with desk({LOGIN: login}, secret=PASSWORD, options=PILOT) as d:
        with ThreadPoolExecutor(width) as threads:
            said = [threads.submit(try_it, number) for number in range(width)]
            started.wait(10)
            while waiting_for_a_token() < width:
                threading.Event().wait(0.001)
            go_on.set()
            titles = {one.result() for one in said}
        assert titles == {"Depot did not accept the user name or the password."}
        assert len(d.calls(LOGIN)) == 1
        with pytest.raises(NotSignedIn):  # a later try asks again
            d.service.sign_in()
        assert len(d.calls(LOGIN)) == 2


# Grants


def test_open_asks_for_keys_and_says_until_when_they_last():
    with desk({STS: sts()}) as d:
        opened = d.service.open(BATCH, "media", None)
        [seen] = d.seen
    assert (seen.method, seen.path, seen.body) == ("POST", STS, b"")
    assert seen.headers["x-auth-token"] == TOKEN
    assert (opened.batch, opened.lane, opened.id) == (BATCH.id, "media", 0)
    assert opened.prefix == f"{WS}/"
    assert opened.storage is not None
    assert opened.storage.endpoint == "https://s3.eu-north-1.example.net"
    assert (opened.storage.region, opened.storage.bucket) == ("eu-north-1", "survey-media")
    assert opened.storage.addressing is Addressing.VIRTUAL
    assert opened.storage.signature is Signature.V4
    assert opened.keys is not None
    assert opened.keys.access_key == "ASIAEXAMPLE0000001"
    assert (opened.keys.secret_key, opened.keys.session_token) == (SECRET_KEY, SESSION)
    assert opened.expires_at == 1_800_000_000.0 + 3300


def test_the_life_of_keys_counts_from_the_time_of_the_question():
    def slow(seen: Seen) -> Reply:
        d.clock.time += 50
        return Reply(sts())

    with desk({STS: slow}) as d:
        assert d.service.open(BATCH, "media", None).expires_at == 1_800_000_000.0 + 3300


@pytest.mark.parametrize(
    ("provider", "endpoint", "addressing"),
    [
        ("ali", "https://oss-cn-hangzhou.aliyuncs.com", Addressing.VIRTUAL),
        ("aws", "https://s3.eu-north-1.amazonaws.com", Addressing.VIRTUAL),
        ("minio", "http://minio.example.net:9000", Addressing.PATH),
        ("minio", "http://127.0.0.1:9000/", Addressing.PATH),
        (None, "oss.example.net", Addressing.VIRTUAL),
    ],
)
def test_every_provider_is_addressed_its_own_way(
    provider: str | None, endpoint: str, addressing: Addressing
):
    with desk({STS: sts(provider=provider, endpoint=endpoint, region=None)}) as d:
        storage = d.service.open(BATCH, "media", None).storage
    assert storage is not None
    assert storage.addressing is addressing
    assert storage.endpoint.startswith("http") and not storage.endpoint.endswith("/")


def test_the_connection_has_the_last_word_about_the_storage():
    options = {"storage-addressing": "path", "storage-signature": "s3"}
    with desk({STS: sts()}, options=options) as d:
        storage = d.service.open(BATCH, "media", None).storage
    assert storage is not None
    assert (storage.addressing, storage.signature) == (Addressing.PATH, Signature.V2)


@pytest.mark.parametrize(
    ("expire", "seconds"),
    [
        (61, 61),
        (3600.0, 3600),
        ("3300", 3300),
        (60, None),
        (0, None),
        (-5, None),
        (None, None),
        ("soon", None),
        ("2026-05-03T10:00:00Z", None),
        ([3300], None),
        (True, None),
        (1_800_003_300_000, None),  # a date in milliseconds
    ],
)
def test_only_a_believable_life_of_keys_is_believed(expire: Any, seconds: float | None):
    with desk({STS: keys_lasting(expire)}) as d:
        until = d.service.open(BATCH, "media", None).expires_at
    assert until == (None if seconds is None else 1_800_000_000.0 + seconds)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_life_of_keys_that_is_no_number_is_not_believed(number: str):
    body = json.dumps(keys_lasting("HERE")).replace('"HERE"', number)
    with desk({STS: Reply(body)}) as d:
        assert d.service.open(BATCH, "media", None).expires_at is None


def test_a_missing_life_of_keys_means_unknown():
    answer = sts()
    del answer["data"]["credentials"]["expire"]
    with desk({STS: answer}) as d:
        assert d.service.open(BATCH, "media", None).expires_at is None


@pytest.mark.parametrize(
    ("told", "prefix"),
    [
        (WS, f"{WS}/"),
        (f"{WS}/", f"{WS}/"),
        ("/media//", "media/"),
        (f"pilot2/{WS}", f"pilot2/{WS}/"),
        ("wayline", "wayline/"),
        ("", ""),
        ("/", ""),
        (None, ""),
    ],
)
def test_the_prefix_gets_exactly_one_slash(told: str | None, prefix: str):
    with desk({STS: sts(object_key_prefix=told)}) as d:
        opened = d.service.open(BATCH, "media", None)
    assert opened.prefix == prefix


def test_further_members_beside_the_documented_ones_do_not_matter():
    answer = sts(accessKeyId="A", accessKeySecret="S", expire=1)
    answer["data"]["credentials"] |= {"accessKeyId": "A", "securityToken": "T"}
    with desk({STS: answer}) as d:
        opened = d.service.open(BATCH, "media", None)
    assert opened.keys is not None and opened.keys.access_key == "ASIAEXAMPLE0000001"


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 0, "data": {k: v for k, v in sts()["data"].items() if k != "credentials"}},
        sts(credentials=None),
        sts(credentials={}),
        sts(credentials=""),
        sts(credentials={"access_key_id": "A", "access_key_secret": None}),
        {"code": 0, "message": "success"},
        {"code": 0, "data": ""},
        {"code": 0, "data": []},
    ],
)
def test_keys_that_are_missing_are_a_matter_for_the_administrator(answer: Any):
    with desk({STS: answer}) as d, pytest.raises(RemoteError, match="STS is not set up") as caught:
        d.service.open(BATCH, "media", None)
    assert caught.value.scope is Scope.BATCH
    assert "administrator" in caught.value.hint


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({"code": -1, "message": "Please enable OssConfiguration."}), "OssConfiguration"),
        (Reply({"detail": "workspace not found"}, 404), "workspace not found"),
        (Reply({"detail": [{"msg": "bad uuid"}, {"msg": "worse"}]}, 422), "bad uuid; worse"),
        (Reply(status=501), "gave no storage keys"),
    ],
)
def test_refused_keys_stop_the_batch_with_the_servers_words(reply: Reply, words: str):
    with desk({STS: reply}) as d, pytest.raises(RemoteError, match=words) as caught:
        d.service.open(BATCH, "media", None)
    assert caught.value.scope is Scope.BATCH
    assert "administrator" in caught.value.hint


@pytest.mark.parametrize(
    "answer", [sts(bucket=None), sts(endpoint=""), sts(bucket=["x"]), "", "[]", "<p>", {"data": {}}]
)
def test_nonsense_instead_of_keys_is_a_bad_answer(answer: Any):
    with desk({STS: Reply(answer)}) as d, pytest.raises(BadAnswer) as caught:
        d.service.open(BATCH, "media", None)
    assert SECRET_KEY not in everything(caught.value)


def test_a_batch_has_one_group_through_restarts_and_renewals():
    with desk({STS: sts()}) as one, desk({STS: sts()}) as another:
        first = one.service.open(BATCH, "media", None)
        assert uuid.UUID(first.group) and first.group == first.group.lower()
        assert one.service.open(BATCH, "media", first).group == first.group
        assert another.service.open(BATCH, "media", None).group == first.group
        kept = replace(first, group="an earlier group")
        assert one.service.open(BATCH, "media", kept).group == "an earlier group"
        other = replace(BATCH, id="11111111111111111111111111111111")
        assert one.service.open(other, "media", None).group != first.group


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


# What is refused before a byte goes


def found(name: str = "a.JPG", size: int = 1, folder: str = "x") -> Found:
    return Found(0, Path(folder) / name, f"{folder}/{name}", size, 0)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (found(size=0), "empty"),
        (found("n" * 108 + ".JPG"), "112 of 100 characters"),
        (found(folder="/".join(["f" * 99] * 10)), "1005 of 1000 characters"),
        (found(size=10_000 * 5 * 1024**3 + 1), "48.8 TB"),
    ],
)
def test_what_no_server_takes_is_refused_before_the_first_byte(item: Found, words: str):
    with desk({}) as d:
        refusal = d.service.refuse(item)
    assert refusal is not None and words in refusal.title
    assert refusal.hint


@pytest.mark.parametrize(
    "item",
    [
        found(),
        found("n" * 96 + ".JPG"),
        found("北" * 96 + ".JPG"),
        found(unicodedata.normalize("NFD", "é" * 96) + ".JPG"),
        found(size=10_000 * 5 * 1024**3),
    ],
)
def test_everything_else_may_come(item: Found):
    with desk({}) as d:
        assert d.service.refuse(item) is None


# Registering


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


@pytest.mark.parametrize(
    "data", [{"object_key": "x"}, "x", "", None, [], {"object_key": None}], ids=str
)
def test_any_data_beside_code_0_acknowledges_the_file(data: Any):
    with desk({CALLBACK: {"code": 0, "message": "success", "data": data}}) as d:
        assert d.service.confirm(grant(), [sent()]).ids == {7}


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({"code": -1, "message": "fingerprint must not be null"}), "fingerprint must not"),
        (Reply({"code": 1, "message": "missing object_key"}), "missing object_key"),
        (Reply({"code": 404, "message": "object not found"}, 404), "object not found"),
        (Reply({"detail": [{"loc": ["x"], "msg": "Field required"}]}, 422), "Field required"),
        (Reply({"detail": "key outside of the workspace"}, 400), "key outside of the workspace"),
        (Reply({"code": -1}), "did not register"),
    ],
)
def test_a_refused_file_keeps_the_servers_words_and_harms_no_other(reply: Reply, words: str):
    with desk({CALLBACK: reply}) as d:
        outcome = d.service.confirm(grant(), [sent()])
        assert len(d.seen) == 1
    assert outcome.ids == frozenset()
    error = outcome.refused[7]
    assert type(error) is Refused
    assert words in error.title and NAME in error.title
    assert error.hint and "drone-model" not in error.hint


@pytest.mark.parametrize(
    "words",
    [
        "JSON parse error: Cannot construct instance of DeviceEnum",
        "ext.drone_model_key: unknown",
        "PayloadModelKey 1-88-0 is invalid",
        "未知的枚举值",
    ],
)
def test_a_refused_model_key_says_what_to_set(words: str):
    with desk({CALLBACK: {"code": -1, "message": words}}) as d:
        error = d.service.confirm(grant(), [sent()]).refused[7]
    assert "drone-model" in error.hint and "payload-model" in error.hint


def test_of_several_files_each_has_its_own_answer():
    def callback(seen: Seen) -> Reply:
        bad = seen.json["name"] == "bad.JPG"
        return Reply({"code": -1, "message": "no"} if bad else OK)

    files = [sent(prepared(path="bad.JPG", number=1)), sent(prepared(path="ok.JPG", number=2))]
    with desk({CALLBACK: callback}) as d:
        outcome = d.service.confirm(grant(), files)
    assert outcome.ids == {2}
    assert set(outcome.refused) == {1}


def test_a_file_that_was_reported_before_is_asked_about_first():
    with desk({FAST: OK, CALLBACK: OK}) as d:
        assert d.service.confirm(grant(), [sent(asked=True)]).ids == {7}
        assert d.paths() == [FAST]


def test_it_is_reported_again_only_when_the_server_does_not_know_it():
    with desk({FAST: MISS, CALLBACK: OK}) as d:
        assert d.service.confirm(grant(), [sent(asked=True)]).ids == {7}
        assert d.paths() == [FAST, CALLBACK]


def test_a_file_that_was_never_reported_is_not_asked_about():
    with desk({FAST: OK, CALLBACK: OK}) as d:
        d.service.confirm(grant(), [sent()])
        assert d.paths() == [CALLBACK]


@pytest.mark.parametrize(
    "reply", [Reply(status=503), Reply("<html>"), Reply(cut=True), Reply(status=403)]
)
def test_a_question_without_an_answer_leads_to_no_second_report(reply: Reply):
    with desk({FAST: reply, CALLBACK: OK}) as d:
        with pytest.raises(PostflightError):
            d.service.confirm(grant(), [sent(asked=True)])
        assert d.paths() == [FAST]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(cut=True),
        Reply(status=500),
        Reply({"code": 502, "message": "store unreachable"}, 502),
        Reply(status=504),
        Reply(status=520),
        Reply(""),
        Reply("null"),
        Reply({"detail": "?"}),
    ],
)
def test_a_callback_without_a_clear_answer_is_lost_and_not_repeated(reply: Reply):
    with desk({CALLBACK: reply}) as d:
        with pytest.raises(AnswerLost) as caught:
            d.service.confirm(grant(), [sent()])
        assert len(d.calls(CALLBACK)) == 1
    assert caught.value.retry is Retry.LATER


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=503), ServerBusy),
        (Reply(status=429), ServerBusy),
        (Reply(status=403), Forbidden),
        (Reply("<html>"), BadAnswer),
    ],
)
def test_a_callback_turned_away_at_the_door_is_not_lost(reply: Reply, error: type[PostflightError]):
    with desk({CALLBACK: reply}) as d, pytest.raises(error):
        d.service.confirm(grant(), [sent()])


def test_a_lost_answer_ends_in_one_record():
    """The server works on the callback, its answer is lost, and the engine comes again."""
    rows: list[str] = []

    def callback(seen: Seen) -> Reply:
        rows.append(seen.json["fingerprint"])
        return Reply(cut=True)

    def fast(seen: Seen) -> Reply:
        return Reply(OK if seen.json["fingerprint"] in rows else MISS)

    with desk({FAST: fast, CALLBACK: callback}) as d:
        with pytest.raises(AnswerLost):
            d.service.confirm(grant(), [sent()])
        assert d.service.confirm(grant(), [sent(asked=True)]).ids == {7}
    assert len(rows) == 1


# The end of a batch


TALLY = Tally(total=120, delivered=110, skipped=8, failed=2)


def test_the_end_is_told_in_totals():
    with desk({GROUP: OK}) as d:
        assert d.service.finish(BATCH, [grant()], TALLY) == Finished("")
        assert d.service.finish(BATCH, [grant()], TALLY) == Finished("")
        first, again = d.seen
    assert (first.method, first.path) == ("POST", GROUP)
    assert first.json == again.json
    assert first.json == {
        "file_group_id": GROUP_ID,
        "file_count": 120,
        "file_uploaded_count": 118,
    }


def test_a_batch_without_a_grant_has_the_group_it_would_get():
    with desk({GROUP: OK, STS: sts()}) as d:
        d.service.finish(BATCH, [], TALLY)
        assert d.seen[0].json["file_group_id"] == d.service.open(BATCH, "media", None).group


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"code": 404, "message": "not found"}, 404),
        Reply({"detail": "Not Found"}, 404),
        Reply(status=404),
        Reply(status=405),
        Reply(""),
        Reply("null"),
    ],
)
def test_a_server_without_the_group_callback_ends_no_worse(reply: Reply):
    with desk({GROUP: reply}) as d:
        outcome = d.service.finish(BATCH, [grant()], TALLY)
    assert outcome == Finished("this server does not use the group callback")


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Reply({"code": -1, "message": "bad group"}), RemoteError, "bad group"),
        (Reply({"detail": [{"msg": "not a uuid"}]}, 422), RemoteError, "not a uuid"),
        (Reply({"detail": "x"}, 400), RemoteError, "end of the batch"),
        (Reply(status=403), Forbidden, "refused access"),
        (Reply(status=503), ServerBusy, "busy"),
        (Reply("<html>"), BadAnswer, "does not understand"),
        (Reply(cut=True), NetworkError, "broke off"),
    ],
)
def test_a_refused_end_stops_the_batch(reply: Reply, error: type[PostflightError], words: str):
    with desk({GROUP: reply}) as d, pytest.raises(error, match=words) as caught:
        d.service.finish(BATCH, [grant()], TALLY)
    assert type(caught.value) is error
    assert caught.value.scope is Scope.BATCH


# Secrets


def everything(error: BaseException) -> str:
    """All that a log, a report or a row could hold of an error."""
    shown = "".join(traceback.format_exception(error))
    more = repr((error, error.args, getattr(error, "fault", str)()))
    return shown + more


def echo(seen: Seen) -> Reply:
    """A server that repeats in its refusal whatever it was told."""
    told = f"{'x' * 150} {seen.headers.get('x-auth-token', '')} {seen.body.decode()}"
    return Reply({"code": -1, "message": told, "data": told})


def test_what_a_server_repeats_is_shown_without_the_secrets():
    calls: list[Callable[[Service], Any]] = [
        lambda service: service.sign_in(),
        lambda service: service.open(BATCH, "media", None),
        lambda service: service.finish(BATCH, [grant()], TALLY),
    ]
    answers: Answers = dict.fromkeys((TINY, STS, GROUP, CALLBACK), echo)
    with desk(answers) as d:
        errors: list[BaseException] = []
        for call in calls:
            with pytest.raises(RemoteError) as caught:
                call(d.service)
            errors.append(caught.value)
        errors.append(d.service.confirm(grant(), [sent()]).refused[7])
    for error in errors:
        assert TOKEN[:12] not in everything(error)
        assert "…" in everything(error)


def test_a_repeated_password_is_not_shown():
    with desk({LOGIN: echo}, secret=PASSWORD, options=PILOT) as d:
        with pytest.raises(NotSignedIn) as caught:
            d.service.sign_in()
        assert "correct horse" not in everything(caught.value)


def test_nothing_that_is_printed_holds_a_secret():
    tokens = Tokens()
    answers = {**tokens.answers(), STS: sts()}
    with desk(answers, secret=PASSWORD, options=PILOT) as d:
        opened = d.service.open(BATCH, "media", None)
        printed = repr((opened, d.service, vars(d.service))) + str(opened)
    for secret in (PASSWORD, SECRET_KEY, SESSION, "ASIAEXAMPLE0000001"):
        assert secret not in printed


def test_a_token_with_characters_no_header_carries_is_not_repeated():
    with desk({TINY: OK}, secret="tokén\r\nX: 1") as d, pytest.raises(PostflightError) as caught:
        d.service.sign_in()
    assert "tok" not in everything(caught.value).replace("token", "")


def test_messages_that_hold_secrets_do_not_show_them():
    data = sts()["data"]
    access = StorageAccess.model_validate(data)
    printed = repr((access, LoggedIn(access_token=TOKEN), Envelope(code="0", data=data)))
    for secret in (TOKEN, SECRET_KEY, SESSION, "ASIAEXAMPLE0000001"):
        assert secret not in printed


def test_a_token_repeated_as_a_code_is_not_shown():
    with desk({CALLBACK: {"code": f"E {TOKEN}", "message": "no"}}) as d:
        error = d.service.confirm(grant(), [sent()]).refused[7]
    assert "code E …" in error.details
    assert TOKEN not in everything(error)
