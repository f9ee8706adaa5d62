"""The diagnostics zip: what support needs to see, and nothing that is only the person's own."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from app.domain.errors import Fault
from app.domain.ports import Clock
from app.evidence import surroundings
from app.evidence.canonical import utc
from app.evidence.discretion import Discreet, home
from app.evidence.records import preferences, records
from app.evidence.target import written
from app.log import FILE_NAME
from app.paths import Paths
from app.store.database import migrations
from app.store.secrets import variable_of
from app.store.store import Store

MARK: Final = b"Postflight diagnostics"
NOTES: Final = 200
_SHORTEST: Final = 4  # characters of a secret that is looked for word by word

WORDS: Final = """\
Postflight diagnostics

What is in this file, for whoever helps you:

  environment.json  versions, operating system, which keyring, memory, free disk space
  records.json      connections and batches: their states, how many files are in which state, and
                    which errors they met; services' host names; how many rows there are
  schema.sql        how Postflight's database is laid out
  preferences.json  the settings that were changed
  notes.txt         what Postflight noted last about batches
  logs/             its log

What was left out: passwords, tokens and keys; photos and videos; where they were taken; the names
of connections and what their options say; titles of batches. The names of files and folders, and
your user name, are replaced wherever Postflight recognises them: <file 12>.JPG is the twelfth file
that it ever queued. Look through it before you give it away; all of it is plain text.
"""

Write = Callable[[str, Iterator[str]], None]


def write(
    paths: Paths,
    store: Store | None,
    target: Path,
    clock: Clock,
    trouble: Fault | None = None,
    environment: Mapping[str, str] = os.environ,
) -> list[str]:
    """Names of what is in the zip. `store` is None when it does not open; `trouble` says why.

    Blocking. `target` replaces an earlier one only. Raises UsageError and DiskFull.
    """
    discreet = _discreet(store, environment)
    with (
        written(target, _is_ours) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.comment = MARK
        moment = time.gmtime(clock.now())[:6]

        def add(name: str, lines: Iterator[str]) -> None:
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as inside:
                for line in lines:
                    inside.write(line.encode("utf-8", "replace"))

        _fill(add, paths, store, clock, trouble, environment, discreet)
        return archive.namelist()


def _fill(
    add: Write,
    paths: Paths,
    store: Store | None,
    clock: Clock,
    trouble: Fault | None,
    environment: Mapping[str, str],
    discreet: Discreet,
) -> None:
    add("README.txt", iter([WORDS]))
    found = surroundings.look(paths, clock, environment)
    add("environment.json", _pretty(found, discreet))
    if store is None:
        said = {"database": "not opened", "error": _fault(trouble)}
        add("records.json", _pretty(said, discreet))
    else:
        add("records.json", _pretty(records(store), discreet))
        add("preferences.json", _pretty(preferences(store), discreet))
        add("notes.txt", (discreet(line) for line in _notes(store)))
    add("schema.sql", (f"-- {number}\n{text}\n" for number, text in migrations()))
    for log in sorted(paths.logs.glob(f"{FILE_NAME}*")):
        add(f"logs/{log.name}", _lines(log, discreet))


def _is_ours(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment == MARK
    except zipfile.BadZipFile:
        return False


def _discreet(store: Store | None, environment: Mapping[str, str]) -> Discreet:
    secrets = [
        value
        for name, value in environment.items()
        if name.upper().startswith(variable_of("")) and len(value) >= _SHORTEST
    ]
    folders = home()
    names: dict[str, str] = {}
    for batch in store.batches.all() if store else ():
        folders |= {str(root): f"<folder of {batch.id[:8]}>" for root in batch.roots}
        names |= _names(store, batch.id) if store else {}
    return Discreet(folders, secrets, names)


def _names(store: Store, batch_id: str) -> dict[str, str]:
    """Whole paths and bare names of a batch's files, and the number that stands for each."""
    found: dict[str, str] = {}
    last = 0
    while lines := store.lists.lines_after(batch_id, last):
        last = lines[-1].id
        for line in lines:
            name = line.path.rpartition("/")[2]
            _, dot, ending = name.rpartition(".")
            said = f"<file {line.id}>{dot}{ending}"
            found[line.path] = said
            found.setdefault(name, said)
    return found


def _notes(store: Store) -> Iterator[str]:
    every = sorted(
        (at, batch.id[:8], words)
        for batch in store.batches.all()
        for at, words in store.batches.history(batch.id)
    )
    return (f"{utc(at)} {batch_id} {words}\n" for at, batch_id, words in every[-NOTES:])


def _lines(log: Path, discreet: Discreet) -> Iterator[str]:
    try:
        with log.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                yield discreet(line)
    except OSError as error:
        yield discreet(f"(this file could not be read: {error})\n")


def _pretty(value: Any, discreet: Discreet) -> Iterator[str]:
    yield json.dumps(_told(value, discreet), ensure_ascii=False, indent=2) + "\n"


def _told(value: Any, discreet: Discreet) -> Any:
    """Text by text: a name beside its value would be taken for a secret with its name."""
    if isinstance(value, str):
        return discreet(value)
    if isinstance(value, Mapping):
        return {key: _told(item, discreet) for key, item in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list):
        return [_told(item, discreet) for item in cast(list[Any], value)]
    return value


def _fault(fault: Fault | None) -> dict[str, str] | None:
    return fault and {"code": fault.code, "title": fault.title, "details": fault.details}
