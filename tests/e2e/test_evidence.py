"""`postflight receipt` and `postflight diagnostics`, as a person runs them."""

from __future__ import annotations

import csv
import io
import json
import signal
import sys
import time
import zipfile
from pathlib import Path

import pytest

from app.practice.cloud import PracticeAccount, PracticeCloud
from tests.helpers.flights import write_flight
from tests.helpers.program import Program, program_for


def deliver(cloud: PracticeCloud, account: PracticeAccount, folder: Path) -> Program:
    """A flight of which one file could not be sent."""
    write_flight(folder / "card", 6, 1000, 30_000)
    (folder / "card" / "DCIM" / "empty.JPG").write_bytes(b"")
    program = program_for(cloud, folder / "home", [account.service])
    words = ("--to", account.name, "--title", "Field", "--json")
    ended = program.run("upload", str(folder / "card"), *words)
    assert ended.code == 1 and ended.result["counts"]["delivered"] == 6, ended
    return program


@pytest.fixture
def delivered(cloud: PracticeCloud, tmp_path: Path) -> Program:
    return deliver(cloud, cloud.accounts[0], tmp_path)


def test_a_receipt_tells_what_every_service_got(
    cloud: PracticeCloud, account: PracticeAccount, tmp_path: Path
) -> None:
    delivered = deliver(cloud, account, tmp_path)
    shown = {
        item["path"]: item for item in delivered.run("show", "Field", "--json").lines[0]["files"]
    }
    ended = delivered.run("receipt", "Field")
    told = json.loads(ended.out)
    assert ended.code == 0 and told["connection"]["service"] == account.service
    assert told["counts"] == {
        "total": 7, "delivered": 6, "skipped": 0, "failed": 1, "waiting": 0, "dropped": 0,
    }  # fmt: skip
    same = ("state", "etag", "md5", "object_key")
    for item in told["files"]:
        there = shown[item["path"]]
        assert {key: item[key] for key in same} == {key: there[key] or None for key in same}
    (bad,) = [item for item in told["files"] if item["error"]]
    assert bad["path"] == "DCIM/empty.JPG" and bad["error"]["code"] == "file-refused"
    rows = delivered.run("receipt", "Field", "--format", "csv").out.removeprefix("\ufeff")
    assert len(list(csv.DictReader(io.StringIO(rows, newline="")))) == 7
    page = delivered.run("receipt", "Field", "--format", "html").out
    assert "6 of 7 files delivered." in page
    for secret in (account.secret, *cloud.secrets_given()):
        assert secret not in ended.out + rows + page


def test_receipts_are_written_and_the_folder_is_compared(
    delivered: Program, tmp_path: Path
) -> None:
    target = tmp_path / "r.json"
    words = ("receipt", "Field", "--format", "json,csv,html", "-o", str(target), "--json")
    ended = delivered.run(*words)
    assert ended.code == 0
    (line,) = ended.lines
    paths = [Path(item["path"]) for item in line["written"]]
    assert paths == [tmp_path / f"r.{form}" for form in ("json", "csv", "html")]
    assert line["digest"] == json.loads(target.read_text(encoding="utf-8"))["digest"]
    (tmp_path / "card" / "DCIM" / "empty.JPG").unlink()
    check = ("receipt", "--check", str(target), str(tmp_path / "card"))
    ended = delivered.run(*check, "--json")
    assert (ended.code, ended.lines[0]["good"], ended.lines[0]["same"]) == (0, True, 6)
    first = next((tmp_path / "card").rglob("*.JPG"))
    first.write_bytes(b"other")
    ended = delivered.run(*check)
    assert (
        ended.code == 1
        and f"changed: {first.relative_to(tmp_path / 'card').as_posix()}" in ended.out
    )
    target.write_text(target.read_text(encoding="utf-8").replace('"Field"', '"Fields"'), "utf-8")
    assert "changed after it was made" in delivered.run(*check).out


def test_an_earlier_receipt_is_replaced_and_a_photo_is_not(
    delivered: Program, tmp_path: Path
) -> None:
    target = tmp_path / "r.html"
    for _ in range(2):
        ended = delivered.run("receipt", "Field", "-o", str(target))
        assert ended.code == 0 and "6 of 7 files delivered, 1 not sent" in ended.out
    photo = next((tmp_path / "card").rglob("*_V.JPG"))
    content = photo.read_bytes()
    ended = delivered.run("receipt", "Field", "--format", "html", "-o", str(photo), "--json")
    assert ended.code == 2 and ended.error["code"] == "usage"
    assert photo.read_bytes() == content


def test_a_receipt_may_come_in_the_result_line(delivered: Program) -> None:
    (line,) = delivered.run("receipt", "Field", "--json").lines
    assert line["event"] == "result" and line["receipt"]["batch"]["id"] == line["batch"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_a_comparison_may_be_interrupted(delivered: Program, tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    delivered.run("receipt", "Field", "-o", str(target))
    huge = tmp_path / "card" / "DCIM" / "empty.JPG"
    with huge.open("wb") as stream:
        stream.truncate(40_000_000_000)
    told = json.loads(target.read_text(encoding="utf-8"))
    next(item for item in told["files"] if item["path"] == "DCIM/empty.JPG").update(
        size=40_000_000_000, state="confirmed", md5="0" * 32
    )
    target.write_text(json.dumps(told), encoding="utf-8")
    process = delivered.start("receipt", "--check", str(target), str(tmp_path / "card"))
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "Stopped." in err


def test_diagnostics_hold_no_secret_and_no_name(
    delivered: Program, cloud: PracticeCloud, tmp_path: Path
) -> None:
    account = cloud.accounts[0]
    delivered.environment["POSTFLIGHT_SECRET_X"] = "hidden-in-environment"
    log = tmp_path / "home" / "logs" / "postflight.log"
    with log.open("a", encoding="utf-8") as stream:
        stream.write("2026-05-03 INFO x X-User-Token: hidden-header and hidden-in-environment\n")
    target = tmp_path / "d.zip"
    (line,) = delivered.run("diagnostics", "-o", str(target), "--json").lines
    with zipfile.ZipFile(target) as archive:
        told = {name: archive.read(name).decode() for name in archive.namelist()}
    assert line["entries"] == list(told)
    whole = "\n".join(told.values())
    for secret in ("hidden-", account.secret, account.name, "DCIM", *cloud.secrets_given()):
        assert secret not in whole
    (batch,) = json.loads(told["records.json"])["batches"]
    assert batch["files"] == {"confirmed": 6, "failed": 1}
    assert "is attention" in told["logs/postflight.log"]
    assert delivered.run("diagnostics", "-o", str(target)).code == 0


def test_diagnostics_are_made_of_a_damaged_database_too(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "postflight.db").write_bytes(b"no database at all" * 100)
    ended = Program(tmp_path / "home").run("diagnostics", "-o", str(tmp_path / "d.zip"))
    assert ended.code == 0 and "records.json" in ended.out
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        assert b"store-damaged" in archive.read("records.json")


def test_no_sentence_of_verify_is_cut_in_a_narrow_terminal(
    delivered: Program, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    photo = next(path for path in card.rglob("*.JPG") if path.stat().st_size)
    photo.with_name("COPY.JPG").write_bytes(photo.read_bytes())
    delivered.run("resume", "Field", "--accept-missing")
    delivered.environment["COLUMNS"] = "40"
    told = delivered.run("verify", "Field", str(card)).out
    assert "  1 more file was delivered in another batch or place\n" in told
