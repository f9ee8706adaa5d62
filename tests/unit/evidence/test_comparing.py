"""A folder is compared with a receipt: missing, changed, additional, and the receipt itself."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Cancelled, FileGone, UsageError
from app.domain.ports import Cancel
from app.domain.states import FileState
from app.evidence import receipt
from app.evidence.facts import Evidence, FileEvidence
from app.evidence.receipt import Finding, Format, Verdict

FILES = {"DCIM/Cafe\u0301.JPG": b"bb", "DCIM/a.JPG": b"a", "c.MP4": b"ccc" * 1_000_000}

Write = Callable[..., Path]


def told(path: str, content: bytes, state: FileState = FileState.CONFIRMED) -> FileEvidence:
    md5 = hashlib.md5(content).hexdigest()
    name = path.rpartition("/")[2]
    return FileEvidence(path, name, len(content), state, md5, md5, "k", "", 1, 1.0)


ALL = tuple(told(path, content) for path, content in FILES.items())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        (tmp_path / "card" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "card" / path).write_bytes(content)
    return tmp_path / "card"


@pytest.fixture
def written(evidence: Evidence, tmp_path: Path) -> Write:
    """Makes a JSON receipt of these files, sent from these roots."""

    def write(
        files: Sequence[FileEvidence] = ALL,
        roots: tuple[str, ...] = ("card",),
        exclude: tuple[str, ...] = (),
    ) -> Path:
        target = tmp_path / "receipt.json"
        batch = replace(evidence.batch, exclude=exclude)
        made = replace(evidence, batch=batch, roots=roots, files=tuple(files))
        receipt.save(made, Format.JSON, target)
        return target

    return write


def check(path: Path, folder: Path) -> Verdict:
    return receipt.check(path, folder, Cancel())


def findings(verdict: Verdict) -> list[tuple[Finding, str]]:
    return [(item.finding, item.path) for item in verdict.differences]


def test_an_unchanged_folder_is_what_was_delivered(written: Write, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    verdict = receipt.check(written(), folder, Cancel(), lambda *both: seen.append(both))
    assert verdict.good and verdict.intact and verdict.same == 3
    size = sum(map(len, FILES.values()))
    assert seen[-1] == (size, size) and len(seen) > 3


def test_missing_changed_and_additional_files_are_named(written: Write, folder: Path) -> None:
    path = written((*ALL, told("DCIM/gone.JPG", b"x")))
    (folder / "DCIM/a.JPG").write_bytes(b"A")
    (folder / "c.MP4").write_bytes(b"short")
    (folder / "new.JPG").write_bytes(b"new")
    (folder / ".DS_Store").write_bytes(b"junk")
    verdict = check(path, folder)
    assert not verdict.good and verdict.intact and verdict.same == 1
    assert findings(verdict) == [
        (Finding.MISSING, "DCIM/gone.JPG"),
        (Finding.CHANGED, "DCIM/a.JPG"),
        (Finding.CHANGED, "c.MP4"),
        (Finding.ADDITIONAL, "new.JPG"),
    ]
    assert "5 bytes" in verdict.differences[2].words


def test_a_file_that_was_not_delivered_is_named_while_it_is_in_the_folder(
    written: Write, folder: Path
) -> None:
    failed = replace(ALL[1], state=FileState.FAILED)
    dropped = told("not there.JPG", b"", FileState.DROPPED)
    verdict = check(written((ALL[0], failed, ALL[2], dropped)), folder)
    assert findings(verdict) == [(Finding.UNDELIVERED, "DCIM/a.JPG")]
    assert not verdict.good


def test_without_an_md5_only_the_size_is_compared(written: Write, folder: Path) -> None:
    skipped = replace(ALL[1], state=FileState.SKIPPED, md5="")
    verdict = check(written((ALL[0], skipped, ALL[2])), folder)
    assert verdict.good and (verdict.same, verdict.same_size) == (2, 1)


def test_accents_may_have_been_put_together_meanwhile(written: Write, folder: Path) -> None:
    old = folder / "DCIM/Cafe\u0301.JPG"
    old.rename(folder / unicodedata.normalize("NFC", "DCIM/Cafe\u0301.JPG"))
    assert check(written(), folder).good


def test_what_the_batch_left_out_by_its_patterns_is_only_counted(
    written: Write, folder: Path
) -> None:
    (folder / "x.SRT").write_bytes(b"1")
    verdict = check(written(exclude=("*.srt",)), folder)
    assert verdict.good and verdict.left_out == 1
    assert findings(check(written(), folder)) == [(Finding.ADDITIONAL, "x.SRT")]


def test_several_folders_are_looked_for_side_by_side(written: Write, tmp_path: Path) -> None:
    files = [told(f"{root}/a.JPG", root.encode()) for root in ("one", "two")]
    for item, root in zip(files, ("one", "two"), strict=True):
        (tmp_path / root).mkdir()
        (tmp_path / item.path).write_bytes(root.encode())
    (tmp_path / "two" / "new.JPG").write_bytes(b"")
    path = written(files, roots=("one", "two"))
    assert findings(check(path, tmp_path)) == [(Finding.ADDITIONAL, "two/new.JPG")]
    (tmp_path / "one" / "a.JPG").unlink()
    (tmp_path / "one").rmdir()
    verdict = check(path, tmp_path)
    assert findings(verdict)[0] == (Finding.MISSING, "one/a.JPG") and verdict.same == 1


def test_a_single_file_is_looked_for_among_others(written: Write, folder: Path) -> None:
    verdict = check(written(ALL[2:], roots=("c.MP4",)), folder)
    assert verdict.good and verdict.same == 1


def test_a_changed_receipt_is_noticed_and_a_new_layout_is_not(written: Write, folder: Path) -> None:
    path = written()
    parsed = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(parsed, indent=4, sort_keys=True), encoding="utf-8")
    assert check(path, folder).good
    parsed["files"][0]["etag"] = "f" * 32
    path.write_text(json.dumps(parsed), encoding="utf-8")
    verdict = check(path, folder)
    assert not verdict.intact and not verdict.good and verdict.differences == ()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "null", '{"format": "other"}', "batch,path\n", "[" * 100_000, "\xff"],
)
def test_what_is_no_receipt_is_wrong_use(content: str, tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError, match=r"no (JSON )?receipt"):
        check(path, folder)


def test_a_receipt_of_a_later_version_is_left_to_it(written: Write, folder: Path) -> None:
    path = written()
    path.write_text(
        path.read_text(encoding="utf-8").replace('"version": 2', '"version": 3'), "utf-8"
    )
    with pytest.raises(UsageError, match="newer"):
        check(path, folder)


def test_a_missing_receipt_or_folder_is_wrong_use(written: Write, folder: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        check(folder / "none.json", folder)
    for wrong in (folder / "none", folder / "c.MP4"):
        with pytest.raises(UsageError, match="no folder"):
            check(written(), wrong)


def test_a_file_that_does_not_hold_still_is_named(written: Write, folder: Path) -> None:
    def grow(done: int, total: int) -> None:
        if done == 1024 * 1024:
            with (folder / "c.MP4").open("ab") as stream:
                stream.write(b"more")

    verdict = receipt.check(written(), folder, Cancel(), grow)
    assert findings(verdict) == [(Finding.UNREADABLE, "c.MP4")] and verdict.same == 2


@pytest.mark.parametrize("after", [0, len(FILES["c.MP4"]) + 1])
def test_a_card_pulled_out_ends_the_comparison(written: Write, folder: Path, after: int) -> None:
    """While a folder is entered, or between two files of one folder."""

    def pull(done: int, total: int) -> None:
        if done >= after and folder.exists():
            folder.rename(folder.with_name("elsewhere"))

    with pytest.raises(FileGone):
        receipt.check(written(), folder, Cancel(), pull)


def test_a_link_that_leads_nowhere_counts_as_missing(written: Write, folder: Path) -> None:
    (folder / "DCIM/a.JPG").unlink()
    try:
        (folder / "DCIM/a.JPG").symlink_to(folder / "nowhere")
    except OSError:
        pytest.skip("this user may not make links")
    assert findings(check(written(), folder)) == [(Finding.MISSING, "DCIM/a.JPG")]


def test_comparing_stops_when_asked(written: Write, folder: Path) -> None:
    cancel = Cancel()
    with pytest.raises(Cancelled):
        receipt.check(written(), folder, cancel, lambda done, total: cancel.set())
