"""What tests of uploads in parts share: a storage that takes parts, and an upload already begun."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.errors import ServerBusy
from app.domain.model import MediaFile
from app.transfer.digests import multipart_etag
from app.transfer.mover import Mover
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import (
    MIB,
    MemoryLedger,
    grant_for,
    make_file,
    move_of,
    refusal,
    target,
)

SIZE = 11 * MIB  # three parts: 5, 5 and 1 MiB
IN_PARTS = target(single=False)


class Storage:
    """A storage as scripted replies: takes parts, unless `trouble` answers in its place."""

    def __init__(self, trouble: Callable[[str, Seen], Reply | None] = lambda call, seen: None):
        self._trouble = trouble
        self._lock = threading.Lock()
        self.calls: list[str] = []
        self.parts: dict[int, bytes] = {}
        self.completed = b""

    def answer(self, seen: Seen) -> Reply:
        call = self._name(seen)
        with self._lock:
            self.calls.append(call)
        return self._trouble(call, seen) or self._usual(call, seen)

    @staticmethod
    def _name(seen: Seen) -> str:
        if seen.method == "PUT":
            return f"part {seen.query['partNumber']} {seen.query['uploadId']}"
        if seen.method == "POST":
            return "begin" if "uploads" in seen.query else f"complete {seen.query['uploadId']}"
        others = {
            "GET": "list",
            "HEAD": "head",
            "DELETE": f"abort {seen.query.get('uploadId', '')}",
        }
        return others[seen.method]

    def _usual(self, call: str, seen: Seen) -> Reply:
        if call == "begin":
            return Reply(
                "<InitiateMultipartUploadResult><UploadId>up-1</UploadId>"
                "</InitiateMultipartUploadResult>"
            )
        if call.startswith("part"):
            number = int(seen.query["partNumber"])
            self.parts[number] = seen.body
            return Reply(headers={"ETag": f'"Tag-{number}"'})
        if call.startswith("complete"):
            self.completed = seen.body
            return complete_with("Whole-3")
        return Reply(status=403)  # keys that may only write

    def sent(self) -> list[str]:
        return sorted(call for call in self.calls if call.startswith("part"))


def complete_with(etag: str) -> Reply:
    return Reply(
        f"<CompleteMultipartUploadResult><ETag>&quot;{etag}&quot;</ETag>"
        "</CompleteMultipartUploadResult>"
    )


def expected_etag(content: bytes) -> str:
    pieces = [content[at : at + 5 * MIB] for at in range(0, len(content), 5 * MIB)]
    return multipart_etag(hashlib.md5(piece).hexdigest() for piece in pieces)


def complete_fails_first() -> Storage:
    failing = [True]

    def trouble(call: str, _: Seen) -> Reply | None:
        if call.startswith("complete") and failing[0]:
            failing[0] = False
            return refusal(503, "SlowDown")
        return None

    return Storage(trouble)


def begun(
    mover: Mover, folder: Path, storage: Storage, server: ScriptedServer
) -> tuple[MediaFile, MemoryLedger]:
    """A file, and a ledger that has parts 1 to 3 of an upload whose completion failed."""
    ledger, file = MemoryLedger(), make_file(folder, SIZE)
    with pytest.raises(ServerBusy):
        mover.place(grant_for(server.url), IN_PARTS, move_of(file, ledger=ledger))
    storage.calls.clear()
    return file, ledger
