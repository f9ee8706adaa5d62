"""The page without a batch: where to drop, cards that were found, and the way to try it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.preferences import Language
from app.ui import language
from app.ui.controller import Controller
from app.ui.empty_page import EmptyPage
from app.ui.system.cards import Card
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import button, delivered, shows, tick

GB = 1_000_000_000


@pytest.fixture
async def page(qtbot: QtBot, controller: Controller) -> EmptyPage:
    page = EmptyPage(controller)
    qtbot.addWidget(page)
    page.resize(900, 640)
    page.show()
    return page


def words(page: EmptyPage) -> str:
    return " | ".join(one.text() for one in page.findChildren(QLabel) if one.isVisibleTo(page))


def card(name: str, photos: Path | None = None) -> Card:
    return Card(name, Path("/media") / name, 64 * GB, 20 * GB, photos)


async def test_it_says_where_a_drop_goes(page: EmptyPage) -> None:
    page.show_destination("Harbour East")
    assert "Drop a flight here" in words(page)
    assert "Harbour East" in words(page)
    page.show_destination("")
    assert "Choose above where it goes." in words(page)


async def test_its_buttons_say_what_the_pilot_wants(qtbot: QtBot, page: EmptyPage) -> None:
    asked: list[str] = []
    page.choose_folder.connect(lambda: asked.append("folder"))
    page.choose_files.connect(lambda: asked.append("files"))
    page.try_practice.connect(lambda: asked.append("practice"))
    for word in ("Choose folder", "Choose files", "Try it without an account"):
        qtbot.mouseClick(button(page, word), Qt.MouseButton.LeftButton)
    assert asked == ["folder", "files", "practice"]
    assert not shows(page, "Add a connection")


async def test_without_a_connection_it_asks_for_one(
    qtbot: QtBot, page: EmptyPage, bench: Workbench, controller: Controller
) -> None:
    page.show_cards([card("SD")])
    for connection in bench.app.store.connections.all():
        bench.app.store.connections.remove(connection.name)
    controller.connections_changed.emit()
    asked: list[bool] = []
    page.add_connection.connect(lambda: asked.append(True))
    assert "Where should your flights go?" in words(page)
    assert not shows(page, "Choose folder")
    assert not shows(page, "Send"), "there is nowhere to send the card to"
    qtbot.mouseClick(button(page, "Add a connection"), Qt.MouseButton.LeftButton)
    assert asked == [True]
    assert shows(page, "Try it without an account")


async def test_a_card_is_sent_with_one_click(qtbot: QtBot, page: EmptyPage, tmp_path: Path) -> None:
    sent: list[Path] = []
    page.send_folder.connect(sent.append)
    page.show_cards([card("MAVIC", tmp_path / "DCIM")])
    await tick()
    assert "MAVIC" in words(page)
    assert "64" in words(page)
    qtbot.mouseClick(button(page, "Send"), Qt.MouseButton.LeftButton)
    page.show_cards([card("DJI")])
    await tick()
    qtbot.mouseClick(button(page, "Send"), Qt.MouseButton.LeftButton)
    assert sent == [tmp_path / "DCIM", Path("/media/DJI")], "its photos, or all of it"
    page.show_cards([])
    assert not shows(page, "Send")


async def test_many_cards_leave_room_for_the_page(page: EmptyPage) -> None:
    page.show_cards([card(f"CARD {n}") for n in range(9)])
    await tick()
    sends = [b for b in page.findChildren(QPushButton) if b.text() == "Send" and not b.isHidden()]
    assert 0 < len([b for b in sends if b.isVisibleTo(page)]) <= 3


async def test_in_the_practice_cloud_there_is_nothing_to_try(page: EmptyPage) -> None:
    page.show_practising(True)
    assert not shows(page, "Try it without an account")


async def test_the_last_delivery_is_remembered(
    page: EmptyPage, bench: Workbench, controller: Controller, tmp_path: Path
) -> None:
    assert "Last:" not in words(page)
    await delivered(controller, bench, tmp_path / "morning", count=3)
    assert "Last: morning" in words(page)
    assert "3 delivered" in words(page)


async def test_it_speaks_the_language_of_the_moment(qapp: QApplication, page: EmptyPage) -> None:
    page.show_destination("Harbour East")
    page.show_cards([card("SD")])
    await tick()
    english = {b.text() for b in page.findChildren(QPushButton) if b.isVisibleTo(page)}
    language.use(Language.CHINESE, qapp)
    await tick()
    chinese = {b.text() for b in page.findChildren(QPushButton) if b.isVisibleTo(page)}
    assert "把飞行数据拖到这里" in words(page)
    assert not english & chinese
