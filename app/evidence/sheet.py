"""The receipt as CSV, one row a file, for a spreadsheet."""

from __future__ import annotations

import csv
from typing import Final, TextIO

from app.domain.errors import Fault
from app.evidence.canonical import utc
from app.evidence.facts import Evidence, FileEvidence

COLUMNS: Final = (
    *("batch", "path", "name", "size", "state", "md5", "sha256", "etag", "object_key"),
    *("remote_id", "levels", "matched_by", "reread_at"),
    *("attempts", "changed_at", "exception", "title", "hint", "words"),
)
HEAD: Final = "\ufeff" + ",".join(COLUMNS[:6])  # the mark tells spreadsheets that it is UTF-8
# A cell that begins so is a formula to a spreadsheet; the wide forms are typed in East Asia.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(evidence: Evidence, stream: TextIO) -> None:
    """RFC 4180. The stream must leave line ends as they are (`newline=""`)."""
    stream.write("\ufeff" + ",".join(COLUMNS) + "\r\n")
    writer = csv.writer(stream, lineterminator="\r\n")
    for item in evidence.files:
        writer.writerow([_cell(value) for value in _row(evidence.batch.id, item)])


def _row(batch_id: str, item: FileEvidence) -> tuple[str, ...]:
    fault = item.fault or Fault("", "")
    return (
        batch_id,
        item.path,
        item.name,
        str(item.size),
        item.state.value,
        item.md5,
        item.sha256,
        item.etag,
        item.object_key,
        item.remote_id,
        " ".join(item.levels),
        item.proof or "",
        utc(item.reread_at) or "",
        str(item.attempts),
        utc(item.changed_at) or "",
        fault.code,
        fault.title,
        fault.hint,
        item.words,
    )


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
