"""FlightHub 2's conversation, call by call, against a scripted server on loopback."""

from __future__ import annotations

import base64
import email.utils
import json
import threading
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    FileRefused,
    Forbidden,
    NotSignedIn,
    PostflightError,
    Refused,
    Retry,
    Scope,
    ServerBusy,
    ServerFailed,
    UsageError,
)
from app.domain.model import (
    MEDIA,
    Batch,
    Connection,
    Found,
    Job,
    MediaFile,
    Prepared,
    Receipt,
    Sent,
    Tally,
)
from app.domain.placement import (
    Addressing,
    Grant,
    Keys,
    ObjectTarget,
    Signature,
    Storage,
    Why,
)
from app.domain.ports import Route
from app.domain.states import BatchState, JobState
from app.net.http import Http
from app.services.base import Finished, NotYet, Project
from app.services.flighthub2 import FlightHub2
from app.services.flighthub2_wire import StoreToken, StsToken
from app.services.registry import FLIGHTHUB2 as SPEC
from tests.helpers.scripted import Reply, ScriptedServer, Seen

BASE = "/openapi/v0.1"
PROJECT = "aaaaaaaa-0000-4000-8000-000000000001"
GROUP = "22222222-2222-4222-8222-222222222222"
GROUP_2 = "33333333-3333-4333-8333-333333333333"
MODEL = "44444444-4444-4444-8444-444444444444"
NOW = 1_800_000_000.0
TOKEN_URL = f"{BASE}/open_model/stores/obtain_token"
CALLBACK_URL = f"{BASE}/open_model/stores/upload_callback"
RESOURCE_URL = f"{BASE}/open_model/resource/{GROUP}"
STS_URL = f"{BASE}/project/sts-token"
ROUTE_URL = f"{BASE}/wayline/finish-upload"
START_URL = f"{BASE}/open_model/models/reconstruction/start"
RUNNING_URL = f"{BASE}/open_model/models/running"
MODEL_URL = f"{BASE}/open_model/models/{MODEL}"
SECRETS = (
    "topsecret-organisation-token",
    "sekret-key",
    "sekret-access",
    "sekret-session",
    "Y2FsbA==",
)
HTML = "<html><body>Please sign in to the Wi-Fi</body></html>"

Answers = dict[tuple[str, str], Any]


def fine(data: object = None) -> Reply:
    return Reply({"code": 0, "message": "", "data": data})


