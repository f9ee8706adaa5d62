"""The two languages: choosing one, filling its words, and saying the engine's sentences anew."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QLocale
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QWidget
from pytestqt.qtbot import QtBot

from app.domain import words
from app.domain.model import Counts
from app.domain.preferences import Language
from app.paths import Paths
from app.speech.catalogue import CATALOGUE, Catalogue, read, resolve
from app.speech.sentences import Sentences
from app.ui import language
from app.ui.language import Words

CHINA = QLocale(QLocale.Language.Chinese, QLocale.Country.China)
AMERICA = QLocale(QLocale.Language.English, QLocale.Country.UnitedStates)


class Listening(QWidget):
    """Counts how often it is told of another language."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = 0

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.heard += 1
        super().changeEvent(event)


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    before = QLocale()
    language.use(Language.ENGLISH, qapp)
    yield qapp
    language.use(Language.ENGLISH, qapp)
    QLocale.setDefault(before)


@pytest.fixture(scope="module")
def said() -> Sentences:
    return read(Paths.find({}).resources / CATALOGUE).engine


def chinese(**window: str) -> Words:
    return Words(Language.CHINESE, CHINA, Catalogue(window, Sentences({})))


def test_a_switch_reaches_every_widget_and_so_does_the_way_back(
    app: QApplication, qtbot: QtBot
) -> None:
    widget = Listening()
    qtbot.addWidget(widget)
    language.use(Language.CHINESE, app)
    app.processEvents()
    assert (widget.heard, language.current()) == (1, Language.CHINESE)
    assert language.said("Stopped.") == "已停止。"
    language.use(Language.ENGLISH, app)
    app.processEvents()
    assert (widget.heard, language.current()) == (2, Language.ENGLISH)
    assert language.said("Stopped.") == "Stopped."


def test_choosing_the_same_language_again_disturbs_nobody(app: QApplication, qtbot: QtBot) -> None:
    widget = Listening()
    qtbot.addWidget(widget)
    language.use(Language.ENGLISH, app)
    app.processEvents()
    assert widget.heard == 0


def test_the_buttons_that_qt_makes_follow_the_language(app: QApplication, qtbot: QtBot) -> None:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    cancel = box.button(QDialogButtonBox.StandardButton.Cancel)
    english = cancel.text()
    language.use(Language.CHINESE, app)
    app.processEvents()
    assert cancel.text() == "取消"
    language.use(Language.ENGLISH, app)
    app.processEvents()
    assert cancel.text() == english


def test_dates_and_numbers_follow_the_language(app: QApplication) -> None:
    language.use(Language.CHINESE, app)
    assert language.locale().language() is QLocale.Language.Chinese
    assert QLocale().language() is QLocale.Language.Chinese
    assert language.number(1204) == "1,204"


@pytest.mark.parametrize(
    ("wanted", "speaks"),
    [
        (["zh-Hans-CN", "zh-CN", "zh"], Language.CHINESE),
        (["en-GB", "en"], Language.ENGLISH),
        (["de-DE", "zh-CN", "en"], Language.CHINESE),
        (["de-DE", "en-US", "zh-CN"], Language.ENGLISH),
        (["C"], Language.ENGLISH),
        ([], Language.ENGLISH),
    ],
)
def test_the_system_language_is_the_first_that_we_speak(
    wanted: list[str], speaks: Language
) -> None:
    assert resolve(Language.SYSTEM, wanted) is speaks


def test_a_chosen_language_wins_over_the_system() -> None:
    assert resolve(Language.ENGLISH, ["zh-CN"]) is Language.ENGLISH


def test_words_without_chinese_stay_english_and_are_filled() -> None:
    assert chinese().t("To {name}", {"name": "Harbour {East}"}) == "To Harbour {East}"


def test_a_count_takes_its_form_and_groups_its_digits() -> None:
    english = Words(Language.ENGLISH, AMERICA)
    assert english.nt("Retry {n} file", "Retry {n} files", 1, {}) == "Retry 1 file"
    assert english.nt("Retry {n} file", "Retry {n} files", 1204, {}) == "Retry 1,204 files"
    both = chinese(**{"Retry {n} files": "重试 {n} 个文件"})
    assert both.nt("Retry {n} file", "Retry {n} files", 1204, {}) == "重试 1,204 个文件"


