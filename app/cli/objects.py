"""What `--json` prints: the objects of the product's contract, built in one place."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from app.bootstrap import spec_of
from app.domain.errors import Fault, PostflightError
from app.domain.model import FileStatus, Job
from app.engine.engine import Snapshot

Object = dict[str, Any]


def say(event: Object) -> None:
    """One object, one line, at once: a program may be reading."""
    sys.stdout.write(_harmless(json.dumps(event, ensure_ascii=False)) + "\n")
    sys.stdout.flush()


def _harmless(line: str) -> str:
    """The same JSON, should it be shown in a terminal."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def batch_object(snapshot: Snapshot, notes: Sequence[str] = ()) -> Object:
    batch, counts = snapshot.batch, snapshot.counts
    group_name = spec_of(batch.service).group_name
    remote: Object = {}
    if group_name and snapshot.remote:
        remote[group_name] = snapshot.remote[-1]
        if len(snapshot.remote) > 1:
            remote[f"{group_name}s"] = list(snapshot.remote)
    return {
        "id": batch.id,
        "title": batch.title,
        "connection": batch.connection,
        "service": batch.service,
        "state": batch.state.value,
        "counts": {
            "total": counts.total,
            "delivered": counts.delivered,
            "skipped": counts.skipped,
            "failed": counts.failed,
            "waiting": counts.waiting,
            "dropped": counts.dropped,
        },
        "bytes": {"total": counts.bytes_total, "delivered": counts.bytes_delivered},
        "remote": remote,
        "jobs": [job_object(job) for job in snapshot.jobs],
        "reason": fault_object(batch.reason),
        "notes": list(notes),
    }


def job_object(job: Job) -> Object:
    return {
        "kind": job.kind,
        "id": job.id,
        "state": job.state.value,
        "progress": job.progress,
        "words": job.words,
    }


def file_object(status: FileStatus) -> Object:
    receipt = status.receipt
    return {
        "path": status.file.path,
        "name": status.file.name,
        "size": status.file.size,
        "state": status.state.value,
        "etag": receipt.etag if receipt else None,
        "md5": status.md5 or None,
        "sha256": status.sha256 or None,
        "levels": [level.value for level in status.levels],
        "matched_by": receipt.proof.value if receipt and receipt.proof else None,
        "reread_at": status.reread_at,
        "object_key": receipt.key if receipt else None,
        "attempts": status.attempts,
        "error": fault_object(status.fault),
        "words": status.words,
    }


def fault_object(fault: Fault | None) -> Object | None:
    if fault is None:
        return None
    return {
        "code": fault.code,
        "title": fault.title,
        "hint": fault.hint,
        "details": fault.details,
    }


def error_object(error: PostflightError) -> Object:
    return {"event": "error", "error": fault_object(error.fault())}
