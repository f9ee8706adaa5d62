"""From folders to queued files: walks, names, and what a service would refuse anyway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from app.domain.errors import Fault
from app.domain.model import Found, NewFile
from app.domain.naming import FlatNames, sent_name
from app.domain.ports import Cancel
from app.media.scan import Choice, LeftOut, walk
from app.services.base import Service

CHUNK = 250  # rows in one transaction, which the loop waits for


@dataclass(slots=True)
class Scan:
    """One walk, taken in chunks; runs in the disk thread. `left_out` grows while it goes on."""

    roots: Sequence[Path]
    choice: Choice
    service: Service
    cancel: Cancel
    known: dict[str, str] = field(default_factory=dict[str, str])  # path to name, from before
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    _walk: Iterator[Found | LeftOut] | None = None
    _names: FlatNames | None = None

    def chunk(self) -> list[NewFile] | None:
        """The next files with their names, or None at the end."""
        if self._walk is None:
            self._walk = walk(self.roots, self.choice, self.cancel)
            self._names = FlatNames(self.known.values())
        found = list(islice(self._walk, CHUNK))
        return [f for item in found if (f := self._entry(item))] if found else None

    def _entry(self, item: Found | LeftOut) -> NewFile | None:
        if isinstance(item, LeftOut):
            self.left_out.append(item)
            return self._unreadable(item) if item.fault else None
        name = self.known.get(item.path) or self._name(item.path)
        refusal = self.service.refuse(item)
        fault = refusal.fault() if refusal else None
        return NewFile(item, name, self.service.lane(item.path), fault)

    def _name(self, path: str) -> str:
        if self.service.limits.flat_names and self._names is not None:
            return self._names.claim(path)
        return sent_name(path)

    def _unreadable(self, item: LeftOut) -> NewFile:
        """It cannot be sent, and the person must hear of it: a failed row, not a silent gap."""
        found = Found(0, Path(item.path), item.path, 0, 0)
        fault = Fault("file-unreadable", item.words, "Check the card, then retry.")
        return NewFile(found, sent_name(item.path), self.service.lane(item.path), fault)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upload would do, for `--dry-run`: nothing is stored or sent."""

    files: tuple[Found, ...]
    refused: tuple[tuple[str, Fault], ...]
    left_out: tuple[LeftOut, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def plan(roots: Sequence[Path], choice: Choice, service: Service, cancel: Cancel) -> Plan:
    scan = Scan(roots, choice, service, cancel)
    files: list[Found] = []
    refused: list[tuple[str, Fault]] = []
    while (chunk := scan.chunk()) is not None:
        for entry in chunk:
            if entry.fault is None:
                files.append(entry.found)
            else:
                refused.append((entry.found.path, entry.fault))
    return Plan(tuple(files), tuple(refused), tuple(scan.left_out))
