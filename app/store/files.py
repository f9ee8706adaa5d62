"""The files table; the only writer of a file's state."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from app.domain.errors import Fault
from app.domain.model import (
    Counts,
    Digests,
    MediaFile,
    NewFile,
    Prepared,
    Receipt,
    Sent,
    Tally,
)
from app.domain.placement import AlreadyThere, Grant
from app.domain.states import MOVING, FileState
from app.store import sums
from app.store.choices import FileChoices
from app.store.moves import NO_FAULT, NO_RECEIPT
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


class FileTable(FileChoices):
    """Every way of a file; thread-safe."""

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
        self,
        batch_id: str,
        most: int,
        without: Collection[int] = frozenset(),
        of_these: Callable[[Sequence[MediaFile]], int] = len,
    ) -> list[MediaFile]:
        """The next queued files, now `preparing`. `of_these` looks at `most` files, and answers how
        many of them go."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"SELECT {FILE_COLUMNS} FROM {FILE_SOURCE} WHERE file.batch = ? AND state = ?"
                " AND file.id NOT IN (SELECT value FROM json_each(?)) ORDER BY file.id LIMIT ?",
                (batch_id, FileState.QUEUED, json.dumps(sorted(without)), most),
            ).fetchall()
            files = [media_file(row) for row in rows]
            del files[of_these(files) :]
            ids = [file.id for file in files]
            self._move(ids, FileState.PREPARING, {})
            connection.executemany(
                "UPDATE file SET attempts = attempts + 1 WHERE id = ?", [(i,) for i in ids]
            )
        return files

    def save_prepared(self, items: Sequence[Prepared]) -> None:
        """Kept so that a registration after a restart needs no card."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE file SET md5 = ?, sha256 = ?, quick = ?, capture = ? WHERE id = ?",
                [_prepared_columns(item) for item in items],
            )

    def prepared(self, file_id: int) -> Prepared:
        return prepared_of(self._one(file_id))

    def placed(self, file_id: int, grant_id: int, remote_id: str, key: str) -> None:
        """`preparing` to `sending`, with what is needed to give the placement up later."""
        columns = {"grant_": grant_id, "remote_id": remote_id, "object_key": key}
        self._move([file_id], FileState.SENDING, columns)

    def untouched(self, files: Sequence[MediaFile]) -> list[Prepared]:
        """Those that no earlier attempt has placed or begun to send in parts, in their order."""
        rows = self._database.rows(
            "SELECT id, md5, quick, sha256, capture FROM file"
            " WHERE id IN (SELECT value FROM json_each(?)) AND coalesce(remote_id, '') = ''"
            " AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.file = file.id)",
            (json.dumps([file.id for file in files]),),
        )
        found = {row["id"]: row for row in rows}
        return [prepared_of(found[file.id], file) for file in files if file.id in found]

    def all_placed(self, ids: Sequence[int], grant_id: int) -> None:
        """`preparing` to `sending` where a placement is nothing that could be given up."""
        columns = {"grant_": grant_id, "remote_id": "", "object_key": ""}
        self._move(ids, FileState.SENDING, columns)

    def lent(self, ids: Iterable[int], grant_id: int) -> None:
        """They are `sending`, and go with another grant's keys."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE file SET grant_ = ? WHERE id = ?", [(grant_id, file_id) for file_id in ids]
            )

    def placement(self, file_id: int) -> tuple[int, str] | None:
        """Grant id and remote id of an earlier placement that was not given up, if any."""
        row = self._one(file_id)
        return (row["grant_"], row["remote_id"]) if row["remote_id"] else None

    def unplaced(self, file_id: int) -> None:
        """The placement was given up."""
        self._database.run("UPDATE file SET remote_id = NULL WHERE id = ?", (file_id,))

    def stored(self, file_id: int, receipt: Receipt) -> None:
        """`sending` to `sent`: from here a crash loses no callback, and no part is needed."""
        self._all_stored([(file_id, receipt)])

    def _all_stored(self, receipts: Sequence[tuple[int, Receipt]]) -> None:
        """The same for several files, which wait for the disk only once."""
        sent, now = FileState.SENT, self._clock.now()
        rows = [
            (sent, now, *_receipt_columns(receipt), file_id, FileState.SENDING)
            for file_id, receipt in receipts
        ]
        with self._database.transaction(durable=True) as connection:
            changed = connection.executemany(
                "UPDATE file SET state = ?, changed_at = ?, etag = ?, md5 = ?, sha256 = ?,"
                " object_key = ?, remote_id = ?, asked = 0, proof = ?, sized = ?, reread_at = NULL"
                " WHERE id = ? AND state = ?",
                rows,
            ).rowcount
            if changed != len(receipts):
                raise AssertionError(f"{len(receipts) - changed} files are stored and not sending")
            connection.executemany(
                "DELETE FROM upload WHERE file = ?", [(file_id,) for file_id, _ in receipts]
            )

    def all_sent(self, sent: Sequence[tuple[Prepared, Receipt | AlreadyThere]]) -> None:
        """What came of a handful, with what its files were prepared with: one wait for the disk."""
        receipts = [(item.file.id, came) for item, came in sent if isinstance(came, Receipt)]
        with self._database.transaction(durable=True):
            self.save_prepared([item for item, _ in sent if item.digests or item.capture])
            self._all_stored(receipts)
            for item, came in sent:
                if isinstance(came, AlreadyThere):
                    self.skipped(item.file.id, came.words, came.remote_id)

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
        self._move([file_id], FileState.QUEUED, NO_RECEIPT)

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
        self._move([file_id], FileState.FAILED, _fault_columns(fault))

    def gone(self, file_id: int, fault: Fault) -> None:
        self._move([file_id], FileState.GONE, _fault_columns(fault))

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
            self._move(list(ids), FileState.CONFIRMED, {"asked": 0, **NO_FAULT})

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
        self._move([row["id"] for row in rows], FileState.QUEUED, NO_RECEIPT)
        return len(rows)

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


def _prepared_columns(item: Prepared) -> tuple[object, ...]:
    digests = item.digests or Digests("", "")
    columns = (digests.md5, digests.sha256, digests.quick)
    return (*(text or None for text in columns), capture_text(item.capture), item.file.id)


def _receipt_columns(receipt: Receipt) -> tuple[object, ...]:
    return (
        receipt.etag,
        receipt.md5,
        receipt.sha256,
        receipt.key,
        receipt.remote_id,
        receipt.proof,
        int(receipt.sized),
    )


def _fault_columns(fault: Fault) -> dict[str, str | None]:
    return dict(zip(NO_FAULT, fault_columns(fault), strict=True))
