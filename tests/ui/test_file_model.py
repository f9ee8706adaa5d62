"""The model of the file table, without a window: pieces, changes, filters, and what holds still."""

from __future__ import annotations

import asyncio
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.domain.errors import Fault
from app.domain.states import BatchState, FileState
from app.store.store import FILE_NAME
from app.ui.controller import Controller
from app.ui.files.model import SETTLE, Column, Data, FileModel, Filter
from app.ui.files.rows import count_of, spans
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench
from tests.ui.file_kit import DOWN, Files, loaded, mixed, names, settle, shown, still_files, until


@pytest.fixture
def files(tmp_path: Path, qapp: QApplication) -> Iterator[Files]:
    with still_files(tmp_path) as made:
        yield made


@pytest.fixture
def model(files: Files) -> FileModel:
    return FileModel(files.controller, parent=files.controller)


# -- reading -------------------------------------------------------------------------------------


def test_a_long_batch_is_read_in_pieces_and_in_the_order_of_the_scan(
    files: Files, model: FileModel
) -> None:
    batch = files.batch("a", names(2500))
    grown: list[int] = []
    model.rowsInserted.connect(lambda *_: grown.append(model.rowCount()))
    model.load(batch)
    assert 0 < model.rowCount() < 2500
    assert model.reading
    settle(model)
    assert grown == [500, 1000, 1500, 2000, 2500]
    assert shown(model) == names(2500)
    assert not model.reading


def test_another_batch_in_the_middle_of_reading_leaves_nothing_of_the_first(
    files: Files, model: FileModel
) -> None:
    files.batch("a", names(2500))
    files.batch("b", names(3, "other"))
    model.load("a")
    loaded(model, "b")
    assert shown(model) == names(3, "other")
    loaded(model, "a")
    assert model.rowCount() == 2500
    model.load(None)
    assert not model.rowCount()
    assert not model.busy


def test_a_controller_that_closes_ends_the_reading(files: Files, model: FileModel) -> None:
    model.load(files.batch("a", names(2500)))
    assert model.busy
    files.controller.feed.closed.emit()
    assert not model.busy


def test_found_files_are_appended(files: Files, model: FileModel) -> None:
    loaded(model, files.batch("a", names(3), BatchState.SCANNING))
    files.add("a", ["DCIM/late.JPG"])
    files.controller.feed.files_added.emit("b")
    assert not model.busy
    files.controller.feed.files_added.emit("a")
    settle(model)
    assert shown(model) == [*names(3), "DCIM/late.JPG"]


def test_qt_finds_nothing_wrong_with_the_model(
    files: Files, model: FileModel, qtmodeltester: ModelTester
) -> None:
    qtmodeltester.check(model, force_py=True)
    loaded(model, files.batch("a", names(40)))
    failed = files.fail("a", 5)
    files.told("a", *failed)
    settle(model)
    for column in Column:
        model.sort(column, DOWN)
    model.choose(Filter.NEEDS_YOU, "")
    files.store.files.retry("a", failed[1:3])
    files.told("a", *failed)
    until(lambda: model.rowCount() == 3)
    model.choose(Filter.ALL, "0001")
    model.load(None)
    qtmodeltester.check(model, force_py=True)


def test_a_damaged_store_is_said_and_not_raised(
    files: Files, model: FileModel, tmp_path: Path
) -> None:
    said: list[Fault] = []
    files.controller.problem.connect(said.append)
    model.load(files.batch("a", names(1500)))
    path = tmp_path / "home" / FILE_NAME
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE batch SET title = 'x'")
        other.commit()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as broken:
        broken.seek(4096)
        broken.write(b"\xff" * (path.stat().st_size - 4096))
    settle(model)
    assert len(said) == 1
    assert said[0].code.startswith("store")
    assert not model.reading


# -- changes -------------------------------------------------------------------------------------


def test_changed_files_are_told_as_one_span_each(files: Files, model: FileModel) -> None:
    loaded(model, files.batch("a", names(1300)))
    changed = files.fail("a", 600)
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda top, bottom, *_: told.append((top.row(), bottom.row())))
    files.told("a", *changed[:10], *changed[20:30])
    settle(model)
    assert told == [(0, 9), (20, 29)]
    assert model.line(0).state is FileState.FAILED
    assert model.line(15).state is FileState.QUEUED
    told.clear()
    files.told("a", *changed)
    settle(model)
    assert told == [(0, 499), (500, 599)]


def test_a_change_of_another_batch_is_not_read(files: Files, model: FileModel) -> None:
    loaded(model, files.batch("a", names(3)))
    files.told("b", 1)
    assert not model.busy


def test_spans_are_runs_of_neighbours() -> None:
    assert spans([]) == []
    assert spans([3]) == [(3, 3)]
    assert spans([0, 1, 2, 5, 7, 8]) == [(0, 2), (5, 5), (7, 8)]


