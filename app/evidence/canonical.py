"""The receipt as JSON: the canonical form, with a digest over everything it says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from app.domain.errors import Fault
from app.domain.model import Job
from app.domain.states import NEEDS_PERSON, FileState
from app.evidence.facts import Evidence, FileEvidence

FORMAT: Final = "postflight-receipt"
VERSION: Final = 2  # 2: with SHA-256, levels, and when a batch was deleted
HEAD: Final = f'{{\n"format": "{FORMAT}",'
_FILES, _DIGEST = "files", "digest"

Object = dict[str, Any]


def write_json(evidence: Evidence, stream: TextIO) -> None:
    """One member a line and one file a line, so that a person and `diff` can read it too."""
    stream.write("{")
    for key, value in _members(evidence).items():
        stream.write(f"\n{_text(key)}: {_text(value)},")
    stream.write(f"\n{_text(_FILES)}: [")
    for number, item in enumerate(evidence.files):
        stream.write(",\n" if number else "\n")
        stream.write(_text(_file(item)))
    stream.write(f"\n],\n{_text(_DIGEST)}: {_text(digest(evidence))}\n}}\n")


def digest(evidence: Evidence) -> str:
    """SHA-256 of the canonical text without the digest itself: sorted names, ASCII, no blanks."""
    return _digest(_members(evidence), map(_file, evidence.files))


def digest_of(parsed: Mapping[str, Any]) -> str:
    """The same of a receipt that was read back; however it was laid out meanwhile."""
    rest = {key: value for key, value in parsed.items() if key not in (_FILES, _DIGEST)}
    return _digest(rest, parsed[_FILES])


def utc(at: float | None) -> str | None:
    if at is None:
        return None
    moment = datetime.fromtimestamp(at, UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _digest(members: Object, files: Iterable[Object]) -> str:
    made = hashlib.sha256()
    for piece in _canonical(members, files):
        made.update(piece.encode("ascii"))
    return f"sha256:{made.hexdigest()}"


def _canonical(members: Object, files: Iterable[Object]) -> Iterator[str]:
    before = "{"
    for key in sorted([*members, _FILES]):
        yield f"{before}{json.dumps(key)}:"
        before = ","
        if key != _FILES:
            yield _compact(members[key])
            continue
        yield "["
        for number, item in enumerate(files):
            yield f",{_compact(item)}" if number else _compact(item)
        yield "]"
    yield "}"


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _members(evidence: Evidence) -> Object:
    """Everything but the files, with the names that `--json` uses elsewhere."""
    batch, place = evidence.batch, evidence.destination
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"Postflight {evidence.version}",
        "made_at": utc(evidence.made_at),
        "made_at_local": evidence.local(evidence.made_at).isoformat(timespec="seconds"),
        "batch": {
            "id": batch.id,
            "title": batch.title,
            "state": batch.state.value,
            "reason": _fault(batch.reason),
            "roots": list(evidence.roots),
            "include": list(batch.include),
            "exclude": list(batch.exclude),
            "created_at": utc(batch.created_at),
            "finished_at": utc(batch.finished_at),
            "deleted_at": utc(batch.deleted_at),
        },
        "connection": {
            "name": place.connection,
            "service": place.service,
            "title": place.title,
            "address": place.address,
            "options": dict(place.options),
        },
        "remote": _remote(evidence),
        "jobs": [_job(job) for job in evidence.jobs],
        "counts": _counts(evidence),
        "bytes": {"total": evidence.size(), "delivered": evidence.size(FileState.CONFIRMED)},
        "notes": [{"at": utc(note.at), "words": note.words} for note in evidence.notes],
    }


def _counts(evidence: Evidence) -> Object:
    return {
        "total": len(evidence.files),
        "delivered": evidence.count(FileState.CONFIRMED),
        "skipped": evidence.count(FileState.SKIPPED),
        "failed": evidence.count(*NEEDS_PERSON),
        "waiting": evidence.waiting,
        "dropped": evidence.count(FileState.DROPPED),
    }


def _job(job: Job) -> Object:
    return {
        "kind": job.kind,
        "id": job.id,
        "state": job.state.value,
        "progress": job.progress,
        "words": job.words,
    }


def _remote(evidence: Evidence) -> Object:
    """As everywhere in `--json` the newest id under the service's own word, and all of them."""
    name = evidence.destination.group_name
    ids = list(dict.fromkeys(group.id for group in evidence.groups if group.id))
    named: Object = {name: ids[-1]} if name and ids else {}
    named["groups"] = [
        {"id": item.id, "lane": item.lane, "endpoint": item.endpoint, "bucket": item.bucket}
        for item in evidence.groups
    ]
    return named


def _file(item: FileEvidence) -> Object:
    return {
        "path": item.path,
        "name": item.name,
        "size": item.size,
        "state": item.state.value,
        "md5": item.md5 or None,
        "sha256": item.sha256 or None,
        "levels": [level.value for level in item.levels],
        "matched_by": item.proof.value if item.proof else None,
        "reread_at": utc(item.reread_at),
        "etag": item.etag or None,
        "object_key": item.object_key or None,
        "remote_id": item.remote_id or None,
        "attempts": item.attempts,
        "changed_at": utc(item.changed_at),
        "error": _fault(item.fault),
        "words": item.words,
    }


def _fault(fault: Fault | None) -> Object | None:
    return fault and {"code": fault.code, "title": fault.title, "hint": fault.hint}