def no(code: int, message: str = "", status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply({"code": code, "message": message}, status=status, headers=named)


class FixedClock:
    def __init__(self, at: float = NOW) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


class Desk:
    """A scripted FlightHub 2 and a service that talks to it.

    `answers` holds a Reply, a list of them to be used up, or a function of the request.
    """

    def __init__(self, server: ScriptedServer, post: list[Desk]) -> None:
        post[:] = [self]
        server.seen.clear()
        self.server = server
        self.answers: Answers = {}
        self.asked_secret = 0
        self.secret = SECRETS[0]
        self.clock = FixedClock()
        self.http = Http(self.server.url, "FlightHub 2", Route(), self.clock)

    def answer(self, seen: Seen) -> Reply:
        answer: Any = self.answers.get((seen.method, seen.path), Reply("nothing", status=404))
        if isinstance(answer, list):
            answer = answer.pop(0)
        return answer if isinstance(answer, Reply) else answer(seen)

    def on(self, method: str, path: str, answer: Any) -> None:
        self.answers[method, path] = answer

    def service(self, **options: str) -> FlightHub2:
        given = {"project": PROJECT, **{key.replace("_", "-"): v for key, v in options.items()}}
        connection = Connection("harbour", "flighthub2", self.server.url, given)

        def secret() -> str:
            self.asked_secret += 1
            return self.secret

        made = SPEC.build(connection, secret, self.http, self.clock)
        assert isinstance(made, FlightHub2)
        return made

    @property
    def seen(self) -> list[Seen]:
        return self.server.seen

    def calls(self) -> list[str]:
        return [f"{seen.method} {seen.path.removeprefix(BASE)}" for seen in self.seen]


@pytest.fixture(scope="module")
def desks() -> Iterator[Callable[[], Desk]]:
    """One server for the whole file; each test gets a desk of its own behind it."""
    post: list[Desk] = []
    with ScriptedServer(lambda seen: post[0].answer(seen)) as server:
        yield lambda: Desk(server, post)


@pytest.fixture
def desk(desks: Callable[[], Desk]) -> Iterator[Desk]:
    made = desks()
    yield made
    made.http.close()


BATCH = Batch("b1", "Site A", "harbour", "flighthub2", (Path("card"),), BatchState.RUNNING)


def media(number: int, name: str, lane: str = MEDIA, size: int = 10) -> Prepared:
    return Prepared(MediaFile(number, "b1", f"DCIM/{name}", Path(name), name, size, 1, lane))


def sent(number: int, name: str, *, asked: bool = False, lane: str = MEDIA, etag: str = "") -> Sent:
    receipt = Receipt(etag or f"ETAG{number:04}", "md5", f"key/{name}")
    return Sent(media(number, name, lane), receipt, asked)


def grant(group: str = GROUP, number: int = 1, lane: str = MEDIA) -> Grant:
    memo = json.dumps({"callback_param": SECRETS[4], "title": "Site A"}) if lane == MEDIA else ""
    return Grant(
        "b1",
        lane,
        group,
        f"fh/tmp/{group}/{{fileName}}" if lane == MEDIA else "org/routes",
        memo,
        Storage("http://127.0.0.1:1", "r", "bucket", Addressing.PATH),
        keys=Keys("AK", "SK", "ST"),
        id=number,
    )


def token_data(**changes: object) -> dict[str, object]:
    data: dict[str, object] = {
        "cloud_name": "ali",
        "access_key_id": SECRETS[1],
        "secret_access_key": SECRETS[2],
        "session_token": SECRETS[3],
        "region": "cn-example-1",
        "cloud_bucket_name": "example-bucket",
        "end_point": "https://oss-cn-example-1.aliyuncs.com",
        "store_path": f"fh/organizations/o/open_reconstruction/tmp/{GROUP}/{{fileName}}",
        "callback_param": SECRETS[4],
        "expire_time": int(NOW) + 3600,
    }
    data.update(changes)
    return {name: value for name, value in data.items() if value is not ...}


def sts_data(**changes: object) -> dict[str, object]:
    keys: dict[str, object] = {
        "access_key_id": SECRETS[1],
        "access_key_secret": SECRETS[2],
        "security_token": SECRETS[3],
        "expire": 900,
        "platform": 0,
    }
    data: dict[str, object] = {
        "endpoint": "minio.example:9000",
        "bucket": "routes",
        "provider": "minio",
        "region": "",
        "object_key_prefix": "aaaa/bbbb/",
    }
    for name, value in changes.items():
        (keys if name in keys else data)[name] = value
    return {**data, "credentials": keys}


def resource(names: object, status: object = 1) -> Reply:
    return fine({"resource_uuid": GROUP, "status": status, "file_names": names})


def tally(*names: str, group: str = GROUP) -> Tally:
    return Tally(len(names), len(names), 0, 0, {group: frozenset(names)})


def job(kind: str = "3d", state: JobState = JobState.WORKING, job_id: str = MODEL) -> Job:
    return Job("b1", kind, job_id, state)


def at(seconds: float) -> dict[str, str]:
    """A Date header, so that a test decides how far the server's clock is off."""
    return {"Date": email.utils.formatdate(seconds, usegmt=True)}


def no_secret_in(error: PostflightError) -> None:
    chain: BaseException | None = error
    while chain is not None:
        said = f"{chain!r} {chain} {getattr(chain, 'hint', '')} {getattr(chain, 'details', '')}"
        for secret in SECRETS:
            assert secret not in said
        chain = chain.__cause__ or chain.__context__


# --- who it is -----------------------------------------------------------------------------------


def test_spec_declares_what_forms_and_the_command_line_need() -> None:
    assert (SPEC.id, SPEC.title, SPEC.secret) == (
        "flighthub2",
        "FlightHub 2",
        "organisation token",
    )
    assert SPEC.jobs == ("2d", "3d", "3dgs", "lidar")
    keys = [field.key for field in SPEC.fields]
    assert keys == [
        "project",
        "reconstruct",
        "parameters-2d",
        "parameters-3d",
        "parameters-3dgs",
        "parameters-lidar",
        "delete-resource-after",
        "storage-addressing",
        "storage-signature",
    ]
    fields = {field.key: field for field in SPEC.fields}
    assert fields["project"].required
    assert fields["reconstruct"].many and fields["reconstruct"].choices == SPEC.jobs
    assert fields["delete-resource-after"].choices == ("yes", "no")
    assert all(field.title and field.help for field in SPEC.fields)


def test_limits_say_how_the_engine_must_work(desk: Desk) -> None:
    limits = desk.service().limits
    assert limits.flat_names and limits.names_to_finish
    assert (limits.confirm, limits.confirm_parallel, limits.survey) == (100, 1, 0)
    assert not limits.digests_first and not limits.capture
    assert not limits.one_group
    assert desk.service(reconstruct="3d").limits.one_group


def test_building_asks_for_no_secret_and_sends_nothing(desk: Desk) -> None:
    desk.service()
    assert desk.asked_secret == 0
    assert desk.seen == []


@pytest.mark.parametrize("text", ["nonsense", PROJECT + "0", "{" + PROJECT + "}", "a/../b"])
def test_a_project_that_is_no_uuid_is_a_usage_error(desk: Desk, text: str) -> None:
    with pytest.raises(UsageError, match="not a project's UUID"):
        desk.service(project=text)


def test_without_a_project_only_the_project_calls_fail(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    desk.on("GET", f"{BASE}/project", fine({"list": [{"uuid": PROJECT, "name": "Harbour"}]}))
    service = desk.service(project="")
    service.sign_in()
    assert service.projects() == [Project(PROJECT, "Harbour")]
    assert all("x-project-uuid" not in seen.headers for seen in desk.seen)
    with pytest.raises(UsageError, match="No FlightHub 2 project"):
        service.open(BATCH, MEDIA, None)


@pytest.mark.parametrize(
    "text", ["{", "[]", "3", '"x"', "null", '{"a":NaN}', '{"a":Infinity}', "[" * 100_000]
)
@pytest.mark.parametrize("kind", ["2d", "3d", "3dgs", "lidar"])
def test_raw_parameters_must_be_a_json_object(desk: Desk, kind: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"--parameters-{kind} is not a JSON object"):
        desk.service(**{f"parameters-{kind}": text})


# --- headers, token, envelope --------------------------------------------------------------------


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


# --- sign in, projects ---------------------------------------------------------------------------


def jwt(claims: object) -> str:
    text = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{text}.c2lnbmF0dXJl"


def test_signing_in_asks_for_the_systems_state_without_a_project(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    assert desk.service().sign_in() == "Signed in to FlightHub 2."
    assert desk.calls() == ["GET /system_status"]
    assert "x-project-uuid" not in desk.seen[0].headers


def test_signing_in_warns_of_the_tokens_end(desk: Desk) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    desk.secret = jwt({"account": "pilot@example.org", "exp": 1_900_000_000, "nbf": 1})
    told = desk.service().sign_in()
    assert told == "Signed in to FlightHub 2 as pilot@example.org. The token ends on 2030-03-17."


@pytest.mark.parametrize(
    "claims", [{"exp": None}, {"exp": "soon"}, {"exp": 10**30}, {"exp": 10**17}, [], "x", {}]
)
def test_odd_claims_in_the_token_do_not_matter(desk: Desk, claims: object) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    desk.secret = jwt(claims)
    assert desk.service().sign_in() == "Signed in to FlightHub 2."


@pytest.mark.parametrize("token", ["a.b", "a.!!!.c", "a.AAA.c", "..", "a.gICA.c"])
def test_a_token_that_is_no_jwt_is_no_problem(desk: Desk, token: str) -> None:
    desk.on("GET", f"{BASE}/system_status", fine())
    desk.secret = token
    assert desk.service().sign_in() == "Signed in to FlightHub 2."


def test_projects_are_listed_with_one_simple_call(desk: Desk) -> None:
    listed = [{"uuid": PROJECT, "name": "Harbour\nEast", "extra": 1}, {"uuid": "u2", "name": None}]
    desk.on("GET", f"{BASE}/project", fine({"list": [*listed, {"name": "no uuid"}]}))
    projects = desk.service(project=PROJECT.upper()).projects()
    assert projects == [Project(PROJECT, "Harbour East"), Project("u2", "u2")]
    assert [seen.query for seen in desk.seen] == [
        {"usage": "simple", "prj_authorized_status": "project-status-authorized"}
    ]


def paged(total: int, most: int) -> Callable[[Seen], Reply]:
    everything = [{"uuid": PROJECT if n == 0 else f"u{n}", "name": f"P{n}"} for n in range(total)]

    def answer(seen: Seen) -> Reply:
        size = min(int(seen.query.get("page_size", 10)), most)
        start = (int(seen.query.get("page", 1)) - 1) * size
        return fine({"list": everything[start : start + size] or None})

    return answer


@pytest.mark.parametrize(("total", "most"), [(10, 100), (25, 100), (130, 100), (130, 20)])
def test_a_server_that_ignores_simple_is_paged_to_the_end(
    desk: Desk, total: int, most: int
) -> None:
    desk.on("GET", f"{BASE}/project", paged(total, most))
    assert len(desk.service().projects()) == total


def test_a_server_that_refuses_simple_is_paged(desk: Desk) -> None:
    pages = paged(3, 100)
    desk.on(
        "GET",
        f"{BASE}/project",
        lambda seen: no(200101, "usage?") if "usage" in seen.query else pages(seen),
    )
    assert len(desk.service().projects()) == 3


def test_a_server_that_gives_the_same_page_for_ever_does_not_hold_us(desk: Desk) -> None:
    listed = [{"uuid": PROJECT if n == 0 else f"u{n}", "name": "P"} for n in range(10)]
    desk.on("GET", f"{BASE}/project", fine({"list": listed}))
    assert len(desk.service().projects()) == 10
    assert len(desk.seen) == 3


def test_a_chosen_project_that_is_not_listed_is_named_with_the_others(desk: Desk) -> None:
    listed = [{"uuid": f"u{n}", "name": f"Site {n}"} for n in range(7)]
    desk.on("GET", f"{BASE}/project", fine({"list": listed}))
    with pytest.raises(Refused, match=PROJECT) as caught:
        desk.service().projects()
    shown = ", ".join(f"Site {n} (u{n})" for n in range(5))
    assert caught.value.hint == f"Choose one of: {shown} and 2 more."


@pytest.mark.parametrize("data", [None, {}, {"list": None}, {"list": []}])
def test_a_null_or_missing_list_of_projects_is_an_empty_one(desk: Desk, data: object) -> None:
    desk.on("GET", f"{BASE}/project", fine(data))
    with pytest.raises(Refused) as caught:
        desk.service().projects()
    assert "member of no project" in caught.value.hint


# --- files before they are sent ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "lane"),
    [
        ("a/b.kmz", "route"),
        ("B.KMZ", "route"),
        ("b.kmz.jpg", MEDIA),
        ("kmz", MEDIA),
        ("IMG.JPG", MEDIA),
    ],
)
def test_routes_travel_in_a_lane_of_their_own(desk: Desk, path: str, lane: str) -> None:
    assert desk.service().lane(path) == lane


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("a.jpg", 0, "empty"),
        ("a.jpg", 5 * 1024**3 + 1, "larger than 5 GiB"),
        ("x" * 1025, 1, "too long"),
        ("a\udcff.jpg", 1, "no text"),
    ],
)
def test_what_can_never_arrive_is_refused_beforehand(
    desk: Desk, name: str, size: int, words: str
) -> None:
    error = desk.service().refuse(Found(0, Path(name), f"DCIM/{name}", size, 1))
    assert isinstance(error, FileRefused)
    assert words in error.title


