"""The strip on top: the destination, and what is on, with as many words as there is room for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.preferences import Hours, Language
from app.ui import language
from app.ui.controller import Controller
from app.ui.header import Header
from app.ui.system.power import Finish
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import tick


@pytest.fixture
async def header(qtbot: QtBot, controller: Controller) -> Header:
    header = Header(controller)
    qtbot.addWidget(header)
    header.resize(1400, 48)
    header.show()
    return header


def box_of(header: Header) -> QComboBox:
    box = header.findChild(QComboBox)
    assert box is not None
    return box


def words(header: Header) -> list[str]:
    """What is to be read in it."""
    read = [one.text() for one in header.findChildren(QLabel) if one.isVisible()]
    return [*read, *(one.text() for one in header.findChildren(QPushButton) if one.isVisible())]


async def test_it_offers_every_connection_and_the_way_to_another(
    header: Header, bench: Workbench
) -> None:
    box = box_of(header)
    names = {connection.name for connection in bench.app.store.connections.all()}
    offered = [box.itemText(row) for row in range(box.count())]
    assert set(offered[:-1]) == names
    assert offered[-1] == "Add a connection …"
    assert header.destination in names


async def test_a_choice_is_told_and_the_last_entry_leads_to_the_form(
    header: Header, bench: Workbench
) -> None:
    chosen: list[str] = []
    asked: list[bool] = []
    header.destination_chosen.connect(chosen.append)
    header.add_connection.connect(lambda: asked.append(True))
    box = box_of(header)
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert chosen == [box.itemText(1)] == [header.destination]
    box.activated.emit(box.count() - 1)
    assert asked == [True]
    assert header.destination != "", "the entry itself is no destination"


async def test_the_choice_outlives_changes_of_the_connections(
    header: Header, bench: Workbench, controller: Controller
) -> None:
    kept, gone = bench.connection("metastudio").name, bench.connection("cloud-api").name
    header.choose(kept)
    bench.app.store.connections.remove(gone)
    controller.connections_changed.emit()
    assert header.destination == kept
    bench.app.store.connections.remove(kept)
    controller.connections_changed.emit()
    assert header.destination == bench.connection("flighthub2").name
    bench.app.store.connections.remove(bench.connection("flighthub2").name)
    controller.connections_changed.emit()
    assert header.destination == ""
    header.choose("nobody")
    assert header.destination == ""


async def test_a_limit_is_always_to_be_seen_and_leads_to_the_settings(
    qtbot: QtBot, header: Header, controller: Controller
) -> None:
    asked: list[bool] = []
    header.settings_wanted.connect(lambda: asked.append(True))
    assert not any("Limit" in word for word in words(header))
    controller.prefer(replace(controller.preferences, limit=2_000_000))
    assert "Limit 2.0 MB/s" in words(header)
    controller.prefer(replace(controller.preferences, limit_hours=Hours(480, 1080)))
    assert "Limit 2.0 MB/s at times" in words(header)
    (limit,) = [one for one in header.findChildren(QPushButton) if "Limit" in one.text()]
    qtbot.mouseClick(limit, Qt.MouseButton.LeftButton)
    assert asked == [True]
    controller.prefer(replace(controller.preferences, limit=0, limit_hours=None))
    assert not any("Limit" in word for word in words(header))


async def test_it_says_what_is_on_and_only_that(header: Header) -> None:
    assert words(header) == ["Send to"]
    header.show_line(True)
    header.show_speed(3_200_000)
    header.show_finish(Finish.SHUT_DOWN)
    assert words(header) == ["Send to", "Online", "↑ 3.2 MB/s", "then shut down"]
    header.show_line(False)
    header.show_speed(0)
    header.show_finish(Finish.STAY)
    assert words(header) == ["Send to", "No network"]
    header.show_line(None)
    assert words(header) == ["Send to"]


async def test_the_cup_is_there_while_the_computer_is_kept_awake(header: Header) -> None:
    def cups() -> list[str]:
        named = [one.accessibleName() for one in header.findChildren(QWidget) if one.isVisible()]
        return [name for name in named if "awake" in name]

    assert cups() == []
    header.show_awake(True)
    assert len(cups()) == 1
    header.show_awake(False)
    assert cups() == []


async def test_in_a_narrow_window_words_go_and_nothing_is_cut_off(
    qapp: QApplication, header: Header, controller: Controller
) -> None:
    controller.prefer(replace(controller.preferences, limit=2_000_000))
    header.show_line(True)
    header.show_speed(3_200_000)
    header.show_finish(Finish.SLEEP)
    wide, box = words(header), header.layout()
    assert box is not None
    for width in (900, 640):
        header.resize(width, 48)
        assert box.sizeHint().width() <= width
        assert len("".join(words(header))) <= len("".join(wide))
    assert "↑ 3.2 MB/s" in words(header)
    header.resize(1400, 48)
    assert words(header) == wide


async def test_it_speaks_the_language_of_the_moment(qapp: QApplication, header: Header) -> None:
    header.show_line(True)
    header.show_finish(Finish.SLEEP)
    before = words(header)
    language.use(Language.CHINESE, qapp)
    await tick()
    assert not set(before) & set(words(header))
    assert box_of(header).itemText(box_of(header).count() - 1) != "Add a connection …"
