"""Everything a person or a machine can get wrong ends in one clear sentence and its exit code."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.practice.cloud import PracticeAccount, PracticeCloud
from app.practice.faults import parse_faults
from tests.helpers.flights import write_flight
from tests.helpers.program import Ended, Program, program_for


@pytest.fixture
def program(cloud: PracticeCloud, tmp_path: Path) -> Program:
    return program_for(cloud, tmp_path / "home")


@pytest.fixture
def card(tmp_path: Path) -> Path:
    write_flight(tmp_path / "card", 4, 1000, 5000)
    return tmp_path / "card"


def upload(program: Program, cloud: PracticeCloud, path: Path, service: int = 1) -> Ended:
    return program.run("upload", str(path), "--to", cloud.accounts[service].name, "--json")


def test_a_missing_path(program: Program, cloud: PracticeCloud, tmp_path: Path) -> None:
    ended = upload(program, cloud, tmp_path / "nowhere")
    assert (ended.code, ended.error["code"]) == (2, "usage")
    assert "nowhere" in ended.error["title"]
    assert program.run("batches", "--json").lines == [{"batches": []}]


def test_an_empty_folder(program: Program, cloud: PracticeCloud, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = upload(program, cloud, tmp_path / "empty")
    assert (ended.code, ended.result["state"]) == (2, "empty")
    assert "Nothing to send" in ended.result["reason"]["title"]


def failed_file(program: Program, ended: Ended) -> dict[str, object]:
    shown = program.run("show", ended.result["id"], "--json").lines[0]
    (bad,) = [item for item in shown["files"] if item["state"] == "failed"]
    assert ended.code == 1 and ended.result["state"] == "attention"
    assert ended.result["counts"]["failed"] == 1
    assert ended.result["counts"]["delivered"] == ended.result["counts"]["total"] - 1
    return bad


def test_an_empty_file(program: Program, cloud: PracticeCloud, card: Path) -> None:
    (card / "DJI_0000.JPG").touch()
    bad = failed_file(program, upload(program, cloud, card))
    assert bad["path"] == "DJI_0000.JPG" and "empty" in bad["error"]["title"]  # type: ignore[index]


def test_a_file_too_large_for_the_service_is_known_before_the_first_byte(
    program: Program, cloud: PracticeCloud, card: Path
) -> None:
    with (card / "huge.jpg").open("wb") as stream:
        stream.truncate(51 * 1024 * 1024)
    bad = failed_file(program, upload(program, cloud, card, service=2))
    assert bad["path"] == "huge.jpg"
    assert "50" in str(bad["error"]) and bad["attempts"] == 0
    assert len(cloud.journal.calls("metastudio.put")) == 4


def test_a_name_too_long_for_the_service(
    program: Program, cloud: PracticeCloud, card: Path
) -> None:
    (card / f"{'n' * 112}.JPG").write_bytes(b"x")
    bad = failed_file(program, upload(program, cloud, card))
    assert "100" in str(bad["error"])


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_loop_of_links(program: Program, cloud: PracticeCloud, card: Path) -> None:
    (card / "DCIM" / "again").symlink_to(card, target_is_directory=True)
    (card / "broken").symlink_to(card / "nowhere")
    ended = upload(program, cloud, card)
    assert ended.code in (0, 1)
    assert ended.result["counts"]["delivered"] == 4


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files mean little there")
def test_an_unreadable_file(program: Program, cloud: PracticeCloud, card: Path) -> None:
    if os.geteuid() == 0:  # root reads everything, unless that right is dropped
        program.wrapper = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    (card / "DJI_0000.JPG").write_bytes(b"x")
    (card / "DJI_0000.JPG").chmod(0)
    assert "read" in str(failed_file(program, upload(program, cloud, card))["error"])


@pytest.mark.skipif(sys.platform == "win32", reason="modes of folders mean little there")
def test_an_unreadable_folder(program: Program, cloud: PracticeCloud, card: Path) -> None:
    if os.geteuid() == 0:
        program.wrapper = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    card.chmod(0)
    ended = upload(program, cloud, card)
    card.chmod(0o700)
    assert (ended.code, ended.result["state"]) == (1, "paused")
    assert ended.result["reason"]["code"] == "file-unreadable"
    assert program.run("resume", "--json").result["state"] == "delivered"


@pytest.mark.parametrize(
    "url", ["harbour", "ftp://harbour", "http://", "http://user:word@host", "http://host:99999"]
)
def test_an_address_that_is_none(program: Program, cloud: PracticeCloud, url: str) -> None:
    options = ("--service", "cloud-api", "--url", url, "--workspace", "w", "--secret-stdin")
    ended = program.run("connection", "add", "x", *options, "--json", given="s\n")
    assert (ended.code, ended.error["code"]) == (2, "usage")
    assert "s" not in {ended.out.strip()}


def test_an_address_where_nobody_answers(cloud: PracticeCloud, card: Path, tmp_path: Path) -> None:
    program = Program(tmp_path / "home", {"gone": "token"})
    options = ("--service", "cloud-api", "--url", "http://127.0.0.1:9", "--workspace", "w1")
    assert program.run("connection", "add", "gone", *options).code == 0
    ended = program.run("upload", str(card), "--to", "gone", "--json")
    assert ended.code == 4
    assert ended.result["state"] == "paused"
    assert "cannot be reached" in ended.result["reason"]["title"]
    test = program.run("connection", "test", "gone", "--json")
    assert test.code == 4 and not test.lines[-1]["legs"][-1]["ok"]


def test_a_wrong_token(cloud: PracticeCloud, account: PracticeAccount, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 3, 100, 200)
    program = program_for(cloud, tmp_path / "home", [account.service])
    program.environment.update(Program(tmp_path, {account.name: "not-the-secret"}).environment)
    program.environment["POSTFLIGHT_HOME"] = str(tmp_path / "home")
    ended = program.run("upload", str(tmp_path / "card"), "--to", account.name, "--json")
    assert (ended.code, ended.result["state"]) == (3, "paused")
    assert ended.result["reason"]["code"] == "not-signed-in"
    assert "not-the-secret" not in ended.out + ended.err
    test = program.run("connection", "test", account.name, "--json")
    assert test.code == 3 and test.lines[-1]["legs"][-1]["name"] == "sign-in"


def test_an_unknown_project(cloud: PracticeCloud, card: Path, tmp_path: Path) -> None:
    account = cloud.accounts[0]
    program = Program(tmp_path / "home", {"typo": account.secret})
    project = "00000000-0000-4000-8000-000000000000"
    options = ("--service", account.service, "--url", account.url, "--project", project)
    assert program.run("connection", "add", "typo", *options).code == 0
    ended = program.run("upload", str(card), "--to", "typo", "--json")
    assert ended.code == 3 and ended.result["state"] == "paused"
    test = program.run("connection", "test", "typo", "--json")
    assert test.code == 3 and not test.lines[-1]["legs"][-1]["ok"]


@pytest.mark.parametrize(("ahead", "way"), [(1200.0, "behind"), (-1200.0, "ahead")])
def test_a_clock_that_is_twenty_minutes_off(
    program: Program,
    cloud: PracticeCloud,
    account: PracticeAccount,
    card: Path,
    ahead: float,
    way: str,
) -> None:
    """It is said, and nothing fails for it: all signatures go by the servers' time."""
    cloud.settings.offset = ahead
    test = program.run("connection", "test", account.name, "--json")
    legs = {leg["name"]: leg for leg in test.lines[-1]["legs"]}
    assert test.code == 0 and all(leg["ok"] for leg in legs.values())
    assert legs["clock"]["words"] == f"20 minutes {way}; Postflight goes by the service's time"
    index = [a.service for a in cloud.accounts].index(account.service)
    ended = upload(program, cloud, card, index)
    assert (ended.code, ended.result["state"]) == (0, "delivered")
    [note] = [note for note in ended.result["notes"] if "clock" in note]
    assert f"20 minutes {way}" in note


