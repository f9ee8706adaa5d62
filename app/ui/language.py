"""The window's words: English as written in the code, Chinese from resources/i18n/zh_CN.po."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

import polib
from PySide6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from app.domain.preferences import Language
from app.paths import Paths
from app.ui.sentences import Sentences

_log: Final = logging.getLogger(__name__)

CATALOGUE: Final = "i18n/zh_CN.po"
ENGINE: Final = "engine"  # the msgctxt of sentences which the layers below make
_QT_WORDS: Final = "qtbase_zh_CN"


class _Entry(Protocol):
    """What is read of polib's own entry, which has no types."""

    msgctxt: str | None
    msgid: str
    msgid_plural: str
    msgstr: str
    msgstr_plural: dict[int, str]
    obsolete: bool
    fuzzy: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`window` by msgid, plural forms under both of theirs; `engine` for whole sentences."""

    window: dict[str, str]
    engine: Sentences


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words; without a catalogue they are the code's own English."""

    language: Language
    locale: QLocale
    catalogue: Catalogue | None = None

    def t(self, text: str, values: Mapping[str, object]) -> str:
        return _fill(self._window(text), text, values)

    def nt(self, one: str, many: str, n: int, values: Mapping[str, object]) -> str:
        english = one if n == 1 else many
        grouped = self.locale.toString(n)
        return _fill(self._window(english), english, {**values, "n": grouped})

    def said(self, sentence: str) -> str:
        return self.catalogue.engine.translate(sentence) if self.catalogue else sentence

    def _window(self, text: str) -> str:
        return self.catalogue.window.get(text, text) if self.catalogue else text


@dataclass(slots=True)
class _State:
    words: Words
    catalogue: Catalogue | None = None  # None until Chinese was asked for once
    translator: QTranslator | None = None


def read(path: Path) -> Catalogue:
    """Raises OSError where polib cannot read it; entries without Chinese are left out."""
    window: dict[str, str] = {}
    engine: dict[str, str] = {}
    for entry in cast(Iterable[_Entry], polib.pofile(str(path), encoding="utf-8")):
        if entry.obsolete or entry.fuzzy:
            continue
        text = entry.msgstr or entry.msgstr_plural.get(0, "")
        if not text:
            continue
        if entry.msgctxt == ENGINE:
            engine[entry.msgid] = text
            continue
        window[entry.msgid] = text
        if entry.msgid_plural:
            window[entry.msgid_plural] = text
    return Catalogue(window, Sentences(engine))


def resolve(language: Language, wanted: Sequence[str]) -> Language:
    """English or Chinese; SYSTEM is the first of `wanted` (as in QLocale.uiLanguages) we speak."""
    if language is not Language.SYSTEM:
        return language
    for name in wanted:
        if name.startswith("zh"):
            return Language.CHINESE
        if name.startswith("en"):
            return Language.ENGLISH
    return Language.ENGLISH


def use(language: Language, app: QApplication | None) -> None:
    """Speaks `language` from now on; every widget of `app` gets a LanguageChange if it is new."""
    system = QLocale.system()
    chosen = resolve(language, system.uiLanguages())
    changed = chosen is not current()
    if chosen is Language.CHINESE:
        _state.catalogue = _state.catalogue or _load(Paths.find({}).resources / CATALOGUE)
        _state.words = Words(chosen, _chinese(system), _state.catalogue)
    else:
        _state.words = Words(chosen, _english(system))
    QLocale.setDefault(locale())
    if app is not None and not _swap_qt_words(app, chosen) and changed:
        QCoreApplication.sendEvent(app, QEvent(QEvent.Type.LanguageChange))


def current() -> Language:
    """ENGLISH or CHINESE, never SYSTEM."""
    return _state.words.language


def locale() -> QLocale:
    """For dates, times and numbers; the person's own region where it speaks our language."""
    return _state.words.locale


def number(value: int) -> str:
    """With grouped digits: 1,204."""
    return locale().toString(value)


def t(text: str, **values: object) -> str:
    """`text` in the current language; `{name}` in it is filled from `values`."""
    return _state.words.t(text, values)


def nt(one: str, many: str, n: int, **values: object) -> str:
    """Like `t` for a count; `{n}` is filled with grouped digits."""
    return _state.words.nt(one, many, n, values)


def said(sentence: str) -> str:
    """A sentence that the engine made in English; a server's own words come back unchanged."""
    return _state.words.said(sentence)


def later(text: str) -> str:
    """Marks a text of a table for the catalogue; the table's reader gives it to `t`."""
    return text


def _fill(text: str, english: str, values: Mapping[str, object]) -> str:
    if not values:
        return text
    try:
        return text.format(**values)
    except (LookupError, ValueError, AttributeError, TypeError):
        # A slip in a translation must never close a window in the middle of a delivery.
        _log.warning("the words %r cannot be filled", text, exc_info=True)
    return english if text == english else _fill(english, english, values)


def _load(path: Path) -> Catalogue:
    try:
        return read(path)
    except (OSError, UnicodeDecodeError):
        _log.warning("the Chinese words cannot be read: all stays in English", exc_info=True)
        return Catalogue({}, Sentences({}))


def _swap_qt_words(app: QApplication, language: Language) -> bool:
    """Qt's own dialogs and menus; says whether Qt told the widgets of a change."""
    if (language is Language.CHINESE) == (_state.translator is not None):
        return False
    if _state.translator is not None:
        gone, _state.translator = _state.translator, None
        return app.removeTranslator(gone)
    translator = QTranslator()
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if not translator.load(_QT_WORDS, folder):
        _log.warning("Qt's own Chinese words are missing")
        return False
    _state.translator = translator
    return app.installTranslator(translator)


def _english(system: QLocale) -> QLocale:
    if system.language() is QLocale.Language.English:
        return QLocale(system)
    return QLocale(QLocale.Language.English, QLocale.Country.UnitedStates)


def _chinese(system: QLocale) -> QLocale:
    simplified = system.script() is QLocale.Script.SimplifiedHanScript
    if system.language() is QLocale.Language.Chinese and simplified:
        return QLocale(system)
    return QLocale(QLocale.Language.Chinese, QLocale.Country.China)


_state: Final = _State(Words(Language.ENGLISH, _english(QLocale.system())))
