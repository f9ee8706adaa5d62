"""The files table; the only writer of a file's state."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from app.domain.errors import Fault
from app.domain.model import (
    Capture,
    Counts,
    Digests,
    MediaFile,
    NewFile,
    Prepared,
    Receipt,
    Sent,
    Tally,
)
from app.domain.placement import Grant
from app.domain.ports import Clock
from app.domain.states import MOVING, NEEDS_PERSON, FileState, sources_of
from app.store import sums
from app.store.database import Database
from app.store.rows import (
    FILE_COLUMNS,
    FILE_SOURCE,
    capture_text,
    fault_columns,
    media_file,
    path_to_bytes,
    prepared_of,
    sent_of,
)

_NO_FAULT: Mapping[str, Any] = {
    "fault_code": None,
    "fault_title": None,
    "fault_hint": None,
    "fault_details": None,
}
# What is known of stored bytes, forgotten when a file goes back to the start.
_NO_RECEIPT: Mapping[str, Any] = {
    "grant_": None,
    "object_key": None,
    "etag": None,
    "remote_id": None,
    "asked": 0,
    "proof": None,
    "sized": 0,
    "reread_at": None,
}


class FileTable:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, batch_id: str, files: Sequence[NewFile]) -> None:
        """Rows are unique by path, so a scan that was cut off may simply run again."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO file (batch, root, relative, path, name, lane, size,"
                " modified_ns, state, fault_code, fault_title, fault_hint, fault_details,"
                " changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        batch_id,
                        file.found.root,
                        path_to_bytes(file.found.relative),
                        file.found.path,
                        file.name,
                        file.lane,
                        file.found.size,
                        file.found.modified_ns,
                        FileState.FAILED if file.fault else FileState.QUEUED,
                        *fault_columns(file.fault),
                        now,
                    )
                    for file in files
                ],
            )

    def take(
        self, batch_id: str, most: int, without: Collection[int] = frozenset()
    ) -> list[MediaFile]:
        """The next queued files, now `preparing`."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"SELECT {FILE_COLUMNS} FROM {FILE_SOURCE} WHERE file.batch = ? AND state = ?"
                " AND file.id NOT IN (SELECT value FROM json_each(?)) ORDER BY file.id LIMIT ?",
                (batch_id, FileState.QUEUED, json.dumps(sorted(without)), most),
            ).fetchall()
            self._move([row["id"] for row in rows], FileState.PREPARING, {})
            connection.executemany(
                "UPDATE file SET attempts = attempts + 1 WHERE id = ?", [(r["id"],) for r in rows]
            )
        return [media_file(row) for row in rows]

    def save_prepared(self, file_id: int, digests: Digests | None, capture: Capture | None) -> None:
        """Kept so that a registration after a restart needs no card."""
        self._database.run(
            "UPDATE file SET md5 = ?, sha256 = ?, quick = ?, capture = ? WHERE id = ?",
            (
                digests.md5 if digests else None,
                digests.sha256 if digests else None,
                digests.quick if digests else None,
                capture_text(capture),
                file_id,
            ),
        )

    def prepared(self, file_id: int) -> Prepared:
        return prepared_of(self._one(file_id))

    def placed(self, file_id: int, grant_id: int, remote_id: str, key: str) -> None:
        """`preparing` to `sending`, with what is needed to give the placement up later."""
        columns = {"grant_": grant_id, "remote_id": remote_id, "object_key": key}
        self._move([file_id], FileState.SENDING, columns)

    def placement(self, file_id: int) -> tuple[int, str] | None:
        """Grant id and remote id of an earlier placement that was not given up, if any."""
        row = self._one(file_id)
        return (row["grant_"], row["remote_id"]) if row["remote_id"] else None

    def unplaced(self, file_id: int) -> None:
        """The placement was given up."""
        self._database.run("UPDATE file SET remote_id = NULL WHERE id = ?", (file_id,))

    def stored(self, file_id: int, receipt: Receipt) -> None:
        """`sending` to `sent`: from here a crash loses no callback, and no part is needed."""
        columns = {
            "etag": receipt.etag,
            "md5": receipt.md5,
            "sha256": receipt.sha256,
            "object_key": receipt.key,
            "remote_id": receipt.remote_id,
            "asked": 0,
            "proof": receipt.proof,
            "sized": int(receipt.sized),
            "reread_at": None,
        }
        with self._database.transaction(durable=True) as connection:
            self._move([file_id], FileState.SENT, columns)
            connection.execute("DELETE FROM upload WHERE file = ?", (file_id,))

    def skipped(self, file_id: int, words: str, remote_id: str) -> None:
        self._move([file_id], FileState.SKIPPED, {"words": words, "remote_id": remote_id})

    def requeue(self, ids: Iterable[int]) -> None:
        """Back to `queued` from a stopped move; parts and upload id stay."""
        self._move(list(ids), FileState.QUEUED, {})

    def requeue_moving(self, file_id: int) -> None:
        """The same for a file that may have left `preparing` and `sending` already."""
        with self._database.transaction():
            if self.state(file_id) in MOVING:
                self.requeue([file_id])

    def requeue_stored(self, file_id: int) -> None:
        """Stored in a remote group that was replaced meanwhile: it starts anew."""
        self._move([file_id], FileState.QUEUED, _NO_RECEIPT)

    def start_over(self, file_id: int) -> None:
        """For the next attempt: `preparing` again, and never `queued` in between, or the file
        would be taken a second time while it waits."""
        with self._database.transaction() as connection:
            self._move([file_id], FileState.QUEUED, {})
            self._move([file_id], FileState.PREPARING, {})
            connection.execute("UPDATE file SET attempts = attempts + 1 WHERE id = ?", (file_id,))

    def reread(self, file_id: int) -> MediaFile:
        """With size and time as they are known now."""
        return media_file(self._one(file_id))

    def state(self, file_id: int) -> FileState:
        return FileState(self._one(file_id)["state"])

    def failed(self, file_id: int, fault: Fault) -> None:
        self._move([file_id], FileState.FAILED, _columns_of(fault))

    def gone(self, file_id: int, fault: Fault) -> None:
        self._move([file_id], FileState.GONE, _columns_of(fault))

    def changed(self, file_id: int, size: int, modified_ns: int) -> None:
        """The file on the card is another one than at the scan: take its new size and time."""
        self._database.run(
            "UPDATE file SET size = ?, modified_ns = ?, md5 = NULL, sha256 = NULL, quick = NULL,"
            " capture = NULL WHERE id = ?",
            (size, modified_ns, file_id),
        )

    def to_confirm(self, batch_id: str, most: int = -1) -> list[tuple[int, Sent]]:
        """Grant id and file of everything stored and not yet acknowledged, oldest grant first."""
        rows = self._database.rows(
            f"SELECT {FILE_COLUMNS} FROM {FILE_SOURCE} WHERE file.batch = ? AND state = ?"
            " ORDER BY grant_, file.id LIMIT ?",
            (batch_id, FileState.SENT, most),
        )
        return [(row["grant_"], sent_of(row)) for row in rows]

    def count_to_confirm(self, batch_id: str) -> int:
        """How many those are; costs next to nothing, as `counts`."""
        return sums.files_in(self._database, batch_id, FileState.SENT)

    def asked(self, ids: Iterable[int]) -> None:
        """Written before a callback goes out; `answered` takes it back."""
        self._mark_asked(ids, 1)

    def answered(self, ids: Iterable[int]) -> None:
        """The callback was answered, so nothing about it is in doubt."""
        self._mark_asked(ids, 0)

    def _mark_asked(self, ids: Iterable[int], value: int) -> None:
        with self._database.transaction(durable=True) as connection:
            connection.executemany(
                "UPDATE file SET asked = ? WHERE id = ?", [(value, file_id) for file_id in ids]
            )

    def confirmed(self, ids: Iterable[int]) -> None:
        with self._database.transaction(durable=True):
            self._move(list(ids), FileState.CONFIRMED, {"asked": 0, **_NO_FAULT})

    def unconfirmed(self, batch_id: str, group: str, names: Iterable[str]) -> int:
        """The service does not have these after all: back to `sent`, to be registered again."""
        rows = self._database.rows(
            "SELECT file.id FROM file JOIN grant_ ON grant_.id = file.grant_"
            " WHERE file.batch = ? AND state = ? AND group_ = ?"
            " AND name IN (SELECT value FROM json_each(?))",
            (batch_id, FileState.CONFIRMED, group, json.dumps(list(names))),
        )
        ids = [row["id"] for row in rows]
        self._move(ids, FileState.SENT, {"asked": 1})
        return len(ids)

    def regroup(self, newest: Grant) -> int:
        """Everything stored in this lane under another remote group starts anew."""
        rows = self._database.rows(
            "SELECT file.id FROM file JOIN grant_ ON grant_.id = file.grant_"
            " WHERE file.batch = ? AND state IN (?, ?) AND file.lane = ? AND group_ <> ?",
            (newest.batch, FileState.SENT, FileState.CONFIRMED, newest.lane, newest.group),
        )
        self._move([row["id"] for row in rows], FileState.QUEUED, _NO_RECEIPT)
        return len(rows)

    def retry(self, batch_id: str, ids: Collection[int] | None = None) -> list[int]:
        """Failed and missing files wait again, all or these; what is stored well is only
        registered again. Which."""
        wanted = None if ids is None else set(ids)
        rows = [
            row
            for row in self._database.rows(
                "SELECT id, etag, md5 FROM file WHERE batch = ? AND state IN (?, ?)",
                (batch_id, *sorted(NEEDS_PERSON)),
            )
            if wanted is None or row["id"] in wanted
        ]
        stored = [row["id"] for row in rows if row["etag"] and _may_be_ours(row)]
        rest = sorted({row["id"] for row in rows} - set(stored))
        with self._database.transaction():
            self._move(stored, FileState.SENT, _NO_FAULT)
            self._move(rest, FileState.QUEUED, {**_NO_FAULT, **_NO_RECEIPT})
        return [row["id"] for row in rows]

    def drop_open(self, batch_id: str, most: int = -1) -> list[int]:
        """A cancelled batch: what is not delivered is dropped, so many at once. Ids of those."""
        states = (FileState.QUEUED, *MOVING, FileState.SENT, *NEEDS_PERSON)
        with self._database.transaction():
            ids = self._ids(batch_id, states, most=most)
            self._move(ids, FileState.DROPPED, {})
        return ids

    def drop_failed(self, batch_id: str) -> list[int]:
        """The person goes on without what could not be sent. Which."""
        ids = self._ids(batch_id, tuple(NEEDS_PERSON))
        self._move(ids, FileState.DROPPED, {})
        return ids

    def drop(self, batch_id: str, ids: Collection[int]) -> list[int]:
        """The person leaves these out; those already on their way or settled stay. Which."""
        states = (FileState.QUEUED, *NEEDS_PERSON)
        marks = ", ".join("?" * len(states))
        with self._database.transaction():
            rows = self._database.rows(
                f"SELECT id FROM file WHERE id IN (SELECT value FROM json_each(?))"
                f" AND batch = ? AND state IN ({marks})",
                (json.dumps(sorted(ids)), batch_id, *states),
            )
            dropped = [row["id"] for row in rows]
            self._move(dropped, FileState.DROPPED, {})
        return dropped

    def moving(self, batch_id: str) -> list[int]:
        return self._ids(batch_id, tuple(MOVING))

    def read_again(self, batch_id: str, digests: Mapping[str, str], at: float) -> None:
        """The card was read again: what of it had the bytes that were sent, by path with their MD5.

        Whatever an earlier reading found counts no more.
        """
        with self._database.transaction() as connection:
            connection.execute("UPDATE file SET reread_at = NULL WHERE batch = ?", (batch_id,))
            connection.executemany(
                "UPDATE file SET reread_at = ? WHERE batch = ? AND path = ? AND md5 = ?",
                [(at, batch_id, path, md5) for path, md5 in digests.items()],
            )

    def grant_of(self, file_id: int) -> int | None:
        return self._one(file_id)["grant_"]

    def recover(self) -> int:
        """After a crash: what was moving waits again, with its parts."""
        rows = self._database.rows(
            "SELECT id FROM file WHERE state IN (?, ?)", tuple(sorted(MOVING))
        )
        self.requeue(row["id"] for row in rows)
        return len(rows)

    def counts(self, batch_id: str) -> Counts:
        """Costs the same for any number of files."""
        return sums.counts(self._database, batch_id)

    def tally(self, batch_id: str, names: Mapping[str, frozenset[str]]) -> Tally:
        """`names`: see `FileLists.delivered_names`; empty where the service does not ask."""
        counts = self.counts(batch_id)
        total = counts.total - counts.dropped
        return Tally(total, counts.delivered, counts.skipped, counts.failed, names)

    def _one(self, file_id: int) -> Any:
        row = self._database.row(
            f"SELECT {FILE_COLUMNS} FROM {FILE_SOURCE} WHERE file.id = ?", (file_id,)
        )
        if row is None:
            raise AssertionError(f"no file {file_id}")
        return row

    def _ids(
        self,
        batch_id: str,
        states: Sequence[FileState],
        most: int = -1,
    ) -> list[int]:
        marks = ", ".join("?" * len(states))
        rows = self._database.rows(
            f"SELECT id FROM file WHERE batch = ? AND state IN ({marks}) LIMIT ?",
            (batch_id, *states, most),
        )
        return [row["id"] for row in rows]

    def _move(self, ids: Sequence[int], to: FileState, columns: Mapping[str, Any]) -> None:
        """The guarded statement of domain/states.py; fewer rows than asked is a bug."""
        sources = sorted(sources_of(to))
        sets = "".join(f", {name} = ?" for name in columns)
        marks = ", ".join("?" * len(sources))
        values = (to, self._clock.now(), *columns.values(), json.dumps(list(ids)), *sources)
        with self._database.transaction() as connection:
            changed = connection.execute(
                f"UPDATE file SET state = ?, changed_at = ?{sets}"
                f" WHERE id IN (SELECT value FROM json_each(?)) AND state IN ({marks})",
                values,
            ).rowcount
            if ids and changed != len(ids):
                raise AssertionError(
                    f"{len(ids) - changed} of {len(ids)} files may not become {to}"
                )


def _may_be_ours(row: Any) -> bool:
    """An etag that is an MD5 of other bytes than ours is a reason to send the file again."""
    etag = row["etag"].lower()
    return len(etag) != 32 or etag == row["md5"] or not set(etag) <= set("0123456789abcdef")


def _columns_of(fault: Fault) -> dict[str, str | None]:
    return dict(zip(_NO_FAULT, fault_columns(fault), strict=True))
