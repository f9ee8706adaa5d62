"""The page of all connections: empty, full, adding, changing, removing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.domain.errors import SecretsError
from app.domain.model import Connection
from app.domain.preferences import Language
from app.engine.line import Line
from app.store.secrets import LayeredSecrets, SessionSecrets
from app.ui import language
from app.ui.connections.page import ConnectionsPage
from app.ui.controller import Controller
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import until
from tests.ui.form_kit import by_keyboard


@pytest.fixture
def page(qtbot: QtBot, controller: Controller) -> ConnectionsPage:
    return shown(qtbot, controller)


def shown(qtbot: QtBot, controller: Controller) -> ConnectionsPage:
    made = ConnectionsPage(controller)
    qtbot.addWidget(made)
    made.resize(800, 700)
    made.show()
    return made


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def words_on(widget: QWidget) -> str:
    return " ".join(part.text() for part in widget.findChildren(QLabel) if part.isVisible())


async def test_each_connection_shows_what_it_is_and_where_it_goes(
    page: ConnectionsPage, bench: Workbench
) -> None:
    assert [card.connection.service for card in page.cards] == [
        "flighthub2",
        "cloud-api",
        "metastudio",
    ]
    project = bench.connection("flighthub2").option("project")
    told = words_on(page.cards[0])
    for part in ("Practice FlightHub 2", "127.0.0.1", project):
        assert part in told
    assert not page.first_button.isVisible()


async def test_without_connections_the_page_offers_one_and_the_practice_cloud(
    qtbot: QtBot, controller: Controller, bench: Workbench
) -> None:
    for connection in controller.connections():
        bench.app.remove_connection(connection.name)
    page = shown(qtbot, controller)
    assert not page.add_button.isVisible()
    with qtbot.waitSignal(page.try_practice):
        click(qtbot, page.practice_button)
    click(qtbot, page.first_button)
    assert all(card.isVisible() for card in page.services)


async def test_a_service_is_chosen_with_a_click_anywhere_on_its_card(
    qtbot: QtBot, page: ConnectionsPage
) -> None:
    click(qtbot, page.add_button)
    assert [card.spec for card in page.services] == list(bootstrap.SPECS)
    assert page.form is None
    click(qtbot, page.services[2])
    assert page.form is not None
    assert "project-id" in page.form.boxes
    click(qtbot, page.form.cancel_button)
    assert page.services[0].isVisible()
    assert page.form is None


async def test_a_new_connection_is_on_the_page_and_told(
    qtbot: QtBot, page: ConnectionsPage, bench: Workbench
) -> None:
    old, told = bench.connection("metastudio"), list[str]()
    page.saved.connect(told.append)
    page.add()
    page.services[2].button.click()
    assert page.form is not None
    for key, value in (("name", "Second"), ("url", old.url), *old.options.items()):
        page.form.boxes[key].set_value(value)
    page.form.secret.set_value("s")
    click(qtbot, page.form.save_button)
    await until(lambda: told)
    assert told == ["Second"]
    assert page.form is None
    assert [card.connection.name for card in page.cards][-1] == "Second"
    assert page.cards[0].isVisible()


async def test_a_change_is_saved_and_shown(
    qtbot: QtBot, page: ConnectionsPage, controller: Controller
) -> None:
    click(qtbot, page.cards[1].edit_button)
    assert page.form is not None
    page.form.boxes["workspace"].set_value("another")
    click(qtbot, page.form.save_button)
    await until(lambda: page.form is None)
    assert controller.connections()[1].option("workspace") == "another"
    assert "another" in words_on(page.cards[1])


async def test_removing_asks_first_and_says_that_batches_stay(
    qtbot: QtBot, page: ConnectionsPage, controller: Controller, bench: Workbench
) -> None:
    card = page.cards[0]
    click(qtbot, card.remove_button)
    assert "stay in the history" in words_on(card)
    assert "cannot go on" not in words_on(card)
    click(qtbot, card.keep_button)
    assert not card.really_button.isVisible()
    assert len(controller.connections()) == 3
    click(qtbot, card.remove_button)
    click(qtbot, card.really_button)
    await until(lambda: len(page.cards) == 2)
    assert "Practice FlightHub 2" not in [one.name for one in controller.connections()]
    assert bench.app.secrets.get("Practice FlightHub 2") is None


async def test_removing_warns_of_batches_that_are_not_finished(
    qtbot: QtBot, page: ConnectionsPage, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 2, 100, 200)
    bench.cloud.settings.control_delay = 0.5
    batch = controller.add([tmp_path / "card"], bench.connection("cloud-api").name)
    assert batch is not None
    controller.pause(batch.id)
    click(qtbot, page.cards[1].remove_button)
    assert "1 batch that is not finished" in words_on(page.cards[1])
    click(qtbot, page.cards[0].remove_button)
    assert "not finished" not in words_on(page.cards[0])


async def test_a_connection_of_a_service_unknown_here_can_only_be_removed(
    page: ConnectionsPage, controller: Controller, bench: Workbench
) -> None:
    strange = Connection("Strange", "tomorrow", "https://a.example", {"x": "y"})
    bench.app.store.connections.save(strange)
    controller.connections_changed.emit()
    await asyncio.sleep(0.05)
    card = page.cards[-1]
    assert not card.edit_button.isEnabled()
    assert "tomorrow at a.example" in words_on(card)
    assert card.remove_button.isEnabled()


class NoKeyring:
    def get(self, name: str) -> str | None:
        return None

    def set(self, name: str, value: str) -> None:
        raise SecretsError("This computer has no keyring.", "Set one up.")

    def delete(self, name: str) -> None: ...


@pytest.fixture
async def ringless(bench: Workbench, qapp: QApplication) -> AsyncIterator[Controller]:
    bench.app.secrets = LayeredSecrets(SessionSecrets(), NoKeyring())
    made = Controller(bench.app, Line(bench.app.engine))
    yield made
    await made.close()


async def test_without_a_keyring_it_is_said_plainly_before_the_page_goes_on(
    qtbot: QtBot, ringless: Controller, bench: Workbench, qapp: QApplication
) -> None:
    page, told = shown(qtbot, ringless), list[str]()
    page.saved.connect(told.append)
    page.edit("Practice MetaStudio")
    assert page.form is not None
    page.form.secret.set_value("only now")
    click(qtbot, page.form.save_button)
    await until(lambda: page.form is None)
    assert "only for this run" in words_on(page)
    assert "entered again" in words_on(page)
    assert "only now" not in words_on(page)
    assert told == []
    language.use(Language.CHINESE, qapp)
    await asyncio.sleep(0)
    assert "密钥环" in words_on(page)
    click(qtbot, page.done_button)
    assert told == ["Practice MetaStudio"]
    assert bench.app.secrets.get("Practice MetaStudio") == "only now"


async def test_the_secret_is_gone_from_a_form_that_is_left(
    qtbot: QtBot, page: ConnectionsPage
) -> None:
    page.edit("Practice Cloud API")
    assert page.form is not None
    line = page.form.secret.input
    page.form.secret.set_value("hush")
    page.add()
    assert line.text() == ""


async def test_the_keyboard_goes_where_it_is_wanted(qtbot: QtBot, page: ConnectionsPage) -> None:
    assert page.focusProxy() is page.add_button
    page.add()
    assert page.focusProxy() is page.services[0].button
    page.services[0].button.click()
    assert page.focusProxy() is page.form
    page.show_list()
    assert page.focusProxy() is page.add_button
    for widget in by_keyboard(page):
        assert widget.accessibleName() or getattr(widget, "text", str)()


async def test_nothing_is_wider_than_a_narrow_window(qtbot: QtBot, page: ConnectionsPage) -> None:
    page.resize(420, 600)
    for go in (page.show_list, page.add, page.services[2].button.click):
        go()
        await asyncio.sleep(0.05)
        for part in page.findChildren(QWidget):
            if part.isVisible() and not part.isWindow():
                right = part.mapTo(page, part.rect().topRight()).x()
                assert right <= page.width(), part