@pytest.mark.parametrize(
    ("name", "size"),
    [("a.jpg", 1), ("a.jpg", 5 * 1024**3), ("é" * 1024, 1), ("e\u0301" * 1024, 1), ("🛰️港.jpg", 3)],
)
def test_other_files_are_welcome(desk: Desk, name: str, size: int) -> None:
    assert desk.service().refuse(Found(0, Path(name), f"DCIM/{name}", size, 1)) is None


# --- open ----------------------------------------------------------------------------------------


def test_open_obtains_keys_and_reads_the_group_from_the_path(desk: Desk) -> None:
    desk.on("POST", TOKEN_URL, Reply({"code": 0, "data": token_data()}, headers=at(NOW)))
    got = desk.service().open(BATCH, MEDIA, None)
    assert desk.calls() == ["POST /open_model/stores/obtain_token"]
    assert desk.seen[0].body == b""
    assert (got.batch, got.lane, got.group) == ("b1", MEDIA, GROUP)
    assert got.prefix == token_data()["store_path"]
    assert json.loads(got.memo) == {"callback_param": SECRETS[4], "title": "Site A"}
    assert got.storage == Storage(
        "https://oss-cn-example-1.aliyuncs.com",
        "cn-example-1",
        "example-bucket",
        Addressing.VIRTUAL,
        Signature.V4,
    )
    assert got.keys == Keys(SECRETS[1], SECRETS[2], SECRETS[3])
    for secret in SECRETS:
        assert secret not in repr(got)


def test_the_pilots_word_on_the_storage_wins(desk: Desk) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data()))
    service = desk.service(storage_addressing="path", storage_signature="s3")
    storage = service.open(BATCH, MEDIA, None).storage
    assert storage is not None
    assert (storage.addressing, storage.signature) == (Addressing.PATH, Signature.V2)


@pytest.mark.parametrize(
    ("expire", "ahead", "end"),
    [
        (int(NOW) + 3600, 0, NOW + 3600),
        (int(NOW) + 3600, 300, NOW + 3300),
        (int(NOW) + 3600, -300, NOW + 3900),
        ((int(NOW) + 3600) * 1000, 0, NOW + 3600),
        (str(int(NOW) + 61), 0, NOW + 61),
        (int(NOW) + 60, 0, None),
        (0, 0, None),
        (3600, 0, None),
        (int(NOW) - 1, 0, None),
        (int(NOW) + 100, 101, None),
        (None, 0, None),
        (..., 0, None),
        ("soon", 0, None),
        (10**400, 0, None),
    ],
)
def test_the_end_of_keys_is_told_on_this_computers_clock(
    desk: Desk, expire: object, ahead: float, end: float | None
) -> None:
    data = {"code": 0, "data": token_data(expire_time=expire)}
    desk.on("POST", TOKEN_URL, Reply(data, headers=at(NOW + ahead)))
    assert desk.service().open(BATCH, MEDIA, None).expires_at == end


