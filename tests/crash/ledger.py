"""Run in a process of its own under platter.c: prints how often each step of a file syncs."""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable
from pathlib import Path

from app.domain.model import Batch, Found, Job, NewFile, Receipt
from app.domain.placement import Grant
from app.domain.ports import DonePart, OpenUpload, SystemClock
from app.domain.states import BatchState, JobState
from app.store.store import Store

_LIBRARY = ctypes.CDLL(None)


def main(folder: Path) -> None:
    store = Store(folder, SystemClock())
    counted: dict[str, int] = {}

    def count(name: str, step: Callable[[], object]) -> None:
        before = int(_LIBRARY.platter_syncs())
        step()
        counted[name] = int(_LIBRARY.platter_syncs()) - before

    files, parts = store.files, store.parts.of_file(1)
    found = Found(0, Path("a.MP4"), "a.MP4", 10, 7)
    grant = Grant("b", "media", "g")
    job = Job("b", "3d", "", JobState.ASKING)
    count("batch", lambda: store.batches.add(_batch(folder)))
    count("scan", lambda: files.add("b", [NewFile(found, found.path, "media")]))
    count("grant", lambda: store.grants.add(grant))
    count("take", lambda: files.take("b", 1))
    prepared = files.prepared(1)
    count("prepared", lambda: files.save_prepared([prepared]))
    count("placed", lambda: files.placed(1, 1, "", "key"))
    count("upload", lambda: parts.begin(OpenUpload("u", "bucket", "key", 5, 10, 7)))
    count("part", lambda: parts.done(DonePart(1, 5, "e", "m")))
    count("note", lambda: store.batches.note("b", "words"))
    count("second part", lambda: parts.done(DonePart(2, 5, "e", "m")))
    count("stored", lambda: files.stored(1, Receipt("e", "m", "key")))
    count("asked", lambda: files.asked([1]))
    count("answered", lambda: files.answered([1]))
    count("confirmed", lambda: files.confirmed([1]))
    count("job asked", lambda: store.batches.save_job(job))
    count("explained", lambda: store.batches.hold("b", True))
    store.close()
    print(json.dumps(counted))  # noqa: T201


def _batch(folder: Path) -> Batch:
    return Batch("b", "flight", "harbour", "s", (folder,), BatchState.SCANNING)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