def test_an_unknown_connection_and_unknown_options(program: Program, card: Path) -> None:
    ended = program.run("upload", str(card), "--to", "nobody", "--json")
    assert (ended.code, ended.error["code"]) == (2, "usage")
    assert program.run("upload").code == 2
    assert program.run("nonsense").code == 2
    assert program.run("show", "zzz").code == 2
    options = ("--service", "cloud-api", "--url", "http://h", "--project", "p", "--secret-stdin")
    ended = program.run("connection", "add", "x", *options, given="s\n")
    assert ended.code == 2 and "--project" in ended.err
    options = ("--service", "flighthub2", "--url", "http://h", "--secret-stdin")
    ended = program.run("connection", "add", "x", *options, given="s\n")
    assert ended.code == 2 and "--project" in ended.err


def test_a_newer_and_a_damaged_database(program: Program, cloud: PracticeCloud, card: Path) -> None:
    path = program.home / "postflight.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    ended = upload(program, cloud, card)
    assert (ended.code, ended.error["code"]) == (1, "store-too-new")
    path.unlink()
    path.write_bytes(b"not a database, surely" * 400)
    ended = upload(program, cloud, card)
    assert "damaged beyond repair" in ended.err
    assert (ended.code, ended.error["code"]) == (2, "usage"), "the connection is gone"
    (aside,) = program.home.glob("postflight.db.damaged-*")
    assert aside.read_bytes().startswith(b"not a database")


