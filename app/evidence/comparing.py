"""Compares a folder with what was delivered: what is missing, changed, additional."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from app.domain import words
from app.domain.errors import FileChanged, FileGone, FileUnreadable, Leg, UsageError
from app.domain.model import Digests, Found
from app.domain.naming import printable
from app.domain.os_errors import translate_os_error
from app.domain.ports import Cancel
from app.domain.states import FileState
from app.evidence.canonical import FORMAT, VERSION, digest_of
from app.evidence.facts import DELIVERED
from app.media.fingerprint import digest
from app.media.scan import CHOICE_WORDS, Choice, LeftOut, walk


class Finding(StrEnum):
    """Ordered from what is worst."""

    MISSING = "missing"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    UNDELIVERED = "undelivered"  # in the folder and on the receipt, but not delivered
    ADDITIONAL = "additional"  # in the folder and not on the receipt


@dataclass(frozen=True, slots=True)
class Difference:
    path: str
    finding: Finding
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a folder is to a receipt."""

    batch: str
    title: str
    roots: tuple[str, ...]  # the names of what was sent
    made_at: str
    intact: bool  # the digest fits what the receipt says
    same: int  # files with the size and the digests of the receipt
    same_size: int  # files of which the receipt knows no digest
    left_out: int  # by the batch's own patterns
    differences: tuple[Difference, ...]

    @property
    def good(self) -> bool:
        """Everything in the folder was delivered, and everything delivered is in the folder."""
        return self.intact and not self.differences


@dataclass(frozen=True, slots=True)
class Known:
    """One file as it was sent, or was to be; lower-case digests, "" where none is known."""

    path: str
    size: int
    state: FileState
    md5: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Flight:
    """What was dropped, under the names it had."""

    roots: tuple[str, ...]
    choice: Choice
    files: tuple[Known, ...]


class _File(BaseModel):
    path: str
    size: int
    md5: str | None
    sha256: str | None = None  # not on receipts of version 1
    state: FileState


class _Batch(BaseModel):
    id: str
    title: str
    roots: tuple[str, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...]


class _Receipt(BaseModel):
    format: Literal["postflight-receipt"]
    version: int
    made_at: str
    batch: _Batch
    files: tuple[_File, ...]
    digest: str


Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Met:
    """A file in the folder; `path` as the receipt would call it."""

    source: Path
    path: str
    size: int
    modified_ns: int


Moved = Callable[[int], None]  # told the bytes of each step
# Reads a whole file; raises FileGone, FileUnreadable, FileChanged, Cancelled.
Reader = Callable[[Met, Moved], Digests]


def check(path: Path, folder: Path, cancel: Cancel, progress: Progress | None = None) -> Verdict:
    """Compares `folder` with the JSON receipt at `path`, reading every byte; blocking.

    `folder` is what was sent, or the folder that holds them when several were. `progress` is told
    the bytes read and those to read. Raises UsageError, Cancelled, and FileGone when the card is
    pulled out.
    """
    receipt, intact = _read(path)
    batch = receipt.batch
    files = tuple(
        Known(file.path, file.size, file.state, (file.md5 or "").lower(), file.sha256 or "")
        for file in receipt.files
    )
    flight = Flight(batch.roots, Choice(batch.include, batch.exclude), files)

    def read(met: Met, moved: Moved) -> Digests:
        return digest(met.source, met.path, met.size, met.modified_ns, cancel, moved)

    comparison = Comparison(flight, folder, cancel, read, progress or _silent)
    comparison.run()
    order = list(Finding)
    found = sorted(comparison.differences, key=lambda item: (order.index(item.finding), item.path))
    return Verdict(
        batch=receipt.batch.id,
        title=receipt.batch.title,
        roots=receipt.batch.roots,
        made_at=receipt.made_at,
        intact=intact,
        same=len(comparison.same),
        same_size=len(comparison.same_size),
        left_out=comparison.left_out,
        differences=tuple(found),
    )


def _read(path: Path) -> tuple[_Receipt, bool]:
    shown = printable(str(path))
    hint = "Name the JSON receipt; make one with: postflight receipt BATCH -o FILE.json"
    try:
        parsed = json.loads(path.read_bytes())
        receipt = _Receipt.model_validate(parsed)
        intact = digest_of(parsed) == receipt.digest
    except OSError as error:
        known = translate_os_error(error, path)
        raise UsageError(f"{shown} cannot be read.", hint, details=known.details) from error
    except ValidationError as error:
        raise UsageError(f"{shown} is no receipt of Postflight.", hint) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown} is no JSON receipt.", hint, details=str(error)) from error
    if receipt.version > VERSION:
        raise UsageError(
            f"{shown} was made by a newer Postflight.", "Check it with that version.",
            leg=Leg.COMPUTER, details=f"{FORMAT} {receipt.version}",
        )  # fmt: skip
    return receipt, intact


