"""A newer Postflight is told of in the message bar: quietly, between batches, and only once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.domain.preferences import Language
from app.domain.release import Feed
from app.engine.line import Line
from app.paths import HOME, Paths
from app.ui import language
from app.ui.controller import Controller
from app.ui.message_bar import Message, MessageBar, Weight
from app.ui.settings.page import SettingsPage
from app.ui.updates import CAUSE, UpdateWatch
from tests.helpers.clock import HandClock
from tests.helpers.scripted import Reply, ScriptedServer
from tests.ui.batch_kit import until
from tests.ui.settings_kit import click

DAY = 24 * 3600
PAGE = "https://code.example/flight/releases/tag/v9.8.7"


class Desk:
    """A window's bar and controller with a list of releases to ask."""

    def __init__(self, home: Path, server: ScriptedServer | None, qtbot: QtBot) -> None:
        self.clock = HandClock()
        self.home, self.server, self.qtbot = home, server, qtbot
        self.opened: list[str] = []
        self.open()

    def open(self) -> None:
        feed = Feed(self.server.url + "/latest", "code.example") if self.server else Feed()
        self.app = bootstrap.build(
            Paths.find({HOME: str(self.home)}), exclusive=True, clock=self.clock, releases=feed
        )
        self.controller = Controller(self.app, Line(self.app.engine))
        self.bar = MessageBar()
        self.qtbot.addWidget(self.bar)
        self.watch = UpdateWatch(
            self.controller, self.bar, first=10, again=20, open_page=self.opened.append
        )

    def close(self) -> None:
        self.watch.close()
        self.app.close()

    def reopen(self) -> None:
        self.close()
        self.open()

    @property
    def asked(self) -> int:
        return len(self.server.seen) if self.server else 0


@pytest.fixture
def told() -> dict[str, object]:
    """What the list answers; a test may change it."""
    return {"tag_name": "v9.8.7", "html_url": PAGE}


@pytest.fixture
def server(told: dict[str, object]) -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _: Reply(dict(told))) as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, server: ScriptedServer, qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(tmp_path, server, qtbot)
    yield made
    made.close()


async def a_few_looks() -> None:
    await asyncio.sleep(0.15)


