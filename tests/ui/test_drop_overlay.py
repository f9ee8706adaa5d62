"""What the overlay says of a drag, and what counts as files in it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, QUrl
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.preferences import Language
from app.engine.glance import Glance
from app.ui import language
from app.ui.controller import Controller
from app.ui.drop_overlay import DropOverlay, described, paths_of
from tests.helpers.flights import write_flight


def mime(*paths: Path, text: str = "") -> QMimeData:
    data = QMimeData()
    if paths:
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    if text:
        data.setText(text)
    return data


def test_files_and_folders_of_this_computer_are_taken_each_once(tmp_path: Path) -> None:
    assert paths_of(mime(tmp_path, tmp_path / "飞行 1", tmp_path)) == [
        tmp_path,
        tmp_path / "飞行 1",
    ]


def test_pasted_paths_may_be_quoted_and_stand_on_lines_of_their_own(tmp_path: Path) -> None:
    assert paths_of(mime(text=f'"{tmp_path}"\n  {tmp_path}/b \n')) == [tmp_path, tmp_path / "b"]


def test_a_link_and_a_sentence_are_no_files() -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.com/photo.jpg")])
    assert paths_of(data) == []
    assert paths_of(mime(text="just some words")) == []


def test_kinds_are_named_with_their_numbers() -> None:
    seen = Glance(files=12, size=5_200_000_000, photos=9, videos=2, flight_data=1)
    assert described([Path("/c/DCIM")], seen) == (
        "DCIM: 9 photos, 2 videos, 1 file of flight data, 5.2 GB"
    )


class Stage:
    """The overlay on a bare window."""

    def __init__(self, qtbot: QtBot, controller: Controller) -> None:
        self.host = QWidget()
        qtbot.addWidget(self.host)
        self.host.resize(900, 600)
        self.overlay = DropOverlay(controller, self.host)
        self.host.show()

    def words(self) -> str:
        labels = [label for label in self.overlay.findChildren(QWidget) if hasattr(label, "text")]
        return " | ".join(label.text() for label in labels if label.isVisibleTo(self.host))  # pyright: ignore[reportAttributeAccessIssue]

    async def until(self, part: str) -> None:
        async with asyncio.timeout(10):
            while part not in self.words():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_it_says_where_to_and_counts_what(
    qtbot: QtBot, controller: Controller, tmp_path: Path
) -> None:
    stage = Stage(qtbot, controller)
    write_flight(tmp_path / "card", 8, 1000, 1000)
    stage.overlay.begin([tmp_path / "card"], ["harbour"], "harbour")
    assert stage.overlay.isVisible()
    assert "Send to harbour" in stage.words()
    await stage.until("7 photos, 1 video")
    assert stage.overlay.wrong is None


async def test_a_wrong_drop_is_named_before_it_falls(
    qtbot: QtBot, controller: Controller, tmp_path: Path
) -> None:
    stage = Stage(qtbot, controller)
    (tmp_path / "letter.txt").write_text("hello")
    stage.overlay.begin([tmp_path / "letter.txt"], ["harbour"], "harbour")
    await stage.until("letter.txt is no photo")
    assert stage.overlay.wrong is not None
    stage.overlay.begin([], ["harbour"], "harbour")
    assert "no file or folder" in stage.words()


async def test_another_connection_is_chosen_by_hovering_over_it(
    qtbot: QtBot, controller: Controller, tmp_path: Path
) -> None:
    stage = Stage(qtbot, controller)
    names = [item.name for item in controller.connections()]
    stage.overlay.begin([tmp_path], names, names[0])
    await asyncio.sleep(0.05)
    tile = next(
        w for w in stage.overlay.findChildren(QWidget) if getattr(w, "connection", "") == names[1]
    )
    stage.overlay.hover(QPointF(tile.geometry().center()))
    assert stage.overlay.connection == names[1]
    assert f"Send to {names[1]}" in stage.words()
    stage.overlay.hover(QPointF(1, 1))
    assert stage.overlay.connection == names[1], "between the tiles the choice stays"


async def test_a_drag_that_leaves_ends_the_counting(
    qtbot: QtBot, controller: Controller, tmp_path: Path
) -> None:
    stage = Stage(qtbot, controller)
    write_flight(tmp_path / "card", 3, 10, 10)
    stage.overlay.begin([tmp_path / "card"], [], "")
    stage.overlay.end()
    before = stage.words()
    await asyncio.sleep(0.2)
    assert not stage.overlay.isVisible()
    assert stage.words() == before


async def test_it_speaks_chinese(
    qapp: QApplication, qtbot: QtBot, controller: Controller, tmp_path: Path
) -> None:
    stage = Stage(qtbot, controller)
    language.use(Language.CHINESE, qapp)
    stage.overlay.begin([tmp_path], ["海港"], "海港")
    assert "发送到 海港" in stage.words()
