"""The cloud holds exactly the bytes of the card, however storage and card behave."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Literal

import pytest

from app.domain.model import Level, Proof
from app.domain.states import BatchState
from app.practice.faults import Action, Fault
from tests.contract.test_weather import PUT
from tests.helpers.changes import CHANGES, UNSEEN, Change
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench

STORED = (Level.SENT, Level.SIZED, Level.MATCHED, Level.REGISTERED)
UNSIZED = (Level.SENT, Level.MATCHED, Level.REGISTERED)


@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize("style", ["lower", "upper", "opaque"])
async def test_levels_are_what_the_storage_lets_one_know(
    bench: Workbench,
    service: str,
    style: Literal["lower", "upper", "opaque"],
    reads: bool,
    tmp_path: Path,
) -> None:
    bench.cloud.settings.etag_style = style
    bench.cloud.settings.reads = reads
    flight = write_flight(tmp_path / "card", 8, 1000, 30_000)
    snapshot = await bench.deliver(service, tmp_path / "card")
    bench.check_arrived(service, snapshot.batch.id, flight)
    statuses = bench.statuses(snapshot.batch.id)
    asks = style == "opaque" and service != "metastudio"  # a signed address answers no questions
    proof = Proof.CHECKED if style == "opaque" else Proof.ETAG
    levels = STORED if proof is Proof.ETAG or (asks and reads) else UNSIZED
    assert {(item.receipt.proof if item.receipt else None, item.levels) for item in statuses} == {
        (proof, levels)
    }
    heads = len(bench.cloud.journal.calls("storage.head"))
    # Files that are on their way together may each find out that the keys do not read.
    assert heads == 8 if asks and reads else heads <= (4 if asks else 0)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("action", [Action.DAMAGE, Action.DAMAGE_SILENT, Action.WRONG_ETAG])
async def test_damage_of_the_very_first_file_is_noticed_each_time(
    bench: Workbench, service: str, action: Action, times: int, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 8, 1000, 30_000)
    bench.cloud.faults.add(Fault(PUT[service], action, times=times))
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert len(bench.cloud.faults.fired) == times
    bench.check_arrived(service, snapshot.batch.id, flight)
    assert {item.levels for item in bench.statuses(snapshot.batch.id)} == {STORED}


@pytest.mark.parametrize("change", CHANGES + UNSEEN)
async def test_a_file_that_changes_while_the_cloud_reads_it_arrives_as_it_is_on_the_card(
    bench: Workbench, service: str, change: Change, tmp_path: Path
) -> None:
    if os.name == "nt" and change in UNSEEN:
        pytest.skip("Windows tells no time of change and lets no open file be replaced")
    flight = dict(write_flight(tmp_path / "card", 1, 200_000, 300_000))
    (path,) = flight
    source = tmp_path / "card" / path
    bench.cloud.faults.add(Fault(PUT[service], Action.SLOW, rate=400_000))
    changing = threading.Thread(target=_change_when_sent, args=(bench, service, source, change))
    changing.start()
    snapshot = await bench.deliver(service, tmp_path / "card")
    changing.join()
    assert len(bench.cloud.journal.calls(PUT[service])) > 1
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    delivered = [item.read_bytes() for item in bench.cloud.delivered(service).values()]
    assert delivered == [source.read_bytes()] != [flight[path]]


def _change_when_sent(bench: Workbench, service: str, source: Path, change: Change) -> None:
    while not bench.cloud.journal.calls(PUT[service]):
        time.sleep(0.01)
    time.sleep(0.1)
    change(source)
    # What a replacement was made of is no part of the flight.
    source.with_name("other").unlink(missing_ok=True)
