"""The receipt: what was delivered, told so that it can be kept, printed and checked later."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from app.evidence import canonical, page, sheet
from app.evidence.canonical import digest
from app.evidence.comparing import Difference, Finding, Verdict, check
from app.evidence.facts import Evidence, FileEvidence, collect
from app.evidence.target import as_text, begins_with, written

__all__ = [
    "Difference",
    "Evidence",
    "FileEvidence",
    "Finding",
    "Format",
    "Verdict",
    "as_csv",
    "as_html",
    "as_json",
    "check",
    "collect",
    "digest",
    "format_of",
    "save",
    "write",
]


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    HTML = "html"


_WRITERS: Mapping[Format, tuple[Callable[[Evidence, TextIO], None], str]] = {
    Format.JSON: (canonical.write_json, canonical.HEAD),
    Format.CSV: (sheet.write_csv, sheet.HEAD),
    Format.HTML: (page.write_html, page.HEAD),
}
_ENDINGS = {**{f".{form}": form for form in Format}, ".htm": Format.HTML}


def format_of(path: Path) -> Format | None:
    """By the ending of the file's name."""
    return _ENDINGS.get(path.suffix.lower())


def write(evidence: Evidence, form: Format, stream: TextIO) -> None:
    """Piece by piece; CSV needs a stream with `newline=""`."""
    _WRITERS[form][0](evidence, stream)


def save(evidence: Evidence, form: Format, target: Path) -> None:
    """Whole or not at all, in place of an earlier receipt only. Raises UsageError and DiskFull."""
    head = _WRITERS[form][1]
    with written(target, lambda path: begins_with(path, head)) as stream, as_text(stream) as text:
        write(evidence, form, text)


def as_json(evidence: Evidence) -> str:
    return _whole(evidence, Format.JSON)


def as_csv(evidence: Evidence) -> str:
    return _whole(evidence, Format.CSV)


def as_html(evidence: Evidence) -> str:
    return _whole(evidence, Format.HTML)


def _whole(evidence: Evidence, form: Format) -> str:
    stream = io.StringIO(newline="")
    write(evidence, form, stream)
    return stream.getvalue()
