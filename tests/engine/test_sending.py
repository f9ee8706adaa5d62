"""What a round takes from the queue."""

from __future__ import annotations

from pathlib import Path

from app.domain.states import MOVING, BatchState
from tests.helpers.flights import write_flight
from tests.helpers.workbench import workbench


async def test_no_more_files_move_than_may_go_at_once(tmp_path: Path) -> None:
    """Too large to go by the handful: the others wait, and are shown as waiting."""
    write_flight(tmp_path / "card", 24, 600_000, 700_000)
    seen: list[int] = []
    with workbench(tmp_path) as bench:
        bench.always_at_once(3)
        batch_id = bench.add("flighthub2", tmp_path / "card")

        def count(event: object) -> None:
            seen.append(sum(item.state in MOVING for item in bench.statuses(batch_id)))

        bench.app.engine.subscribe(count)
        snapshot = await bench.run(batch_id)
        assert snapshot.batch.state is BatchState.DELIVERED
    assert max(seen) == 3
