"""How many files and bytes a batch has in each state; triggers keep the sums (0002_window.sql)."""

from __future__ import annotations

from app.domain.model import Counts
from app.domain.states import NEEDS_PERSON, FileState
from app.store.database import Database


def files_in(database: Database, batch_id: str, state: FileState) -> int:
    row = database.row("SELECT files FROM tally WHERE batch = ? AND state = ?", (batch_id, state))
    return int(row["files"]) if row else 0


def counts(database: Database, batch_id: str) -> Counts:
    rows = database.rows("SELECT state, files, bytes FROM tally WHERE batch = ?", (batch_id,))
    files = {FileState(row["state"]): int(row["files"]) for row in rows}
    sizes = {FileState(row["state"]): int(row["bytes"]) for row in rows}
    failed = sum(files.get(state, 0) for state in NEEDS_PERSON)
    delivered, skipped = files.get(FileState.CONFIRMED, 0), files.get(FileState.SKIPPED, 0)
    dropped, total = files.get(FileState.DROPPED, 0), sum(files.values())
    stored = (FileState.CONFIRMED, FileState.SKIPPED, FileState.SENT)
    return Counts(
        total=total,
        delivered=delivered,
        skipped=skipped,
        failed=failed,
        waiting=total - delivered - skipped - failed - dropped,
        queued=files.get(FileState.QUEUED, 0),
        dropped=dropped,
        bytes_total=sum(sizes.values()),
        bytes_delivered=sizes.get(FileState.CONFIRMED, 0),
        bytes_stored=sum(sizes.get(state, 0) for state in stored),
        bytes_dropped=sizes.get(FileState.DROPPED, 0),
    )
