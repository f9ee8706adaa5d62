"""The last minute before the computer sleeps or shuts down: the person may still say no."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.errors import LocalError
from app.ui.controller import Controller
from app.ui.finish_sheet import ask_then_finish
from app.ui.look.sheet import Sheet
from app.ui.system.power import SECONDS, Finish
from app.ui.window import Window
from tests.ui.batch_kit import tick, until


class Computer:
    def __init__(self) -> None:
        self.asked: list[Finish] = []
        self.threads: list[str] = []
        self.ended: list[bool] = []
        self.refuses = False

    def act(self, finish: Finish) -> None:
        self.asked.append(finish)
        self.threads.append(threading.current_thread().name)
        if self.refuses:
            raise LocalError("This computer did not shut down.", "The system refused it.")


@pytest.fixture
async def window(qtbot: QtBot, controller: Controller) -> Window:
    window = Window(controller)
    qtbot.addWidget(window)
    window.show()
    return window


def ask(window: Window, finish: Finish, computer: Computer, second: int) -> Sheet:
    ask_then_finish(window, finish, lambda: computer.ended.append(True), computer.act, second)
    sheet = window.findChild(Sheet)
    assert sheet is not None
    return sheet


@pytest.mark.parametrize("finish", [Finish.SLEEP, Finish.SHUT_DOWN, Finish.QUIT])
async def test_after_a_minute_it_does_what_was_chosen(window: Window, finish: Finish) -> None:
    computer = Computer()
    ask(window, finish, computer, 1)
    await until(lambda: computer.asked)
    await tick()
    assert computer.asked == [finish]
    assert computer.threads[0].startswith("pf-control"), "the loop never waits for the system"
    assert computer.ended == ([] if finish is Finish.SLEEP else [True])


async def test_it_says_what_comes_and_counts(window: Window) -> None:
    sheet = ask(window, Finish.SHUT_DOWN, Computer(), 60_000)
    said = [label.text() for label in sheet.findChildren(QLabel)]
    assert any("shutting down" in words for words in said)
    assert f"in {SECONDS} seconds" in said
    sheet.close()


@pytest.mark.parametrize("how", ["button", "escape"])
async def test_the_person_may_say_no(qtbot: QtBot, window: Window, how: str) -> None:
    computer = Computer()
    sheet = ask(window, Finish.SHUT_DOWN, computer, 5)
    if how == "button":
        qtbot.mouseClick(sheet.findChildren(QPushButton)[-1], Qt.MouseButton.LeftButton)
    else:
        qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    await tick()
    await tick()
    assert computer.asked == []
    assert computer.ended == []


async def test_a_computer_that_refuses_keeps_the_window(
    window: Window, controller: Controller
) -> None:
    computer = Computer()
    computer.refuses = True
    said: list[str] = []
    controller.problem.connect(lambda fault: said.append(fault.title))
    ask(window, Finish.SHUT_DOWN, computer, 1)
    await until(lambda: said)
    assert said == ["This computer did not shut down."]
    assert computer.ended == []
