"""Connections typed in, their destination chosen and all of it tested, on the practice cloud."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.domain.errors import Fault
from app.engine.doctor import Leg
from app.ui.connections.form import ConnectionForm
from app.ui.connections.legs import LegList, LegState
from app.ui.controller import Controller
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import until
from tests.ui.form_kit import SERVICES, Forms, buttons


@pytest.fixture
def forms(qtbot: QtBot, controller: Controller) -> Forms:
    return Forms(qtbot, controller)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_connection_is_typed_tested_and_saved(
    forms: Forms, bench: Workbench, service: str
) -> None:
    hand = forms.typed(bench, service)
    secret = hand.form.secret.value()
    box = hand.form.destination
    if box is not None:
        hand.click(box.button)
        await until(lambda: box.input.count())
        wanted = bench.connection(service).option(bootstrap.spec_of(service).destination)
        assert box.input.findData(wanted) >= 0
        box.set_value(wanted)
    await hand.test()
    assert hand.states() == [LegState.PASSED] * 6
    assert hand.form.legs.summary
    hand.click(hand.form.save_button)
    await until(lambda: hand.saved)
    assert hand.saved == [(f"Mine at {service}", None)]
    kept = bench.app.store.connections.get(f"Mine at {service}")
    assert kept.options == bench.connection(service).options
    assert bench.app.secrets.get(kept.name) == secret
    assert hand.form.secret.value() == ""


async def test_a_single_workspace_told_by_the_login_is_taken(
    forms: Forms, bench: Workbench
) -> None:
    login, hand = bench.cloud.cloud_api_login, forms.open("cloud-api")
    hand.type("url", login.url)
    hand.type("username", login.username)
    hand.secret(login.password)
    box = hand.form.destination
    assert box is not None
    hand.click(box.button)
    await until(box.value)
    assert box.value() == bench.connection("cloud-api").option("workspace")


async def test_the_list_is_searched_by_title_and_an_id_may_be_typed(
    forms: Forms, bench: Workbench
) -> None:
    hand = forms.typed(bench, "flighthub2")
    box = hand.form.destination
    assert box is not None
    hand.click(box.button)
    await until(lambda: box.input.count() == 3)
    title = box.input.itemText(1)
    completer = box.input.completer()
    assert completer is not None
    completer.setCompletionPrefix(title[2:9].upper())
    assert completer.completionCount() >= 1
    hand.into(box, title)
    assert box.value() == box.input.itemData(1)
    own = "01234567-89ab-cdef-0123-456789abcdef"
    hand.into(box, own)
    assert box.value() == own
    assert hand.form.connection().option("project") == own


async def test_a_list_that_does_not_come_says_why_beside_the_field(
    forms: Forms, bench: Workbench
) -> None:
    hand = forms.typed(bench, "flighthub2")
    hand.secret("no.such.token")
    box = hand.form.destination
    assert box is not None
    hand.click(box.button)
    assert not box.button.isEnabled()
    await until(lambda: box.wrong)
    assert box.button.isEnabled()
    assert "token" in box.wrong


async def test_the_list_is_not_asked_for_before_there_is_an_address_and_a_secret(
    forms: Forms, bench: Workbench
) -> None:
    hand = forms.open("flighthub2")
    box = hand.form.destination
    assert box is not None
    hand.click(box.button)
    assert set(hand.wrong()) == {"url", "secret"}
    assert hand.form.focusWidget() is hand.form.boxes["url"].input
    assert bench.cloud.journal.entries == ()


async def test_a_wrong_token_fails_at_the_sign_in_and_says_what_to_do(
    forms: Forms, bench: Workbench
) -> None:
    hand = forms.typed(bench, "cloud-api")
    hand.type("workspace", bench.connection("cloud-api").option("workspace"))
    hand.secret("wrong-token-5512")
    await hand.test()
    passed, waiting = LegState.PASSED, LegState.WAITING
    assert hand.states() == [passed, passed, passed, LegState.FAILED, waiting, waiting]
    row = hand.form.legs.failed
    assert row is not None
    assert row.name == "sign-in"
    assert row.fault is not None
    shown = " ".join(part.text() for part in row.findChildren(QLabel) if part.isVisibleTo(row))
    assert row.fault.title in shown
    assert row.fault.hint in shown
    assert not hand.form.legs.summary
    hand.click(buttons(row)["Copy for support"])
    copied = QGuiApplication.clipboard().text()
    assert row.fault.title in copied
    assert "wrong-token-5512" not in copied


async def test_a_server_that_is_gone_fails_at_the_way_to_it(forms: Forms, bench: Workbench) -> None:
    hand = forms.typed(bench, "metastudio")
    hand.type("url", "http://127.0.0.1:9")
    await hand.test()
    assert hand.states() == [LegState.PASSED, LegState.FAILED] + [LegState.WAITING] * 4
    row = hand.form.legs.failed
    assert row is not None
    fold = buttons(row)["Details"]
    details = next(
        p for p in row.findChildren(QLabel) if row.fault and p.text() == row.fault.details
    )
    assert not details.isVisibleTo(row)
    hand.click(fold)
    assert details.isVisibleTo(row)


async def test_each_leg_shows_when_it_was_walked(forms: Forms, bench: Workbench) -> None:
    hand = forms.typed(bench, "metastudio")
    bench.cloud.settings.control_delay = 0.3
    hand.click(hand.form.test_button)
    assert hand.states() == [LegState.RUNNING] + [LegState.WAITING] * 5
    await until(lambda: hand.states()[3] is LegState.RUNNING)
    assert hand.states()[:3] == [LegState.PASSED] * 3
    assert not hand.form.test_button.isEnabled()
    await until(lambda: not hand.form.legs.running)
    assert hand.form.test_button.isEnabled()


async def test_a_failed_test_can_be_run_again_after_the_mistake_is_mended(
    forms: Forms, bench: Workbench
) -> None:
    hand = forms.typed(bench, "metastudio")
    secret = hand.form.secret.value()
    hand.secret("wrong")
    await hand.test()
    assert LegState.FAILED in hand.states()
    hand.secret(secret)
    assert not hand.form.legs.isVisible()
    await hand.test()
    assert hand.states() == [LegState.PASSED] * 6
    assert bench.app.store.connections.all() == [bench.connection(one) for one in SERVICES]


async def test_answers_to_what_was_there_before_are_not_shown(
    forms: Forms, bench: Workbench
) -> None:
    hand = forms.typed(bench, "metastudio")
    bench.cloud.settings.control_delay = 0.2
    hand.click(hand.form.test_button)
    await until(lambda: hand.states()[0] is LegState.PASSED)
    hand.type("name", "Another")
    assert hand.form.test_button.isEnabled()
    before = hand.states()
    await asyncio.sleep(0.8)
    assert hand.states() == before
    assert LegState.RUNNING not in before


async def test_a_form_that_is_left_while_it_tests_is_safe(
    qtbot: QtBot, controller: Controller, bench: Workbench
) -> None:
    account = bench.connection("metastudio")
    form = ConnectionForm(controller, bootstrap.spec_of("metastudio"), account)
    bench.cloud.settings.control_delay = 0.1
    form.test()
    form.close_form()
    form.deleteLater()
    QApplication.sendPostedEvents(form, QEvent.Type.DeferredDelete)
    await asyncio.sleep(1.0)
    assert bench.cloud.journal.entries


def test_after_a_leg_that_failed_no_other_one_is_tried(qtbot: QtBot) -> None:
    legs = LegList()
    qtbot.addWidget(legs)
    legs.begin()
    legs.passed(Leg("name", "a is b"))
    legs.passed(Leg("connection", "no", Fault("offline", "No way there.", "Wait.", "errno 7")))
    states = [row.state for row in legs.rows]
    assert states == [LegState.PASSED, LegState.FAILED] + [LegState.WAITING] * 4
    legs.begin()
    assert legs.rows[1].fault is None
    assert legs.rows[1].report() == ""


def test_settings_that_stop_the_test_have_a_line_of_their_own(qtbot: QtBot) -> None:
    legs = LegList()
    qtbot.addWidget(legs)
    legs.begin()
    legs.passed(Leg("settings", "x", Fault("usage", "The certificate file cannot be used.")))
    legs.finish()
    assert legs.failed is not None
    assert legs.failed.name == "settings"
    assert {row.state for row in legs.rows} == {LegState.WAITING}
    legs.begin()
    assert legs.failed is None
