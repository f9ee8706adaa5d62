"""Every action the practice cloud knows, on every kind of call, for every service."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.states import BatchState
from app.practice.faults import Action, Fault
from tests.contract.test_weather import CONFIRM, OPEN, PUT
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench

BUSINESS = {"flighthub2": "210429", "cloud-api": "-1", "metastudio": "APIGW.0308"}
ON_BYTES = {Action.DAMAGE, Action.DAMAGE_SILENT, Action.WRONG_ETAG}


def places(service: str, action: Action) -> list[str]:
    if action in ON_BYTES:
        return [PUT[service]]
    return [OPEN[service], PUT[service], CONFIRM[service]]


# What is done after a proxy gave up needs a wait of its own: tests/contract/test_callbacks.py.
@pytest.mark.parametrize("action", [item for item in Action if item is not Action.LATE])
async def test_nothing_is_lost_and_nothing_told_twice(
    bench: Workbench, service: str, action: Action, tmp_path: Path
) -> None:
    """What does not pass by itself stops the batch with a sentence, and goes on when asked to."""
    flight = write_flight(tmp_path / "card", 8, 1000, 30_000)
    for number, where in enumerate(places(service, action)):
        bench.cloud.faults.add(
            Fault(
                where,
                action,
                after=number,
                status=503,
                code=BUSINESS[service],
                seconds=0.2,
                rate=300_000,
            )
        )
    snapshot = await bench.deliver(service, tmp_path / "card")
    batch_id = snapshot.batch.id
    for _ in range(4):
        if snapshot.batch.state is BatchState.DELIVERED:
            break
        assert snapshot.batch.reason is not None and snapshot.batch.reason.hint
        bench.app.engine.retry(batch_id)
        snapshot = await bench.run(batch_id)
    assert bench.cloud.faults.fired
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    bench.check_arrived(service, batch_id, flight)


async def test_business_refusals_of_one_file_spare_the_others(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 8, 1000, 30_000)
    code = {"flighthub2": "299999", "cloud-api": "-1", "metastudio": "MSS.99999999"}[service]
    bench.cloud.faults.add(Fault(CONFIRM[service], Action.BUSINESS, code=code))
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.counts.delivered >= len(flight) - 1
    if snapshot.batch.state is not BatchState.DELIVERED:
        assert snapshot.batch.state is BatchState.ATTENTION
        bench.app.engine.retry(snapshot.batch.id)
        snapshot = await bench.run(snapshot.batch.id)
    assert snapshot.batch.state is BatchState.DELIVERED
    bench.check_arrived(service, snapshot.batch.id, flight)