@pytest.mark.parametrize(
    "broken", ["发往 {nam}", "发往 {name", "发往 {}", "发往 {name.x}", "发往 {name!x}"]
)
def test_a_broken_translation_falls_back_to_english_and_says_so_in_the_log(
    broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert chinese(**{"To {name}": broken}).t("To {name}", {"name": "x"}) == "To x"
    assert "cannot be filled" in caplog.text


def test_a_catalogue_that_cannot_be_read_is_an_error_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "zh.po"
    path.write_text("this is no catalogue", encoding="utf-8")
    for unreadable in (path, tmp_path / "not there.po"):
        with pytest.raises(OSError, match="Syntax error"):
            read(unreadable)


def test_even_broken_english_never_raises(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert Words(Language.ENGLISH, AMERICA).t("To {name}", {"other": 1}) == "To {name}"


def test_a_plural_entry_serves_both_forms_and_unsure_ones_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "zh.po"
    path.write_text(
        'msgid ""\nmsgstr "Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
        'msgid "{n} card"\nmsgid_plural "{n} cards"\nmsgstr[0] "{n} 张卡"\n\n'
        '#, fuzzy\nmsgid "Unsure"\nmsgstr "不确定"\n\n'
        'msgid "Open"\nmsgstr ""\n\n'
        'msgctxt "engine"\nmsgid "Stopped."\nmsgstr "已停止。"\n',
        encoding="utf-8",
    )
    catalogue = read(path)
    assert catalogue.window == {"{n} card": "{n} 张卡", "{n} cards": "{n} 张卡"}
    assert catalogue.engine.translate("Stopped.") == "已停止。"


@pytest.mark.parametrize(
    ("english", "wanted"),
    [
        ("The file is empty.", "文件是空的。"),
        ("FlightHub 2 cannot be reached.", "无法连接到 FlightHub 2。"),
        # Sentences in a row, with the words of a server between them.
        ("FlightHub 2 is busy. Postflight waits and goes on by itself.",
         "FlightHub 2 繁忙。Postflight 会稍等并自动继续。"),
        ("Choose the project again. FlightHub 2 says: no such thing. Go away.",
         "请重新选择项目。FlightHub 2 的说明：no such thing. Go away."),
        ("Something of theirs. Stopped. And more.", "Something of theirs. 已停止。And more."),
        # Known words inside of others.
        ("The service has not finished: FlightHub 2 has imported 3 of 5 files so far.",
         "服务尚未完成：FlightHub 2 已导入 5 个文件中的 3 个，仍在进行。"),
        ("Signed in to project abc with an access key.", "已登录项目 abc（使用访问密钥）。"),
        ("DCIM/a b.JPG changed while it was being read.", "DCIM/a b.JPG 在读取过程中发生了变化。"),
    ],
)  # fmt: skip
def test_the_engines_sentences_are_found_by_their_templates(
    said: Sentences, english: str, wanted: str
) -> None:
    assert said.translate(english) == wanted


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "  ",
        "Thank you. Error is hot.",
        "The answer is no",
        "The answer is 42",
        "you say: wait",
        "so, what",
        "无效的令牌",
        "/DCIM/a.jpg",
    ],
)
def test_words_that_are_not_ours_come_back_unchanged(said: Sentences, foreign: str) -> None:
    assert said.translate(foreign) == foreign


def test_sizes_times_and_counts_are_said_in_chinese(said: Sentences) -> None:
    assert said.translate(words.duration(11_700)) == "3 小时 15 分钟"
    assert said.translate(words.duration(300)) == "5 分钟"
    assert said.translate(words.duration(4.2)) == "4.2 秒"
    assert said.translate(words.size(512)) == "512 字节"
    assert said.translate(words.size(5.2e9)) == "5.2 GB"
    assert said.translate(words.files(1)) == "1 个文件"
    assert said.translate(words.files(412)) == "412 个文件"
    counts = Counts(delivered=410, skipped=2, failed=1)
    assert said.translate(words.tally(counts)) == "已送达 410 个，已跳过 2 个，未上传 1 个"


def test_a_hole_never_swallows_a_sentence_that_is_known_itself() -> None:
    known = Sentences({"{1} cannot be reached.": "无法连接 {1}。", "Stopped.": "已停止。"})
    assert known.translate("Stopped. Home cannot be reached.") == "已停止。无法连接 Home。"


def test_a_changed_order_of_holes_is_kept() -> None:
    known = Sentences({"Imported {1} of {2} things.": "{2} 中的 {1}"})
    assert known.translate("Imported 3 of 5 things.") == "5 中的 3"
