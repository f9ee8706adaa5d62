"""The header, the drop page and the practice cloud's window, in little room and much."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.preferences import Hours, Language, Preferences, Theme
from app.ui import language
from app.ui.controller import Controller
from app.ui.empty_page import EmptyPage, frame_colour
from app.ui.header import Header
from app.ui.look import theme
from app.ui.look.colours import contrast
from app.ui.look.parts import Card as Surface
from app.ui.system.cards import Card
from app.ui.system.power import Finish
from app.ui.workspace import Page
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import until
from tests.ui.settings_kit import pick
from tests.ui.window_kit import opened, shown

FOUND = [
    Card("DJI_M3E", Path("/a"), 64_000_000_000, 12_300_000_000, None),
    Card("SD_CARD", Path("/b"), 128_000_000_000, 1_000_000_000, Path("/b/DCIM")),
]


async def test_cards_stand_right_under_the_buttons_in_one_column(
    qtbot: QtBot, controller: Controller
) -> None:
    page = EmptyPage(controller)
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    page.show_cards(FOUND)
    await asyncio.sleep(0.05)
    buttons = {b.text(): b for b in page.findChildren(QPushButton) if b.isVisible()}
    under = bottom(page, buttons["Choose folder"])
    rows = [card for card in page.findChildren(Surface) if card.isVisible()]
    assert len(rows) == 2
    assert 0 < top(page, rows[0]) - under < 48
    assert 0 < top(page, rows[1]) - bottom(page, rows[0]) <= theme.M
    assert len({(row.x(), row.width()) for row in rows}) == 1
    sent: list[object] = []
    page.send_folder.connect(sent.append)
    rows[1].findChildren(QPushButton)[0].click()
    assert sent == [Path("/b/DCIM")]


def top(page: QWidget, widget: QWidget) -> int:
    return widget.mapTo(page, widget.rect().topLeft()).y()


def bottom(page: QWidget, widget: QWidget) -> int:
    return widget.mapTo(page, widget.rect().bottomLeft()).y()


def test_the_dashed_frame_is_as_strong_in_the_dark_as_in_the_light(qapp: QApplication) -> None:
    strength: list[float] = []
    for look in (Theme.LIGHT, Theme.DARK):
        theme.apply(qapp, look)
        strength.append(contrast(theme.tokens().window, frame_colour()))
    assert min(strength) > 1.6
    assert max(strength) / min(strength) < 1.1
    theme.apply(qapp, Theme.DARK, strong=True)
    assert contrast(theme.tokens().window, frame_colour()) > 7


@pytest.mark.parametrize("wanted", [Language.ENGLISH, Language.CHINESE])
@pytest.mark.parametrize("width", [480, 720, 1024, 1180])
async def test_a_narrow_header_gives_up_words_and_loses_no_control(
    qtbot: QtBot, controller: Controller, qapp: QApplication, wanted: Language, width: int
) -> None:
    language.use(wanted, qapp)
    header = Header(controller)
    qtbot.addWidget(header)
    limit = replace(controller.preferences, limit=8_000_000, limit_hours=Hours(480, 1080))
    controller.prefer(limit)
    header.show_line(True)
    header.show_speed(6_200_000)
    header.show_awake(True)
    header.show_finish(Finish.SHUT_DOWN)
    header.resize(width, 48)
    header.show()
    await asyncio.sleep(0.05)
    for part in header.findChildren(QWidget):
        if part.isVisible() and not part.isWindow():
            assert part.mapTo(header, part.rect().topRight()).x() <= header.width(), part
    limit_button = header.findChildren(QPushButton)[0]
    assert limit_button.isVisible(), "a limit that is on is always seen"
    assert "8" in limit_button.accessibleName()
    if width >= 1024:
        assert limit_button.text() == limit_button.accessibleName()


async def test_a_long_name_of_a_connection_leaves_room_for_the_rest(
    qtbot: QtBot, controller: Controller, bench: Workbench
) -> None:
    kept = bench.connection("cloud-api")
    bench.app.store.connections.save(replace(kept, name="A very long name " * 6))
    header = Header(controller)
    qtbot.addWidget(header)
    header.resize(720, 48)
    header.show()
    assert header.findChildren(QComboBox)[0].width() < 400


async def test_what_is_chosen_for_the_window_in_practice_holds_at_once_and_stays(
    qapp: QApplication, qtbot: QtBot, bench: Workbench
) -> None:
    async with opened(qtbot, bench) as window:

        def wear(preferences: Preferences) -> None:
            language.use(preferences.language, qapp)
            theme.apply(qapp, preferences.theme)

        window.controller.preferences_changed.connect(wear)
        window.controller.prefer(replace(window.controller.preferences, theme=Theme.DARK))
        window.practise()
        practice = window.workspace.controller
        assert practice.preferences.theme is Theme.DARK, "it begins as the person likes it"
        window.workspace.go(Page.SETTINGS)
        general = window.workspace.settings_page.general
        pick(general.language, Language.CHINESE)
        pick(general.theme, Theme.LIGHT)
        await asyncio.sleep(0.05)
        assert language.current() is Language.CHINESE
        assert not theme.tokens().dark
        practice.prefer(replace(practice.preferences, limit=9_000_000))
        await window.close_stage()
        kept = window.controller.preferences
        assert (kept.language, kept.theme) == (Language.CHINESE, Theme.LIGHT)
        assert kept.limit == 0, "a limit of the practice cloud is not the person's"


async def test_the_practice_clouds_first_batch_is_shown(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        window.practise()
        await until(lambda: window.workspace.page is Page.BATCH)
        assert "DJI_" in shown(window)


async def test_the_place_of_the_window_is_remembered_from_practice_as_well(
    qtbot: QtBot, bench: Workbench
) -> None:
    async with opened(qtbot, bench) as window:
        window.practise()
        window.resize(770, 570)
        window.quit()
    async with opened(qtbot, bench) as window:
        assert (window.width(), window.height()) == (770, 570)
