"""The batches table with roots, jobs and notes; the only writer of a batch's state."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.domain.errors import Fault, UsageError
from app.domain.model import Batch, Job
from app.domain.ports import Clock
from app.domain.states import ENDED, JOB_ENDED, BatchState, batch_sources_of
from app.store.database import Database, Row
from app.store.rows import batch_of, fault_columns, job_of, path_to_bytes


class BatchTable:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, batch: Batch) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO batch (id, title, connection, service, state, jobs_wanted, include,"
                " exclude, created_at, place) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                " coalesce(max(place), 0) + 1 FROM batch",
                (
                    batch.id,
                    batch.title,
                    batch.connection,
                    batch.service,
                    batch.state,
                    json.dumps(batch.jobs_wanted),
                    json.dumps(batch.include),
                    json.dumps(batch.exclude),
                    batch.created_at,
                ),
            )
            connection.executemany(
                "INSERT INTO root (batch, number, path) VALUES (?, ?, ?)",
                [(batch.id, n, path_to_bytes(root)) for n, root in enumerate(batch.roots)],
            )

    def all(self) -> list[Batch]:
        """Oldest first."""
        return self._with_all_roots("SELECT * FROM batch ORDER BY created_at, id")

    def last_delivered(self) -> Batch | None:
        row = self._database.row(
            "SELECT * FROM batch WHERE state = ? ORDER BY finished_at DESC LIMIT 1",
            (BatchState.DELIVERED,),
        )
        return None if row is None else self._with_roots(row)

    def states(self) -> dict[str, BatchState]:
        """By id; cheap for any history."""
        rows = self._database.rows("SELECT id, state FROM batch")
        return {row["id"]: BatchState(row["state"]) for row in rows}

    def get(self, batch_id: str) -> Batch:
        row = self._database.row("SELECT * FROM batch WHERE id = ?", (batch_id,))
        if row is None:
            raise UsageError(f"There is no batch {batch_id}.", "See: postflight batches")
        return self._with_roots(row)

    def find(self, word: str) -> Batch:
        """By the beginning of its id, or by its whole title; UsageError when that is not one."""
        rows = self._database.rows(
            "SELECT * FROM batch WHERE substr(id, 1, length(?1)) = ?1 OR title = ?1", (word,)
        )
        if len(rows) == 1:
            return self._with_roots(rows[0])
        title = f"{len(rows)} batches are called {word}." if rows else f"There is no batch {word}."
        raise UsageError(title, "Give the id, or its first characters: postflight batches")

    def _with_all_roots(self, sql: str) -> list[Batch]:
        """Two queries for any number of batches."""
        roots: dict[str, list[Path]] = {}
        for row in self._database.rows("SELECT batch, path FROM root ORDER BY batch, number"):
            roots.setdefault(row["batch"], []).append(Path(os.fsdecode(row["path"])))
        return [batch_of(row, tuple(roots.get(row["id"], ()))) for row in self._database.rows(sql)]

    def _with_roots(self, row: Row) -> Batch:
        roots = self._database.rows(
            "SELECT path FROM root WHERE batch = ? ORDER BY number", (row["id"],)
        )
        return batch_of(row, tuple(Path(os.fsdecode(root["path"])) for root in roots))

    def in_line(self) -> list[Batch]:
        """All that have not ended, in the order in which the person wants them sent."""
        ended = sorted(ENDED)
        marks = ", ".join("?" * len(ended))
        rows = self._database.rows(
            f"SELECT * FROM batch WHERE state NOT IN ({marks}) ORDER BY place, id", ended
        )
        return [self._with_roots(row) for row in rows]

    def with_open_jobs(self) -> list[str]:
        """Ids of delivered batches whose jobs the service still works on."""
        over = sorted(JOB_ENDED)
        marks = ", ".join("?" * len(over))
        rows = self._database.rows(
            "SELECT DISTINCT batch.id FROM batch JOIN job ON job.batch = batch.id"
            f" WHERE batch.state = ? AND job.id <> '' AND job.state NOT IN ({marks})",
            (BatchState.DELIVERED, *over),
        )
        return [row["id"] for row in rows]

    def arrange(self, ids: Sequence[str]) -> None:
        """The places of these batches among each other; new batches come behind them."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE batch SET place = ? WHERE id = ?", [(n, i) for n, i in enumerate(ids)]
            )

    def hold(self, batch_id: str, held: bool) -> None:
        """Whether the person paused it; a start of the program respects that."""
        self._database.run("UPDATE batch SET held = ? WHERE id = ?", (int(held), batch_id))

    def remove(self, batch_id: str) -> None:
        """Forgets the batch with all its rows; only an ended one may go."""
        ended = sorted(ENDED)
        marks = ", ".join("?" * len(ended))
        self._database.run(
            f"DELETE FROM batch WHERE id = ? AND state IN ({marks})", (batch_id, *ended)
        )

    def move(self, batch_id: str, to: BatchState, reason: Fault | None = None) -> Batch:
        """The guarded statement of domain/states.py; a move the table does not know is a bug."""
        sources = batch_sources_of(to)
        marks = ", ".join("?" * len(sources))
        changed = self._database.run(
            f"UPDATE batch SET state = ?, reason_code = ?, reason_title = ?, reason_hint = ?,"
            f" reason_details = ?, finished_at = ? WHERE id = ? AND state IN ({marks})",
            (
                to,
                *fault_columns(reason),
                self._clock.now() if to in ENDED else None,
                batch_id,
                *sorted(sources),
            ),
        )
        if changed != 1:
            raise AssertionError(f"a {self.get(batch_id).state} batch may not become {to}")
        return self.get(batch_id)

    def explain(self, batch_id: str, reason: Fault) -> None:
        """Why a batch waits in the state it is in; its next move takes the words away."""
        self._database.run(
            "UPDATE batch SET reason_code = ?, reason_title = ?, reason_hint = ?,"
            " reason_details = ? WHERE id = ?",
            (*fault_columns(reason), batch_id),
        )

    def relocate(self, batch_id: str, roots: Mapping[int, Path]) -> None:
        """The card is elsewhere now. A scan that was cut off begins anew there, because what a
        file is called may begin with its root's name; nothing of it was sent yet."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE root SET path = ? WHERE batch = ? AND number = ?",
                [(path_to_bytes(root), batch_id, number) for number, root in roots.items()],
            )
            connection.execute(
                "DELETE FROM file WHERE batch = ?"
                " AND (SELECT state FROM batch WHERE id = file.batch) = ?",
                (batch_id, BatchState.SCANNING),
            )

    def recover(self) -> list[str]:
        """After a crash: what was running is paused, and says so. Ids of those batches."""
        ids = [
            row["id"]
            for row in self._database.rows(
                "SELECT id FROM batch WHERE state = ?", (BatchState.RUNNING,)
            )
        ]
        for batch_id in ids:
            self.move(
                batch_id,
                BatchState.PAUSED,
                Fault("interrupted", "Postflight ended abruptly.", "Resume goes on from there."),
            )
        return ids

    def save_job(self, job: Job) -> None:
        """Durable, since a start that is forgotten would be paid for twice."""
        self._database.run(
            "INSERT INTO job (batch, kind, id, state, progress, words) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (batch, kind) DO UPDATE SET id = excluded.id, state = excluded.state,"
            " progress = excluded.progress, words = excluded.words",
            (job.batch, job.kind, job.id, job.state, job.progress, job.words),
            durable=True,
        )

    def forget_jobs(self, batch_id: str) -> None:
        self._database.run("DELETE FROM job WHERE batch = ?", (batch_id,))

    def jobs(self, batch_id: str) -> list[Job]:
        rows = self._database.rows("SELECT * FROM job WHERE batch = ? ORDER BY kind", (batch_id,))
        return [job_of(row) for row in rows]

    def note(self, batch_id: str, words: str) -> None:
        """One more line in the batch's history."""
        self._database.run(
            "INSERT INTO note (batch, at, words) VALUES (?, ?, ?)",
            (batch_id, self._clock.now(), words),
        )

    def deleted(self, batch_id: str) -> None:
        """The service deleted what was delivered: it is safe nowhere but on the card."""
        with self._database.transaction():
            self.note(batch_id, "Deleted at the service.")
            self._database.run(
                "UPDATE batch SET deleted_at = ? WHERE id = ?", (self._clock.now(), batch_id)
            )

    def notes(self, batch_id: str) -> list[str]:
        rows = self._database.rows(
            "SELECT words FROM note WHERE batch = ? ORDER BY id", (batch_id,)
        )
        return [row["words"] for row in rows]

    def history(self, batch_id: str) -> list[tuple[float, str]]:
        """The notes with their times in UTC seconds, oldest first."""
        rows = self._database.rows(
            "SELECT at, words FROM note WHERE batch = ? ORDER BY id", (batch_id,)
        )
        return [(row["at"], row["words"]) for row in rows]
