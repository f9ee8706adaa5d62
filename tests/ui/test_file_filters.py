"""The filters above the file table: counters, the search, and what an empty list says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.preferences import Language
from app.domain.states import BatchState
from app.ui import language
from app.ui.files.model import Filter
from app.ui.files.table import FilePanel
from tests.ui.file_kit import Files, names, note, showing, shown, shown_panel, still_files, until


@pytest.fixture
def files(tmp_path: Path, qapp: QApplication) -> Iterator[Files]:
    with still_files(tmp_path) as made:
        yield made


@pytest.fixture
def panel(files: Files, qtbot: QtBot) -> FilePanel:
    return shown_panel(files, qtbot)


def test_the_counters_are_the_filters(files: Files, panel: FilePanel, qtbot: QtBot) -> None:
    batch = files.batch("a", names(9))
    files.confirm(batch, 2)
    files.fail(batch, 3)
    showing(panel, batch)
    chips = panel.filters.chips
    assert [chip.count() for chip in chips.values()] == [9, 0, 4, 3, 0, 2]
    qtbot.mouseClick(chips[Filter.NEEDS_YOU], Qt.MouseButton.LeftButton)
    assert panel.model.rowCount() == 3
    qtbot.mouseClick(chips[Filter.DONE], Qt.MouseButton.LeftButton)
    assert shown(panel.model) == names(2)
    files.store.files.retry(batch)
    files.controller.feed.batch_changed.emit(batch)
    assert chips[Filter.WAITING].count() == 7


@pytest.mark.parametrize("width", (640, 900, 1400))
@pytest.mark.parametrize("chosen", (Language.ENGLISH, Language.CHINESE))
def test_no_filter_is_cut_off(
    files: Files, panel: FilePanel, qapp: QApplication, width: int, chosen: Language
) -> None:
    language.use(chosen, qapp)
    batch = files.batch("a", names(1500))
    files.confirm(batch, 3)
    showing(panel, batch)
    panel.resize(width, 500)
    QApplication.processEvents()
    filters = panel.filters
    for part in (*filters.chips.values(), filters.search, filters.order):
        assert part.width() >= part.minimumSizeHint().width()
        right = part.mapTo(panel, QPoint(part.width(), 0)).x()
        assert 0 < right <= panel.width()
    boxes = [chip.geometry() for chip in filters.chips.values()]
    assert not any(a.intersects(b) for a in boxes for b in boxes if a is not b)


def test_typing_searches_and_show_all_ends_it(files: Files, panel: FilePanel, qtbot: QtBot) -> None:
    showing(panel, files.batch("a", names(12)))
    qtbot.keyClick(panel.table, "/")
    assert panel.filters.search.hasFocus()
    qtbot.keyClicks(panel.filters.search, "00011")
    until(lambda: panel.model.rowCount() == 1)
    assert panel.filters.chosen is Filter.ALL
    qtbot.keyClicks(panel.filters.search, "x")
    until(lambda: note(panel) == "Nothing found")
    panel.table.all_wanted.emit()
    assert panel.model.rowCount() == 12
    assert not panel.filters.search.text()
    assert not note(panel)


def test_esc_empties_the_search_and_then_goes_back_to_the_list(
    files: Files, panel: FilePanel, qtbot: QtBot
) -> None:
    showing(panel, files.batch("a", names(12)))
    panel.open_drawer()
    search = panel.filters.search
    search.setFocus()
    qtbot.keyClicks(search, "3")
    until(lambda: panel.model.rowCount() == 1)
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert not search.text()
    assert not panel.drawer.isHidden()
    until(lambda: panel.model.rowCount() == 12)
    qtbot.keyClicks(search, "11")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert panel.table.hasFocus()
    assert panel.model.rowCount() == 1


def test_numbers_choose_filters_but_not_while_typing(
    files: Files, panel: FilePanel, qtbot: QtBot
) -> None:
    batch = files.batch("a", names(6))
    files.fail(batch, 2)
    showing(panel, batch)
    qtbot.keyClick(panel.table, "4")
    assert panel.filters.chosen is Filter.NEEDS_YOU
    assert panel.model.rowCount() == 2
    panel.filters.search.setFocus()
    qtbot.keyClick(panel.filters.search, "1")
    assert panel.filters.search.text() == "1"
    assert panel.filters.chosen is Filter.NEEDS_YOU


@pytest.mark.parametrize(
    ("which", "words"),
    (
        (Filter.MOVING, "Nothing is moving"),
        (Filter.WAITING, ""),
        (Filter.NEEDS_YOU, "No file needs you"),
        (Filter.SKIPPED, "No file was skipped"),
        (Filter.DONE, "Nothing is delivered yet"),
        (Filter.ALL, ""),
    ),
)
def test_an_empty_list_says_why(files: Files, panel: FilePanel, which: Filter, words: str) -> None:
    showing(panel, files.batch("a", names(2)))
    panel.show_filter(which)
    assert note(panel) == words


def test_a_batch_that_is_not_read_yet_says_so_and_an_empty_one_too(
    files: Files, panel: FilePanel
) -> None:
    showing(panel, files.batch("a", [], BatchState.SCANNING))
    assert note(panel) == "The folder is not read yet"
    files.store.batches.move("a", BatchState.EMPTY)
    files.controller.feed.batch_changed.emit("a")
    assert note(panel) == "No files"
    panel.show_batch(None)
    assert not note(panel)


def test_another_batch_is_shown_whole(files: Files, panel: FilePanel) -> None:
    showing(panel, files.batch("a", names(3)))
    panel.show_filter(Filter.DONE)
    showing(panel, files.batch("b", names(4)))
    assert panel.filters.chosen is Filter.ALL
    assert panel.model.rowCount() == 4


def test_the_counters_go_on_several_lines_where_one_is_too_narrow(
    files: Files, panel: FilePanel
) -> None:
    showing(panel, files.batch("a", names(3)))
    chips = panel.filters.chips.values()
    panel.resize(1000, 640)
    until(lambda: len({chip.y() for chip in chips}) == 1)
    panel.resize(400, 640)
    until(lambda: len({chip.y() for chip in chips}) == 2)
    assert all(chip.geometry().right() <= panel.filters.width() for chip in chips)
    assert all(chip.width() >= chip.sizeHint().width() for chip in chips)
