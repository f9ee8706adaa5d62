"""The order of the file table: by any column, in steps, and with the busiest files first."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication

from app.domain.model import FileLine
from app.domain.placement import Grant
from app.domain.states import FileState
from app.ui.files.model import Column, Data, FileModel, Filter, Order
from app.ui.files.rows import AT_ONCE, Rows
from tests.ui.file_kit import (
    DOWN,
    UP,
    Files,
    loaded,
    mixed,
    names,
    settle,
    shown,
    still_files,
    until,
)


@pytest.fixture
def files(tmp_path: Path, qapp: QApplication) -> Iterator[Files]:
    with still_files(tmp_path) as made:
        yield made


@pytest.fixture
def model(files: Files) -> FileModel:
    return FileModel(files.controller, parent=files.controller)


def test_numbers_in_names_are_sorted_by_their_value(files: Files, model: FileModel) -> None:
    loaded(model, files.batch("a", ["b/IMG10.JPG", "a/img9.jpg", "a/IMG10.JPG", "c/IMG1.JPG"]))
    model.sort(Column.NAME, UP)
    assert shown(model) == ["c/IMG1.JPG", "a/img9.jpg", "a/IMG10.JPG", "b/IMG10.JPG"]
    model.sort(Column.NAME, DOWN)
    assert shown(model) == ["b/IMG10.JPG", "a/IMG10.JPG", "a/img9.jpg", "c/IMG1.JPG"]


@pytest.mark.parametrize("column", Column)
@pytest.mark.parametrize("order", (UP, DOWN))
def test_each_column_sorts_by_what_is_under_it_and_keeps_equals_in_place(
    files: Files, model: FileModel, column: Column, order: Qt.SortOrder
) -> None:
    loaded(model, mixed(files))
    model.sort(column, order)
    rows = range(model.rowCount())
    values = [model.index(row, column).data(Data.RAW) for row in rows]
    if column is Column.STATE:
        ranks = list(dict.fromkeys(values))
        wanted = [FileState.FAILED, FileState.SENDING, FileState.PREPARING, FileState.SENT]
        assert [s for s in ranks if s in wanted] == (wanted if order is UP else wanted[::-1])
        values = [ranks.index(value) for value in values]
        assert values == sorted(values)
    elif column is not Column.NAME:
        assert values == sorted(values, reverse=order is DOWN)
    ids = [model.line(row).id for row in rows]
    for first, second in pairwise(rows):
        if values[first] == values[second]:
            assert ids[first] < ids[second]
    model.sort(-1, UP)
    assert shown(model) == names(40)


@pytest.mark.parametrize("count", (1, AT_ONCE, 3 * AT_ONCE + 5, 4 * AT_ONCE))
@pytest.mark.parametrize("descending", (False, True))
def test_sorting_in_steps_is_sorting(count: int, descending: bool) -> None:
    rng = random.Random(count)
    rows = Rows()
    rows.add([FileLine(n + 1, f"{n}", rng.randrange(50), FileState.QUEUED, "", 0.0)
              for n in range(count)])  # fmt: skip
    rows.order = Order(Column.SIZE, descending)
    sorting, steps = rows.arranged(range(count)), 0
    while True:
        try:
            next(sorting)
            steps += 1
        except StopIteration as done:
            result = done.value
            break
    rows.show(list(range(count)))
    size = {n: rows.line(n).size for n in range(count)}
    assert result == sorted(range(count), key=size.__getitem__, reverse=descending)
    assert steps >= count // AT_ONCE


def test_many_rows_are_sorted_without_holding_up_the_loop(files: Files, model: FileModel) -> None:
    count = AT_ONCE + 10
    loaded(model, files.batch("a", names(count)))
    model.sort(Column.SIZE, DOWN)
    assert model.busy
    assert shown(model)[0] == names(1)[0]
    files.add("a", ["late.JPG"])
    files.controller.feed.files_added.emit("a")
    settle(model)
    assert shown(model) == [*reversed(names(count)), "late.JPG"]
    model.choose(Filter.WAITING, "")
    settle(model)
    assert shown(model) == ["late.JPG", *reversed(names(count))]


def test_a_sort_waits_to_be_asked_for_again(files: Files, model: FileModel) -> None:
    loaded(model, files.batch("a", names(5)))
    model.sort(Column.STATE, UP)
    files.told("a", *files.confirm("a"))
    settle(model)
    assert shown(model) == names(5)
    model.sort(Column.STATE, UP)
    assert shown(model) == [*names(5)[1:], names(5)[0]]


def test_an_index_that_somebody_keeps_follows_its_file(files: Files, model: FileModel) -> None:
    loaded(model, files.batch("a", names(10)))
    kept = QPersistentModelIndex(model.index(2, Column.STATE))
    model.sort(Column.SIZE, DOWN)
    assert (kept.row(), kept.column()) == (7, Column.STATE)
    assert kept.data(Data.LINE).path == names(10)[2]


def test_in_moving_the_busiest_files_come_first(files: Files, model: FileModel) -> None:
    batch = files.batch("a", names(6))
    sent, sending, checked = files.store_away(batch), files.send(batch, 2), files.check(batch)
    model.choose(Filter.MOVING, "")
    loaded(model, batch)
    assert [model.line(row).id for row in range(4)] == [*sending, *checked, *sent]
    later = files.send(batch)
    files.told(batch, *later)
    until(lambda: model.rowCount() == 5)
    assert [model.line(row).id for row in range(5)] == [*sending, *later, *checked, *sent]


def test_in_moving_a_file_that_gets_busier_rises(files: Files, model: FileModel) -> None:
    batch = files.batch("a", names(2))
    first, second = files.check(batch, 2)
    model.choose(Filter.MOVING, "")
    loaded(model, batch)
    grant = files.store.grants.add(Grant(batch, "media", "g", "p/", ""))
    files.store.files.placed(second, grant.id, "r", "p/2")
    files.told(batch, second)
    settle(model)
    assert [model.line(row).id for row in (0, 1)] == [first, second]
    until(lambda: model.line(0).id == second)