async def test_a_batch_on_its_way_is_followed_to_its_end(
    qapp: QApplication, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 6, 300_000, 400_000)
    bench.app.throttle.limit = 900_000
    model = FileModel(controller)
    model.watch(True)
    shares: set[float] = set()
    spoken: set[str] = set()

    def look() -> None:
        for row in range(model.rowCount()):
            shares.add(model.index(row, Column.SAYS).data(Data.SHARE) or 0.0)
            spoken.add(model.index(row, Column.STATE).data())

    model.dataChanged.connect(look)
    batch = controller.add([tmp_path / "card"], bench.connection("cloud-api").name)
    assert batch is not None
    model.load(batch.id)
    async with asyncio.timeout(30):
        while model.rowCount() < 6 or any(  # noqa: ASYNC110
            model.line(row).state is not FileState.CONFIRMED for row in range(6)
        ):
            await asyncio.sleep(0.05)
    assert {"Sending", "Delivered"} <= spoken
    assert any(0 < share < 1 for share in shares)
    assert model.around.service == controller.spec(batch).title


# -- filter and search ---------------------------------------------------------------------------


@pytest.mark.parametrize("which", Filter)
def test_a_filter_shows_as_many_files_as_its_counter_says(
    files: Files, model: FileModel, which: Filter
) -> None:
    batch = mixed(files)
    model.choose(which, "")
    loaded(model, batch)
    wanted = count_of(which, files.controller.engine.counts(batch))
    assert model.rowCount() == wanted > 0
    model.choose(Filter.ALL, "")
    assert model.rowCount() == 40
    model.choose(which, "")
    assert model.rowCount() == wanted


def test_a_search_finds_any_part_of_the_path_in_any_spelling(
    files: Files, model: FileModel
) -> None:
    cafe = unicodedata.normalize("NFD", "Café 1.mp4")
    paths = ["DCIM/a.JPG", f"DCIM/{cafe}", "DCIM/北面田地/照片.jpg", "other/B.jpg"]
    loaded(model, files.batch("a", paths))
    for words, found in (
        ("café", [1]),
        (" CAFÉ ", [1]),
        ("dcim/A", [0]),
        ("田地", [2]),
        (".JPG", [0, 2, 3]),
        ("nothing", []),
        ("", [0, 1, 2, 3]),
    ):
        model.choose(Filter.ALL, words)
        assert shown(model) == [paths[n] for n in found], words
    assert model.total == 4


def test_filter_and_search_hold_for_what_is_found_later(files: Files, model: FileModel) -> None:
    loaded(model, files.batch("a", ["x/1.JPG", "y/2.JPG"], BatchState.SCANNING))
    model.choose(Filter.WAITING, "x/")
    files.add("a", ["x/3.JPG", "y/4.JPG"])
    files.controller.feed.files_added.emit("a")
    settle(model)
    assert shown(model) == ["x/1.JPG", "x/3.JPG"]


# -- what holds still ----------------------------------------------------------------------------


def test_a_row_that_no_longer_fits_leaves_within_a_second_and_not_at_once(
    files: Files, model: FileModel
) -> None:
    batch = files.batch("a", names(5))
    model.choose(Filter.WAITING, "")
    loaded(model, batch)
    failed = files.fail(batch)
    files.told(batch, *failed)
    settle(model)
    assert model.rowCount() == 5
    assert model.line(0).state is FileState.FAILED
    until(lambda: model.rowCount() == 4, SETTLE / 1000 + 2)
    files.store.files.retry(batch, failed)
    files.told(batch, *failed)
    until(lambda: model.rowCount() == 5)
    assert shown(model) == names(5)


def test_nothing_leaves_while_a_button_is_down(
    files: Files, model: FileModel, qtbot: QtBot
) -> None:
    batch = files.batch("a", names(5))
    model.choose(Filter.WAITING, "")
    loaded(model, batch)
    model.hold(True)
    files.told(batch, *files.fail(batch, 2))
    qtbot.wait(SETTLE + 300)
    assert model.rowCount() == 5
    model.hold(False)
    until(lambda: model.rowCount() == 3)


def test_many_scattered_rows_leave_together(files: Files, model: FileModel) -> None:
    batch = files.batch("a", names(400))
    model.choose(Filter.WAITING, "")
    loaded(model, batch)
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    gone = files.ids(batch)[::2]
    files.store.files.drop(batch, gone)
    files.told(batch, *gone)
    until(lambda: model.rowCount() == 200)
    assert shown(model) == names(400)[1::2]
    assert resets == [True]


def test_in_another_order_newcomers_wait_at_the_end(files: Files, model: FileModel) -> None:
    batch = files.batch("a", names(4))
    failed = files.fail(batch, 3)
    files.store.files.retry(batch, failed[:1])
    model.choose(Filter.NEEDS_YOU, "")
    loaded(model, batch)
    model.sort(Column.SIZE, DOWN)
    assert shown(model) == [names(3)[2], names(3)[1]]
    files.told(batch, *files.fail(batch))
    until(lambda: model.rowCount() == 3)
    assert shown(model) == [names(3)[2], names(3)[1], names(3)[0]]
    row = model.rows_of(failed[:1])
    assert row == [2]
