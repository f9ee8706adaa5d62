"""The model of the file table, without a window: pieces, filters, order, and what holds still."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.domain.errors import Fault
from app.domain.events import FilesChanged, FileWaits
from app.domain.model import FileLine
from app.domain.placement import Grant
from app.domain.states import BatchState, FileState
from app.store.store import FILE_NAME
from app.ui.controller import Controller
from app.ui.files import words as file_words
from app.ui.files.model import SETTLE, Column, Data, FileModel, Filter, Order
from app.ui.files.rows import AT_ONCE, Rows, count_of, spans
from app.ui.files.words import Around, Motion, Motions
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench
from tests.ui.file_kit import Files, names, settle, shown, still_files, until

DOWN = Qt.SortOrder.DescendingOrder
UP = Qt.SortOrder.AscendingOrder
OFFLINE = Fault("offline", "There is no network.", "It goes on by itself.")


@pytest.fixture
def files(tmp_path: Path, qapp: QApplication) -> Iterator[Files]:
    with still_files(tmp_path) as made:
        yield made


@pytest.fixture
def model(files: Files) -> FileModel:
    return FileModel(files.controller, parent=files.controller)


def loaded(model: FileModel, batch: str) -> FileModel:
    model.load(batch)
    settle(model)
    return model


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


# -- filter and search ---------------------------------------------------------------------------


def mixed(files: Files) -> str:
    batch = files.batch("a", names(40))
    files.confirm(batch, 6)
    files.store_away(batch, 1)
    files.send(batch, 2)
    files.check(batch, 3)
    files.fail(batch, 4)
    files.skip(batch, 5)
    files.store.files.drop(batch, files.ids(batch)[-2:])
    return batch


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


# -- order ---------------------------------------------------------------------------------------


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


# -- what a row says -----------------------------------------------------------------------------


def line(state: FileState, words: str = "", size: int = 11_000_000) -> FileLine:
    return FileLine(7, "DCIM/DJI_0412.JPG", size, state, words, 0.0)


def moving(*bytes_by_second: int) -> Around:
    around = Around(service="FlightHub 2")
    for second, sent in enumerate(bytes_by_second):
        around.motions.sample({7: sent}, float(second))
    return around


@pytest.mark.parametrize(
    ("about", "around", "words"),
    (
        (line(FileState.QUEUED), Around(), ""),
        (line(FileState.QUEUED), Around(held=True), "Goes on when you resume this batch"),
        (line(FileState.QUEUED), Around(reason=OFFLINE), "There is no network."),
        (line(FileState.PREPARING), Around(), "Reading the file before it is sent"),
        (
            line(FileState.PREPARING),
            Around(waits={7: OFFLINE}),
            "There is no network. It goes on by itself.",
        ),
        (line(FileState.SENDING), Around(), "0 %"),
        (line(FileState.SENDING), moving(0, 1_100_000), "10 %, 1.1 MB/s"),
        (line(FileState.SENDING), moving(0, 4_400_000, 2_200_000), "Resending, 20 %, 3.5 MB/s"),
        (line(FileState.SENDING), moving(11_000_000), "Waiting for the storage to confirm it"),
        (line(FileState.SENT), moving(), "Telling FlightHub 2"),
        (line(FileState.CONFIRMED), Around(), "Checked and registered"),
        (line(FileState.SKIPPED, "Already there."), Around(), "Already there."),
        (line(FileState.FAILED, "The file is empty."), Around(), "The file is empty."),
        (line(FileState.DROPPED), Around(), "Not sent"),
    ),
)
def test_a_row_says_how_far_it_is_or_why_it_waits(
    about: FileLine, around: Around, words: str
) -> None:
    assert file_words.says(about, around) == words


def test_a_row_that_waits_for_the_network_says_so_in_its_state() -> None:
    around = Around(waits={7: OFFLINE})
    assert file_words.word(line(FileState.PREPARING), around) == "No network"
    assert file_words.word(line(FileState.SENDING), around) == "Sending"
    renewing = Around(waits={7: Fault("keys-expired", "The keys ended.")})
    assert file_words.word(line(FileState.PREPARING), renewing) == "Renewing access"


def test_a_file_without_bytes_has_no_share_to_divide() -> None:
    assert file_words.share(line(FileState.SENDING, size=0), moving(0, 5)) == 0.0
    assert file_words.share(line(FileState.SENDING), moving(0, 99_000_000)) == 1.0
    assert file_words.share(line(FileState.SENT), moving(0, 5)) is None


def test_speeds_are_calm_and_end_with_the_file() -> None:
    motions = Motions()
    assert motions.sample({1: 0, 2: -5}, 0.0) == {1, 2}
    assert motions.get(2) == Motion(0)
    assert motions.sample({1: 1000, 2: 0}, 1.0) == {1}
    assert motions.get(1) == Motion(1000, 1000.0)
    motions.sample({1: 1000}, 2.0)
    calm = motions.get(1)
    assert calm is not None and calm.speed is not None
    assert 700 < calm.speed < 1000
    assert motions.sample({}, 3.0) == {1}
    assert motions.get(1) is None


def test_every_cell_speaks(files: Files, model: FileModel) -> None:
    loaded(model, mixed(files))
    heard = model.index(0, Column.NAME).data(Qt.ItemDataRole.AccessibleTextRole)
    assert heard == "DJI_00000.JPG, 1.0 kB, Delivered, Checked and registered"
    for row in range(model.rowCount()):
        for column in (Column.NAME, Column.SIZE, Column.STATE):
            assert model.index(row, column).data(Qt.ItemDataRole.AccessibleTextRole)
    assert model.index(0, Column.NAME).data(Qt.ItemDataRole.ToolTipRole) == names(1)[0]
    titles = [model.headerData(c, Qt.Orientation.Horizontal) for c in Column]
    assert titles == ["Name", "Size", "State", "Progress", "Time"]
    assert model.data(QModelIndex()) is None


def test_a_held_batch_says_so_in_every_waiting_row(files: Files, model: FileModel) -> None:
    loaded(model, files.batch("a", names(3)))
    assert model.index(2, Column.SAYS).data() == ""
    files.controller.engine.hold("a", True)
    until(lambda: model.index(2, Column.SAYS).data() == "Goes on when you resume this batch")


def test_a_file_that_rests_between_two_attempts_says_why_while_somebody_looks(
    files: Files, model: FileModel
) -> None:
    loaded(model, files.batch("a", names(2)))
    (resting,) = files.check("a")
    files.told("a", resting)
    settle(model)
    engine = files.controller.engine
    publish = engine._context.publish  # pyright: ignore[reportPrivateUsage]
    publish(FileWaits("a", resting, OFFLINE, 5.0))
    files.controller.feed.batch_changed.emit("a")
    assert model.index(0, Column.STATE).data() == "Checking"
    model.watch(True)
    assert model.index(0, Column.STATE).data() == "No network"
    assert model.index(0, Column.SAYS).data() == "There is no network. It goes on by itself."
    told: list[int] = []
    model.dataChanged.connect(lambda top, *_: told.append(top.row()))
    publish(FilesChanged("a", (resting,)))
    files.controller.feed.batch_changed.emit("a")
    assert told == [0]
    assert model.index(0, Column.STATE).data() == "Checking"


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
