"""Every callback of every service, cut off in every way: each thing is registered exactly once.

The practice cloud counts what it accepted, and that count is the judge: nothing here looks at how
often a call went out. POSTFLIGHT_NIGHTLY=1 adds every callback on its own, and three times in a
row.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.domain.states import BatchState
from app.practice.faults import parse_faults
from tests.helpers.flights import write_flight
from tests.helpers.workbench import QUICK, Workbench, workbench

NIGHTLY = os.environ.get("POSTFLIGHT_NIGHTLY") == "1"  # read before a test cleans it away
KINDS = {"2d", "3d", "3dgs"}


@dataclass(frozen=True)
class Callback:
    """A call that makes something at the service; `spared`: how many of them pass before."""

    service: str
    name: str
    spared: int = 0

    @property
    def call(self) -> str:
        return f"{self.service}.{self.name}"


CALLBACKS = (
    Callback("flighthub2", "upload_callback"),
    Callback("flighthub2", "finish_upload", 1),
    Callback("flighthub2", "start"),
    Callback("cloud-api", "upload-callback", 3),
    Callback("cloud-api", "group-upload-callback"),
    Callback("metastudio", "create-asset", 3),
    Callback("metastudio", "create-file", 3),
    Callback("metastudio", "complete", 3),
)

# Was it done or not? Nothing that comes back tells.
DONE = ("cut-answer", "truncate", "lost=504", "lost=502", "lost=200", "lost=500")
NOT_DONE = ("cut-before", "cut-after", "status=504", "status=502", "status=500", "empty", "garbage")
# It is plain that nothing was done, or that somebody else answered.
PLAIN = ("status=503,wait=0", "status=429,wait=0", "page", "huge", "redirect", "stall=0.3")
FAULTS = DONE + NOT_DONE + PLAIN


def put_flight(folder: Path) -> dict[str, bytes]:
    flight = dict(write_flight(folder, 11, 1000, 20_000))
    for number in range(3):
        path, content = f"routes/field {number}.kmz", b"PK\x03\x04" + bytes([number]) * 900
        flight[path] = content
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    return flight


async def delivered(bench: Workbench, service: str, folder: Path) -> str:
    """What does not pass by itself stops the batch with a sentence; the person presses Retry."""
    snapshot = await bench.deliver(service, folder)
    for _ in range(6):
        if snapshot.batch.state is BatchState.DELIVERED:
            break
        assert snapshot.batch.reason is not None and snapshot.batch.reason.hint
        bench.app.engine.retry(snapshot.batch.id)
        snapshot = await bench.run(snapshot.batch.id)
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    return snapshot.batch.id


def check_told_once(bench: Workbench, service: str, files: int, fault: str) -> None:
    """The jobs and the end of the batch; `Workbench.check_arrived` has the files."""
    if service == "flighthub2":
        started = bench.cloud.registrations("flighthub2.start")
        assert {entry.name: entry.times for entry in started} == dict.fromkeys(KINDS, 1)
    # Servers that do not know the end of a batch answer nothing at all: that is believed.
    if service == "cloud-api" and fault != "empty":
        # The totals of the batch: the same ones may be told again, other ones never.
        told = bench.cloud.registrations("cloud-api.group-upload-callback")
        assert [entry.name for entry in told] == [f"{files}/{files}"]


async def run_with(
    bench: Workbench, service: str, fault: str, rules: list[str], folder: Path
) -> None:
    flight = put_flight(folder)
    bench.set_option("flighthub2", "reconstruct", ",".join(sorted(KINDS)))
    bench.cloud.faults.add(*parse_faults(";".join(rules)))
    batch_id = await delivered(bench, service, folder)
    hit = {fired.call for fired in bench.cloud.faults.fired}
    assert len(hit) == len(rules), "a fault never came to pass"
    bench.check_arrived(service, batch_id, flight)
    check_told_once(bench, service, len(flight), fault)


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_is_registered_exactly_once(
    bench: Workbench, service: str, fault: str, tmp_path: Path
) -> None:
    """All callbacks of a service are hit in one batch, each at its own moment."""
    rules = [f"{c.call}:{fault}@{c.spared}" for c in CALLBACKS if c.service == service]
    await run_with(bench, service, fault, rules, tmp_path / "card")


@pytest.mark.parametrize("fault", ["empty", "page", "garbage", "lost=200"])
async def test_an_answer_of_somebody_else_is_no_acknowledgement(
    bench: Workbench, fault: str, tmp_path: Path
) -> None:
    """MetaStudio's own yes to the callback has no body, and so do many who are not MetaStudio."""
    await run_with(bench, "metastudio", fault, [f"metastudio.complete:{fault}"], tmp_path / "card")