class Comparison:
    """Every file of a folder against what was sent; raises as `check` does.

    `additional` is asked of each file that was not sent whether it is one all the same.
    """

    def __init__(
        self,
        flight: Flight,
        folder: Path,
        cancel: Cancel,
        read: Reader,
        progress: Progress,
        additional: Callable[[Met, Moved], bool] = lambda met, moved: True,
    ) -> None:
        if not folder.is_dir():
            raise UsageError(
                f"There is no folder {printable(str(folder))}.",
                "Check the path; is the card plugged in?",
            )
        self._flight = flight
        self._folder = folder
        self._cancel = cancel
        self._digests_of = read
        self._progress = progress
        self._additional = additional
        self._left = {file.path: file for file in flight.files}
        # Cards written on a Mac come back with letters and accents apart, or together.
        self._composed = {_composed(path): path for path in self._left}
        self._read = 0
        self._to_read = sum(file.size for file in flight.files if file.state in DELIVERED)
        self.same: list[str] = []  # paths as they were sent
        self.same_size: list[str] = []
        self.left_out = 0
        self.differences: list[Difference] = []

    def run(self) -> None:
        for met in self._met():
            file = self._left.pop(met.path, None) or self._left.pop(
                self._composed.get(_composed(met.path), ""), None
            )
            if file is None:
                self._judge_additional(met)
            elif file.state not in DELIVERED:
                said = f"The receipt calls it: {words.FILE_WORDS[file.state]}."
                self._differ(file.path, Finding.UNDELIVERED, said)
            else:
                self._compare(file, met)
        for file in self._left.values():
            if file.state in DELIVERED:
                self._differ(file.path, Finding.MISSING, "It is not in the folder.")

    def _judge_additional(self, met: Met) -> None:
        try:
            if self._additional(met, self._moved):
                self._differ(met.path, Finding.ADDITIONAL, "It is not on the receipt.")
        except (FileGone, FileUnreadable, FileChanged) as error:
            self._not_read(met.path, error)

    def _compare(self, file: Known, met: Met) -> None:
        if met.size != file.size:
            said = f"It has {met.size} bytes; {file.size} were delivered."
            self._differ(file.path, Finding.CHANGED, said)
        elif not file.md5:
            self.same_size.append(file.path)
        else:
            self._compare_bytes(file, met)
        self._progress(self._read, self._to_read)

    def _compare_bytes(self, file: Known, met: Met) -> None:
        try:
            found = self._digests_of(replace(met, path=file.path), self._moved)
        except (FileGone, FileUnreadable, FileChanged) as error:
            self._not_read(file.path, error)
            return
        if said := _other(file, found):
            self._differ(file.path, Finding.CHANGED, said)
        else:
            self.same.append(file.path)

    def _not_read(self, path: str, error: FileGone | FileUnreadable | FileChanged) -> None:
        if not self._folder.is_dir():  # the card itself: nothing more can be said
            raise error
        self._differ(path, Finding.UNREADABLE, error.title)

    def _moved(self, amount: int) -> None:
        self._read += amount
        self._progress(self._read, self._to_read)

    def _differ(self, path: str, finding: Finding, said: str) -> None:
        self.differences.append(Difference(path, finding, said))

    def _met(self) -> Iterator[Met]:
        tops, prefix, choice = self._walked()
        for item in walk(tops, choice, self._cancel) if tops else ():
            if isinstance(item, Found):
                source = tops[item.root] / item.relative
                yield Met(source, prefix + item.path, item.size, item.modified_ns)
            else:
                self._not_taken(item, prefix)

    def _not_taken(self, item: LeftOut, prefix: str) -> None:
        if item.fault:
            self._differ(prefix + item.path, Finding.UNREADABLE, item.words)
        elif item.words == CHOICE_WORDS:
            self.left_out += 1

    def _walked(self) -> tuple[Sequence[Path], str, Choice]:
        """The folders, what stands before their paths on the receipt, and the batch's patterns."""
        paths, roots = list(self._left), self._flight.roots
        choice = self._flight.choice
        if len(roots) == 1 and paths != list(roots):
            return [self._folder], "", choice
        # Several folders, or single files: beside them may lie what was never part of it.
        names = dict.fromkeys(path.partition("/")[0] for path in paths)
        tops = [self._folder / name for name in names if (self._folder / name).exists()]
        if len(tops) == 1 and tops[0].is_dir():
            # Alone it is walked without its own name, which the patterns were made for.
            return tops, f"{tops[0].name}/", Choice()
        return tops, "", choice


def _other(file: Known, found: Digests) -> str:
    """In which digest the file differs; receipts of version 1 know only the MD5."""
    if found.md5 != file.md5:
        return f"Its MD5 is {found.md5}; {file.md5} was delivered."
    if file.sha256 and found.sha256 != file.sha256:
        return f"Its SHA-256 is {found.sha256}; {file.sha256} was delivered."
    return ""


def _composed(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _silent(done: int, total: int) -> None:
    """Nobody watches."""
