"""The left side: cards with their way to the service, batches, links."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.domain.preferences import Language
from app.ui import language
from app.ui.batches.sidebar import Sidebar
from app.ui.batches.wishes import Wish
from app.ui.controller import Controller
from app.ui.system.cards import Card
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import button, delivered, tick, until

_ROOT = Path("/media/pilot/DJI_M3E")
_DJI = Card("DJI_M3E", _ROOT, 64_000_000_000, 12_300_000_000, _ROOT / "DCIM")
_BARE = Card("A card with a very long name that nobody can read", Path("/b"), 32, 16, None)


def made_sidebar(qtbot: QtBot, controller: Controller) -> Sidebar:
    made = Sidebar(controller)
    qtbot.addWidget(made)
    made.resize(272, 640)
    return made


def said(page: Sidebar) -> list[str]:
    return [one.text() for one in page.findChildren(QLabel) if one.isVisibleTo(page)]


async def test_an_empty_side_says_quietly_what_would_be_there(
    qtbot: QtBot, controller: Controller
) -> None:
    page = made_sidebar(qtbot, controller)
    assert "Put a card in, and it appears here." in said(page)
    assert "Nothing to send yet. Drop a folder on the window." in said(page)
    assert not page.list.isVisibleTo(page)


async def test_a_card_shows_its_room_and_sends_its_photos(
    qtbot: QtBot, controller: Controller
) -> None:
    page = made_sidebar(qtbot, controller)
    sent: list[Path] = []
    page.send_folder.connect(sent.append)
    page.show_cards([_DJI])
    assert "DJI_M3E" in said(page) and "12.3 GB free of 64.0 GB" in said(page)
    assert "Put a card in, and it appears here." not in said(page)
    button(page, "Send").click()
    page.show_cards([_BARE])
    button(page, "Send").click()
    assert sent == [_ROOT / "DCIM", Path("/b")]
    page.show_cards([])
    assert "Put a card in, and it appears here." in said(page)


async def test_batches_take_the_place_of_the_empty_words(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_sidebar(qtbot, controller)
    batch_id = await delivered(controller, bench, tmp_path / "a")
    assert page.list.isVisibleTo(page)
    assert "Nothing to send yet. Drop a folder on the window." not in said(page)
    controller.remove(batch_id)
    await until(lambda: not page.list.isVisibleTo(page))


async def test_a_wish_that_has_to_be_asked_brings_its_page_first(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_sidebar(qtbot, controller)
    batch_id = await delivered(controller, bench, tmp_path / "a")
    told: list[object] = []
    page.chosen.connect(told.append)
    page.asked.connect(lambda *what: told.append(what))
    page.list.do(batch_id, Wish.REMOVE)
    assert told == [batch_id, (batch_id, Wish.REMOVE)]
    page.show_chosen(None)
    assert page.list.current() == ""


async def test_the_links_lead_away(qtbot: QtBot, controller: Controller) -> None:
    page = made_sidebar(qtbot, controller)
    told: list[str] = []
    page.history_wanted.connect(lambda: told.append("history"))
    page.connections_wanted.connect(lambda: told.append("connections"))
    page.new_wanted.connect(lambda: told.append("new"))
    for link in (page.history, page.connections, page.new):
        link.click()
    assert told == ["history", "connections", "new"]
    assert page.new.accessibleName() == "New batch"


async def test_nothing_is_clipped_at_its_least_width_in_both_languages(
    qtbot: QtBot, qapp: QApplication, controller: Controller
) -> None:
    page = made_sidebar(qtbot, controller)
    page.show_cards([_DJI, _BARE])
    for spoken in (Language.ENGLISH, Language.CHINESE):
        language.use(spoken, qapp)
        await tick()
        assert page.minimumSizeHint().width() <= page.minimumWidth() == 220
