"""Whole batches into a real store: the service's keys lead there, and the store has bad days."""

from __future__ import annotations

import asyncio
import hashlib
import random
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from app.domain.retry import RetryPolicy
from app.domain.states import BatchState, FileState
from app.engine.context import Patience
from app.practice.settings import Elsewhere
from tests.helpers.flights import write_flight
from tests.helpers.stores.relay import Relay
from tests.helpers.stores.store import BUCKET, REGION, Store
from tests.helpers.workbench import Workbench, workbench
from tests.stores.kit import Held, held

# A store that starts anew takes some seconds.
_PATIENCE = Patience(policy=RetryPolicy(tries=200, first=0.05, longest=0.5), gather=0.05)
_NAMES = ("a b+c.JPG", "50%25 #1.JPG", "北京/航线 1.JPG", "北京/🛩️.JPG", "Zürich é.JPG", "one.JPG")


@pytest.fixture
def bench(tmp_path: Path, store: Store) -> Iterator[Workbench]:
    with workbench(tmp_path, _PATIENCE) as made:
        made.cloud.settings.callback_looks = False
        _lend(made, store, store.url)
        yield made


def _lend(bench: Workbench, store: Store, url: str) -> None:
    def lend() -> Elsewhere:
        keys = store.lend()
        secret, token = keys.secret_key, keys.session_token
        return Elsewhere(url, BUCKET, REGION, keys.access_key, secret, token, 3600.0)

    bench.cloud.settings.elsewhere = lend


def _write_card(folder: Path, count: int) -> dict[str, bytes]:
    flight = dict(write_flight(folder, count, 1, 40_000))
    rng = random.Random(count)
    for name in _NAMES:
        content = flight[name] = rng.randbytes(1 if name == "one.JPG" else 300_000)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return flight


def _check_arrived(
    bench: Workbench, store: Store, batch_id: str, card: Mapping[str, bytes]
) -> None:
    """Each file of the card stands in the store as it is, and was told to the service once."""
    snapshot = bench.app.engine.snapshot(batch_id)
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    statuses = bench.statuses(batch_id)
    assert {item.file.path for item in statuses} == set(card)
    keys = set[str]()
    for item in statuses:
        assert item.state is FileState.CONFIRMED and item.receipt is not None
        content, receipt = card[item.file.path], item.receipt
        md5 = hashlib.md5(content).hexdigest()
        assert receipt.md5 == md5
        assert held(store, receipt.key) == Held(len(content), receipt.etag, md5)
        keys.add(receipt.key)
    assert len(keys) == len(card)
    told = bench.cloud.registrations("cloud-api")
    assert len(told) == len(card) and {entry.times for entry in told} == {1}
    assert bench.cloud.violations == []


async def test_a_flight_with_every_kind_of_name_and_a_film(
    bench: Workbench, store: Store, tmp_path: Path
) -> None:
    card = _write_card(tmp_path / "card", 20)
    card["DJI_0099.MP4"] = random.Random(99).randbytes(66 * 1024 * 1024)  # goes in parts
    (tmp_path / "card" / "DJI_0099.MP4").write_bytes(card["DJI_0099.MP4"])
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    _check_arrived(bench, store, snapshot.batch.id, card)


async def _some_sent(bench: Workbench, run: asyncio.Task[object]) -> None:
    while len(bench.cloud.journal.calls("cloud-api.upload-callback")) < 4:
        assert not run.done(), "too quick to be disturbed"
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("how", ["frozen", "killed"])
async def test_a_store_that_stops_in_the_middle_of_a_batch(
    bench: Workbench, store: Store, tmp_path: Path, how: str
) -> None:
    card = _write_card(tmp_path / "card", 60)
    run = asyncio.create_task(bench.run(bench.add("cloud-api", tmp_path / "card")))
    await _some_sent(bench, run)
    if how == "frozen":
        store.freeze()
        await asyncio.sleep(3)
        store.thaw()
    else:
        store.kill()
        await asyncio.sleep(1)
        store.start_again()
    snapshot = await run
    _check_arrived(bench, store, snapshot.batch.id, card)


async def test_a_store_that_was_started_anew_between_two_batches(
    bench: Workbench, store: Store, tmp_path: Path
) -> None:
    """The connections that are kept lead nowhere any more."""
    first = _write_card(tmp_path / "one", 3)
    snapshot = await bench.deliver("cloud-api", tmp_path / "one")
    _check_arrived(bench, store, snapshot.batch.id, first)
    store.kill()
    store.revive()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "new.JPG").write_bytes(b"new")
    snapshot = await bench.deliver("cloud-api", tmp_path / "two")
    (item,) = bench.statuses(snapshot.batch.id)
    assert item.receipt is not None, bench.complaints(snapshot.batch.id)
    assert held(store, item.receipt.key) == Held(
        3, item.receipt.etag, hashlib.md5(b"new").hexdigest()
    )


async def test_every_fifth_answer_of_the_store_is_lost(
    bench: Workbench, store: Store, tmp_path: Path
) -> None:
    count, lock = [0], threading.Lock()

    def lost(method: str, path: str) -> bool:
        with lock:
            count[0] += 1
            return count[0] % 5 == 0

    card = _write_card(tmp_path / "card", 40)
    with Relay(store.port, lost) as relay:
        _lend(bench, store, relay.url)
        snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert relay.lost >= 9
    _check_arrived(bench, store, snapshot.batch.id, card)