@pytest.mark.parametrize("group", [GROUP, GROUP_2])
def test_renewing_asks_anew_and_tells_the_group_as_it_came(desk: Desk, group: str) -> None:
    path = f"fh/tmp/{group}/{{fileName}}"
    desk.on("POST", TOKEN_URL, fine(token_data(store_path=path, callback_param="bmV3")))
    got = desk.service().open(BATCH, MEDIA, grant())
    assert len(desk.seen) == 1
    assert got.group == group
    assert json.loads(got.memo)["callback_param"] == "bmV3"
    assert got.id == 0


@pytest.mark.parametrize(
    "path",
    [
        "fh/synthetic/batch/{fileName}",
        "{fileName}",
        f"{GROUP}{{fileName}}",
        f"fh/{GROUP}/x_{{fileName}}",
        f"fh/{GROUP}x{{fileName}}",
        f"fh/{GROUP}/",
        f"fh/{GROUP}/sub/{{fileName}}",
        "",
        None,
        ...,
    ],
)
def test_a_path_without_the_groups_uuid_stops_the_batch(desk: Desk, path: object) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data(store_path=path)))
    with pytest.raises(BadAnswer, match="does not understand") as caught:
        desk.service().open(BATCH, MEDIA, None)
    assert caught.value.scope is Scope.BATCH
    assert "no UUID before" in caught.value.details
    no_secret_in(caught.value)


@pytest.mark.parametrize("name", ["access_key_id", "secret_access_key", "callback_param"])
@pytest.mark.parametrize("value", [None, "", ...])
def test_keys_without_a_needed_member_are_a_bad_answer(
    desk: Desk, name: str, value: object
) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data(**{name: value})))
    with pytest.raises(BadAnswer) as caught:
        desk.service().open(BATCH, MEDIA, None)
    assert name in caught.value.details
    no_secret_in(caught.value)


@pytest.mark.parametrize("name", ["end_point", "cloud_bucket_name"])
def test_keys_without_a_storage_are_a_bad_answer(desk: Desk, name: str) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data(**{name: None})))
    with pytest.raises(BadAnswer, match="no storage"):
        desk.service().open(BATCH, MEDIA, None)


@pytest.mark.parametrize("name", ["cloud_name", "region", "session_token"])
def test_other_members_of_the_keys_may_be_missing(desk: Desk, name: str) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data(**{name: ...})))
    assert desk.service().open(BATCH, MEDIA, None).group == GROUP


@pytest.mark.parametrize("reply", [fine(), Reply(HTML), Reply(b"")])
def test_keys_that_are_no_keys_are_a_bad_answer(desk: Desk, reply: Reply) -> None:
    desk.on("POST", TOKEN_URL, reply)
    with pytest.raises(BadAnswer):
        desk.service().open(BATCH, MEDIA, None)


@pytest.mark.parametrize("lane", [MEDIA, "route"])
def test_a_plain_no_to_open_stops_the_batch(desk: Desk, lane: str) -> None:
    desk.on("POST", TOKEN_URL, no(200101, "quota used up"))
    desk.on("GET", STS_URL, no(200101, "quota used up"))
    with pytest.raises(Refused, match="refused: quota used up") as caught:
        desk.service().open(BATCH, lane, None)
    assert caught.value.scope is Scope.BATCH
    assert caught.value.retry is Retry.NEVER
    assert "code 200101" in caught.value.details


def test_an_installation_without_open_modelling_is_named(desk: Desk) -> None:
    with pytest.raises(Refused, match="has no open modelling") as caught:
        desk.service().open(BATCH, MEDIA, None)
    assert caught.value.scope is Scope.BATCH


def test_a_long_title_is_cut_and_a_broken_one_repaired(desk: Desk) -> None:
    desk.on("POST", TOKEN_URL, fine(token_data()))
    title = "\udcff" + "港" * 300
    memo = json.loads(desk.service().open(replace(BATCH, title=title), MEDIA, None).memo)
    assert memo["title"] == "?" + "港" * 254


def test_wire_messages_hide_their_secrets() -> None:
    shown = repr(StoreToken.model_validate(token_data())) + repr(
        StsToken.model_validate(sts_data())
    )
    for secret in SECRETS:
        assert secret not in shown


def test_open_for_routes_uses_the_projects_storage_keys(desk: Desk) -> None:
    desk.on("GET", STS_URL, fine(sts_data()))
    got = desk.service().open(BATCH, "route", None)
    assert desk.calls() == ["GET /project/sts-token"]
    assert (got.lane, got.group, got.prefix, got.memo) == ("route", "", "aaaa/bbbb", "")
    assert got.storage == Storage(
        "https://minio.example:9000", "us-east-1", "routes", Addressing.PATH
    )
    assert got.keys == Keys(SECRETS[1], SECRETS[2], SECRETS[3])
    assert got.expires_at == NOW + 900


def test_the_life_of_route_keys_counts_from_the_asking(desk: Desk) -> None:
    def slow(seen: Seen) -> Reply:
        desk.clock.at += 25
        return fine(sts_data())

    desk.on("GET", STS_URL, slow)
    assert desk.service().open(BATCH, "route", None).expires_at == NOW + 900


@pytest.mark.parametrize("expire", [None, 0, -5, 60, int(NOW), 10**400, "x"])
def test_a_life_that_makes_no_sense_is_unknown(desk: Desk, expire: object) -> None:
    desk.on("GET", STS_URL, fine(sts_data(expire=expire)))
    assert desk.service().open(BATCH, "route", None).expires_at is None


@pytest.mark.parametrize(
    "data", [None, {}, sts_data(access_key_id=None), sts_data(access_key_secret="")]
)
def test_route_keys_without_a_needed_member_are_a_bad_answer(desk: Desk, data: object) -> None:
    desk.on("GET", STS_URL, fine(data))
    with pytest.raises(BadAnswer):
        desk.service().open(BATCH, "route", None)


