"""What a row of the file table says: how far its file is, how fast, and why it waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication

from app.domain.errors import Fault
from app.domain.events import FilesChanged, FileWaits
from app.domain.model import FileLine
from app.domain.states import FileState
from app.ui.files import words as file_words
from app.ui.files.model import Column, FileModel
from app.ui.files.words import Around, Motion, Motions
from tests.ui.file_kit import Files, loaded, mixed, names, settle, still_files, until

OFFLINE = Fault("offline", "There is no network.", "It goes on by itself.")


@pytest.fixture
def files(tmp_path: Path, qapp: QApplication) -> Iterator[Files]:
    with still_files(tmp_path) as made:
        yield made


@pytest.fixture
def model(files: Files) -> FileModel:
    return FileModel(files.controller, parent=files.controller)


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
