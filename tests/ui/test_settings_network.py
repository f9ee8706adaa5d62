"""The settings of the way out: limit, proxy, certificates."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QTime
from pytestqt.qtbot import QtBot

from app.bootstrap import PROXY_SECRET
from app.domain.errors import SecretsError
from app.domain.model import Connection
from app.domain.preferences import Hours, Theme
from app.paths import HOME, Paths
from app.store.secrets import LayeredSecrets, SessionSecrets
from app.ui.controller import Controller
from app.ui.settings.page import SettingsPage
from tests.helpers.certificates import make_certificate
from tests.helpers.proxy import ProxyServer, port_of
from tests.helpers.scripted import Reply, ScriptedServer
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import until
from tests.ui.settings_kit import click, pick, put

PILOT = "pilot:p@ss"


@pytest.fixture
async def page(qtbot: QtBot, controller: Controller, tmp_path: Path) -> SettingsPage:
    made = SettingsPage(controller, Paths.find({HOME: str(tmp_path / "home")}))
    qtbot.addWidget(made)
    made.resize(800, 900)
    made.show()
    return made


@pytest.fixture
def proxy() -> Iterator[ProxyServer]:
    with (
        ScriptedServer(lambda _: Reply(status=404)) as server,
        ProxyServer({"cloud.invalid": port_of(server.url)}, PILOT) as made,
    ):
        yield made


async def test_a_limit_is_a_number_with_a_unit(
    qtbot: QtBot, page: SettingsPage, controller: Controller
) -> None:
    limit = page.network.limit
    assert not limit.amount.isEnabled()
    assert not page.network.hours.on.isEnabled()
    click(qtbot, limit.on)
    assert controller.preferences.limit == 5_000_000
    limit.amount.setValue(3)
    assert controller.preferences.limit == 3_000_000
    limit.unit.setCurrentIndex(0)
    limit.unit.activated.emit(0)
    assert limit.amount.value() == 3000
    assert controller.preferences.limit == 3_000_000
    limit.amount.setValue(750)
    limit.unit.setCurrentIndex(2)
    limit.unit.activated.emit(2)
    assert (limit.amount.value(), controller.preferences.limit) == (6, 750_000)
    click(qtbot, limit.on)
    assert controller.preferences.limit == 0
    assert limit.amount.value() == 6


async def test_a_limit_under_16_kilobytes_a_second_is_not_offered(
    qtbot: QtBot, page: SettingsPage, controller: Controller
) -> None:
    limit = page.network.limit
    click(qtbot, limit.on)
    limit.unit.setCurrentIndex(0)
    limit.unit.activated.emit(0)
    limit.amount.setValue(3)
    assert (limit.amount.value(), controller.preferences.limit) == (16, 16_000)
    limit.unit.setCurrentIndex(1)
    limit.unit.activated.emit(1)
    assert (limit.amount.value(), controller.preferences.limit) == (1, 1_000_000)


async def test_a_limit_may_hold_at_some_hours_only(
    qtbot: QtBot, page: SettingsPage, controller: Controller
) -> None:
    hours = page.network.hours
    click(qtbot, page.network.limit.on)
    click(qtbot, hours.on)
    assert controller.preferences.limit_hours == Hours(480, 1080)
    hours.start.setTime(QTime(21, 15))
    assert controller.preferences.limit_hours == Hours(1275, 1080)
    hours.end.setTime(QTime(21, 15))
    row = next(row for row in page.network._rows if row._title() == "Hours of the limit")
    assert "never holds" in row._beneath.text()
    click(qtbot, hours.on)
    assert controller.preferences.limit_hours is None


@pytest.mark.parametrize("typed", ["nonsense:x", "socks5://h:1", "http://u:p@h:1", "h"])
async def test_a_proxy_that_cannot_be_used_is_said_and_not_set(
    qtbot: QtBot, page: SettingsPage, controller: Controller, typed: str
) -> None:
    put(qtbot, page.network.proxy, typed)
    assert controller.preferences.proxy == ""
    assert "http://host:port" in page.network.proxy_row.said
    pick(page.general.theme, Theme.DARK)
    assert page.network.proxy.text() == typed
    put(qtbot, page.network.proxy, " proxy.example:3128 ")
    assert controller.preferences.proxy == "http://proxy.example:3128"
    assert page.network.proxy_row.said == ""


class SlowSecrets(SessionSecrets):
    """As a keyring that the person has to unlock first."""

    def set(self, name: str, value: str) -> None:
        time.sleep(0.3)
        super().set(name, value)


async def test_the_proxy_is_tested_with_the_name_and_password_just_typed(
    qtbot: QtBot, page: SettingsPage, controller: Controller, bench: Workbench, proxy: ProxyServer
) -> None:
    far = Connection("Far", "cloud-api", "http://cloud.invalid", {"workspace": "w"})
    bench.app.store.connections.save(far)
    controller.prefer(replace(controller.preferences, connection="Far"))
    bench.app.secrets = SlowSecrets()
    network = page.network
    put(qtbot, network.proxy, proxy.name)
    click(qtbot, network.test_button)
    assert not network.test_button.isEnabled()
    await until(network.test_button.isEnabled)
    assert "asks for a user name and password" in network.proxy_row.said
    put(qtbot, network.user, "pilot")
    put(qtbot, network.password, "p@ss")
    click(qtbot, network.test_button)
    await until(network.test_button.isEnabled)
    assert network.proxy_row.said == "cloud.invalid answers."
    assert bench.app.secrets.get(PROXY_SECRET) == PILOT
    assert network.password.text() == ""
    assert PILOT in proxy.signed_in


async def test_the_test_needs_a_connection_to_ask(
    page: SettingsPage, controller: Controller, bench: Workbench
) -> None:
    assert page.network.test_button.isEnabled()
    for connection in controller.connections():
        bench.app.remove_connection(connection.name)
    controller.connections_changed.emit()
    assert not page.network.test_button.isEnabled()
    assert "Add a connection" in page.network.test_button.toolTip()


async def test_another_name_keeps_the_password_and_no_name_forgets_both(
    qtbot: QtBot, page: SettingsPage, bench: Workbench
) -> None:
    network = page.network
    put(qtbot, network.user, "pilot")
    assert bench.app.secrets.get(PROXY_SECRET) is None
    put(qtbot, network.password, "p@ss")
    await until(lambda: bench.app.secrets.get(PROXY_SECRET) == PILOT)
    put(qtbot, network.user, "chief")
    await until(lambda: bench.app.secrets.get(PROXY_SECRET) == "chief:p@ss")
    put(qtbot, network.user, "a:b")
    assert "no colon" in network.user_row.said
    put(qtbot, network.user, "")
    await until(lambda: bench.app.secrets.get(PROXY_SECRET) is None)
    await until(lambda: network.user_row.said == "Forgotten.")


async def test_the_kept_user_is_shown_and_the_password_never(
    qtbot: QtBot, controller: Controller, bench: Workbench
) -> None:
    bench.app.secrets.set(PROXY_SECRET, PILOT)
    page = SettingsPage(controller)
    qtbot.addWidget(page)
    page.show()
    await until(lambda: page.network.user.text() == "pilot")
    assert page.network.password.text() == ""
    assert page.network.password.placeholderText() == "Unchanged"


class NoKeyring:
    def get(self, name: str) -> str | None:
        return None

    def set(self, name: str, value: str) -> None:
        raise SecretsError("This computer has no keyring.", "Set one up.")

    def delete(self, name: str) -> None: ...


async def test_without_a_keyring_the_sign_in_is_kept_for_this_run_and_that_is_said(
    qtbot: QtBot, page: SettingsPage, bench: Workbench
) -> None:
    bench.app.secrets = LayeredSecrets(SessionSecrets(), NoKeyring())
    put(qtbot, page.network.user, "pilot")
    put(qtbot, page.network.password, "p@ss")
    await until(lambda: page.network.user_row.said)
    assert "until Postflight is closed" in page.network.user_row.said
    assert bench.app.secrets.get(PROXY_SECRET) == PILOT


async def test_a_certificate_file_is_looked_at_before_it_is_trusted(
    qtbot: QtBot, page: SettingsPage, controller: Controller, tmp_path: Path
) -> None:
    network = page.network
    (tmp_path / "photo.pem").write_text("no certificate")
    put(qtbot, network.ca_file.line, str(tmp_path / "photo.pem"))
    await until(lambda: network.ca_row.said)
    assert "cannot be used" in network.ca_row.said
    assert controller.preferences.ca_file == ""
    good = make_certificate(tmp_path, "cloud.invalid").file
    network.ca_file.take(str(good))
    await until(lambda: controller.preferences.ca_file == str(good))
    assert network.ca_row.said == ""
    put(qtbot, network.ca_file.line, "")
    await until(lambda: controller.preferences.ca_file == "")