# --- place ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DJI_0001.JPG", "image/jpeg"),
        ("a.jpeg", "image/jpeg"),
        ("a.dng", "image/x-adobe-dng"),
        ("港 🛰️ é.mp4", "video/mp4"),
        ("noext", "application/octet-stream"),
        ("a.ldr", "application/octet-stream"),
        ("{fileName}.jpg", "image/jpeg"),
    ],
)
def test_a_file_goes_where_the_template_says(desk: Desk, name: str, kind: str) -> None:
    target = desk.service().place(grant(), media(1, name))
    assert target == ObjectTarget(f"fh/tmp/{GROUP}/{name}", kind, single_put=True)
    assert desk.seen == []


def test_a_route_gets_a_key_that_stays_the_same(desk: Desk) -> None:
    service, opened = desk.service(), grant("", lane="route")
    target = service.place(opened, media(1, "Pylon.kmz", "route"))
    assert isinstance(target, ObjectTarget)
    top, middle, own, name = target.key.split("/")
    assert (top, middle, name) == ("org", "routes", "Pylon.kmz")
    assert uuid.UUID(own)
    assert target.content_type == "application/vnd.google-earth.kmz"
    assert service.place(opened, media(9, "Pylon.kmz", "route")) == target
    other = service.place(opened, media(2, "Other.kmz", "route"))
    elsewhere = service.place(replace(opened, batch="b2"), media(1, "Pylon.kmz", "route"))
    assert isinstance(other, ObjectTarget) and isinstance(elsewhere, ObjectTarget)
    assert len({item.key.split("/")[2] for item in (target, other, elsewhere)}) == 3


def test_a_route_without_a_prefix_has_no_leading_slash(desk: Desk) -> None:
    opened = replace(grant("", lane="route"), prefix="")
    target = desk.service().place(opened, media(1, "a.kmz", "route"))
    assert isinstance(target, ObjectTarget)
    assert target.key.count("/") == 1 and not target.key.startswith("/")


def test_survey_and_forget_say_nothing(desk: Desk) -> None:
    service = desk.service()
    assert service.survey(grant(), [media(1, "a.jpg")]) == frozenset()
    service.forget(grant(), "id", Why.CANCELLED)
    assert desk.seen == []


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


# --- finish --------------------------------------------------------------------------------------


def test_nothing_delivered_is_finished_without_a_call(desk: Desk) -> None:
    service = desk.service()
    assert isinstance(service.finish(BATCH, [], Tally(0, 0, 0, 0)), Finished)
    only_routes = Tally(1, 1, 0, 0, {"": frozenset({"a.kmz"}), GROUP: frozenset()})
    assert isinstance(service.finish(BATCH, [grant()], only_routes), Finished)
    assert desk.seen == []


@pytest.mark.parametrize("status", [1, "1", None, ...])
def test_all_names_imported_is_finished(desk: Desk, status: object) -> None:
    data: dict[str, object] = {"file_names": ["a.jpg", "港 é.jpg", "more.jpg"]}
    if status is not ...:
        data["status"] = status
    desk.on("GET", RESOURCE_URL, fine(data))
    names = tally("a.jpg", unicodedata.normalize("NFD", "港 é.jpg"))
    got = desk.service().finish(BATCH, [grant()], names)
    assert got == Finished("FlightHub 2 has imported all 2 files.")


@pytest.mark.timeout(30)  # a second does; a look at every name for every name took minutes
def test_twenty_thousand_names_are_soon_looked_through(desk: Desk) -> None:
    names = [f"DJI_{number:05}.JPG" for number in range(20_000)]
    desk.on("GET", RESOURCE_URL, fine({"file_names": names, "status": 1}))
    assert isinstance(desk.service().finish(BATCH, [grant()], tally(*names)), Finished)


@pytest.mark.parametrize(
    ("reply", "progress", "words"),
    [
        (resource(["a.jpg"]), 1, "has imported 1 of 2 files so far"),
        (resource(["a.jpg", "x.jpg"]), 1, "has imported 1 of 2 files so far"),
        (resource(None), 0, "has imported 0 of 2 files so far"),
        (resource(["a.jpg", "b.jpg"], 0), 2, "has imported 2 of 2 files so far"),
        (resource(["a.jpg", "b.jpg"], 77), 2, "has imported 2 of 2 files (state 77)"),
        (fine(), 0, "has imported 0 of 2 files so far"),
        (no(210999, "resource not found"), 0, "(FlightHub 2 refused: resource not found)"),
        (Reply("no", status=404), 0, "(FlightHub 2 refused the call)"),
    ],
)
def test_an_import_under_way_is_not_yet(
    desk: Desk, reply: Reply, progress: int, words: str
) -> None:
    desk.on("GET", RESOURCE_URL, reply)
    got = desk.service().finish(BATCH, [grant()], tally("a.jpg", "b.jpg"))
    assert isinstance(got, NotYet)
    assert got.progress == progress
    assert got.words.endswith(words)


@pytest.mark.parametrize("status", [2, 3])
def test_a_deleted_resource_stops_the_batch(desk: Desk, status: int) -> None:
    desk.on("GET", RESOURCE_URL, resource(["a.jpg"], status))
    with pytest.raises(Refused, match="were deleted in FlightHub 2") as caught:
        desk.service().finish(BATCH, [grant()], tally("a.jpg"))
    assert caught.value.scope is Scope.BATCH
    with pytest.raises(Refused, match="were deleted"):
        desk.service().confirm(grant(), [sent(1, "a.jpg", asked=True)])


def test_several_groups_are_finished_when_each_is(desk: Desk) -> None:
    url_2 = RESOURCE_URL.replace(GROUP, GROUP_2)
    desk.on("GET", RESOURCE_URL, resource(["a.jpg"]))
    desk.on("GET", url_2, [resource([]), resource(["b.jpg"])])
    both = Tally(2, 2, 0, 0, {GROUP: frozenset({"a.jpg"}), GROUP_2: frozenset({"b.jpg"})})
    service, grants = desk.service(), [grant(), grant(GROUP_2, 2)]
    got = service.finish(BATCH, grants, both)
    missing = {GROUP_2: frozenset({"b.jpg"})}
    assert got == NotYet("FlightHub 2 has imported 1 of 2 files so far", 1, missing)
    assert isinstance(service.finish(BATCH, grants, both), Finished)


