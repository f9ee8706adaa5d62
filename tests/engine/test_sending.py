"""What a round takes from the queue."""

from __future__ import annotations

from pathlib import Path

from app.domain.states import MOVING, BatchState, FileState
from app.practice.faults import Action, Fault
from tests.helpers.flights import write_flight
from tests.helpers.workbench import workbench

TINY, PRINTS = "cloud-api.tiny-fingerprints", "tiny_fingerprints"


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


async def test_a_file_that_is_gone_spoils_no_question_about_the_others(tmp_path: Path) -> None:
    flight = dict(write_flight(tmp_path / "card", 24, 1_000, 2_000))
    with workbench(tmp_path) as bench:
        bench.cloud.faults.add(Fault("cloud-api.sts", Action.STATUS, times=0, status=503))
        batch_id = bench.add("cloud-api", tmp_path / "card")
        assert (await bench.run(batch_id)).batch.state is BatchState.PAUSED
        bench.cloud.faults.clear()
        gone = sorted(flight)[7]
        (tmp_path / "card" / gone).unlink()
        snapshot = await bench.run(batch_id)
        assert snapshot.batch.state is BatchState.ATTENTION, bench.complaints(batch_id)
        assert snapshot.counts.delivered == len(flight) - 1
        (needs,) = [one for one in bench.statuses(batch_id) if one.state is FileState.GONE]
        assert needs.file.path == gone
        asked = {one for e in bench.cloud.journal.calls(TINY) for one in e.body[PRINTS]}
        assert len(asked) == len(flight) - 1
