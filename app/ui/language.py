"""The window's words: English as written in the code, Chinese from resources/i18n/zh_CN.po."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from app.domain.preferences import Language
from app.paths import Paths
from app.speech.catalogue import CATALOGUE, Catalogue, fill, load, resolve

_log: Final = logging.getLogger(__name__)

_QT_WORDS: Final = "qtbase_zh_CN"


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words; without a catalogue they are the code's own English."""

    language: Language
    locale: QLocale
    catalogue: Catalogue | None = None

    def t(self, text: str, values: Mapping[str, object]) -> str:
        return fill(self._window(text), text, values)

    def nt(self, one: str, many: str, n: int, values: Mapping[str, object]) -> str:
        english = one if n == 1 else many
        grouped = self.locale.toString(n)
        return fill(self._window(english), english, {**values, "n": grouped})

    def said(self, sentence: str) -> str:
        return self.catalogue.engine.translate(sentence) if self.catalogue else sentence

    def _window(self, text: str) -> str:
        return self.catalogue.window.get(text, text) if self.catalogue else text


@dataclass(slots=True)
class _State:
    words: Words
    catalogue: Catalogue | None = None  # None until Chinese was asked for once
    translator: QTranslator | None = None


def use(language: Language, app: QApplication | None) -> None:
    """Speaks `language` from now on; every widget of `app` gets a LanguageChange if it is new."""
    system = QLocale.system()
    chosen = resolve(language, system.uiLanguages())
    changed = chosen is not current()
    if chosen is Language.CHINESE:
        _state.catalogue = _state.catalogue or load(Paths.find({}).resources / CATALOGUE)
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