def test_a_second_postflight_in_the_same_folder(
    program: Program, cloud: PracticeCloud, card: Path
) -> None:
    cloud.settings.upload_rate = 200
    name = cloud.accounts[1].name
    with program.start("upload", str(card), "--to", name, "--json") as first:
        until = time.monotonic() + 60
        while not cloud.journal.calls("storage.put"):
            assert time.monotonic() < until
            time.sleep(0.01)
        second = upload(program, cloud, card)
        looking = program.run("batches", "--json")
        cloud.settings.upload_rate = None
        first.kill()
        first.communicate()
    assert (second.code, second.error["code"]) == (2, "store-locked")
    assert str(first.pid) in second.error["title"]
    assert looking.code == 0 and looking.lines[0]["batches"][0]["state"] == "running"
    assert program.run("resume", "--json").code == 0


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="a small disk needs root")
def test_a_full_disk(cloud: PracticeCloud, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 400, 10, 20)
    (tmp_path / "small").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(tmp_path / "small")]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        program = program_for(cloud, tmp_path / "small", ["cloud-api"])
        ended = upload(program, cloud, tmp_path / "card")
        assert ended.code == 1
        assert "disk is full" in ended.out
    finally:
        subprocess.run(["umount", str(tmp_path / "small")], check=True)


def test_no_secret_reaches_a_file_an_error_or_the_screen(
    cloud: PracticeCloud, account: PracticeAccount, card: Path, tmp_path: Path
) -> None:
    """Through a rough hour: refusals, ended keys, lost answers, an interruption."""
    program = program_for(cloud, tmp_path / "home", [account.service])
    trouble = "storage.put:expire@1; storage.put:status=503*2; *.upload*callback:cut-answer"
    for rule in trouble.split(";"):
        if not rule.strip().startswith("storage") and account.service == "metastudio":
            continue
        cloud.faults.add(*parse_faults(rule.strip()))
    index = [a.service for a in cloud.accounts].index(account.service)
    ended = upload(program, cloud, card, index)
    assert ended.code == 0, ended
    told = [ended.out, ended.err]
    told += [program.run(*words).out for words in (("batches", "--json"), ("connection", "list"))]
    told.append(program.run("show", ended.result["id"], "--json").out)
    secrets = {account.secret, *cloud.secrets_given()}
    assert len(secrets) > 1 or account.service == "metastudio"
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            told.append(path.read_bytes().decode("latin-1"))
    for text in told:
        assert "Signature=" not in text
        for secret in secrets:
            assert secret not in text
