"""True answers of the practice cloud, made hostile on their way: one sentence each, and no bug.

POSTFLIGHT_NIGHTLY=1 tries 300 seeds for each service instead of 8.
"""

from __future__ import annotations

import copy
import http.client
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from app.domain.model import Connection
from app.domain.states import BatchState
from tests.helpers.flights import write_flight
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.helpers.workbench import SERVICES, Workbench, workbench

NIGHTLY = os.environ.get("POSTFLIGHT_NIGHTLY") == "1"
SEEDS = range(300 if NIGHTLY else 8)
STRANGE: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 2**100, -(2**31), 1.5, "", " ", "\x00\x1b[31m\u202e", "\ud800",
    "../../../etc/passwd", "a\r\nX-Evil: 1", "9" * 400, "x" * 100_000, [], {}, [[]], [None] * 50,
    {"a": {"a": {}}}, ["a"], "https://127.0.0.1:1/", "file:///etc/passwd", "{}", "null",
)  # fmt: skip
# What no JSON library writes, put in for a marker.
RAW = ("1e400", "-1e400", "NaN", "Infinity", "9" * 5000, '"\\ud800"', "[" * 5000 + "]" * 5000,
       '{"a":1,"a":[]}', "1" + "0" * 400, '"' + "y" * 11_000_000 + '"')  # fmt: skip
MARK = "put-something-raw-here"


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Container and key of everything below."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, dict | list):
            yield from nodes(inner)


def hostile(body: bytes, rng: random.Random) -> bytes:
    """One to three members are something else; the rest is as the server meant it."""
    try:
        told = json.loads(body)
    except ValueError:
        return rng.randbytes(2000)
    wrapped = {"": copy.deepcopy(told)}
    for _ in range(rng.randint(1, 3)):
        container, key = rng.choice(list(nodes(wrapped)))
        kind = rng.random()
        if kind < 0.1 and isinstance(container, dict) and key:
            del container[key]
        else:
            container[key] = MARK if kind < 0.35 else rng.choice(STRANGE)
        wrapped.setdefault("", {})
    text = json.dumps(wrapped[""])
    return text.replace(f'"{MARK}"', rng.choice(RAW)).encode()


class Meddler:
    """Stands before the practice cloud and changes the answers of its turn."""

    def __init__(self, cloud_url: str, seed: int) -> None:
        self._host = urlsplit(cloud_url).netloc
        self._rng = random.Random(seed)
        self.first = self._rng.randint(0, 9)
        self.times = self._rng.randint(1, 3)
        self.count = 0
        self.changed = 0

    def __call__(self, seen: Seen) -> Reply:
        onward = http.client.HTTPConnection(self._host)
        target = seen.path + (f"?{urlencode(seen.query)}" if seen.query else "")
        headers = {
            k: v for k, v in seen.headers.items() if k not in ("connection", "accept-encoding")
        }
        onward.request(seen.method, target, seen.body, headers)
        answer = onward.getresponse()
        body = answer.read()
        onward.close()
        number, self.count = self.count, self.count + 1
        if self.first <= number < self.first + self.times:
            self.changed += 1
            body = hostile(body, self._rng)
        return Reply(body, answer.status, {"Content-Type": "application/json"})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


def through(bench: Workbench, service: str, url: Callable[[str], str]) -> None:
    old = bench.connection(service)
    bench.app.store.connections.save(Connection(old.name, old.service, url(old.url), old.options))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_hostile_answer_ends_in_a_sentence(
    bench: Workbench, service: str, seed: int, tmp_path: Path
) -> None:
    """The run ends by itself, says why, and what is said can be printed."""
    write_flight(tmp_path / "card", 3, 500, 2000, seed)
    meddler = Meddler(bench.connection(service).url, seed)
    with ScriptedServer(meddler) as server:
        through(bench, service, lambda url: server.url + urlsplit(url).path)
        snapshot = await bench.deliver(service, tmp_path / "card")
        assert meddler.count, "nobody was asked"
        legs = list(bench.app.test(bench.app.store.connections.get(bench.connection(service).name)))
    batch = snapshot.batch
    assert batch.state in (BatchState.DELIVERED, BatchState.PAUSED, BatchState.ATTENTION)
    said = [
        fault for fault in (batch.reason, *(s.fault for s in bench.statuses(batch.id))) if fault
    ]
    if batch.state is not BatchState.DELIVERED:
        assert said
    for fault in said:
        assert fault.title and (fault.title + fault.hint).isprintable(), fault
        assert len(fault.title) < 400 and len(fault.details) < 5000, fault.code
    assert legs
    for name in (tmp_path / "home").rglob("*"):
        assert name.is_relative_to(tmp_path / "home")
    assert not (tmp_path / "etc").exists()
