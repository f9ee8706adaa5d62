"""The panel of files as a person uses it: order, menu, keys, and a place that holds still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.domain.preferences import Language, Theme
from app.domain.states import BatchState, FileState
from app.ui import language
from app.ui.files.delegate import ROW
from app.ui.files.model import Column, Filter, Order
from app.ui.files.table import FilePanel
from app.ui.look import theme
from tests.ui.file_kit import (
    Files,
    names,
    note,
    settle,
    showing,
    shown,
    shown_panel,
    still_files,
    until,
)


@pytest.fixture
def files(tmp_path: Path, qapp: QApplication) -> Iterator[Files]:
    with still_files(tmp_path) as made:
        yield made


@pytest.fixture
def panel(files: Files, qtbot: QtBot) -> FilePanel:
    return shown_panel(files, qtbot)


def select(panel: FilePanel, *ids: int) -> None:
    panel.table._select_again(set(ids), ids[0])  # pyright: ignore[reportPrivateUsage]


def states(files: Files, batch: str) -> list[FileState]:
    return [line.state for line in files.lines(batch)]


def chinese(qapp: QApplication) -> None:
    language.use(Language.CHINESE, qapp)
    QApplication.processEvents()


def open_menu(panel: FilePanel) -> QMenu:
    table = panel.table
    if not table.selected_ids():
        table.selectRow(0)
    at = QPoint(60, ROW // 2)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Keyboard, at, table.viewport().mapToGlobal(at)
    )
    QApplication.sendEvent(table.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


# -- order ---------------------------------------------------------------------------------------


def test_a_title_sorts_up_then_down_then_not_at_all(
    files: Files, panel: FilePanel, qtbot: QtBot
) -> None:
    showing(panel, files.batch("a", names(5)))
    header = panel.table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(Column.SIZE) + 20, header.height() // 2)
    for wanted in (Order(Column.SIZE), Order(Column.SIZE, True), None):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert panel.model.order == wanted
    assert shown(panel.model) == names(5)


def test_the_keyboard_sorts_by_the_menu(files: Files, panel: FilePanel) -> None:
    showing(panel, files.batch("a", names(5)))
    menu = panel.filters.order.menu()
    assert [action.text() for action in menu.actions()][:3] == [
        "In the order of the card",
        "Name",
        "Size",
    ]
    menu.actions()[2].trigger()
    menu.actions()[2].trigger()
    assert panel.model.order == Order(Column.SIZE, True)
    assert menu.actions()[2].isChecked()
    menu.actions()[0].trigger()
    assert panel.model.order is None
    assert menu.actions()[0].isChecked()


# -- a place that holds still --------------------------------------------------------------------


def test_selection_survives_another_filter_and_back(files: Files, panel: FilePanel) -> None:
    batch = files.batch("a", names(30))
    failed = files.fail(batch, 4)
    showing(panel, batch)
    select(panel, failed[1], failed[3], files.ids(batch)[20])
    panel.show_filter(Filter.NEEDS_YOU)
    assert panel.table.selected_ids() == [failed[1], failed[3]]
    assert panel.table.current_id() == failed[1]
    panel.show_filter(Filter.ALL)
    assert panel.table.selected_ids() == [failed[1], failed[3]]


def test_selection_survives_sorting(files: Files, panel: FilePanel) -> None:
    batch = files.batch("a", names(30))
    showing(panel, batch)
    ids = files.ids(batch)
    select(panel, *ids[3:6], ids[20])
    panel.table.sort_by(Column.SIZE)
    panel.table.sort_by(Column.SIZE)
    assert sorted(panel.table.selected_ids()) == [*ids[3:6], ids[20]]


def test_a_large_selection_survives_sorting(files: Files, panel: FilePanel) -> None:
    batch = files.batch("a", names(2500))
    showing(panel, batch)
    ids = files.ids(batch)
    for chosen in (ids, ids[:2200]):
        select(panel, *chosen)
        panel.table.sort_by(Column.SIZE)
        panel.table.sort_by(Column.SIZE)
        assert sorted(panel.table.selected_ids()) == chosen
        panel.table.sort_by(None)


def test_what_is_looked_at_stays_where_it_is_when_rows_above_leave(
    files: Files, panel: FilePanel
) -> None:
    batch = files.batch("a", names(200))
    showing(panel, batch)
    panel.show_filter(Filter.WAITING)
    bar = panel.table.verticalScrollBar()
    bar.setValue(50 * ROW + 7)
    top = panel.model.line(panel.table.rowAt(0)).path
    select(panel, files.ids(batch)[55])
    files.told(batch, *files.fail(batch, 20))
    until(lambda: panel.model.rowCount() == 180)
    assert panel.model.line(panel.table.rowAt(0)).path == top
    assert bar.value() == 30 * ROW + 7
    assert panel.table.selected_ids() == [files.ids(batch)[55]]


def test_nothing_leaves_while_the_button_is_down_or_a_menu_is_open(
    files: Files, panel: FilePanel, qtbot: QtBot
) -> None:
    batch = files.batch("a", names(6))
    showing(panel, batch)
    panel.show_filter(Filter.WAITING)
    view, at = panel.table.viewport(), QPoint(60, ROW // 2)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
    files.told(batch, *files.fail(batch))
    qtbot.wait(1300)
    assert panel.model.rowCount() == 6
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at)
    until(lambda: panel.model.rowCount() == 5)
    menu = open_menu(panel)
    files.told(batch, *files.fail(batch))
    qtbot.wait(1300)
    assert panel.model.rowCount() == 5
    menu.close()
    until(lambda: panel.model.rowCount() == 4)


# -- menu and keys -------------------------------------------------------------------------------


def entries(menu: QMenu) -> dict[str, bool]:
    return {a.text(): a.isEnabled() for a in menu.actions() if not a.isSeparator()}


def test_the_menu_counts_and_offers_only_what_does_something(
    files: Files, panel: FilePanel
) -> None:
    batch = files.batch("a", names(8))
    done, failed = files.confirm(batch), files.fail(batch, 2)
    showing(panel, batch)
    select(panel, *done, *failed, files.ids(batch)[-1])
    menu = open_menu(panel)
    assert entries(menu) == {
        "Details": True,
        "Retry 2 files": True,
        "Skip 3 files": True,
        "Show in folder": False,
        "Copy 4 paths": True,
        "Copy etag": False,
    }
    menu.close()
    select(panel, *done)
    menu = open_menu(panel)
    assert entries(menu) == {
        "Details": True,
        "Retry": False,
        "Skip": False,
        "Show in folder": True,
        "Copy path": True,
        "Copy etag": True,
    }
    menu.close()


def test_an_ended_batch_offers_no_retry(files: Files, panel: FilePanel) -> None:
    batch = files.batch("a", names(2))
    failed = files.fail(batch)
    files.store.batches.move(batch, BatchState.CANCELLED)
    showing(panel, batch)
    select(panel, *failed)
    menu = open_menu(panel)
    assert not entries(menu)["Retry"]
    assert not entries(menu)["Skip"]
    menu.close()


def test_keys_retry_and_skip_what_they_can(files: Files, panel: FilePanel, qtbot: QtBot) -> None:
    batch = files.batch("a", names(4))
    files.confirm(batch)
    files.fail(batch, 2)
    showing(panel, batch)
    qtbot.keyClick(panel.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(panel.table.selected_ids()) == 4
    qtbot.keyClick(panel.table, "R")
    queued, done, dropped = FileState.QUEUED, FileState.CONFIRMED, FileState.DROPPED
    assert states(files, batch) == [done, queued, queued, queued]
    settle(panel.model)
    until(lambda: panel.model.line(1).state is queued)
    select(panel, *files.ids(batch)[:2])
    qtbot.keyClick(panel.table, "S")
    assert states(files, batch) == [done, dropped, queued, queued]


def test_paths_are_copied_in_the_order_shown_however_many(
    files: Files, panel: FilePanel, qtbot: QtBot
) -> None:
    showing(panel, files.batch("a", names(250)))
    panel.table.sort_by(Column.SIZE)
    panel.table.sort_by(Column.SIZE)
    panel.table.selectAll()
    QApplication.clipboard().clear()
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    wanted = "\n".join(str(files.card / path) for path in reversed(names(250)))
    until(lambda: QApplication.clipboard().text() == wanted)


def test_a_double_click_opens_the_details(files: Files, panel: FilePanel, qtbot: QtBot) -> None:
    showing(panel, files.batch("a", names(3)))
    at = QPoint(60, ROW + ROW // 2)
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert not panel.drawer.isHidden()
    assert panel.drawer.file.name.words.toPlainText() == "DJI_00001.JPG"


def test_every_action_is_named_for_the_sheet_of_shortcuts(
    files: Files, panel: FilePanel, qapp: QApplication
) -> None:
    actions = panel.actions_for_help()
    english = [action.text() for action in actions]
    assert all(english)
    assert len(set(english)) == len(english)
    assert all(not action.shortcut().isEmpty() for action in actions)
    chinese(qapp)
    assert not set(english) & {action.text() for action in actions}


# -- looks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", (Theme.LIGHT, Theme.DARK))
@pytest.mark.parametrize("width", (320, 500, 680, 900))
def test_it_is_painted_at_any_width_in_every_state(
    files: Files, panel: FilePanel, qapp: QApplication, look: Theme, width: int
) -> None:
    batch = files.batch("a", names(20))
    files.confirm(batch)
    files.store_away(batch)
    files.send(batch)
    files.check(batch)
    files.fail(batch)
    files.skip(batch)
    showing(panel, batch)
    theme.apply(qapp, look)
    table = panel.table
    table.setParent(None)
    table.resize(width, 400)
    table.show()
    table.selectRow(2)
    image = table.grab().toImage()
    assert image.pixelColor(10, 250) == theme.tokens().surface
    total = sum(table.columnWidth(c) for c in Column if not table.isColumnHidden(c))
    assert total <= table.viewport().width()
    assert not table.isColumnHidden(Column.NAME)
    assert not table.isColumnHidden(Column.STATE)
    table.close()
    table.deleteLater()


def test_a_new_language_reaches_titles_rows_and_notes(
    files: Files, panel: FilePanel, qapp: QApplication
) -> None:
    showing(panel, files.batch("a", names(2)))
    panel.show_filter(Filter.NEEDS_YOU)
    chinese(qapp)
    assert note(panel) == "没有需要处理的文件"
    panel.show_filter(Filter.ALL)
    assert panel.model.headerData(0, Qt.Orientation.Horizontal) == "名称"
    assert panel.model.index(0, Column.STATE).data() == "等待中"
    assert panel.filters.chips[Filter.ALL].text() == "全部"
