"""The list of batches: order, rows that keep up with the engine, keys and menus."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.domain.preferences import Language
from app.domain.states import BatchState
from app.ui import language
from app.ui.batches.card import fitting
from app.ui.batches.list import BatchList
from app.ui.batches.model import ID, LOOK, BatchLook, BatchModel
from app.ui.batches.wishes import Wish
from app.ui.controller import Controller
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import CLOUD_API, METASTUDIO, delivered, send, slow_storage, tick, until

_FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal
_MOVE = Qt.DropAction.MoveAction
_CTRL = Qt.KeyboardModifier.ControlModifier


def ids(model: BatchModel) -> list[str]:
    return [model.id_at(row) for row in range(model.rowCount())]


def held(controller: Controller, bench: Workbench, folder: Path, *names: str) -> list[str]:
    """Batches that wait for the person, in the order of the names."""
    made: list[str] = []
    for name in names:
        batch_id = send(controller, bench, folder / name, CLOUD_API, 1)
        controller.pause(batch_id)
        made.append(batch_id)
    return made


def made_list(qtbot: QtBot, controller: Controller, ended_shown: int = 20) -> BatchList:
    made = BatchList(controller, ended_shown)
    qtbot.addWidget(made)
    made.resize(264, 500)
    made.load()
    return made


async def test_unfinished_batches_come_first_and_then_the_newest_that_ended(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    first = await delivered(controller, bench, tmp_path / "a")
    second = await delivered(controller, bench, tmp_path / "b")
    one, two = held(controller, bench, tmp_path, "c", "d")
    view = made_list(qtbot, controller)
    model = view.batches
    QAbstractItemModelTester(model, _FATAL, model)
    assert ids(model) == [one, two]
    await until(lambda: model.rowCount() == 4)
    assert ids(model) == [one, two, second, first]


async def test_only_the_last_ended_batches_are_shown(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    await delivered(controller, bench, tmp_path / "a")
    second = await delivered(controller, bench, tmp_path / "b")
    view = made_list(qtbot, controller, ended_shown=1)
    model = view.batches
    await until(lambda: model.rowCount() == 1)
    assert ids(model) == [second]
    third = await delivered(controller, bench, tmp_path / "c")
    assert ids(model) == [third]
    controller.remove(third)
    await tick()
    assert ids(model) == [second]


async def test_a_batch_keeps_its_row_and_the_choice_while_it_is_delivered(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    older, batch_id = held(controller, bench, tmp_path, "older", "a")
    view = made_list(qtbot, controller)
    QAbstractItemModelTester(view.batches, _FATAL, view.batches)
    view.select(batch_id)
    kept = QPersistentModelIndex(view.currentIndex())
    controller.resume(batch_id)
    await until(lambda: controller.snapshot(batch_id).batch.state is BatchState.DELIVERED)
    await tick()
    assert kept.data(ID) == batch_id and view.current() == batch_id
    assert ids(view.batches) == [older, batch_id]


async def test_a_batch_that_ends_before_anybody_looked_is_listed_all_the_same(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    view = made_list(qtbot, controller)
    model = view.batches
    (tmp_path / "nothing").mkdir()
    batch = controller.add([tmp_path / "nothing"], bench.connection(CLOUD_API).name)
    assert batch is not None
    await until(lambda: controller.snapshot(batch.id).batch.state is BatchState.EMPTY)
    await tick()
    assert ids(model) == [batch.id]


async def test_only_the_row_whose_numbers_changed_is_painted_again(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    one, two = held(controller, bench, tmp_path, "a", "b")
    view = made_list(qtbot, controller)
    await tick()
    rows: set[tuple[int, int]] = set()
    view.batches.dataChanged.connect(lambda top, low: rows.add((top.row(), low.row())))
    controller.feed.batch_changed.emit(two)
    assert rows == {(1, 1)}
    assert isinstance(view.batches.index(0).data(LOOK), BatchLook)
    assert ids(view.batches) == [one, two]


async def test_a_row_moves_in_the_line_and_the_engine_hears_of_it(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    one, two, three = held(controller, bench, tmp_path, "a", "b", "c")
    view = made_list(qtbot, controller)
    model = view.batches
    QAbstractItemModelTester(model, _FATAL, model)
    assert model.moveRow(QModelIndex(), 2, QModelIndex(), 0)
    assert [batch.id for batch in controller.engine.in_line()] == [three, one, two]
    assert model.moveRow(QModelIndex(), 0, QModelIndex(), 3)
    assert [batch.id for batch in controller.engine.in_line()] == [one, two, three]
    await tick()
    assert ids(model) == [one, two, three]


async def test_nothing_is_dropped_among_the_batches_that_ended(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    await delivered(controller, bench, tmp_path / "a")
    held(controller, bench, tmp_path, "b")
    view = made_list(qtbot, controller)
    model = view.batches
    await until(lambda: model.rowCount() == 2)
    data, top = QMimeData(), QModelIndex()
    assert model.canDropMimeData(data, _MOVE, 1, 0, top)
    assert not model.canDropMimeData(data, _MOVE, 2, 0, top)
    assert not model.canDropMimeData(data, _MOVE, 0, 0, model.index(0))
    assert not model.moveRow(top, 0, top, 2)
    assert not model.moveRow(top, 1, top, 0)
    assert not model.flags(model.index(1)) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.flags(model.index(0)) & Qt.ItemFlag.ItemIsDragEnabled


async def test_ctrl_and_an_arrow_move_the_chosen_batch(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    one, two, three = held(controller, bench, tmp_path, "a", "b", "c")
    view = made_list(qtbot, controller)
    view.select(two)
    QTest.keyClick(view, Qt.Key.Key_Up, _CTRL)
    assert [batch.id for batch in controller.engine.in_line()] == [two, one, three]
    QTest.keyClick(view, Qt.Key.Key_Up, _CTRL)
    assert [batch.id for batch in controller.engine.in_line()] == [two, one, three]
    QTest.keyClick(view, Qt.Key.Key_Down, _CTRL)
    QTest.keyClick(view, Qt.Key.Key_Down, _CTRL)
    assert [batch.id for batch in controller.engine.in_line()] == [one, three, two]
    assert view.current() == two


async def test_a_choice_by_hand_is_told_and_one_by_program_is_not(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    one, two = held(controller, bench, tmp_path, "a", "b")
    view = made_list(qtbot, controller)
    told: list[str] = []
    view.chosen.connect(told.append)
    view.select(one)
    assert told == []
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert told == [two]
    view.select("")
    assert view.current() == ""


async def test_a_batch_that_is_chosen_before_it_is_listed_is_marked_when_it_comes(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    (one,) = held(controller, bench, tmp_path, "a")
    view = made_list(qtbot, controller)
    told: list[str] = []
    view.chosen.connect(told.append)
    (two,) = held(controller, bench, tmp_path, "b")
    view.select(two)
    assert view.current() == ""
    await tick()
    assert view.current() == two
    assert told == []
    (three,) = held(controller, bench, tmp_path, "c")
    view.select(three)
    view.setCurrentIndex(view.batches.index(view.batches.row_of(one)))  # the person was quicker
    await tick()
    assert view.batches.row_of(three) >= 0 and view.current() == one


async def test_space_pauses_and_resumes_and_delete_asks_first(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    with slow_storage(bench):
        batch_id = send(controller, bench, tmp_path / "a", CLOUD_API)
        view = made_list(qtbot, controller)
        view.select(batch_id)
        QTest.keyClick(view, Qt.Key.Key_Space)
        assert controller.engine.batch(batch_id).held
    await until(lambda: not controller.engine.runs(batch_id))
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert not controller.engine.batch(batch_id).held
    asked: list[tuple[str, object]] = []
    view.asked.connect(lambda *what: asked.append(what))
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert asked == [(batch_id, Wish.CANCEL)]
    await until(lambda: controller.engine.batch(batch_id).state is BatchState.DELIVERED)
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert asked[1:] == [(batch_id, Wish.REMOVE)]


async def test_the_menu_offers_what_makes_sense_and_no_more(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    waiting = held(controller, bench, tmp_path, "a")[0]
    done = await delivered(controller, bench, tmp_path / "b", METASTUDIO)
    view = made_list(qtbot, controller)
    await until(lambda: view.batches.rowCount() == 2)

    def offers(batch_id: str) -> list[str]:
        return [action.text() for action in view.menu_of(batch_id).actions() if action.text()]

    assert offers(waiting)[0] == "Resume" and offers(waiting)[-1] == "Cancel the batch…"
    assert "Pause" not in offers(waiting)
    assert offers(done)[0] == "Save the receipt…" and offers(done)[-1] == "Remove from the list…"
    assert "Delete at the service…" not in offers(done)  # this service deletes nothing


async def test_the_menu_comes_by_keyboard_too(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    (batch_id,) = held(controller, bench, tmp_path, "a")
    view = made_list(qtbot, controller)
    view.show()
    view.select(batch_id)
    reason = QContextMenuEvent.Reason.Keyboard
    view.contextMenuEvent(QContextMenuEvent(reason, view.pos(), view.pos()))
    menus = [menu for menu in view.findChildren(QMenu) if menu.isVisible()]
    assert len(menus) == 1
    menus[0].actions()[0].trigger()
    assert not controller.engine.batch(batch_id).held
    menus[0].close()
    # What still ran at the end of a test would go on without a running loop.
    await until(lambda: controller.engine.batch(batch_id).state is BatchState.DELIVERED)
    await tick()


async def test_a_row_is_spoken_as_a_sentence_and_follows_the_language(
    qtbot: QtBot, qapp: QApplication, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    batch_id = await delivered(controller, bench, tmp_path / "a", count=2)
    view = made_list(qtbot, controller)
    await until(lambda: view.batches.rowCount() == 1)
    name = bench.connection(CLOUD_API).name
    index = view.batches.index(view.batches.row_of(batch_id))
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("a: Delivered, 2 files, ") and spoken.endswith(f", to {name}")
    language.use(Language.CHINESE, qapp)
    await tick()
    assert "已送达" in index.data(Qt.ItemDataRole.AccessibleTextRole)


async def test_the_cards_are_painted_at_every_width_and_mark_a_drop(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    await delivered(controller, bench, tmp_path / "a")
    held(controller, bench, tmp_path, "b")
    view = made_list(qtbot, controller)
    await until(lambda: view.batches.rowCount() == 2)
    view.show()
    for width in (220, 320):
        view.resize(width, 400)
        plain = view.grab().toImage()
        view.mark_drop(1)
        assert view.grab().toImage() != plain
        view.mark_drop(None)
        assert view.grab().toImage() == plain
    heights = [view.sizeHintForRow(row) for row in range(2)]
    assert 60 <= heights[1] < heights[0] <= 84


def test_the_longest_sentence_that_fits_is_shown(qapp: QApplication) -> None:
    metrics = QFontMetrics(qapp.font())
    said = ("a very long sentence of a batch", "a short one", "one")
    assert fitting(said, metrics, 1000) == said[0]
    assert fitting(said, metrics, metrics.horizontalAdvance(said[1])) == said[1]
    assert fitting(said, metrics, metrics.horizontalAdvance("o…")).endswith("…")
