"""The card is read again from the window: with progress, a way to stop, and a verdict in words."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.domain.clearance import Clearance, Unsafe, Why
from app.domain.errors import Fault
from app.domain.model import Level
from app.domain.preferences import Language
from app.ui.batches.card_check import CardCheck, CardState
from app.ui.batches.card_strip import CardStrip
from app.ui.batches.page import BatchPage
from app.ui.controller import Controller
from app.ui.language import use
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import button, delivered, shows, until
from tests.ui.test_summary import said


async def made_page(
    qtbot: QtBot, controller: Controller, bench: Workbench, card: Path
) -> tuple[BatchPage, str]:
    page = BatchPage(controller)
    qtbot.addWidget(page)
    page.resize(1000, 760)
    page.show()
    batch_id = await delivered(controller, bench, card)
    page.show_batch(batch_id)
    return page, batch_id


def verdict(page: BatchPage) -> str:
    return page.summary.card.title.text() if page.summary.card.isVisible() else ""


async def test_a_delivered_card_is_clear_to_erase(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page, batch_id = await made_page(qtbot, controller, bench, tmp_path / "card")
    assert verdict(page) == ""
    button(page, "Verify the card").click()
    await until(lambda: verdict(page) == "Clear to erase: 2 files are safe")
    assert page.summary.card.accessibleName() == "Clear to erase: 2 files are safe"
    assert not shows(page, "Stop") and page.summary.verify.isEnabled()
    statuses = list(controller.engine.files(batch_id))
    state = page.card.state(batch_id)
    assert state is not None and state.clearance is not None
    if not state.clearance.from_memory:
        assert all(Level.REREAD in status.levels for status in statuses)


async def test_a_photo_taken_since_keeps_the_card_and_is_named(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page, _ = await made_page(qtbot, controller, bench, tmp_path / "card")
    (tmp_path / "card" / "DJI_9999.JPG").write_bytes(b"taken since")
    button(page, "Verify the card").click()
    await until(lambda: verdict(page) == "Not yet: 1 file is in no batch")
    assert any("DJI_9999.JPG" in words for words in said(page))


async def test_a_card_that_is_not_there_is_asked_for(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page, batch_id = await made_page(qtbot, controller, bench, tmp_path / "card")
    moved = (tmp_path / "card").rename(tmp_path / "elsewhere")
    button(page, "Verify the card").click()
    await until(lambda: page.findChildren(QFileDialog))
    (dialog,) = page.findChildren(QFileDialog)
    dialog.close()
    page.card.start(batch_id, moved)
    await until(lambda: verdict(page).startswith("Clear to erase"))


async def test_reading_goes_on_in_a_thread_and_stops_when_asked(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page, batch_id = await made_page(qtbot, controller, bench, tmp_path / "card")
    big = tmp_path / "card" / "big.MP4"
    with big.open("wb") as stream:
        stream.truncate(3 * 1024**3)  # a hole: takes no room, and seconds to read
    # Asked only where another delivered file has its size, so it must be of the batch itself.
    bench.app.store.files._database.run(
        "UPDATE file SET size = ?, path = 'big.MP4' WHERE id = (SELECT min(id) FROM file)",
        (3 * 1024**3,),
    )
    page.summary.verify.click()
    await until(lambda: verdict(page) == "Reading the card again")
    assert not page.summary.verify.isEnabled()
    await until(lambda: [one for one in threading.enumerate() if one.name.startswith("pf-verify")])
    button(page, "Stop").click()
    await until(lambda: verdict(page) == "")
    assert page.card.state(batch_id) is None


async def test_a_folder_that_goes_away_is_said(
    controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    batch_id = await delivered(controller, bench, tmp_path / "card")
    faults: list[Fault] = []
    controller.problem.connect(faults.append)
    check = CardCheck(controller)
    check.start(batch_id, tmp_path / "nowhere")
    await until(lambda: faults)
    assert check.state(batch_id) is None and "nowhere" in faults[0].title


def test_every_reason_has_words_in_both_languages(qtbot: QtBot) -> None:
    strip = CardStrip()
    qtbot.addWidget(strip)
    for language in (Language.CHINESE, Language.ENGLISH):
        use(language, None)
        for why in Why:
            unsafe = tuple(Unsafe(f"DJI_{n}.JPG", why, "") for n in range(5))
            found = Clearance("b", "t", 3, 1, 1, True, unsafe)
            strip.show_state(CardState(clearance=found, at=1.0))
            assert strip.title.text() and "{" not in strip.title.text() + strip.words.text()
            assert "DJI_0.JPG" in strip.words.text() and "DJI_3.JPG" not in strip.words.text()