# --- jobs: start ---------------------------------------------------------------------------------


def ready(desk: Desk, count: int, group: str = GROUP) -> None:
    names = [f"{n}.jpg" for n in range(count)]
    desk.on("GET", RESOURCE_URL.replace(GROUP, group), resource(names))


def begun(uid: str = MODEL, status: object = 12, error: object = 0) -> dict[str, object]:
    return {"uuid": uid, "status": status, "sub_error_code": error}


def test_all_kinds_start_in_one_call_with_parameters_as_text(desk: Desk) -> None:
    ready(desk, 10)
    raw = ' {"parameter": {"output_mesh": true, "名": "é"}} '
    started = {f"model_{kind}": begun(f"uid-{kind}", 14) for kind in SPEC.jobs}
    desk.on("POST", START_URL, fine(started))
    service = desk.service(parameters_3d=raw, delete_resource_after="yes")
    jobs = service.start_jobs(BATCH, [grant()], SPEC.jobs)
    body = desk.seen[1].json
    assert body == {
        "resource_uuid": GROUP,
        "parameter_2d": '{"parameter":{}}',
        "parameter_3d": raw.strip(),
        "parameter_3dgs": '{"parameter":{}}',
        "parameter_lidar": '{"parameter":{}}',
        "delete_resource_if_finish": True,
    }
    assert [(job.kind, job.id, job.state) for job in jobs] == [
        (kind, f"uid-{kind}", JobState.WORKING) for kind in SPEC.jobs
    ]
    assert all(job.batch == "b1" for job in jobs)


@pytest.mark.parametrize("wish", ["", "no"])
def test_only_the_wanted_kind_starts_and_the_files_stay(desk: Desk, wish: str) -> None:
    ready(desk, 5)
    desk.on("POST", START_URL, fine({"model_3d": begun()}))
    service = desk.service(delete_resource_after=wish)
    (job,) = service.start_jobs(BATCH, [grant()], ["3d"])
    assert set(desk.seen[1].json) == {"resource_uuid", "parameter_3d", "delete_resource_if_finish"}
    assert desk.seen[1].json["delete_resource_if_finish"] is False
    assert (job.state, job.id, job.words) == (
        JobState.WAITING,
        MODEL,
        "Waiting for computing power.",
    )


@pytest.mark.parametrize(
    ("count", "starts"),
    [
        (4, []),
        (5, ["2d", "3d", "lidar"]),
        (9, ["2d", "3d", "lidar"]),
        (10, ["2d", "3d", "3dgs", "lidar"]),
        (4000, ["2d", "3d", "3dgs", "lidar"]),
        (4001, ["2d", "3d", "lidar"]),
        (20_000, ["2d", "3d", "lidar"]),
        (20_001, []),
    ],
)
def test_kinds_that_do_not_fit_the_number_of_files_fail_and_the_others_start(
    desk: Desk, count: int, starts: list[str]
) -> None:
    ready(desk, count)
    desk.on("POST", START_URL, fine({f"model_{kind}": begun() for kind in starts}))
    jobs = desk.service().start_jobs(BATCH, [grant()], SPEC.jobs)
    assert len(jobs) == 4
    assert [job.kind for job in jobs if job.state is JobState.WAITING] == starts
    for job in jobs:
        if job.kind not in starts:
            assert job.state is JobState.FAILED and job.id == ""
            assert f"has {count} files; {job.kind} takes" in job.words
    assert (("POST", START_URL) in {(s.method, s.path) for s in desk.seen}) == bool(starts)


def test_each_started_model_is_judged_by_itself(desk: Desk) -> None:
    ready(desk, 20)
    data = {
        "model_2d": begun("m2", 12, 310001),
        "model_3d": begun("m3", 99),
        "model_3dgs": {"uuid": "mg", "status": None},
        "model_lidar": None,
    }
    desk.on("POST", START_URL, fine(data))
    jobs = {job.kind: job for job in desk.service().start_jobs(BATCH, [grant()], SPEC.jobs)}
    assert jobs["2d"].state is JobState.FAILED and "code 310001" in jobs["2d"].words
    assert jobs["3d"].state is JobState.UNKNOWN and "99" in jobs["3d"].words
    assert (jobs["3dgs"].state, jobs["3dgs"].id) == (JobState.WAITING, "mg")
    assert jobs["lidar"].state is JobState.FAILED and "no reason" in jobs["lidar"].words


def test_a_started_model_without_a_name_cannot_be_followed(desk: Desk) -> None:
    ready(desk, 20)
    desk.on("POST", START_URL, fine({"model_2d": begun("m2"), "model_3d": begun("")}))
    jobs = desk.service().start_jobs(BATCH, [grant()], ["2d", "3d"])
    assert [job.state for job in jobs] == [JobState.WAITING, JobState.FAILED]
    assert "without naming it" in jobs[1].words


@pytest.mark.parametrize(
    "reply",
    [
        Reply(cut=True),
        Reply(HTML),
        Reply(b""),
        Reply(status=500),
        no(210500, "db"),
        fine(),
        fine({}),
        fine({"model_2d": begun()}),
        fine({"model_3d": begun("")}),
    ],
)
def test_a_start_without_a_usable_answer_is_lost_and_sent_once(desk: Desk, reply: Reply) -> None:
    ready(desk, 20)
    desk.on("POST", START_URL, reply)
    with pytest.raises(AnswerLost):
        desk.service().start_jobs(BATCH, [grant()], ["3d"])
    assert [seen.method for seen in desk.seen] == ["GET", "POST"]


def test_a_refused_start_stops_the_batch_with_the_services_words(desk: Desk) -> None:
    ready(desk, 20)
    desk.on("POST", START_URL, no(260001, "image quota used up"))
    with pytest.raises(Refused, match="image quota used up") as caught:
        desk.service().start_jobs(BATCH, [grant()], ["3d"])
    assert caught.value.scope is Scope.BATCH


