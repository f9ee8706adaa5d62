"""A scripted FlightHub 2 and what its tests share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.domain.errors import PostflightError
from app.domain.model import (
    MEDIA,
    Batch,
    Connection,
    Job,
    MediaFile,
    Prepared,
    Receipt,
    Sent,
    Tally,
)
from app.domain.placement import Addressing, Grant, Keys, Storage
from app.domain.ports import Route
from app.domain.states import BatchState, JobState
from app.net.http import Http
from app.services.flighthub2 import FlightHub2
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


def resource(names: object, status: object = 1) -> Reply:
    return fine({"resource_uuid": GROUP, "status": status, "file_names": names})


def tally(*names: str, group: str = GROUP) -> Tally:
    return Tally(len(names), len(names), 0, 0, {group: frozenset(names)})


def job(kind: str = "3d", state: JobState = JobState.WORKING, job_id: str = MODEL) -> Job:
    return Job("b1", kind, job_id, state)


def no_secret_in(error: PostflightError) -> None:
    chain: BaseException | None = error
    while chain is not None:
        said = f"{chain!r} {chain} {getattr(chain, 'hint', '')} {getattr(chain, 'details', '')}"
        for secret in SECRETS:
            assert secret not in said
        chain = chain.__cause__ or chain.__context__


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
