"""Storage keys that end early, late, or at no time anybody knows; and sign-ins that end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.states import BatchState
from app.practice.faults import parse_faults
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


@pytest.mark.parametrize("answer", ["403 ExpiredToken", "400 ExpiredToken", "403 AccessDenied"])
async def test_short_keys_over_many_files_cost_one_renewal_each(
    bench: Workbench, answer: str, tmp_path: Path
) -> None:
    """Keys of two seconds, told as 2: too little to rely on, so each end is found by a refusal."""
    bench.cloud.settings.keys_live = 2.0
    bench.cloud.settings.expired_answer = answer  # type: ignore[assignment]
    bench.cloud.settings.upload_rate = 150_000
    flight = write_flight(tmp_path / "card", 60, 15_000, 25_000)
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived("cloud-api", snapshot.batch.id, flight)
    opened = len(bench.cloud.journal.calls("cloud-api.sts"))
    refused = [e for e in bench.cloud.journal.calls("storage.put") if e.status in (400, 403)]
    assert 2 <= opened <= 1 + len(refused)
    assert len(refused) <= 4 * (opened - 1), "a file was refused twice by the same keys"


async def test_a_token_refused_in_mid_batch_asks_the_person_and_goes_on_after(
    bench: Workbench, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 24, 5_000, 20_000)
    bench.cloud.settings.upload_rate = 100_000
    batch_id = bench.add("cloud-api", tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    async with asyncio.timeout(30):
        while len(bench.cloud.journal.calls("storage.put")) < 6:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    bench.cloud.faults.add(*parse_faults("cloud-api.*:status=401*500"))
    snapshot = await run
    assert snapshot.batch.state is BatchState.PAUSED and snapshot.batch.reason is not None
    assert snapshot.batch.reason.code == "not-signed-in" and snapshot.counts.failed == 0
    bench.cloud.faults.clear()  # the person enters a token that the server takes
    snapshot = await bench.run(batch_id)
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    bench.check_arrived("cloud-api", batch_id, flight)
    stored = [e.path for e in bench.cloud.journal.calls("storage.put") if e.status == 200]
    assert len(stored) == len(set(stored)) == len(flight), "something was sent again"