def test_files_in_two_groups_start_nothing(desk: Desk) -> None:
    desk.on("GET", RESOURCE_URL, resource(["a.jpg", "b.jpg"]))
    desk.on("GET", RESOURCE_URL.replace(GROUP, GROUP_2), resource(["b.jpg", "c.jpg"]))
    with pytest.raises(Refused, match="several upload groups") as caught:
        desk.service().start_jobs(BATCH, [grant(), grant(GROUP_2, 2)], ["3d"])
    assert caught.value.scope is Scope.BATCH
    assert all(seen.method == "GET" for seen in desk.seen)


@pytest.mark.parametrize(
    "older", [resource(None), no(210999, "not found"), resource(["1.jpg", "2.jpg"])]
)
def test_a_group_left_behind_does_not_hinder_the_whole_one(desk: Desk, older: Reply) -> None:
    desk.on("GET", RESOURCE_URL, older)
    ready(desk, 20, GROUP_2)
    desk.on("POST", START_URL, fine({"model_3d": begun()}))
    grants = [grant(GROUP_2, 2), grant(), grant(GROUP_2, 3), grant("", 4, "route")]
    jobs = desk.service().start_jobs(BATCH, grants, ["3d"])
    assert [job.state for job in jobs] == [JobState.WAITING]
    assert desk.seen[-1].json["resource_uuid"] == GROUP_2


def test_of_two_whole_groups_the_newer_one_is_reconstructed(desk: Desk) -> None:
    ready(desk, 20)
    ready(desk, 20, GROUP_2)
    desk.on("POST", START_URL, fine({"model_3d": begun()}))
    desk.service().start_jobs(BATCH, [grant(GROUP_2, 2), grant(GROUP, 1)], ["3d"])
    assert desk.seen[-1].json["resource_uuid"] == GROUP_2


@pytest.mark.parametrize("grants", [[], [grant("", lane="route")], [grant()]])
def test_without_imported_files_nothing_starts(desk: Desk, grants: list[Grant]) -> None:
    desk.on("GET", RESOURCE_URL, resource(None))
    with pytest.raises(Refused, match="no files of this batch") as caught:
        desk.service().start_jobs(BATCH, grants, ["3d"])
    assert caught.value.scope is Scope.BATCH


def test_a_group_that_the_service_does_not_know_is_told_in_its_words(desk: Desk) -> None:
    desk.on("GET", RESOURCE_URL, no(210999, "resource not found"))
    with pytest.raises(Refused, match="resource not found") as caught:
        desk.service().start_jobs(BATCH, [grant()], ["3d"])
    assert caught.value.scope is Scope.BATCH


def test_a_kind_that_does_not_exist_is_a_usage_error(desk: Desk) -> None:
    with pytest.raises(UsageError, match="4d"):
        desk.service().start_jobs(BATCH, [grant()], ["3d", "4d"])
    assert desk.seen == []


# --- jobs: find, poll, stop, delete --------------------------------------------------------------


def model(**changes: object) -> dict[str, object]:
    data: dict[str, object] = {
        "resource_uuid": GROUP,
        "model_uuid": MODEL,
        "model_type": 2,
        "model_status": 14,
        "model_size": 0,
        "reconstruction_progress": 40,
        "error_code": 0,
        "zip_status": 0,
        "zip_progress": 0,
        "zip_file_key": "",
    }
    data.update(changes)
    return {name: value for name, value in data.items() if value is not ...}


def test_running_models_of_the_groups_are_found_with_their_kinds(desk: Desk) -> None:
    listed = [
        model(model_uuid="a", model_type=1),
        model(model_uuid="b", model_type=2, resource_uuid=GROUP.upper()),
        model(model_uuid="c", model_type=3, model_status=12),
        model(model_uuid="d", model_type=4, model_status=99),
        model(model_uuid="e", model_type=5),
        model(model_uuid="f", model_type=None),
        model(model_uuid="g", resource_uuid=GROUP_2),
        model(model_uuid=None),
        model(model_uuid="h", resource_uuid=None),
    ]
    desk.on("GET", RUNNING_URL, fine({"list": listed}))
    jobs = desk.service().find_jobs(BATCH, [grant(), grant("", 2, "route")])
    assert [(job.kind, job.id, job.state) for job in jobs] == [
        ("2d", "a", JobState.WORKING),
        ("3d", "b", JobState.WORKING),
        ("3dgs", "c", JobState.WAITING),
        ("lidar", "d", JobState.UNKNOWN),
    ]
    assert jobs[0].progress == 40 and jobs[0].batch == "b1"


@pytest.mark.parametrize("data", [None, {}, {"list": None}])
def test_a_null_list_of_running_models_is_an_empty_one(desk: Desk, data: object) -> None:
    desk.on("GET", RUNNING_URL, fine(data))
    assert desk.service().find_jobs(BATCH, [grant()]) == []


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (8, JobState.FAILED),
        (9, JobState.WORKING),
        (12, JobState.WAITING),
        (13, JobState.FAILED),
        (14, JobState.WORKING),
        ("14", JobState.WORKING),
        (15, JobState.SUCCEEDED),
        (16, JobState.STOPPED),
        (0, JobState.UNKNOWN),
        (77, JobState.UNKNOWN),
        (None, JobState.UNKNOWN),
        (..., JobState.UNKNOWN),
        ("new", JobState.UNKNOWN),
    ],
)
def test_every_state_of_a_model_has_a_meaning(desk: Desk, status: object, state: JobState) -> None:
    desk.on("GET", MODEL_URL, fine(model(model_status=status)))
    got = desk.service().poll(job(state=JobState.UNKNOWN))
    assert got.state is state
    assert (got.batch, got.kind, got.id) == ("b1", "3d", MODEL)
    assert got.words
    if status in (0, 77):
        assert str(status) in got.words


