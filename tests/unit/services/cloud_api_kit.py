"""A scripted Cloud API server and what its tests share."""

from __future__ import annotations

import threading
import traceback
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from app.domain.model import (
    Batch,
    Capture,
    Connection,
    Digests,
    MediaFile,
    Position,
    Prepared,
    Receipt,
    Sent,
    Tally,
)
from app.domain.placement import Grant
from app.domain.ports import Route
from app.domain.states import BatchState
from app.net.http import Http
from app.services.base import Service
from app.services.registry import CLOUD_API as SPEC
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
TALLY = Tally(total=120, delivered=110, skipped=8, failed=2)

Answers = dict[str, Any]  # path to a Reply, a body, or a function of the request


@dataclass
class FixedClock:
    time: float = 1_800_000_000.0

    def now(self) -> float:
        return self.time


class Houses:
    """One real server for all tests of a module; every desk has a first path part of its own."""

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


def token_answer(token: str) -> dict[str, Any]:
    data = {"user_id": "u", "username": "pilot", "workspace_id": WS, "access_token": token}
    return {"code": 0, "message": "success", "data": data}


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


def everything(error: BaseException) -> str:
    """All that a log, a report or a row could hold of an error."""
    shown = "".join(traceback.format_exception(error))
    more = repr((error, error.args, getattr(error, "fault", str)()))
    return shown + more