async def test_it_is_said_in_one_line_with_a_way_to_the_page(
    desk: Desk, qapp: QApplication, qtbot: QtBot
) -> None:
    await until(lambda: CAUSE in desk.bar.causes())
    assert desk.bar.text == f"Postflight 9.8.7 is out; this is {desk.app.updates.version}."
    language.use(Language.CHINESE, qapp)
    desk.bar.retranslate()
    assert "9.8.7 已发布" in desk.bar.text
    qtbot.mouseClick(desk.bar.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert desk.opened == [PAGE]
    assert not [w for w in qapp.topLevelWidgets() if isinstance(w, QDialog)]
    await a_few_looks()
    assert desk.asked == 1, "once a day"
    desk.clock.move(DAY)
    await until(lambda: desk.asked == 2)


async def test_it_is_known_after_a_new_start_without_asking(desk: Desk) -> None:
    await until(lambda: CAUSE in desk.bar.causes())
    desk.reopen()
    await until(lambda: CAUSE in desk.bar.causes())
    assert desk.asked == 1


async def test_who_waved_it_away_hears_of_the_next_one_only(
    desk: Desk, told: dict[str, object], qtbot: QtBot
) -> None:
    await until(lambda: CAUSE in desk.bar.causes())
    qtbot.mouseClick(desk.bar.findChild(QToolButton), Qt.MouseButton.LeftButton)
    desk.reopen()
    await a_few_looks()
    assert not desk.bar.causes()
    told["tag_name"] = "v10.0"
    desk.clock.move(DAY)
    await until(lambda: "10.0" in desk.bar.text)


async def test_a_louder_message_stands_before_it(desk: Desk) -> None:
    desk.bar.say("waits", Message(Weight.WAITS, lambda: "3 files wait."))
    await until(lambda: CAUSE in desk.bar.causes())
    assert desk.bar.text == "3 files wait."


async def test_nothing_is_asked_or_said_while_a_batch_moves(
    tmp_path: Path, server: ScriptedServer, qtbot: QtBot
) -> None:
    from tests.helpers.flights import write_flight
    from tests.helpers.workbench import workbench

    write_flight(tmp_path / "card", 2, 1000, 2000)
    with workbench(tmp_path) as bench:
        feed = Feed(server.url + "/latest", "code.example")
        bench.app._releases = feed
        batch = bench.add("cloud-api", tmp_path / "card")
        controller = Controller(bench.app, Line(bench.app.engine, first_wait=0.1))
        bar = MessageBar()
        qtbot.addWidget(bar)
        watch = UpdateWatch(controller, bar, first=10, again=20)
        assert controller.line.busy, "it waits in the line, which has not started"
        await a_few_looks()
        assert not server.seen and not bar.causes()
        controller.line.start()
        await until(lambda: CAUSE in bar.causes())
        assert not controller.line.busy
        assert bench.app.engine.batch(batch).finished_at is not None
        watch.close()
        await controller.close()


async def test_the_switch_ends_it_at_once_and_is_kept(desk: Desk, qtbot: QtBot) -> None:
    page = SettingsPage(desk.controller, Paths.find({HOME: str(desk.home)}))
    qtbot.addWidget(page)
    page.show()
    await until(lambda: CAUSE in desk.bar.causes())
    general = page.general
    assert general.updates.isVisible() and general.updates.isChecked()
    click(qtbot, general.updates)
    assert not desk.bar.causes()
    desk.clock.move(DAY)
    await a_few_looks()
    assert desk.asked == 1
    desk.reopen()
    await a_few_looks()
    assert not desk.controller.preferences.updates and desk.asked == 1


async def test_without_an_address_there_is_no_switch(tmp_path: Path, qtbot: QtBot) -> None:
    desk = Desk(tmp_path, None, qtbot)
    page = SettingsPage(desk.controller, Paths.find({HOME: str(tmp_path)}))
    qtbot.addWidget(page)
    page.show()
    assert not page.general.updates.isVisible()
    await a_few_looks()
    assert not desk.bar.causes() and not desk.controller.preferences.releases
    desk.close()


@pytest.mark.parametrize("answer", [Reply(status=500), Reply(b"<html>"), Reply(cut=True)])
async def test_trouble_is_silent(tmp_path: Path, qtbot: QtBot, answer: Reply) -> None:
    with ScriptedServer(lambda _: answer) as server:
        desk = Desk(tmp_path, server, qtbot)
        problems: list[object] = []
        desk.controller.problem.connect(problems.append)
        await until(lambda: desk.asked > 0)
        await a_few_looks()
        assert desk.asked <= 2, "a broken connection is tried once more, then tomorrow"
        assert not desk.bar.causes() and not problems
        desk.close()


async def test_an_answer_that_comes_after_the_window_went_disturbs_nobody(
    tmp_path: Path, qtbot: QtBot
) -> None:
    def slow(_: object) -> Reply:
        import time

        time.sleep(0.2)
        return Reply({"tag_name": "v9.8.7", "html_url": PAGE})

    with ScriptedServer(slow) as server:
        desk = Desk(tmp_path, server, qtbot)
        await until(lambda: desk.asked == 1)
        desk.close()
        await asyncio.sleep(0.4)


def test_a_choice_made_elsewhere_meanwhile_stays(tmp_path: Path) -> None:
    """`postflight updates off` while the window, which knows an older state, sets its theme."""
    app = bootstrap.build(Paths.find({HOME: str(tmp_path)}), exclusive=False)
    table = app.store.preferences
    windows = table.load()
    table.save(replace(windows, updates=False), since=windows)
    table.save(replace(windows, notify=False), since=windows)
    assert (table.load().updates, table.load().notify) == (False, False)
    table.save(replace(table.load(), updates=True), since=table.load())
    assert table.load().updates
    app.close()
