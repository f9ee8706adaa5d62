"""The receipt says what the records know, in three forms, and nothing that is nobody's business."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.domain.errors import DiskFull, UsageError
from app.domain.states import BatchState, FileState
from app.evidence import receipt
from app.evidence.facts import Evidence, collect
from app.evidence.receipt import Format
from app.evidence.target import written
from app.store.store import Store
from tests.helpers.clock import HandClock
from tests.unit.evidence.conftest import BATCH, MD5, NAMES, SHA256


def test_the_json_receipt_tells_batch_destination_and_every_file(evidence: Evidence) -> None:
    told = json.loads(receipt.as_json(evidence))
    assert (told["format"], told["version"]) == ("postflight-receipt", 2)
    assert told["made_by"] == "Postflight 9.9"
    assert told["made_at"] == "2027-01-15T08:00:03Z"
    assert datetime.fromisoformat(told["made_at_local"]).timestamp() == evidence.made_at
    assert told["batch"]["id"] == BATCH and told["batch"]["roots"] == ["card"]
    assert told["connection"] == {
        "name": "Harbour",
        "service": "flighthub2",
        "title": "FlightHub 2",
        "address": "https://es-flight.example",
        "options": {"project": "0123-project"},
    }
    assert told["remote"]["resource_uuid"] == "group-1"
    assert told["remote"]["groups"][0]["bucket"] == "bucket-1"
    assert told["jobs"] == [
        {"kind": "3d", "id": "job-1", "state": "working", "progress": 40, "words": "meshing"}
    ]
    assert told["counts"] == {
        "total": 6, "delivered": 3, "skipped": 1, "failed": 1, "waiting": 1, "dropped": 0,
    }  # fmt: skip
    assert told["bytes"] == {"total": 5, "delivered": 3}
    first, last = told["files"][0], told["files"][-1]
    assert first == {
        "path": "DCIM/DJI_0001.JPG",
        "name": "DJI_0001.JPG",
        "size": 1,
        "state": "confirmed",
        "md5": MD5,
        "sha256": SHA256,
        "levels": ["sent", "sized", "matched", "registered"],
        "matched_by": "etag",
        "reread_at": None,
        "etag": MD5.upper(),
        "object_key": "top/group-1/DJI_0001.JPG",
        "remote_id": "remote-0",
        "attempts": 1,
        "changed_at": "2027-01-15T08:00:01Z",
        "error": None,
        "words": "",
    }
    assert last["error"] == {
        "code": "file-refused",
        "title": "The file is empty.",
        "hint": "Look into card/DCIM.",
    }
    assert told["notes"][0]["at"] == "2027-01-15T08:00:03Z"


@pytest.mark.parametrize("form", list(Format))
def test_no_form_holds_a_secret_or_a_folder_of_the_person(
    evidence: Evidence, card: Path, form: Format
) -> None:
    stream = io.StringIO(newline="")
    receipt.write(evidence, form, stream)
    text = stream.getvalue()
    assert "hidden-" not in text
    assert str(card.parent) not in text and "/home/anna" not in text
    if form is not Format.CSV:
        assert "Something in card/DCIM stands out" in text


def test_a_removed_connection_leaves_its_name_and_service(filled: Store, clock: HandClock) -> None:
    filled.connections.remove("Harbour")
    place = collect(filled, BATCH, clock, "1").destination
    assert (place.connection, place.title, place.address) == ("Harbour", "FlightHub 2", "")


def test_an_unknown_batch_is_wrong_use(store: Store, clock: HandClock) -> None:
    with pytest.raises(UsageError):
        collect(store, "nothing", clock, "1")


def test_the_digest_is_the_hash_of_sorted_ascii_json_without_itself(evidence: Evidence) -> None:
    told = json.loads(receipt.as_json(evidence))
    said = told.pop("digest")
    plain = json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii")
    assert said == "sha256:" + hashlib.sha256(plain).hexdigest() == receipt.digest(evidence)


def test_a_batch_without_files_has_a_receipt_in_every_form(evidence: Evidence) -> None:
    empty = replace(evidence, files=())
    assert json.loads(receipt.as_json(empty))["files"] == []
    assert len(receipt.as_csv(empty).splitlines()) == 1
    assert "This batch has no files." in receipt.as_html(empty)


def test_the_sheet_is_rfc_4180_with_a_mark_and_no_formula(evidence: Evidence) -> None:
    odd = replace(evidence.files[0], path='=1+1,"a"\nb', name="@x", words="＝2")
    text = receipt.as_csv(replace(evidence, files=(odd, *evidence.files)))
    assert text.startswith("\ufeffbatch,path,") and text.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert rows[0]["path"] == '\'=1+1,"a"\nb'
    assert rows[0]["name"] == "'@x" and rows[0]["words"] == "'＝2"
    assert [row["path"] for row in rows[1:6]] == list(NAMES)
    assert rows[3]["name"] == "'=cmd.JPG"
    assert rows[-1]["exception"] == "file-refused" and rows[-1]["title"] == "The file is empty."
    assert not [cell for row in rows for cell in row.values() if cell.startswith(tuple("=+-@"))]


class Page(HTMLParser):
    """Texts, tags and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_escapes_names_and_fetches_nothing(evidence: Evidence) -> None:
    odd = replace(evidence.files[0], path="<script>alert(1)</script>\"'&.JPG")
    title = 'Field "</style><script>" \\ 🌅'
    batch = replace(evidence.batch, title=title)
    text = receipt.as_html(replace(evidence, batch=batch, files=(odd, *evidence.files[1:])))
    page = Page(text)
    assert "script" not in page.tags and page.addresses == []
    assert "url(" not in text and "@import" not in text
    assert odd.path in page.words and title in page.words
    assert "default-src 'none'" in text


