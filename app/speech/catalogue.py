"""Reads resources/i18n/zh_CN.po: the Chinese of all that Postflight says."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, cast

from app.domain.preferences import Language
from app.speech.sentences import Sentences

_log: Final = logging.getLogger(__name__)

CATALOGUE: Final = "i18n/zh_CN.po"
ENGINE: Final = "engine"  # the msgctxt of sentences which the layers below make
HELP: Final = "help"  # ... of what --help prints, a paragraph each
CLICK: Final = "click"  # ... of what click says by itself


class _Entry(Protocol):
    """What is read of polib's own entry, which has no types."""

    msgctxt: str | None
    msgid: str
    msgid_plural: str
    msgstr: str
    msgstr_plural: dict[int, str]
    obsolete: bool
    fuzzy: bool


def _nothing() -> Sentences:
    return Sentences({})


def later(text: str) -> str:
    """Marks a text of a table for the catalogue; a face says it when its turn comes."""
    return text


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`window` by msgid, plural forms under both of theirs; `engine` for whole sentences."""

    window: dict[str, str]  # the command line's own words too
    engine: Sentences
    help: dict[str, str] = field(default_factory=dict[str, str])
    click: Sentences = field(default_factory=_nothing)


def read(path: Path) -> Catalogue:
    """Raises OSError where polib cannot read it; entries without Chinese are left out."""
    import polib  # only now: nobody who speaks English waits for it

    window: dict[str, str] = {}
    others: dict[str, dict[str, str]] = {ENGINE: {}, HELP: {}, CLICK: {}}
    for entry in cast(Iterable[_Entry], polib.pofile(str(path), encoding="utf-8")):
        if entry.obsolete or entry.fuzzy:
            continue
        text = entry.msgstr or entry.msgstr_plural.get(0, "")
        if not text:
            continue
        into = others.get(entry.msgctxt or "", window)
        into[entry.msgid] = text
        if entry.msgid_plural:
            into[entry.msgid_plural] = text
    return Catalogue(window, Sentences(others[ENGINE]), others[HELP], Sentences(others[CLICK]))


def load(path: Path) -> Catalogue:
    """Like `read`, but a catalogue that cannot be read only means English."""
    try:
        return read(path)
    except (OSError, UnicodeDecodeError):
        _log.warning("the Chinese words cannot be read: all stays in English", exc_info=True)
        return Catalogue({}, Sentences({}))


def resolve(language: Language, wanted: Sequence[str]) -> Language:
    """English or Chinese; SYSTEM is the first of `wanted` (zh-Hans-CN, en_GB) that we speak."""
    if language is not Language.SYSTEM:
        return language
    for name in wanted:
        if name.startswith("zh"):
            return Language.CHINESE
        if name.startswith("en"):
            return Language.ENGLISH
    return Language.ENGLISH


def fill(text: str, english: str, values: Mapping[str, object]) -> str:
    """`text` with its holes filled; `english` where the translation has a slip."""
    if not values:
        return text
    try:
        return text.format(**values)
    except (LookupError, ValueError, AttributeError, TypeError):
        # A slip in a translation must never close a window in the middle of a delivery.
        _log.warning("the words %r cannot be filled", text, exc_info=True)
    return english if text == english else fill(english, english, values)