@pytest.mark.parametrize("service", ["flighthub2", "cloud-api"])
async def test_a_call_that_is_done_after_the_proxy_gave_up(service: str, tmp_path: Path) -> None:
    """Who asks at once hears that nothing is there, tells it again, and has it there twice."""
    with workbench(tmp_path, replace(QUICK, doubt=1.5)) as bench:
        rules = [f"{c.call}:late=0.3@{c.spared}" for c in CALLBACKS if c.service == service]
        await run_with(bench, service, "late", rules, tmp_path / "card")
        await asyncio.sleep(0.6)  # the last call may be at work still, when it was told again
        check_told_once(bench, service, len(list((tmp_path / "card").rglob("*.*"))), "late")


async def test_a_refused_question_is_no_answer_about_the_file(
    bench: Workbench, tmp_path: Path
) -> None:
    """The callback's answer is lost, and the server then refuses to say whether it has the file."""
    flight = dict(write_flight(tmp_path / "card", 5, 1000, 20_000))
    bench.cloud.faults.add(*parse_faults("cloud-api.upload-callback:cut-answer*5"))
    bench.cloud.faults.add(*parse_faults("cloud-api.fast-upload:status=501*5@5"))
    batch_id = await delivered(bench, "cloud-api", tmp_path / "card")
    assert len(bench.cloud.faults.fired) > 5
    bench.check_arrived("cloud-api", batch_id, flight)


async def test_a_late_file_is_in_the_totals_that_the_server_hears(
    bench: Workbench, tmp_path: Path
) -> None:
    """The end is told when the last file is acknowledged, and not before."""
    flight = dict(write_flight(tmp_path / "card", 5, 1000, 20_000))
    empty = tmp_path / "card" / "DCIM" / "DJI_0099.JPG"
    empty.write_bytes(b"")
    bench.cloud.faults.add(*parse_faults("storage.put:status=400*1@2"))
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert snapshot.batch.state is BatchState.ATTENTION and snapshot.counts.failed == 2
    assert bench.cloud.registrations("cloud-api.group-upload-callback") == []
    late = [s.file.id for s in bench.statuses(snapshot.batch.id) if s.fault and s.file.size]
    assert bench.app.engine.retry(snapshot.batch.id, late) == 1
    assert (await bench.run(snapshot.batch.id)).batch.state is BatchState.ATTENTION
    assert bench.cloud.registrations("cloud-api.group-upload-callback") == []
    bench.app.engine.accept_missing(snapshot.batch.id)
    assert (await bench.run(snapshot.batch.id)).batch.state is BatchState.DELIVERED
    (told,) = bench.cloud.registrations("cloud-api.group-upload-callback")
    assert (told.name, told.times) == ("5/5", 1)
    assert len(bench.cloud.delivered("cloud-api")) == len(flight)


@pytest.mark.skipif(not NIGHTLY, reason="takes minutes: with POSTFLIGHT_NIGHTLY=1")
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("callback", CALLBACKS, ids=lambda callback: callback.call)
async def test_each_on_its_own_and_three_times_in_a_row(
    bench: Workbench, callback: Callback, fault: str, times: int, tmp_path: Path
) -> None:
    rules = [f"{callback.call}:{fault}*{times}@{callback.spared}"]
    await run_with(bench, callback.service, fault, rules, tmp_path / "card")
