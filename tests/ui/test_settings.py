"""The settings: each holds at once, tells what was changed, and can be taken back."""

from __future__ import annotations

import asyncio
import itertools
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTime
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.preferences import Closing, Hours, Language, LogLevel, Preferences, Theme
from app.paths import HOME, Paths
from app.ui import language
from app.ui.controller import Controller
from app.ui.look import theme
from app.ui.settings.page import SettingsPage
from app.ui.settings.section import Section
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import until
from tests.ui.form_kit import by_keyboard
from tests.ui.settings_kit import click, pick


@pytest.fixture
async def page(qtbot: QtBot, controller: Controller, tmp_path: Path) -> SettingsPage:
    made = SettingsPage(controller, Paths.find({HOME: str(tmp_path / "home")}))
    qtbot.addWidget(made)
    made.resize(800, 900)
    made.show()
    return made


def sections(page: SettingsPage) -> list[Section]:
    return [page.general, page.network, page.power, page.advanced]


def dots(page: SettingsPage) -> list[str]:
    return [row._title() for one in sections(page) for row in one._rows if row.dot.shown]


async def test_choices_hold_at_once_and_are_kept(
    qtbot: QtBot, page: SettingsPage, controller: Controller, bench: Workbench
) -> None:
    pick(page.general.language, Language.CHINESE)
    pick(page.general.theme, Theme.DARK)
    pick(page.general.closing, Closing.TRAY)
    click(qtbot, page.general.notify)
    click(qtbot, page.power.awake)
    pick(page.advanced.log_level, LogLevel.DETAILED)
    pick(page.advanced.part_size, 16_000_000)
    page.advanced.files.setValue(2)
    page.advanced.parts.setValue(9)
    wanted = Preferences(
        language=Language.CHINESE,
        theme=Theme.DARK,
        closing=Closing.TRAY,
        notify=False,
        keep_awake=False,
        log_level=LogLevel.DETAILED,
        part_size=16_000_000,
        files_at_once=2,
        parts_at_once=9,
    )
    assert controller.preferences == wanted
    assert bench.app.store.preferences.load() == wanted


async def test_a_dot_marks_what_was_changed_and_a_button_takes_it_back(
    qtbot: QtBot, page: SettingsPage, controller: Controller
) -> None:
    assert dots(page) == []
    pick(page.general.theme, Theme.DARK)
    click(qtbot, page.power.awake)
    assert dots(page) == ["Theme", "Sleep"]
    for one in sections(page):
        for row in one._rows:
            assert row.reset_button.isVisible() is row.dot.shown
            assert row.reset_button.accessibleName() == f"Reset {row._title()}"
            if row.dot.shown:
                click(qtbot, row.reset_button)
    assert dots(page) == []
    assert controller.preferences == Preferences()
    assert page.general.theme.currentData() == Theme.SYSTEM
    assert page.power.awake.isChecked()


async def test_what_is_set_elsewhere_shows_here(page: SettingsPage, controller: Controller) -> None:
    set_elsewhere = replace(
        controller.preferences,
        limit=2_500_000,
        limit_hours=Hours(22 * 60, 6 * 60 + 30),
        proxy="http://p:3128",
        part_size=12_345_678,
    )
    controller.prefer(set_elsewhere)
    network = page.network
    assert (network.limit.amount.value(), network.limit.unit.currentText()) == (20, "Mbit/s")
    assert network.hours.start.time() == QTime(22, 0)
    assert network.hours.end.time() == QTime(6, 30)
    assert network.proxy.text() == "http://p:3128"
    assert page.advanced.part_size.currentData() == 12_345_678
    assert controller.preferences == set_elsewhere


async def test_language_and_theme_change_the_page_while_it_is_open(
    page: SettingsPage, controller: Controller, qapp: QApplication
) -> None:
    def wear(preferences: Preferences) -> None:
        language.use(preferences.language, qapp)
        theme.apply(qapp, preferences.theme)

    controller.preferences_changed.connect(wear)
    pick(page.general.language, Language.CHINESE)
    pick(page.general.theme, Theme.DARK)
    await asyncio.sleep(0.05)
    assert page.general.notify.text() == "批次完成或需要处理时通知我"
    assert page.general.theme.currentText() == "深色"
    assert page.general.language.itemText(1) == "English"
    assert theme.tokens().dark


async def test_diagnostics_are_written_where_they_are_wanted(
    qtbot: QtBot, page: SettingsPage, tmp_path: Path
) -> None:
    target = tmp_path / "for-support.zip"
    page.advanced.save(target)
    await until(page.advanced.save_button.isEnabled)
    with zipfile.ZipFile(target) as archive:
        assert {"README.txt", "environment.json", "preferences.json"} <= set(archive.namelist())
    assert "for-support.zip" in page.advanced.diagnostics_row.said
    assert page.advanced.show_button.isVisible()


async def test_diagnostics_never_replace_a_photo(page: SettingsPage, tmp_path: Path) -> None:
    photo = tmp_path / "DJI_0001.JPG"
    photo.write_bytes(b"photo")
    page.advanced.save(photo)
    await until(page.advanced.save_button.isEnabled)
    assert "is there already" in page.advanced.diagnostics_row.said
    assert photo.read_bytes() == b"photo"
    assert not page.advanced.show_button.isVisible()


async def test_the_diagnostics_dialog_proposes_a_name(qtbot: QtBot, page: SettingsPage) -> None:
    dialog = page.advanced.ask()
    assert "postflight-diagnostics-" in dialog.selectedFiles()[0]
    dialog.reject()


async def test_scrolling_over_the_page_changes_nothing(
    page: SettingsPage, controller: Controller, qapp: QApplication
) -> None:
    controller.prefer(replace(controller.preferences, limit=5_000_000, limit_hours=Hours(60, 120)))
    before = controller.preferences
    network, advanced = page.network, page.advanced
    turned: list[QWidget] = [
        page.general.theme,
        network.limit.amount,
        network.limit.unit,
        network.hours.start,
        advanced.files,
        advanced.part_size,
    ]
    page.general.language.setFocus()
    for widget in turned:
        middle = QPointF(widget.rect().center())
        wheel = QWheelEvent(
            middle,
            QPointF(widget.mapToGlobal(widget.rect().center())),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, wheel)
        assert controller.preferences == before, widget


async def test_everything_has_a_name_and_is_reached_by_keyboard_from_top_to_bottom(
    page: SettingsPage,
) -> None:
    reached = list(by_keyboard(page))
    for widget in reached:
        assert widget.accessibleName() or getattr(widget, "text", str)(), widget
    for one in sections(page):
        for row in one._rows:
            assert row._label.buddy() is row._first
            if row._first.isEnabled():
                assert row._first in reached
    places = [widget.mapTo(page, widget.rect().center()).y() for widget in reached]
    assert all(later >= before - 20 for before, later in itertools.pairwise(places))


@pytest.mark.parametrize("wanted", [Language.ENGLISH, Language.CHINESE])
@pytest.mark.parametrize("width", [440, 900])
async def test_nothing_is_cut_off_at_the_side(
    page: SettingsPage, qapp: QApplication, wanted: Language, width: int
) -> None:
    language.use(wanted, qapp)
    page.resize(width, 700)
    await asyncio.sleep(0.1)
    for part in page.findChildren(QWidget):
        if part.isVisible() and not part.isWindow():
            right = part.mapTo(page, part.rect().topRight()).x()
            assert right <= page.width(), part
    for row in page.network._rows:
        above = row._label.geometry().bottom() <= row._middle.geometry().top()
        assert above is (width < 540)
