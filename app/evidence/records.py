"""What support is told of connections, batches and preferences: states and numbers, no names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.domain.model import Batch, Connection
from app.domain.preferences import Preferences
from app.evidence.canonical import utc
from app.evidence.discretion import host_of
from app.services.registry import SPECS
from app.store.database import migrations
from app.store.store import Store

_ONLY_WHETHER_SET = ("ca_file", "connection", "window", "releases")


def records(store: Store) -> dict[str, Any]:
    connections, batches = store.connections.all(), store.batches.all()
    numbers = {item.name.casefold(): number for number, item in enumerate(connections, 1)}
    told = [_batch(store, batch, numbers) for batch in batches]
    return {
        "schema": migrations()[-1][0],
        "rows": {
            "connections": len(connections),
            "batches": len(batches),
            "files": sum(sum(item["files"].values()) for item in told),
            "grants": sum(item["grants"] for item in told),
            "open_uploads": sum(item["open_uploads"] for item in told),
            "jobs": sum(len(item["jobs"]) for item in told),
            "notes": sum(item["notes"] for item in told),
        },
        "connections": [_connection(n, item) for n, item in enumerate(connections, 1)],
        "batches": told,
    }


def preferences(store: Store) -> dict[str, Any]:
    """Those that differ from what Postflight chooses."""
    usual = asdict(Preferences())
    changed = {
        key: value for key, value in asdict(store.preferences.load()).items() if value != usual[key]
    }
    if "proxy" in changed:
        changed["proxy"] = host_of(changed["proxy"]) or "set"
    return changed | {key: "set" for key in _ONLY_WHETHER_SET if key in changed}


def _connection(number: int, connection: Connection) -> dict[str, Any]:
    return {
        "number": number,
        "service": connection.service,
        "host": host_of(connection.url),
        "options": {
            key: _option(connection.service, key, value)
            for key, value in connection.options.items()
        },
    }


def _option(service: str, key: str, value: str) -> str:
    """One of the choices that Postflight offers, or only that it is set."""
    fields = [item for spec in SPECS if spec.id == service for item in spec.fields]
    choices = {choice for item in fields if item.key == key for choice in item.choices}
    words = {part.strip() for part in value.split(",")}
    return value if words <= choices else "set"


def _batch(store: Store, batch: Batch, numbers: Mapping[str, int]) -> dict[str, Any]:
    states: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    size = again = 0
    for status in store.lists.statuses(batch.id):
        states[status.state.value] += 1
        size += status.file.size
        again += status.attempts > 1
        if status.fault:
            faults[status.fault.code] += 1
    grants = store.grants.of_batch(batch.id)
    return {
        "id": batch.id[:8],
        "connection": numbers.get(batch.connection.casefold()),
        "service": batch.service,
        "state": batch.state.value,
        "reason": batch.reason.code if batch.reason else None,
        "created_at": utc(batch.created_at),
        "finished_at": utc(batch.finished_at),
        "roots": len(batch.roots),
        "patterns": len(batch.include) + len(batch.exclude),
        "jobs_wanted": list(batch.jobs_wanted),
        "files": dict(states),
        "bytes": size,
        "faults": dict(faults),
        "tried_again": again,
        "grants": len(grants),
        "storages": sorted({host_of(item.storage.endpoint) for item in grants if item.storage}),
        "open_uploads": len(store.parts.open_uploads(batch.id)),
        "jobs": [
            {"kind": job.kind, "state": job.state.value, "progress": job.progress}
            for job in store.batches.jobs(batch.id)
        ],
        "notes": len(store.batches.history(batch.id)),
    }
