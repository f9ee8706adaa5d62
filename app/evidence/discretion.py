"""Takes out of words what nobody else needs to read: secrets, the person's folders, file names."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.domain.naming import printable
from app.log import MASK, redact

_LONGEST: Final = 300  # characters of a path that are looked at before its extension
# What a drone, a camera or a ground station writes; other names are known from the records.
_MEDIA: Final = (
    "jpg|jpeg|jpe|png|heic|heif|webp|gif|tif|tiff|dng|raw|cr2|cr3|nef|arw|raf|mp4|mov|avi|mkv|m4v|"
    "lrf|lrv|thm|srt|seq|csq|kmz|kml|mrk|nav|obs|rtk|rtb|imu|ldr|ldrt|las|laz|clc|clr|cmi|rpt|pos"
)
_EXTENSION: Final = re.compile(rf"(?i)\.(?P<kind>{_MEDIA})(?![\w])")
# Where a name may begin: at the start, or behind a blank or a sign that stands before names.
_BEGIN: Final = re.compile(r"(?<![^\s/\\\"'():\[<,|=])")
_TOKEN: Final = re.compile(r"[^\s\"'()<>|,;]*\Z")
_USER: Final = re.compile(
    r"(?i)(?:(?<![\w/])/(?:home|users|media|run/media|volumes)/|\b[a-z]:[\\/]+users[\\/]+)"
    r"[^\s/\\\"':|]+"
)


def name_of(root: Path) -> str:
    """A folder's own name; a card's root has none but its drive."""
    return printable(root.name or root.drive.strip(":\\/") or "card")


def home() -> dict[str, str]:
    """The person's own folder, and what is said instead."""
    return {os.path.expanduser("~"): "~"}  # noqa: PTH111  # Path.home() raises where there is none


def host_of(url: str) -> str:
    """Scheme, host and port: user, password and path may be secrets."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""


class Discreet:
    """Changes words one after another: what is given first is looked for first."""

    def __init__(
        self,
        folders: Mapping[str, str],
        secrets: Iterable[str] = (),
        names: Mapping[str, str] | None = None,
    ) -> None:
        """`folders`: a full path and what is said instead. `secrets` are masked wherever they
        stand. With `names` (a file's path and what is said instead) no file name stays."""
        self._secrets = sorted((text for text in secrets if text), key=len, reverse=True)
        # The root of a disk would match every slash.
        long = {path: said for path, said in folders.items() if len(path) > 3}
        self._folders = sorted(long.items(), key=lambda item: -len(item[0]))
        self._names = None if names is None else _both_forms(names)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        for path, said in self._folders:
            text = text.replace(path, said)
        text = redact(_USER.sub("~", text))
        return text if self._names is None else self._without_names(text, self._names)

    def _without_names(self, text: str, names: Mapping[str, str]) -> str:
        done: list[str] = []
        at = 0
        for match in _EXTENSION.finditer(text):
            if match.end() <= at:
                continue
            start, said = _name_before(text, at, match, names)
            done += (text[at:start], said)
            at = match.end()
        return "".join(done) + text[at:]


def _name_before(
    text: str, least: int, match: re.Match[str], names: Mapping[str, str]
) -> tuple[int, str]:
    """Where the name that ends with this extension begins, and what is said instead: the longest
    known one, as names may hold blanks, else the word."""
    end = match.end()
    for begin in _BEGIN.finditer(text, max(least, end - _LONGEST), match.start()):
        if said := names.get(text[begin.start() : end]):
            return begin.start(), said
    word = _TOKEN.search(text, least, match.start())
    start = word.start() if word else match.start()
    return start, f"<file>.{match['kind']}"


def _both_forms(names: Mapping[str, str]) -> dict[str, str]:
    """Services and logs see names composed; cards written on a Mac have them decomposed."""
    composed = {unicodedata.normalize("NFC", name): said for name, said in names.items()}
    return {**composed, **names}
