"""The other ways in and the other things sent: sign-ins, storage providers, flight routes, jobs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.domain.states import BatchState, JobState
from app.engine.stop import Stop
from app.practice.faults import parse_faults
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench


async def delivered(bench: Workbench, service: str, tmp_path: Path, count: int = 12) -> str:
    flight = write_flight(tmp_path / "card", count, 1000, 20_000)
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)
    return snapshot.batch.id


async def test_a_user_name_and_password_and_a_token_that_ends(
    bench: Workbench, tmp_path: Path
) -> None:
    login = bench.cloud.cloud_api_login
    bench.sign_in_as("cloud-api", login.password, username=login.username)
    flight = write_flight(tmp_path / "card", 24, 1000, 20_000)
    batch_id = bench.add("cloud-api", tmp_path / "card")
    run = asyncio.create_task(bench.run(batch_id))
    while len(bench.cloud.journal.calls("cloud-api.upload-callback")) < 4:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    bench.cloud.expire_tokens()
    snapshot = await run
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(batch_id)
    bench.check_arrived("cloud-api", batch_id, flight)
    assert len(bench.cloud.journal.calls("cloud-api.login")) == 1
    assert len(bench.cloud.journal.calls("cloud-api.refresh")) == 1


async def test_an_iam_user_with_a_token(bench: Workbench, tmp_path: Path) -> None:
    login = bench.cloud.iam_login
    bench.sign_in_as(
        "metastudio",
        login.password,
        drop="access-key",
        username=login.username,
        domain=login.domain,
        iam_url=login.url,
        region_project=bench.cloud.iam_region,
    )
    await delivered(bench, "metastudio", tmp_path)
    assert len(bench.cloud.journal.calls("metastudio.token")) == 1


@pytest.mark.parametrize("provider", ["minio", "aws", "ali"])
@pytest.mark.parametrize("signature", ["s3v4", "s3"])
async def test_storage_providers_and_both_signatures(
    bench: Workbench, provider: str, signature: str, tmp_path: Path
) -> None:
    bench.cloud.settings.provider = provider  # type: ignore[assignment]
    bench.set_option("cloud-api", "storage-signature", signature)
    await delivered(bench, "cloud-api", tmp_path)


@pytest.mark.parametrize("style", ["lower", "upper", "opaque"])
async def test_the_storages_own_etag_is_what_is_registered(
    bench: Workbench, style: str, tmp_path: Path
) -> None:
    bench.cloud.settings.etag_style = style  # type: ignore[assignment]
    batch_id = await delivered(bench, "flighthub2", tmp_path)
    told = {entry.name: entry.etag for entry in bench.cloud.registrations("flighthub2")}
    for item in bench.statuses(batch_id):
        assert item.receipt is not None and told[item.file.name] == item.receipt.etag
        assert (item.receipt.etag.lower() == item.md5) == (style != "opaque")


async def test_flight_routes_go_their_own_way(bench: Workbench, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 5, 1000, 5000)
    route = b"PK\x03\x04" + bytes(range(200))
    (tmp_path / "card" / "Nordfeld 北.kmz").write_bytes(route)
    snapshot = await bench.deliver("flighthub2", tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    (told,) = bench.cloud.journal.calls("flighthub2.finish_upload")
    assert told.body["name"] == "Nordfeld 北"
    assert bench.cloud.delivered("flighthub2")["Nordfeld 北.kmz"].read_bytes() == route
    called = bench.cloud.journal.calls("flighthub2.upload_callback")
    names = [entry["name"] for call in called for entry in call.body["files"]]
    assert len(names) == 5 and not any(name.endswith(".kmz") for name in names)
    assert bench.cloud.violations == []


async def test_more_than_a_hundred_files_go_in_calls_of_a_hundred(
    bench: Workbench, tmp_path: Path
) -> None:
    await delivered(bench, "flighthub2", tmp_path, count=230)
    sizes = [len(e.body["files"]) for e in bench.cloud.journal.calls("flighthub2.upload_callback")]
    assert sum(sizes) == 230 and max(sizes) <= 100


async def test_a_lost_answer_starts_no_second_reconstruction(
    bench: Workbench, tmp_path: Path
) -> None:
    bench.set_option("flighthub2", "reconstruct", "2d,3d")
    bench.cloud.faults.add(*parse_faults("flighthub2.start:cut-answer"))
    batch_id = await delivered(bench, "flighthub2", tmp_path)
    assert len(bench.cloud.journal.calls("flighthub2.start")) == 1
    jobs = await bench.app.engine.follow_jobs(batch_id, Stop())
    assert {job.kind: job.state for job in jobs} == dict.fromkeys(("2d", "3d"), JobState.SUCCEEDED)


async def test_too_few_photos_for_a_reconstruction_are_said(
    bench: Workbench, tmp_path: Path
) -> None:
    bench.set_option("flighthub2", "reconstruct", "3d")
    write_flight(tmp_path / "card", 3, 1000, 5000)
    snapshot = await bench.deliver("flighthub2", tmp_path / "card")
    assert snapshot.batch.state is BatchState.ATTENTION
    assert snapshot.counts.delivered == 3
    reason = snapshot.batch.reason
    assert reason is not None and "3D was not started" in reason.title and "5" in reason.hint
    assert bench.cloud.violations == []


async def test_a_running_reconstruction_is_stopped_and_everything_deleted_on_request(
    bench: Workbench, tmp_path: Path
) -> None:
    bench.cloud.settings.job_polls = 1000
    bench.set_option("flighthub2", "reconstruct", "3d")
    batch_id = await delivered(bench, "flighthub2", tmp_path)
    await bench.app.engine.cancel(batch_id)
    (job,) = bench.app.engine.snapshot(batch_id).jobs
    assert job.state is JobState.STOPPED
    await bench.app.engine.cancel(batch_id, delete=True)
    assert bench.cloud.journal.calls("flighthub2.delete_model")
    assert bench.cloud.journal.calls("flighthub2.delete_resource")
    assert bench.cloud.delivered("flighthub2") == {}


async def test_keys_survive_a_restart_in_the_keyring(bench: Workbench, tmp_path: Path) -> None:
    """So that a restart goes on in the same group, without asking for another one."""
    write_flight(tmp_path / "card", 10, 1000, 5000)
    bench.cloud.faults.add(*parse_faults("storage.put:stall=0.1*50"))
    batch = bench.add("flighthub2", tmp_path / "card")
    running = asyncio.create_task(bench.run(batch))
    async with asyncio.timeout(30):
        while len(bench.cloud.journal.calls("storage.put")) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    bench.app.engine.stop()
    assert (await running).batch.state is BatchState.PAUSED
    bench.cloud.faults.clear()
    bench.reopen()
    snapshot = await bench.run(batch)
    assert len(bench.cloud.journal.calls("storage.put")) >= 10
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    assert len(bench.cloud.journal.calls("flighthub2.obtain_token")) == 1


async def test_equal_bytes_in_one_flight_are_registered_once(
    bench: Workbench, tmp_path: Path
) -> None:
    """Copies side by side: a server with two records of one print breaks on it."""
    bench.cloud.settings.control_delay = 0.03
    (tmp_path / "card").mkdir()
    for number in range(4):
        for copy in ("", " copy", " copy 2"):
            (tmp_path / "card" / f"DJI_{number:04}{copy}.JPG").write_bytes(bytes([number]) * 999)
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    assert (snapshot.counts.delivered, snapshot.counts.skipped) == (4, 8)
    prints = [e.body["fingerprint"] for e in bench.cloud.journal.calls("cloud-api.upload-callback")]
    assert len(prints) == len(set(prints)) == 4
    assert bench.cloud.violations == []


async def test_an_ended_batch_stays_ended(bench: Workbench, service: str, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 3, 1000, 5000)
    batch_id = (await bench.deliver(service, tmp_path / "card")).batch.id
    before = len(bench.cloud.journal.entries)
    assert bench.app.engine.retry(batch_id) == 0
    assert (await bench.run(batch_id)).batch.state is BatchState.DELIVERED
    assert len(bench.cloud.journal.entries) == before


async def test_a_file_that_fails_for_good_is_told_so(bench: Workbench, tmp_path: Path) -> None:
    flight = write_flight(tmp_path / "card", 4, 1000, 5000)
    bench.cloud.faults.add(*parse_faults("metastudio.put:status=413"))
    snapshot = await bench.deliver("metastudio", tmp_path / "card")
    assert snapshot.batch.state is BatchState.ATTENTION
    assert (snapshot.counts.delivered, snapshot.counts.failed) == (len(flight) - 1, 1)
    told = [entry.body["state"] for entry in bench.cloud.journal.calls("metastudio.complete")]
    assert sorted(told) == ["CREATED"] * 3 + ["FAILED"]
    bench.app.engine.retry(snapshot.batch.id)
    snapshot = await bench.run(snapshot.batch.id)
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived("metastudio", snapshot.batch.id, flight)
