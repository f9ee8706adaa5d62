"""Names and keys that a server gives: none leads out of the storage, and none is a file here."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import pytest

from app.domain.errors import BadAnswer, PostflightError
from app.domain.model import Connection
from app.domain.placement import ObjectTarget
from app.domain.ports import Route
from app.domain.states import BatchState
from app.services.storage import storage_of
from app.transfer.mover import Mover
from tests.helpers.flights import write_flight
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.helpers.workbench import Workbench, workbench
from tests.unit.transfer.kit import BUCKET, grant_for, make_file, move_of

CLIMBING = [
    "../other-bucket/DJI_0001.JPG",
    "flight/../../other/DJI_0001.JPG",
    "flight/..",
    "/../DJI_0001.JPG",
    "./DJI_0001.JPG",
    "flight/./DJI_0001.JPG",
    r"flight\..\..\DJI_0001.JPG",
    "flight\x00/DJI_0001.JPG",
    "flight\r\nHost: evil/DJI_0001.JPG",
    "flight\u202e/GPJ.exe",
]
STAYING = ["a..b/..c/d...JPG", "/flight/DJI_0001.JPG", "航线 7/DJI ü+1.JPG", "...", "%2e%2e/x"]
MARK = "evil-place"


@pytest.fixture
def mover() -> Iterator[Mover]:
    made = Mover(Route())
    yield made
    made.close()


@pytest.mark.parametrize("key", CLIMBING)
def test_a_key_that_leads_out_is_not_sent_to(mover: Mover, key: str, tmp_path: Path) -> None:
    with ScriptedServer(lambda _: Reply(headers={"ETag": '"x"'})) as server:
        grant, target = grant_for(server.url), ObjectTarget(key, "image/jpeg", single_put=True)
        with pytest.raises(BadAnswer) as caught:
            mover.place(grant, target, move_of(make_file(tmp_path, 1000)))
        assert server.seen == []
    assert "leads out" in caught.value.title
    assert caught.value.details.isprintable()


@pytest.mark.parametrize("key", STAYING)
def test_a_key_that_only_looks_odd_is_sent_to_as_it_is(
    mover: Mover, key: str, tmp_path: Path
) -> None:
    with ScriptedServer(lambda _: Reply(status=403)) as server:
        grant, target = grant_for(server.url), ObjectTarget(key, "image/jpeg", single_put=True)
        with pytest.raises(PostflightError) as caught:
            mover.place(grant, target, move_of(make_file(tmp_path, 1000)))
        assert unquote(server.seen[0].path) == f"/{BUCKET}/{key}"
    assert type(caught.value) is not BadAnswer


@pytest.mark.parametrize("key", ["x" * 5000, "文" * 5000, "a/" * 3000])
def test_a_key_without_measure_ends_in_a_sentence(mover: Mover, key: str, tmp_path: Path) -> None:
    with ScriptedServer(lambda _: Reply(status=414)) as server:
        grant, target = grant_for(server.url), ObjectTarget(key, "image/jpeg", single_put=True)
        with pytest.raises(PostflightError) as caught:
            mover.place(grant, target, move_of(make_file(tmp_path, 1000)))
    assert len(caught.value.title) < 300


@pytest.mark.parametrize("bucket", ["..", ".", " .. "])
def test_a_bucket_that_is_the_way_up_is_no_bucket(bucket: str) -> None:
    connection = Connection("c", "cloud-api", "http://h", {})
    with pytest.raises(BadAnswer):
        storage_of("minio", "http://127.0.0.1:9", "", bucket, connection)


class Turner:
    """Stands before the practice cloud and puts `before` in front of where files shall go."""

    def __init__(self, cloud_url: str, before: str) -> None:
        self._host, self._before = urlsplit(cloud_url).netloc, before
        self.turned = 0

    def __call__(self, seen: Seen) -> Reply:
        onward = http.client.HTTPConnection(self._host)
        target = seen.path + (f"?{urlencode(seen.query)}" if seen.query else "")
        kept = {k: v for k, v in seen.headers.items() if k not in ("connection", "accept-encoding")}
        onward.request(seen.method, target, seen.body, kept)
        answer = onward.getresponse()
        told = json.loads(answer.read() or b"null")
        onward.close()
        return Reply(json.dumps(self._turned(told)).encode(), answer.status)

    def _turned(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._turned(item) for item in value]
        if not isinstance(value, dict):
            return value
        made = {key: self._turned(item) for key, item in value.items()}
        for key in {"store_path", "object_key_prefix"} & made.keys():
            made[key] = f"{self._before}{made[key]}"
            self.turned += 1
        return made


@pytest.mark.parametrize("service", ["flighthub2", "cloud-api"])
@pytest.mark.parametrize("before", [f"../../{MARK}/", f"..\\..\\{MARK}/", f"{MARK}\x00/"])
async def test_a_service_cannot_lead_out_nor_name_a_file_here(
    service: str, before: str, tmp_path: Path
) -> None:
    with workbench(tmp_path) as bench:
        write_flight(tmp_path / "card", 3, 500, 2000, 1)
        known = bench.connection(service)
        turner = Turner(known.url, before)
        with ScriptedServer(turner) as server:
            _through(bench, known, server.url)
            snapshot = await bench.deliver(service, tmp_path / "card")
        assert turner.turned, "nobody asked where files shall go"
        batch = snapshot.batch
        said = [f for f in (batch.reason, *(s.fault for s in bench.statuses(batch.id))) if f]
    assert batch.state is not BatchState.DELIVERED
    assert any("leads out" in fault.title or "name" in fault.title for fault in said), said
    assert all((f.title + f.hint + f.details).isprintable() for f in said)
    assert named(tmp_path) == []


def named(folder: Path) -> list[Path]:
    """What bears the mark below the folder, or where two steps up lead to."""
    above = [folder.parent / MARK, folder.parents[1] / MARK]
    found = [path for path in folder.rglob("*") if MARK in path.name]
    return found + [path for path in above if path.exists()]


def _through(bench: Workbench, known: Connection, url: str) -> None:
    there = url + urlsplit(known.url).path
    bench.app.store.connections.save(replace(known, url=there))
