"""Turns rows into values and values into columns; dicts and JSON end here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.domain.errors import Fault
from app.domain.model import (
    Batch,
    Capture,
    Connection,
    Digests,
    FileStatus,
    FoundAt,
    Job,
    MediaFile,
    Position,
    Prepared,
    Proof,
    Receipt,
    Sent,
)
from app.domain.placement import Addressing, Grant, Signature, Storage
from app.domain.states import BatchState, FileState, JobState
from app.store.database import Row

# Every query that ends in `media_file` reads these columns; root.path comes from the join.
FILE_COLUMNS = "file.*, root.path AS root_path"
FILE_SOURCE = "file JOIN root ON root.batch = file.batch AND root.number = file.root"


def path_to_bytes(path: Path) -> bytes:
    """A path need not be valid text on POSIX; bytes survive the database unchanged."""
    return os.fsencode(path)


def connection_of(row: Row) -> Connection:
    options: dict[str, str] = json.loads(row["options"])
    return Connection(row["name"], row["service"], row["url"], MappingProxyType(options))


def options_text(options: Mapping[str, str]) -> str:
    return json.dumps(dict(options), ensure_ascii=False, sort_keys=True)


def batch_of(row: Row, roots: tuple[Path, ...]) -> Batch:
    return Batch(
        id=row["id"],
        title=row["title"],
        connection=row["connection"],
        service=row["service"],
        roots=roots,
        state=BatchState(row["state"]),
        jobs_wanted=tuple(json.loads(row["jobs_wanted"])),
        include=tuple(json.loads(row["include"])),
        exclude=tuple(json.loads(row["exclude"])),
        reason=fault_of(row, "reason"),
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        held=bool(row["held"]),
        deleted_at=row["deleted_at"],
    )


def fault_of(row: Row, prefix: str) -> Fault | None:
    if row[f"{prefix}_code"] is None:
        return None
    return Fault(
        row[f"{prefix}_code"],
        row[f"{prefix}_title"],
        row[f"{prefix}_hint"] or "",
        row[f"{prefix}_details"] or "",
    )


def fault_columns(fault: Fault | None) -> tuple[str | None, str | None, str | None, str | None]:
    """Code, title, hint, details: in the order of the columns."""
    if fault is None:
        return None, None, None, None
    return fault.code, fault.title, fault.hint, fault.details


def media_file(row: Row) -> MediaFile:
    return MediaFile(
        id=row["id"],
        batch=row["batch"],
        path=row["path"],
        # Joined as text: pathlib would take each of the two apart before, three times per file.
        source=Path(os.path.join(os.fsdecode(row["root_path"]), os.fsdecode(row["relative"]))),  # noqa: PTH118
        name=row["name"],
        size=row["size"],
        modified_ns=row["modified_ns"],
        lane=row["lane"],
    )


def found_of(row: Row) -> FoundAt:
    root, relative = os.fsdecode(row["root_path"]), os.fsdecode(row["relative"])
    return FoundAt(Path(root), Path(relative), row["size"], row["modified_ns"])


def prepared_of(row: Row, file: MediaFile | None = None) -> Prepared:
    """`file` where it is known already, and not in the row."""
    digests = None
    if row["md5"]:
        digests = Digests(row["md5"], row["quick"] or "", row["sha256"] or "")
    return Prepared(file or media_file(row), digests, capture_of(row["capture"]))


def receipt_of(row: Row) -> Receipt | None:
    if row["etag"] is None:
        return None
    return Receipt(
        row["etag"],
        row["md5"] or "",
        row["object_key"] or "",
        row["remote_id"] or "",
        row["sha256"] or "",
        Proof(row["proof"]) if row["proof"] else None,
        bool(row["sized"]),
    )


def sent_of(row: Row) -> Sent:
    receipt = receipt_of(row)
    if receipt is None:
        raise AssertionError(f"file {row['id']} is sent and has no receipt")
    return Sent(prepared_of(row), receipt, bool(row["asked"]))


def status_of(row: Row) -> FileStatus:
    return FileStatus(
        file=media_file(row),
        state=FileState(row["state"]),
        receipt=receipt_of(row),
        md5=row["md5"] or "",
        attempts=row["attempts"],
        fault=fault_of(row, "fault"),
        words=row["words"],
        sha256=row["sha256"] or "",
        reread_at=row["reread_at"],
    )


def capture_text(capture: Capture | None) -> str | None:
    if capture is None:
        return None
    values = asdict(capture)
    if capture.taken is not None:
        values["taken"] = capture.taken.isoformat()
    return json.dumps(values, ensure_ascii=False)


def capture_of(text: str | None) -> Capture | None:
    if text is None:
        return None
    values: dict[str, Any] = json.loads(text)
    if values["taken"] is not None:
        values["taken"] = datetime.fromisoformat(values["taken"])
    if values["position"] is not None:
        values["position"] = Position(**values["position"])
    return Capture(**values)


def storage_text(storage: Storage | None) -> str | None:
    return None if storage is None else json.dumps(asdict(storage))


def grant_of(row: Row) -> Grant:
    """Without keys: those are in the keyring, or gone."""
    storage: Storage | None = None
    if row["storage"] is not None:
        values: dict[str, str] = json.loads(row["storage"])
        storage = Storage(
            values["endpoint"],
            values["region"],
            values["bucket"],
            Addressing(values["addressing"]),
            Signature(values["signature"]),
        )
    return Grant(
        batch=row["batch"],
        lane=row["lane"],
        group=row["group_"],
        prefix=row["prefix"],
        memo=row["memo"],
        storage=storage,
        expires_at=row["expires_at"],
        id=row["id"],
    )


def job_of(row: Row) -> Job:
    return Job(
        row["batch"], row["kind"], row["id"], JobState(row["state"]), row["progress"], row["words"]
    )
