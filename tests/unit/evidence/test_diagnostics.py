"""The diagnostics zip holds what support needs, and nowhere a secret or a file's name."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Fault, UsageError
from app.domain.preferences import Language, Preferences
from app.evidence import diagnostics
from app.paths import HOME, Paths
from app.store.store import Store
from tests.helpers.clock import HandClock
from tests.unit.evidence.conftest import BATCH, NAMES

ENVIRONMENT = {
    "POSTFLIGHT_SECRET_X": "hidden-in-environment",
    "HTTPS_PROXY": "http://u:hidden-proxy@p:1",
    "PATH": "/hidden-bin",
}


@pytest.fixture
def paths(tmp_path: Path, card: Path) -> Paths:
    made = Paths.find({HOME: str(tmp_path / "home")})
    made.create()
    log = [
        "2026-05-03T10:11:12.000Z WARNING file app.engine.file_run X-Auth-Token: hidden-header",
        "2026-05-03T10:11:12.000Z WARNING file app.x it answered hidden-in-environment",
        f"2026-05-03T10:11:12.000Z WARNING file app.y {NAMES[0]}: gone ({card}/{NAMES[0]})",
    ]
    (made.logs / "postflight.log").write_text("\n".join(log) + "\n", encoding="utf-8")
    (made.logs / "postflight.log.1").write_bytes(b"old \xff hidden\n".replace(b"hidden", b"line"))
    (made.logs / "other.txt").write_text("hidden")
    return made


def test_what_is_in_the_zip(filled: Store, paths: Paths, clock: HandClock, tmp_path: Path) -> None:
    filled.preferences.save(
        Preferences(
            language=Language.CHINESE, ca_file="/home/anna/hidden.pem", connection="Harbour"
        )
    )
    names = diagnostics.write(paths, filled, tmp_path / "d.zip", clock, environment=ENVIRONMENT)
    told = read(tmp_path / "d.zip")
    assert (
        list(told)
        == names
        == [
            "README.txt",
            "environment.json",
            "records.json",
            "preferences.json",
            "notes.txt",
            "schema.sql",
            "logs/postflight.log",
            "logs/postflight.log.1",
        ]
    )
    records = json.loads(told["records.json"])
    assert records["rows"] == {
        "connections": 1, "batches": 1, "files": 6, "grants": 1,
        "open_uploads": 0, "jobs": 1, "notes": 1,
    }  # fmt: skip
    (batch,) = records["batches"]
    assert batch["files"] == {"confirmed": 3, "skipped": 1, "failed": 1, "queued": 1}
    assert batch["faults"] == {"file-refused": 1} and batch["connection"] == 1
    assert records["connections"][0]["options"] == {
        "project": "set", "reconstruct": "3d", "odd": "set",
    }  # fmt: skip
    environment = json.loads(told["environment.json"])
    assert environment["packages"]["boto3"] != "not found"
    assert environment["keyring"] == "keyring.backends.null"
    assert environment["memory_bytes"] > 0 and environment["disk_data"]["free_bytes"] > 0
    assert environment["secrets_from_environment"] == 1
    assert environment["proxies_set"] == ["https_proxy"]
    assert json.loads(told["preferences.json"]) == {
        "language": "zh_CN", "ca_file": "set", "connection": "set",
    }  # fmt: skip
    assert "CREATE TABLE batch" in told["schema.sql"]
    assert told["notes.txt"].startswith(f"2027-01-15T08:00:03Z {BATCH[:8]} Something in <folder")
    assert "<file 1>.JPG: gone (<folder of 3f2a91bc>/<file 1>.JPG)" in told["logs/postflight.log"]


def test_no_secret_and_no_name_is_anywhere_in_the_zip(
    filled: Store, paths: Paths, clock: HandClock, tmp_path: Path
) -> None:
    filled.preferences.save(Preferences(proxy="http://u:hidden-pass@proxy.example:3128"))
    diagnostics.write(paths, filled, tmp_path / "d.zip", clock, environment=ENVIRONMENT)
    told = read(tmp_path / "d.zip")
    assert json.loads(told["preferences.json"]) == {"proxy": "http://proxy.example:3128"}
    whole = "\n".join(told.values())
    for word in ("hidden", "DJI_0001", "cmd.JPG", "Harbour", "Field", "0123-project", "anna"):
        assert word not in whole, word
    assert "es-flight.example" in whole


def test_only_the_last_notes_are_told_in_their_order(
    filled: Store, paths: Paths, clock: HandClock, tmp_path: Path
) -> None:
    filled.batches.add(replace(filled.batches.get(BATCH), id="second"))
    for number in range(diagnostics.NOTES):
        clock.move(1)
        filled.batches.note(("second", BATCH)[number % 2], f"note {number}.")
    diagnostics.write(paths, filled, tmp_path / "d.zip", clock, environment={})
    lines = read(tmp_path / "d.zip")["notes.txt"].splitlines()
    assert [line.split(maxsplit=2)[2] for line in lines] == [f"note {n}." for n in range(200)]


def test_without_a_store_it_says_why(paths: Paths, clock: HandClock, tmp_path: Path) -> None:
    trouble = Fault("store-damaged", "Postflight's database is damaged.", "", "SQLITE_NOTADB")
    names = diagnostics.write(paths, None, tmp_path / "d.zip", clock, trouble, {})
    told = json.loads(read(tmp_path / "d.zip")["records.json"])
    assert told["error"]["code"] == "store-damaged"
    assert "notes.txt" not in names and "logs/postflight.log" in names


def test_an_earlier_zip_is_replaced_and_nothing_else(
    store: Store, paths: Paths, clock: HandClock, tmp_path: Path
) -> None:
    for _ in range(2):
        diagnostics.write(paths, store, tmp_path / "d.zip", clock, environment={})
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("photo.JPG", "x")
    (tmp_path / "photo.JPG").write_bytes(b"x")
    for name in ("other.zip", "photo.JPG", ".", "nowhere/d.zip"):
        with pytest.raises(UsageError):
            diagnostics.write(paths, store, tmp_path / name, clock, environment={})
    assert not list(tmp_path.glob(".postflight-*"))


def read(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}
