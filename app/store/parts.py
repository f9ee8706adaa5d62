"""The record of multipart uploads: each part's etag as it ends."""

from __future__ import annotations

from app.domain.ports import DonePart, OpenUpload
from app.store.database import Database, Row


class FileParts:
    """One file's `PartLedger`; each call is on disk when it returns."""

    def __init__(self, database: Database, file_id: int, none_yet: bool = False) -> None:
        self._database = database
        self._file = file_id
        self._none_yet = none_yet

    def upload(self) -> OpenUpload | None:
        if self._none_yet:
            return None
        row = self._database.row("SELECT * FROM upload WHERE file = ?", (self._file,))
        return None if row is None else _upload_of(row)

    def parts(self) -> tuple[DonePart, ...]:
        rows = self._database.rows(
            "SELECT * FROM part WHERE file = ? ORDER BY number", (self._file,)
        )
        return tuple(DonePart(r["number"], r["size"], r["etag"], r["md5"]) for r in rows)

    def begin(self, upload: OpenUpload) -> None:
        self._none_yet = False
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM upload WHERE file = ?", (self._file,))
            connection.execute(
                "INSERT INTO upload (file, upload_id, bucket, key, part_size, size, modified_ns)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    self._file,
                    upload.upload_id,
                    upload.bucket,
                    upload.key,
                    upload.part_size,
                    upload.size,
                    upload.modified_ns,
                ),
            )

    def done(self, part: DonePart) -> None:
        self._database.run(
            "INSERT OR REPLACE INTO part (file, number, size, etag, md5) VALUES (?, ?, ?, ?, ?)",
            (self._file, part.number, part.size, part.etag, part.md5),
            durable=True,
        )

    def clear(self) -> None:
        self._database.run("DELETE FROM upload WHERE file = ?", (self._file,))


class PartTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of_file(self, file_id: int, none_yet: bool = False) -> FileParts:
        """`none_yet`: it is known that no upload in parts has begun, and need not be looked up."""
        return FileParts(self._database, file_id, none_yet)

    def open_uploads(self, batch_id: str) -> list[tuple[int, OpenUpload]]:
        """File id and upload of every multipart upload of a batch that has begun and not ended."""
        rows = self._database.rows(
            "SELECT upload.* FROM upload JOIN file ON file.id = upload.file WHERE file.batch = ?",
            (batch_id,),
        )
        return [(row["file"], _upload_of(row)) for row in rows]


def _upload_of(row: Row) -> OpenUpload:
    return OpenUpload(
        row["upload_id"],
        row["bucket"],
        row["key"],
        row["part_size"],
        row["size"],
        row["modified_ns"],
    )