def test_the_page_says_exceptions_before_files(evidence: Evidence) -> None:
    text = receipt.as_html(evidence)
    page = "".join(Page(text).words)
    assert page.index("Exceptions") < page.index("The file is empty. Look into card/DCIM.")
    assert page.index("The file is empty.") < page.index("DCIM/DJI_0001.JPG")
    assert page.count("DCIM/empty.JPG") == 2
    assert "4 of 6 files delivered." in page
    assert "1 file was still on the way when this receipt was made." in page
    assert f"MD5 and etag {MD5}" in page and f"Etag {MD5}-2" in page
    assert page.count("top/group-1/") == 1
    assert receipt.digest(evidence) in page


@pytest.mark.parametrize(
    ("state", "kind"), [(BatchState.DELIVERED, "good"), (BatchState.FINISHING, "warn")]
)
def test_the_page_is_content_only_when_the_whole_batch_is_delivered(
    evidence: Evidence, state: BatchState, kind: str
) -> None:
    files = tuple(item for item in evidence.files if item.state is FileState.CONFIRMED)
    text = receipt.as_html(
        replace(evidence, batch=replace(evidence.batch, state=state), files=files)
    )
    assert "All 3 files were delivered." in text
    assert f'class="verdict {kind}"' in text
    assert ("had not taken over the whole batch" in text) is (kind == "warn")
    assert "<p>None.</p>" in text


def test_a_dropped_file_is_an_exception_with_words(evidence: Evidence) -> None:
    dropped = replace(evidence.files[0], state=FileState.DROPPED)
    page = "".join(Page(receipt.as_html(replace(evidence, files=(dropped,)))).words)
    assert "It was left out on request." in page and "0 of 1 file delivered." in page


@pytest.mark.parametrize("form", list(Format))
def test_a_receipt_replaces_an_earlier_one_and_nothing_else(
    evidence: Evidence, form: Format, tmp_path: Path
) -> None:
    target = tmp_path / f"receipt.{form}"
    receipt.save(evidence, form, target)
    before = target.read_bytes()
    receipt.save(replace(evidence, version="10"), form, target)
    assert target.read_bytes() != before or form is Format.CSV
    photo = tmp_path / "DJI_0001.JPG"
    photo.write_bytes(b"photo")
    with pytest.raises(UsageError, match="there already"):
        receipt.save(evidence, form, photo)
    assert photo.read_bytes() == b"photo"
    assert not list(tmp_path.glob(".postflight-*"))


def test_nothing_stays_of_a_file_that_was_not_written_to_its_end(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), written(tmp_path / "r", lambda _: True) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(DiskFull), written(tmp_path / "r", lambda _: True):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_target_that_cannot_be_written_is_wrong_use(evidence: Evidence, tmp_path: Path) -> None:
    for target in (tmp_path, tmp_path / "nowhere" / "r.json", tmp_path / ("x" * 300)):
        with pytest.raises(UsageError):
            receipt.save(evidence, Format.JSON, target)


def test_the_format_follows_the_ending(tmp_path: Path) -> None:
    said = [
        receipt.format_of(tmp_path / name) for name in ("a.JSON", "a.csv", "a.htm", "a.pdf", "a")
    ]
    assert said == [Format.JSON, Format.CSV, Format.HTML, None, None]


def test_times_on_the_page_carry_their_zone(evidence: Evidence) -> None:
    assert re.search(r"Time \(UTC[+-]\d\d:\d\d\)", receipt.as_html(evidence))
