"""Every fault a service or its storage may have, on every service: nothing lost, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.errors import exit_code_of
from app.domain.states import BatchState, FileState
from app.practice.faults import parse_faults
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench

OPEN = {
    "flighthub2": "flighthub2.obtain_token",
    "cloud-api": "cloud-api.sts",
    "metastudio": "metastudio.create-asset",
}
PLACE = {"cloud-api": "cloud-api.fast-upload", "metastudio": "metastudio.create-file"}
PUT = {"flighthub2": "storage.put", "cloud-api": "storage.put", "metastudio": "metastudio.put"}
CONFIRM = {
    "flighthub2": "flighthub2.upload_callback",
    "cloud-api": "cloud-api.upload-callback",
    "metastudio": "metastudio.complete",
}
FINISH = {"flighthub2": "flighthub2.resource", "cloud-api": "cloud-api.group-upload-callback"}

# It goes on by itself.
PASSING = [
    "status=503*2",
    "status=429,wait=0*2",
    "status=500*2",
    "status=502",
    "cut-before*2",
    "cut-after",
    "cut-answer",
]


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize(
    "leg",
    [OPEN, PLACE, PUT, CONFIRM, FINISH],
    ids=lambda leg: next(iter(leg.values())).partition(".")[2],
)
async def test_passing_trouble_ends_delivered(
    bench: Workbench, service: str, leg: dict[str, str], fault: str, tmp_path: Path
) -> None:
    if service not in leg:
        pytest.skip(f"{service} has no such call")
    flight = write_flight(tmp_path / "card", 9, 1000, 40_000)
    bench.cloud.faults.add(*parse_faults(f"{leg[service]}:{fault}"))
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert bench.cloud.faults.fired, "the fault never came to pass"
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)


@pytest.mark.parametrize("fault", ["damage*2", "slow=400000", "stall=0.3"])
async def test_trouble_with_the_bytes_ends_delivered(
    bench: Workbench, service: str, fault: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 9, 1000, 40_000)
    bench.cloud.faults.add(*parse_faults(f"{PUT[service]}:{fault}"))
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert bench.cloud.faults.fired
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)


@pytest.mark.parametrize("answer", ["403 ExpiredToken", "400 ExpiredToken", "403 AccessDenied"])
@pytest.mark.parametrize("renewal", ["new", "same"])
@pytest.mark.parametrize("service", ["flighthub2", "cloud-api"])
async def test_keys_that_end_in_mid_batch_are_renewed(
    bench: Workbench, service: str, renewal: str, answer: str, tmp_path: Path
) -> None:
    """Without a reconstruction, files in two groups are fine: each is told in its own."""
    bench.cloud.settings.renewal = renewal  # type: ignore[assignment]
    bench.cloud.settings.expired_answer = answer  # type: ignore[assignment]
    flight = write_flight(tmp_path / "card", 14, 1000, 40_000)
    bench.cloud.faults.add(*parse_faults("storage.put:expire@6"))
    snapshot = await bench.deliver(service, tmp_path / "card")
    if answer == "403 AccessDenied":
        # Nothing tells such a refusal from missing rights before the keys' own end.
        assert snapshot.batch.state in (BatchState.DELIVERED, BatchState.PAUSED)
        return
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)


@pytest.mark.parametrize("renewal", ["new", "same"])
async def test_a_reconstruction_gets_all_files_in_one_group(
    bench: Workbench, renewal: str, tmp_path: Path
) -> None:
    bench.cloud.settings.renewal = renewal  # type: ignore[assignment]
    bench.set_option("flighthub2", "reconstruct", "3d,3dgs")
    write_flight(tmp_path / "card", 14, 1000, 40_000)
    bench.cloud.faults.add(*parse_faults("storage.put:expire@6"))
    snapshot = await bench.deliver("flighthub2", tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    assert len(snapshot.remote) == (2 if renewal == "new" else 1)
    assert {job.kind for job in snapshot.jobs} == {"3d", "3dgs"}
    delivered = bench.cloud.delivered("flighthub2")
    assert len(delivered) >= 14
    assert bench.cloud.violations == []
    notes = bench.app.engine.notes(snapshot.batch.id)
    assert any("new group" in note for note in notes) == (renewal == "new")


@pytest.mark.parametrize(
    ("fault", "code", "exit_code"),
    [
        ("page*50", "bad-answer", 3),
        ("garbage*50", "bad-answer", 3),
        ("huge*50", "bad-answer", 3),
        ("redirect*50", "bad-answer", 3),
        ("status=401*50", "not-signed-in", 3),
        ("status=403*50", "forbidden", 3),
        ("status=503,wait=0*500", "busy", 3),
        ("cut-before*500", "", 4),
    ],
)
async def test_lasting_trouble_pauses_the_batch_and_resume_delivers_it(
    bench: Workbench, service: str, fault: str, code: str, exit_code: int, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 5, 1000, 40_000)
    bench.cloud.faults.add(*parse_faults(f"{OPEN[service]}:{fault}"))
    snapshot = await bench.deliver(service, tmp_path / "card")
    reason = snapshot.batch.reason
    assert snapshot.batch.state is BatchState.PAUSED and reason is not None
    assert code in ("", reason.code)
    assert exit_code_of(reason.code) == exit_code
    assert snapshot.counts.waiting == len(flight)
    bench.cloud.faults.clear()
    snapshot = await bench.run(snapshot.batch.id)
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)


async def test_an_answer_lost_after_the_server_took_it_registers_nothing_twice(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 12, 1000, 20_000)
    bench.cloud.faults.add(*parse_faults(f"{CONFIRM[service]}:cut-answer*3"))
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)


@pytest.mark.parametrize("style", ["absent", "empty", "ok"])
async def test_a_server_without_the_group_callback_is_said_to_do_without(
    bench: Workbench, style: str, tmp_path: Path
) -> None:
    bench.cloud.settings.group_callback = style  # type: ignore[assignment]
    write_flight(tmp_path / "card", 3, 1000, 20_000)
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED
    notes = bench.app.engine.notes(snapshot.batch.id)
    assert any("group" in note for note in notes) == (style != "ok")


@pytest.mark.parametrize("service", ["flighthub2", "cloud-api"])
async def test_a_storage_that_fails_for_one_file_only_spares_the_others(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 24, 1000, 20_000)
    bad = "DJI_20260503101112_0001_V.JPG"
    bench.cloud.faults.add(*parse_faults(f"storage.put:status=500,about={bad}*500"))
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.ATTENTION
    (failed,) = [s for s in bench.statuses(snapshot.batch.id) if s.state is FileState.FAILED]
    assert failed.file.name == bad and failed.fault is not None
    assert failed.fault.code == "server-failed" and "ask who runs" in failed.fault.hint
    assert snapshot.counts.delivered == len(flight) - 1
    bench.cloud.faults.clear()
    bench.app.engine.retry(snapshot.batch.id)
    snapshot = await bench.run(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)


async def test_a_storage_that_fails_for_all_files_pauses_the_batch(
    bench: Workbench, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 24, 1000, 20_000)
    bench.cloud.faults.add(*parse_faults("storage.put:status=500*5000@3"))
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert snapshot.batch.state is BatchState.PAUSED and snapshot.batch.reason is not None
    assert snapshot.batch.reason.code == "server-failed" and snapshot.counts.failed == 0
    bench.cloud.faults.clear()
    snapshot = await bench.run(snapshot.batch.id)
    bench.check_arrived("cloud-api", snapshot.batch.id, flight)


@pytest.mark.parametrize("ahead", [1200, -1200])
@pytest.mark.parametrize("signature", ["s3v4", "s3"])
async def test_a_wrong_clock_of_this_computer_costs_nothing_but_a_note(
    bench: Workbench, service: str, signature: str, ahead: float, tmp_path: Path
) -> None:
    """Storage and gateway refuse signatures that are 15 minutes off, for real."""
    bench.cloud.settings.offset = ahead
    if service != "metastudio":
        bench.set_option(service, "storage-signature", signature)
    flight = write_flight(tmp_path / "card", 12, 1000, 20_000)
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)
    told = [n for n in bench.app.engine.notes(snapshot.batch.id) if "clock is 20 minutes" in n]
    assert len(told) == 1 and ("behind" in told[0]) == (ahead > 0)
    refused = [e for e in bench.cloud.journal.calls("storage.put") if e.status != 200]
    assert len(refused) <= 4, "each file learnt it anew"


async def test_a_clock_that_is_a_little_off_needs_no_note(bench: Workbench, tmp_path: Path) -> None:
    bench.cloud.settings.offset = 200
    write_flight(tmp_path / "card", 2, 1000, 2000)
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert not any("clock" in note for note in bench.app.engine.notes(snapshot.batch.id))


async def test_throttling_is_respected_and_ends_delivered(bench: Workbench, tmp_path: Path) -> None:
    bench.cloud.settings.throttle = 40.0
    flight = write_flight(tmp_path / "card", 12, 1000, 20_000)
    snapshot = await bench.deliver("metastudio", tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived("metastudio", snapshot.batch.id, flight)


async def test_cancel_tells_the_service_and_keeps_what_is_delivered(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 6, 1000, 20_000)
    bench.cloud.faults.add(*parse_faults(f"{PUT[service]}:status=403*50@3"))
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.PAUSED
    bench.cloud.faults.clear()
    batch = await bench.app.engine.cancel(snapshot.batch.id)
    assert batch.state is BatchState.CANCELLED
    counts = bench.app.engine.snapshot(batch.id).counts
    assert counts.dropped and counts.dropped + counts.delivered == len(flight)
    states = {entry.body["state"] for entry in bench.cloud.journal.calls("metastudio.complete")}
    assert ("CANCELLED" in states) == (service == "metastudio")
    assert bench.cloud.violations == []
