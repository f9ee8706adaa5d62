"""The one message bar: merged by cause, the loudest first, in the language of the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.preferences import Language, Theme
from app.domain.states import BatchState
from app.practice.faults import parse_faults
from app.ui import language
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.message_bar import Message, MessageBar, Weight
from app.ui.messages import Messages
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench


def bar_in(qtbot: QtBot) -> MessageBar:
    bar = MessageBar()
    qtbot.addWidget(bar)
    return bar


def news(words: str, weight: Weight = Weight.NEWS) -> Message:
    return Message(weight, lambda: words)


def test_nothing_to_say_takes_no_room(qtbot: QtBot) -> None:
    assert bar_in(qtbot).isHidden()


def test_the_same_cause_is_said_once_and_the_loudest_stands_in_front(qtbot: QtBot) -> None:
    bar = bar_in(qtbot)
    bar.say("a", news("first"))
    bar.say("a", news("second"))
    bar.say("b", news("loud", Weight.TROUBLE))
    bar.say("c", news("quiet"))
    assert bar.causes() == ["a", "b", "c"]
    assert bar.text == "loud"
    bar.clear("b")
    assert bar.text == "quiet", "of equally loud ones the newest"
    bar.clear("a")
    bar.clear("c")
    assert bar.isHidden()


def test_a_message_is_waved_away(qtbot: QtBot) -> None:
    bar = bar_in(qtbot)
    bar.say("a", news("hello"))
    bar.show()
    qtbot.mouseClick(bar.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert bar.isHidden()


def test_its_button_does_what_it_says(qtbot: QtBot) -> None:
    bar, done = bar_in(qtbot), []
    bar.say("a", Message(Weight.NEEDS_YOU, lambda: "x", lambda: "Show", lambda: done.append(1)))
    button = bar.findChildren(QPushButton)[0]
    assert button.text() == "Show"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == [1]


def test_the_language_changes_under_a_message(qapp: QApplication, qtbot: QtBot) -> None:
    bar = bar_in(qtbot)
    bar.say("a", Message(Weight.NEWS, lambda: t("Online")))
    bar.show()
    language.use(Language.CHINESE, qapp)
    QApplication.processEvents()
    assert bar.text == t("Online") != "Online"


@pytest.fixture(params=[10, 18])
def text_size(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    before = QFont(qapp.font())
    qapp.setFont(QFont("Inter", request.param))
    theme.apply(qapp, Theme.LIGHT)
    yield
    qapp.setFont(before)


@pytest.mark.usefixtures("text_size")
@pytest.mark.parametrize("words", [1, 8, 40, 120])
def test_it_is_as_tall_as_its_words_and_no_taller(qtbot: QtBot, words: int) -> None:
    page, bar = QWidget(), bar_in(qtbot)
    page.setLayout(parts.column(None, bar, spacing=0))
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    bar.say("a", Message(Weight.NEWS, lambda: "word " * words, lambda: "Show"))
    QApplication.processEvents()
    beside = [*bar.findChildren(QPushButton), *bar.findChildren(QToolButton)]
    told = next(one for one in bar.findChildren(QLabel) if one.text().startswith("word"))
    least = max(told.heightForWidth(told.width()), *(b.sizeHint().height() for b in beside))
    assert told.height() >= told.heightForWidth(told.width()), "and not lower either"
    assert bar.height() <= least + 2 * theme.S + 2


async def until(bar: MessageBar, part: str) -> None:
    async with asyncio.timeout(20):
        while part not in bar.text:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_files_that_need_the_person_are_counted_until_they_are_settled(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    bar = bar_in(qtbot)
    messages = Messages(controller, bar)
    needing: list[int] = []
    messages.needing.connect(needing.append)
    write_flight(tmp_path / "card", 2, 1000, 1000)
    (tmp_path / "card" / "empty.JPG").touch()
    batch = controller.add([tmp_path / "card"], bench.connection("flighthub2").name)
    assert batch is not None
    await until(bar, "1 file of card needs you.")
    assert needing[-1] == 1
    controller.accept_missing(batch.id)
    async with asyncio.timeout(20):
        while controller.snapshot(batch.id).batch.state is not BatchState.DELIVERED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        while needing[-1]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert bar.isHidden()


async def test_files_that_wait_for_the_storage_are_one_sentence(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    bar = bar_in(qtbot)
    Messages(controller, bar)
    bench.cloud.faults.add(*parse_faults("storage.put:status=503,wait=1*4"))
    write_flight(tmp_path / "card", 4, 1000, 1000)
    batch = controller.add([tmp_path / "card"], bench.connection("flighthub2").name)
    assert batch is not None
    await until(bar, "files wait:")
    async with asyncio.timeout(30):
        while not bar.isHidden():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
