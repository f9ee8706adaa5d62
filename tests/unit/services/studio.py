"""A scripted MetaStudio and what its tests share."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.domain.model import (
    MEDIA,
    Batch,
    Connection,
    Digests,
    Found,
    MediaFile,
    Prepared,
    Receipt,
    Sent,
)
from app.domain.placement import Grant
from app.domain.ports import Route
from app.domain.states import BatchState
from app.net.http import Http
from app.net.pace import Pace
from app.services.metastudio import MetaStudio
from tests.helpers.scripted import Reply, ScriptedServer, Seen

PROJECT = "0123456789abcdef0123456789abcdef"
SECRET = "s3cret-of-the-tests"
NOW = 1_795_187_126.0
URL = "https://b.obs.example/k%2Fey?AccessKeyId=X&Expires=1795270000&Signature=a%2Bb%3D"
GB = 1024**3
MB = 1024**2
BATCH = Batch("b-1", "Field", "studio", "metastudio", (Path("/card"),), BatchState.RUNNING)
GRANT = Grant("b-1", MEDIA, "")
AKSK = {"access-key": "AKTESTONLY0001"}


class At:
    def __init__(self, now: float = NOW) -> None:
        self.time = now

    def now(self) -> float:
        return self.time


class Studio:
    """Answers like the contract says unless a test queued something for the call."""

    def __init__(self) -> None:
        self.queued: dict[str, list[Reply]] = defaultdict(list)
        self.usual: dict[str, Reply] = {
            "POST /digital-assets": Reply({"asset_id": "a-1", "produce_id": "x"}),
            "POST /files": Reply({"file_id": "f-1", "upload_url": URL}, 201),
            "POST /files/f-1/complete": Reply(b""),
            "GET /digital-assets": Reply({"count": 0, "assets": []}),
            "DELETE /digital-assets/a-1": Reply(b"", 204),
        }
        self.hook: Callable[[Seen], Reply | None] = lambda seen: None
        self.date = NOW

    def answer(self, seen: Seen) -> Reply:
        call = f"{seen.method} {seen.path.removeprefix(f'/v1/{PROJECT}')}"
        if (special := self.hook(seen)) is not None:
            return special
        reply = self.queued[call].pop(0) if self.queued[call] else self.usual.get(call)
        if reply is None:
            reply = no("MSS.00010003", "no such API")
        date = datetime.fromtimestamp(self.date, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return replace(reply, headers={"Date": date, "X-Request-Id": "req-7"} | reply.headers)

    def on(self, call: str, *replies: Reply) -> None:
        self.queued[call].extend(replies)


def no(code: str, text: str = "", status: int = 400) -> Reply:
    return Reply({"error_code": code, "error_msg": text}, status)


class Steps:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Stage:
    """Server, client and what they share."""

    def __init__(self) -> None:
        self.studio = Studio()
        self.server = ScriptedServer(self.studio.answer)
        self.clock = At()
        self.steps = Steps()
        self.pace = Pace(10, self.steps.monotonic, self.steps.sleep)
        self.secret = SECRET
        self.http = Http(self.server.url, "Huawei MetaStudio", Route(), self.clock)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self.server.__exit__()

    def service(self, **options: str) -> MetaStudio:
        return self.with_options({key.replace("_", "-"): text for key, text in options.items()})

    def with_options(self, options: dict[str, str]) -> MetaStudio:
        connection = Connection(
            "studio", "metastudio", self.server.url, {"project-id": PROJECT} | options
        )
        return MetaStudio(connection, lambda: self.secret, self.http, self.clock, self.pace)

    @property
    def calls(self) -> list[str]:
        return [
            f"{seen.method} {seen.path.removeprefix(f'/v1/{PROJECT}')}" for seen in self.server.seen
        ]


def prepared(name: str = "DJI_0001.JPG", size: int = 16, file_id: int = 7) -> Prepared:
    source = Path("/card") / name
    file = MediaFile(file_id, "b-1", f"100MEDIA/{name}", source, name, size, 1)
    return Prepared(file, Digests(hashlib.md5(b"hello metastudio").hexdigest(), "q"))


def sent(name: str = "DJI_0001.JPG", asked: bool = False, remote: str = "a-1/f-1") -> Sent:
    return Sent(prepared(name), Receipt("e", "m", "k", remote), asked)


def found(name: str, size: int) -> Found:
    return Found(0, Path("card") / name, f"card/{name}", size, 1)


def asset(file_state: str = "", state: str = "CREATING", **more: Any) -> Reply:
    files = [{"file_id": "other", "state": "FAILED"}]
    files += [{"file_id": "f-1", "state": file_state}] if file_state else []
    return Reply({"asset_id": "a-1", "asset_state": state, "files": files} | more)
