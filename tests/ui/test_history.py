"""The history: newest first, searched as one types, read only where one looks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.domain.model import Batch
from app.domain.states import BatchState
from app.ui.batches.history_model import Column
from app.ui.batches.history_page import HistoryPage
from app.ui.controller import Controller
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import CLOUD_API, METASTUDIO, button, delivered, send, tick, until

_FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


def made_page(qtbot: QtBot, controller: Controller) -> HistoryPage:
    made = HistoryPage(controller)
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


def words(page: HistoryPage, row: int, column: Column) -> str:
    return page.history.index(row, column).data()


def titles(page: HistoryPage) -> list[str]:
    return [words(page, row, Column.TITLE) for row in range(page.history.rowCount())]


def old_batches(bench: Workbench, count: int) -> None:
    """Ended long ago, as the database holds them."""
    batches = bench.app.store.batches
    for number in range(count):
        batches.add(
            Batch(
                f"{number:032}",
                f"Flight {number}",
                bench.connection(CLOUD_API).name,
                CLOUD_API,
                (Path("/card"),),
                BatchState.CANCELLED,
                created_at=1000.0 + number,
            )
        )


async def test_ended_batches_are_listed_newest_first(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    await delivered(controller, bench, tmp_path / "morning", METASTUDIO, count=1)
    await delivered(controller, bench, tmp_path / "noon", CLOUD_API)
    page = made_page(qtbot, controller)
    QAbstractItemModelTester(page.history, _FATAL, page.history)
    await until(lambda: page.history.rowCount() == 2)
    assert titles(page) == ["noon", "morning"]
    assert words(page, 0, Column.FILES) == "2 delivered"
    assert words(page, 0, Column.STATE) == "Delivered"
    assert words(page, 1, Column.CONNECTION) == bench.connection(METASTUDIO).name
    await delivered(controller, bench, tmp_path / "evening", CLOUD_API)
    assert titles(page) == ["evening", "noon", "morning"]


async def test_an_empty_history_says_what_it_is_for(qtbot: QtBot, controller: Controller) -> None:
    page = made_page(qtbot, controller)
    await until(lambda: page.history.loaded)
    said = [one.text() for one in page.findChildren(QLabel) if one.isVisible()]
    assert "No batch has ended yet" in said
    assert not page.search.isVisible() and not page.open.isVisible()


async def test_the_search_looks_at_title_connection_and_service(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    await delivered(controller, bench, tmp_path / "Harbour East", METASTUDIO, count=1)
    await delivered(controller, bench, tmp_path / "Harbour West", CLOUD_API)
    page = made_page(qtbot, controller)
    QAbstractItemModelTester(page.history, _FATAL, page.history)
    await until(lambda: page.history.rowCount() == 2)
    page.search.setText("east harbour")
    await until(lambda: titles(page) == ["Harbour East"])
    page.search.setText("metastudio")
    await until(lambda: titles(page) == ["Harbour East"])
    page.search.setText("mountain")
    await until(lambda: not titles(page))
    assert "No batch matches" in [o.text() for o in page.findChildren(QLabel) if o.isVisible()]
    page.search.clear()
    await until(lambda: len(titles(page)) == 2)


async def test_enter_and_a_double_click_open_the_batch(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    batch_id = await delivered(controller, bench, tmp_path / "a")
    page = made_page(qtbot, controller)
    await until(lambda: page.history.rowCount() == 1)
    opened: list[str] = []
    page.chosen.connect(opened.append)
    page.table.selectRow(0)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert opened == [batch_id]
    where = page.table.visualRect(page.history.index(0, 0)).center()
    QTest.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    QTest.mouseDClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert opened == [batch_id, batch_id]
    page.open.click()
    assert opened == [batch_id] * 3


async def test_removing_asks_once_and_then_forgets(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    first = await delivered(controller, bench, tmp_path / "a")
    await delivered(controller, bench, tmp_path / "b")
    page = made_page(qtbot, controller)
    QAbstractItemModelTester(page.history, _FATAL, page.history)
    await until(lambda: page.history.rowCount() == 2)
    page.table.selectRow(0)
    page.remove.click()
    button(page, "Keep it").click()
    assert len(controller.engine.batches()) == 2
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    button(page, "Remove 1 batch").click()
    await until(lambda: page.history.rowCount() == 1)
    assert [batch.id for batch in controller.engine.batches()] == [first]


async def test_nothing_is_read_before_the_page_is_shown_and_counts_only_for_rows_in_sight(
    qtbot: QtBot, controller: Controller, bench: Workbench
) -> None:
    old_batches(bench, 3000)
    page = HistoryPage(controller)
    qtbot.addWidget(page)
    page.resize(900, 500)
    assert page.history.rowCount() == 0 and not page.history.loaded
    page.show()
    await until(lambda: page.history.rowCount() == 3000)
    await tick()
    page.grab()
    assert titles(page)[0] == "Flight 2999"
    assert 0 < page.history.counted < 100


async def test_a_batch_under_way_is_no_history(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    batch_id = send(controller, bench, tmp_path / "a", CLOUD_API)
    controller.pause(batch_id)
    page = made_page(qtbot, controller)
    await until(lambda: page.history.loaded)
    assert page.history.rowCount() == 0


async def test_a_row_has_no_children_and_a_header_for_each_column(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    await delivered(controller, bench, tmp_path / "a")
    page = made_page(qtbot, controller)
    await until(lambda: page.history.rowCount() == 1)
    model = page.history
    assert model.rowCount(model.index(0, 0)) == 0
    assert model.columnCount(QModelIndex()) == len(Column)
    headers = [model.headerData(c, Qt.Orientation.Horizontal) for c in Column]
    assert headers[0] == "Batch" and all(headers)
    assert model.headerData(0, Qt.Orientation.Vertical) is None


async def test_all_columns_fit_the_width_and_the_title_has_the_most(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    await delivered(controller, bench, tmp_path / "a")
    page = made_page(qtbot, controller)
    await until(lambda: page.history.rowCount() == 1)
    table = page.table
    for width, gone in ((1240, 0), (900, 1), (752, 2)):
        page.resize(width, 600)
        await tick()
        rooms = [table.columnWidth(column) for column in Column if not table.isColumnHidden(column)]
        assert len(Column) - len(rooms) == gone
        assert sum(rooms) <= table.viewport().width() and rooms[0] == max(rooms)
        assert not table.horizontalScrollBar().isVisible()


async def test_the_newest_is_marked_so_that_the_buttons_mean_something(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    batch_id = await delivered(controller, bench, tmp_path / "a")
    page = made_page(qtbot, controller)
    await until(lambda: page.history.rowCount() == 1)
    assert page.selected() == [batch_id] and page.open.isEnabled()
