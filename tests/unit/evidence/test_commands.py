"""What the two commands answer to wrong use, and what they print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import postflight
from app.domain.model import Batch, Connection, Found, NewFile
from app.domain.states import BatchState, FileState
from app.evidence import receipt
from app.evidence.facts import Evidence
from app.paths import Paths
from app.store.store import Store
from tests.helpers.clock import HandClock
from tests.unit.evidence.test_comparing import ALL, told


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def kept(here: Path) -> Iterator[Store]:
    """Postflight's own folder, with a batch that has one file."""
    paths = Paths.find()
    paths.create()
    store = Store(paths.data, HandClock())
    store.connections.save(Connection("Harbour", "cloud-api", "http://x", {"workspace": "w"}))
    roots = (here / "card",)
    store.batches.add(Batch("b" * 32, "Field", "Harbour", "cloud-api", roots, BatchState.SCANNING))
    store.files.add("b" * 32, [NewFile(Found(0, Path("a.JPG"), "a.JPG", 1, 1), "a.JPG", "media")])
    yield store
    store.close()


def run(*words: str) -> Result:
    ended = CliRunner().invoke(postflight, words)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("receipt", "nothing"), "There is no batch nothing."),
        (("receipt", "Field", "--format", "pdf"), "--format cannot be pdf."),
        (("receipt", "Field", "--format", ","), "--format cannot be empty."),
        (("receipt", "Field", "-o", "r.pdf"), "The format of r.pdf is not clear."),
        (("receipt", "Field", "-o", "."), ". is a folder."),
        (("receipt", "Field", "-o", "folder", "--format", "json,csv"), "folder is a folder."),
        (("receipt", "Field", "-o", "nowhere/r.json"), "Postflight cannot write nowhere"),
        (("receipt", "Field", "-o", "photo.json"), "photo.json is there already"),
        (("receipt", "Field", "--format", "json,csv"), "-o is missing."),
        (("receipt", "Field", "--format", "csv", "--json"), "-o is missing."),
        (("receipt", "--check", "none.json", "."), "none.json cannot be read."),
        (("receipt", "--check", "photo.json", "."), "photo.json is no"),
        (("diagnostics", "-o", "."), ". is a folder."),
        (("diagnostics", "-o", "photo.json"), "photo.json is there already"),
        (("diagnostics", "-o", "nowhere/d.zip"), "Postflight cannot write nowhere"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(
    words: tuple[str, ...], said: str, kept: Store, here: Path
) -> None:
    (here / "folder").mkdir()
    (here / "photo.json").write_bytes(b"photo")
    ended = run(*words)
    assert ended.exit_code == 2 and said in ended.output
    assert (here / "photo.json").read_bytes() == b"photo"
    assert {item.name for item in here.iterdir()} == {"folder", "photo.json", "postflight-home"}


def test_several_formats_share_a_name(kept: Store, here: Path) -> None:
    for target, stem in (("flight 3.5", "flight 3.5"), ("r.html", "r")):
        ended = run("receipt", "Field", "--format", "csv, json", "-o", target)
        assert ended.exit_code == 0 and "0 of 1 file delivered." in ended.output
        assert (here / f"{stem}.csv").is_file() and (here / f"{stem}.json").is_file()
    assert not (here / "r.html").exists()


def test_a_receipt_is_printed_byte_for_byte(kept: Store) -> None:
    ended = run("receipt", "Field", "--format", "csv")
    assert ended.stdout_bytes.startswith(b"\xef\xbb\xbfbatch,path")
    assert ended.stdout_bytes.count(b"\r\n") == ended.stdout_bytes.count(b"\n") == 2
    assert json.loads(run("receipt", "Field").output)["counts"]["waiting"] == 1


def test_a_comparison_is_told_in_words(evidence: Evidence, here: Path) -> None:
    card = here / "card"
    card.mkdir()
    (card / "c.MP4").write_bytes(b"x")
    for number in range(25):
        (card / f"new {number:02}.JPG").write_bytes(b"")
    (card / "size.JPG").write_bytes(b"12")
    skipped = told("size.JPG", b"12", FileState.SKIPPED)
    made = replace(evidence, files=(*ALL, replace(skipped, md5="")))
    receipt.save(made, receipt.Format.JSON, here / "r.json")
    ended = run("receipt", "--check", "r.json", "card")
    assert ended.exit_code == 1
    assert "missing: DCIM/a.JPG" in ended.output and "changed: c.MP4" in ended.output
    assert ended.output.count("additional: ") == 20 and "and 5 more additional" in ended.output
    assert "1 file compared by size only" in ended.output
    assert "The batch was sent from: card" in ended.output