@pytest.mark.parametrize(
    ("given", "shown"), [(40, 40), (-1, 0), (130, 100), (None, 0), (..., 0), ("x", 0), (55.5, 55)]
)
def test_progress_is_a_percentage_whatever_comes(desk: Desk, given: object, shown: int) -> None:
    desk.on("GET", MODEL_URL, fine(model(reconstruction_progress=given)))
    assert desk.service().poll(job()).progress == shown


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "is ready."),
        (None, "is ready."),
        (1, "Packing the result, 30 %."),
        (2, "The result is packed."),
        (3, "Packing the result failed."),
        (9, "unknown state, 9."),
    ],
)
def test_packing_is_told_in_words(desk: Desk, status: object, words: str) -> None:
    data = model(model_status=15, zip_status=status, zip_progress=30)
    desk.on("GET", MODEL_URL, fine(data))
    got = desk.service().poll(job())
    assert got.state is JobState.SUCCEEDED and got.progress == 100
    assert got.words.endswith(words)


def test_a_ready_map_is_a_success_only_once_it_is_packed(desk: Desk) -> None:
    desk.on(
        "GET",
        MODEL_URL,
        [fine(model(model_status=9, zip_status=n)) for n in (0, 1, 2)],
    )
    service = desk.service()
    states = [service.poll(job()).state for _ in range(3)]
    assert states == [JobState.WORKING, JobState.WORKING, JobState.SUCCEEDED]


def test_a_models_error_code_is_told(desk: Desk) -> None:
    desk.on("GET", MODEL_URL, fine(model(model_status=8, error_code=310001)))
    assert desk.service().poll(job()).words == "The reconstruction failed. Code 310001."


@pytest.mark.parametrize("data", [None, {}])
def test_a_model_without_content_is_unknown(desk: Desk, data: object) -> None:
    desk.on("GET", MODEL_URL, fine(data))
    assert desk.service().poll(job()).state is JobState.UNKNOWN


@pytest.mark.parametrize("reply", [fine(), Reply(b""), fine({})])
def test_stopping_tells_the_service(desk: Desk, reply: Reply) -> None:
    desk.on("POST", f"{MODEL_URL}/reconstruction/stop", reply)
    desk.service().stop(job())
    assert desk.calls() == [f"POST /open_model/models/{MODEL}/reconstruction/stop"]
    assert desk.seen[0].body == b""


def test_stopping_what_has_ended_is_fine_and_what_works_is_not(desk: Desk) -> None:
    desk.on("POST", f"{MODEL_URL}/reconstruction/stop", no(260009, "cannot stop"))
    desk.on("GET", MODEL_URL, [fine(model(model_status=15)), fine(model(model_status=14))])
    service = desk.service()
    service.stop(job())
    with pytest.raises(Refused, match="cannot stop"):
        service.stop(job())


def test_an_html_page_is_no_stop(desk: Desk) -> None:
    desk.on("POST", f"{MODEL_URL}/reconstruction/stop", Reply(HTML))
    with pytest.raises(BadAnswer):
        desk.service().stop(job())


def test_a_job_without_an_id_needs_no_call(desk: Desk) -> None:
    nameless, service = job(job_id=""), desk.service()
    assert service.poll(nameless) is nameless
    service.stop(nameless)
    service.delete([], [nameless])
    assert desk.seen == []


def test_ids_cannot_leave_their_path(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.service().poll(job(job_id="../../project?x=1#"))
    assert desk.seen[0].path == f"{BASE}/open_model/models/..%2F..%2Fproject%3Fx%3D1%23"


def test_deleting_takes_models_first_and_each_group_once(desk: Desk) -> None:
    desk.on("DELETE", MODEL_URL, fine())
    desk.on("DELETE", RESOURCE_URL, Reply(b""))
    desk.service().delete([grant(), grant(number=2), grant("", 3, "route")], [job()])
    assert desk.calls() == [
        f"DELETE /open_model/models/{MODEL}",
        f"DELETE /open_model/resource/{GROUP}",
    ]


@pytest.mark.parametrize("gone", [no(210999, "not found"), Reply("x", status=404)])
def test_what_is_gone_already_is_deleted(desk: Desk, gone: Reply) -> None:
    for url in (MODEL_URL, RESOURCE_URL):
        desk.on("DELETE", url, gone)
        desk.on("GET", url, gone)
    desk.service().delete([grant()], [job()])
    desk.on("GET", RESOURCE_URL, resource(None, 3))
    desk.service().delete([grant()], [])


@pytest.mark.parametrize("what", ["model", "group"])
def test_a_refused_delete_of_what_is_still_there_is_told(desk: Desk, what: str) -> None:
    for url in (MODEL_URL, RESOURCE_URL):
        desk.on("DELETE", url, no(260010, "in use"))
    desk.on("GET", MODEL_URL, fine(model()))
    desk.on("GET", RESOURCE_URL, resource(["a.jpg"]))
    with pytest.raises(Refused, match="in use"):
        desk.service().delete(
            [grant()] if what == "group" else [], [job()] if what == "model" else []
        )


# --- all together --------------------------------------------------------------------------------


def test_no_error_of_any_call_shows_a_secret(desk: Desk) -> None:
    echo = " ".join(SECRETS)
    paths = [TOKEN_URL, CALLBACK_URL, RESOURCE_URL, STS_URL, ROUTE_URL, RUNNING_URL, MODEL_URL]
    service = desk.service()
    calls: list[Callable[[], object]] = [
        service.sign_in,
        service.projects,
        lambda: service.open(BATCH, MEDIA, None),
        lambda: service.open(BATCH, "route", None),
        lambda: service.confirm(grant(), [sent(1, "a.jpg")]),
        lambda: service.poll(job()),
        lambda: service.find_jobs(BATCH, [grant()]),
    ]
    broken = Reply({"code": 0, "data": {**token_data(), "list": 5, "credentials": {"expire": 5}}})
    for reply in (no(200401, SECRETS[0]), no(1, SECRETS[0]), broken, Reply(cut=True), Reply(HTML)):
        for path in [*paths, f"{BASE}/system_status", f"{BASE}/project"]:
            desk.answers.update({(method, path): reply for method in ("GET", "POST")})
        for call in calls:
            try:
                call()
            except PostflightError as error:
                no_secret_in(error)
    assert echo not in repr(service)


def test_threads_share_one_service_and_one_fetched_token(desk: Desk) -> None:
    desk.on("GET", MODEL_URL, fine(model()))
    service, got = desk.service(), list[Job]()
    threads = [threading.Thread(target=lambda: got.append(service.poll(job()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert desk.asked_secret == 1
