"""Killed when new keys have come with a new group, and the files of the old one have not moved."""

from __future__ import annotations

from app.domain.states import BatchState
from app.practice.calls import Call, Moment
from app.practice.faults import parse_faults
from tests.crash.conftest import Lay
from tests.crash.siege import Blow


def test_a_reconstruction_still_gets_all_files_in_one_group(lay: Lay) -> None:
    """The move to the new group waits for the callback that is out, and there the kill falls."""
    siege = lay("flighthub2", "--reconstruct", "3d", count=200, largest=300)
    cloud = siege.cloud
    # So late that a hundred are written down, whatever is on its way: the callback is out.
    cloud.faults.add(*parse_faults("flighthub2.upload_callback:stall=4; storage.put:expire@190"))
    assert siege.strike(Blow(Call.FH_TOKEN, Moment.ANSWERED, 1, later=1.5)), siege
    assert len(cloud.journal.calls("flighthub2.upload_callback")) == 1
    ended = siege.program.run("resume", "--json")
    assert ended.code == 0, ended
    assert ended.result["state"] == BatchState.DELIVERED
    assert [job["kind"] for job in ended.result["jobs"]] == ["3d"]
    assert len(cloud.journal.calls("flighthub2.start")) == 1
    assert cloud.violations == []
    bodies = [path.read_bytes() for path in cloud.delivered("flighthub2").values()]
    assert sorted(bodies) == sorted(siege.flight.values())
