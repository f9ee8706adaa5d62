"""What EXIF and XMP say of a photo reaches the service; one without position is sent and said."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from app.domain.states import BatchState
from tests.conftest import flight_media
from tests.helpers.photos import write_photo
from tests.helpers.workbench import Workbench

REAL = flight_media()


def callbacks(bench: Workbench) -> Mapping[str, Any]:
    calls = bench.cloud.journal.calls("cloud-api.upload-callback")
    return {entry.body["name"]: entry.body for entry in calls}


async def test_a_made_photo_is_described_in_full(bench: Workbench, tmp_path: Path) -> None:
    """The twin of the real ones below: it runs everywhere."""
    folder = tmp_path / "card" / "DCIM" / "DJI_202605031009_004_north-field"
    folder.mkdir(parents=True)
    zone = timezone(timedelta(hours=2))
    write_photo(
        folder / "DJI_20260503101112_0007_V.JPG",
        model="M3E",
        taken=datetime(2026, 5, 3, 10, 11, 12, tzinfo=zone),
        offset="+02:00",
        position=(59.123456, 17.654321),
        xmp={
            "drone-dji:AbsoluteAltitude": "+412.350",
            "drone-dji:RelativeAltitude": "+80.020",
            "drone-dji:GimbalYawDegree": "-91.40",
            "drone-dji:DroneModel": "M3E",
            "drone-dji:DroneSerialNumber": "1581FEXAMPLE0001",
        },
    )
    write_photo(
        folder / "DJI_20260503101114_0008_V.JPG",
        model="M3E",
        taken=datetime(2026, 5, 3, 10, 11, 14, tzinfo=zone),
        position=None,
    )
    snapshot = await bench.deliver("cloud-api", tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    body = callbacks(bench)["DJI_20260503101112_0007_V.JPG"]
    assert body["result"] == 0
    assert body["path"] == "DJI_202605031009_004_north-field"
    assert body["object_key"].endswith("/DJI_20260503101112_0007_V.JPG")
    assert body["sub_file_type"] == 0
    ext = body["ext"]
    assert (ext["drone_model_key"], ext["payload_model_key"]) == ("0-77-0", "1-66-0")
    assert ext["sn"] == "1581FEXAMPLE0001" and ext["is_original"] is True
    assert ext["tinny_fingerprint"].endswith("_2026_5_3_10_11_12")
    assert ext["file_group_id"] == snapshot.remote[-1]
    metadata = body["metadata"]
    assert metadata["absolute_altitude"] == pytest.approx(412.35)
    assert metadata["relative_altitude"] == pytest.approx(80.02)
    assert metadata["gimbal_yaw_degree"] == pytest.approx(-91.4)
    assert metadata["created_time"] == "2026-05-03T10:11:12+02:00"
    assert metadata["shoot_position"]["lat"] == pytest.approx(59.123456, abs=1e-5)
    assert metadata["shoot_position"]["lng"] == pytest.approx(17.654321, abs=1e-5)
    notes = bench.app.engine.notes(snapshot.batch.id)
    assert any("1 photo has no position" in note for note in notes)
    assert bench.cloud.violations == []


@pytest.mark.skipif(REAL is None, reason="the real photos are not beside this checkout")
async def test_real_photos_are_delivered_with_what_they_say(
    bench: Workbench, service: str, tmp_path: Path
) -> None:
    assert REAL is not None
    shutil.copytree(REAL, tmp_path / "card", copy_function=shutil.copy)
    flight = {
        path.relative_to(tmp_path / "card").as_posix(): path.read_bytes()
        for path in (tmp_path / "card").rglob("*")
        if path.is_file()
    }
    snapshot = await bench.deliver(service, tmp_path / "card")
    assert snapshot.batch.state is BatchState.DELIVERED, bench.complaints(snapshot.batch.id)
    bench.check_arrived(service, snapshot.batch.id, flight)
    if service != "cloud-api":
        return
    told = callbacks(bench)
    first = told["DJI_0018.JPG"]["metadata"]
    assert first["absolute_altitude"] == pytest.approx(198.31)
    assert first["relative_altitude"] == pytest.approx(39.8)
    assert first["gimbal_yaw_degree"] == pytest.approx(45.0)
    assert first["created_time"].startswith("2016-06-23T16:31:59")
    placed = [name for name, body in told.items() if body["metadata"]["shoot_position"]["lat"]]
    assert sum(name.startswith("DJI_00") for name in placed) == 8
    thermal = told["M3T_DJI_0002_R.JPG"]
    assert thermal["ext"]["drone_model_key"] == "0-77-1"
    assert thermal["metadata"]["created_time"].startswith("2022-07-23T15:13:38")
    notes = bench.app.engine.notes(snapshot.batch.id)
    without = 16 - len(placed)
    assert not without or any(
        f"{without} photo" in note and "no position" in note for note in notes
    )
