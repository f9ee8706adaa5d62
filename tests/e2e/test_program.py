"""The commands, as the product's contract describes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.practice.cloud import PracticeAccount, PracticeCloud
from tests.helpers.flights import write_flight
from tests.helpers.program import ROOT, Program, program_for


def test_the_demo_delivers_to_all_three_services(tmp_path: Path) -> None:
    ended = Program(tmp_path / "home").run("demo", "--terminal")
    assert ended.code == 0, ended
    assert ended.out.count("13 delivered") == 3
    for title in ("FlightHub 2", "DJI Cloud API", "Huawei MetaStudio"):
        assert f"({title}): delivered" in ended.out
    assert not list(tmp_path.iterdir())


def test_the_demo_takes_a_folder_of_ones_own(tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 7, 1000, 9000)
    ended = Program(tmp_path / "home").run("demo", "--json", str(tmp_path / "card"))
    results = [line["batch"] for line in ended.lines if line["event"] == "result"]
    assert ended.code == 0
    assert [item["counts"]["delivered"] for item in results] == [7, 7, 7]
    assert {item["state"] for item in results} == {"delivered"}


def test_upload_show_and_batches_tell_the_same(
    cloud: PracticeCloud, account: PracticeAccount, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 9, 1000, 40_000)
    program = program_for(cloud, tmp_path / "home", [account.service])
    words = ("--to", account.name, "--title", "Süd 南", "--json")
    ended = program.run("upload", str(tmp_path / "card"), *words)
    assert ended.code == 0, ended
    batch = ended.result
    assert (batch["title"], batch["state"], batch["service"]) == (
        "Süd 南",
        "delivered",
        account.service,
    )
    assert batch["counts"]["total"] == batch["counts"]["delivered"] == len(flight)
    assert batch["bytes"]["delivered"] == sum(map(len, flight.values()))
    names = {"flighthub2": {"resource_uuid"}, "cloud-api": {"file_group_id"}, "metastudio": set()}
    assert set(batch["remote"]) == names[account.service]
    (listed,) = program.run("batches", "--json").lines[0]["batches"]
    assert listed["id"] == batch["id"] and listed["counts"] == batch["counts"]
    shown = program.run("show", batch["id"][:6], "--json").lines[0]
    assert {item["path"] for item in shown["files"]} == set(flight)
    for item in shown["files"]:
        assert item["state"] == "confirmed" and item["error"] is None
        assert item["etag"].lower() == item["md5"]
        assert item["size"] == len(flight[item["path"]])
        assert item["attempts"] == 1
    text = program.run("show", "Süd 南")
    assert text.code == 0 and "Delivered" in text.out


def test_include_exclude_and_dry_run(cloud: PracticeCloud, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 16, 1000, 2000)
    program = program_for(cloud, tmp_path / "home", ["cloud-api"])
    to = ("--to", cloud.accounts[1].name)
    words = ("upload", str(tmp_path / "card"), *to, "--include", "*.JPG", "--exclude", "*_T.*")
    plan = program.run(*words, "--dry-run", "--json").lines[0]
    assert plan["event"] == "plan"
    paths = {item["path"] for item in plan["files"]}
    assert paths and all(p.lower().endswith(".jpg") and "_T." not in p for p in paths)
    assert program.run("batches", "--json").lines == [{"batches": []}]
    assert cloud.journal.calls("storage.put") == []
    ended = program.run(*words, "--json")
    assert ended.result["counts"]["delivered"] == len(paths)


def test_reconstructions_are_followed_to_their_end(cloud: PracticeCloud, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 12, 1000, 2000)
    program = program_for(cloud, tmp_path / "home", ["flighthub2"])
    name = cloud.accounts[0].name
    program.add(cloud.accounts[0], "--reconstruct", "2d,3d,3dgs,lidar")
    ended = program.run("upload", str(tmp_path / "card"), "--to", name, "--wait-job", "--json")
    assert ended.code == 0, ended
    assert {job["kind"]: job["state"] for job in ended.result["jobs"]} == dict.fromkeys(
        ("2d", "3d", "3dgs", "lidar"), "succeeded"
    )
    ended = program.run("cancel", ended.result["id"], "--delete", "--json")
    assert ended.code == 0
    assert cloud.journal.calls("flighthub2.delete_resource")
    assert len(cloud.journal.calls("flighthub2.delete_model")) == 4
    assert cloud.violations == []


def test_a_connection_is_added_listed_tested_and_removed(
    cloud: PracticeCloud, account: PracticeAccount, tmp_path: Path
) -> None:
    program = program_for(cloud, tmp_path / "home", [account.service])
    (listed,) = program.run("connection", "list", "--json").lines[0]["connections"]
    assert (listed["name"], listed["service"]) == (account.name, account.service)
    assert account.secret not in str(listed)
    ended = program.run("connection", "test", account.name, "--json")
    assert ended.code == 0, ended
    legs = {leg["name"]: leg["ok"] for leg in ended.lines[-1]["legs"]}
    assert list(legs) == ["name", "connection", "clock", "sign-in", "project", "storage keys"]
    assert all(legs.values())
    assert program.run("connection", "test", account.name).code == 0
    assert program.run("connection", "remove", account.name).code == 0
    assert program.run("connection", "test", account.name).code == 2


def test_the_secret_may_come_through_standard_input(cloud: PracticeCloud, tmp_path: Path) -> None:
    """A file keyring stands in for the system's, in a process of its own."""
    account = cloud.accounts[0]
    program = Program(tmp_path / "home")
    program.environment["PYTHON_KEYRING_BACKEND"] = "keyrings.alt.file.PlaintextKeyring"
    program.environment["XDG_DATA_HOME"] = str(tmp_path / "ring")
    words = ("connection", "add", "Feld Süd", "--service", account.service, "--url", account.url)
    options = ("--project", account.options["project"], "--secret-stdin")
    assert program.run(*words, *options, given=account.secret + "\n").code == 0
    assert program.run("connection", "test", "feld süd").code == 0
    assert program.run("connection", "remove", "Feld Süd").code == 0
    assert program.run(*words, *options, given="\n").code == 2


@pytest.mark.parametrize("words", [["--version"], ["connection", "list"], ["batches"]])
def test_lists_start_without_qt_and_without_boto3(words: list[str], tmp_path: Path) -> None:
    program = Program(tmp_path / "home")
    command = [sys.executable, "-P", "-X", "importtime", "-m", "app", *words]
    ended = subprocess.run(
        command, env=program.environment, capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "app.cli.main" in imported
    assert not {name for name in imported if name.startswith(("PySide6", "boto3", "botocore"))}


def test_run_py_keeps_the_callers_folder(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('the wrong app')")
    ended = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("postflight, version ")
