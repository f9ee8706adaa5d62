"""The command line's words: English as written in the code, Chinese where the person reads it."""

from __future__ import annotations

import ctypes
import locale
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from app.domain.errors import PostflightError
from app.domain.preferences import Language
from app.paths import Paths
from app.speech.catalogue import CATALOGUE, Catalogue, fill, load, resolve
from app.store.glimpse import language_of

_PRIMARY: Final = 0x3FF  # of Windows' language ids the part that names the language
_CHINESE_ID: Final = 0x04
_catalogue: Catalogue | None = None


def use(language: Language) -> None:
    """Speaks English or Chinese from now on."""
    global _catalogue
    chinese = language is Language.CHINESE
    _catalogue = load(Paths.find({}).resources / CATALOGUE) if chinese else None


def catalogue() -> Catalogue | None:
    """None while English is spoken."""
    return _catalogue


def chosen(
    environment: Mapping[str, str] = os.environ, streams: Sequence[TextIO | None] | None = None
) -> Language:
    """What was set in the window, else what the system speaks; English on terminals that have no
    Chinese characters. `--json` is English in any case: programs read it."""
    for stream in (sys.stdout, sys.stderr) if streams is None else streams:
        if stream is not None and not _writes_chinese(stream):
            return Language.ENGLISH
    try:
        kept = language_of(Paths.find(environment).data)
    except PostflightError:  # the command itself says it
        kept = Language.SYSTEM
    return resolve(kept, wanted(environment))


def wanted(environment: Mapping[str, str]) -> list[str]:
    """Languages in the person's order, as gettext reads them; then what Windows is set to."""
    place = next(
        (environment[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(n)), ""
    )
    if place in ("C", "POSIX") or place.startswith("C."):
        return []
    listed = environment.get("LANGUAGE", "") if place else ""
    names = [name for name in (*listed.split(":"), place) if name]
    return names or _of_windows()


def _of_windows() -> list[str]:
    if sys.platform != "win32":
        return []
    number = ctypes.windll.kernel32.GetUserDefaultUILanguage()
    known = "zh" if number & _PRIMARY == _CHINESE_ID else ""
    return [known or locale.windows_locale.get(number, "")]


def _writes_chinese(stream: TextIO) -> bool:
    try:
        "中".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def t(text: str, **values: object) -> str:
    """`text` in the language that is spoken; `{name}` in it is filled from `values`."""
    known = _catalogue.window.get(text, text) if _catalogue else text
    return fill(known, text, values)


def nt(one: str, many: str, n: int, **values: object) -> str:
    """Like `t` for a count, which fills `{n}`."""
    return t(one if n == 1 else many, **values, n=n)


def said(sentence: str) -> str:
    """A sentence of the layers below; a server's own words come back unchanged."""
    return _catalogue.engine.translate(sentence) if _catalogue else sentence
