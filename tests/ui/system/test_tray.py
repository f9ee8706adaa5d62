"""The tray's menu and words, the calm of its icons, and what a click on a notice leads to."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from app.domain.preferences import Language
from app.ui.language import use
from app.ui.system.notices import Kind
from app.ui.system.tray import Tray


class Icons(QSystemTrayIcon):
    """A tray icon that remembers: without a screen the system's tray shows nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.icons = 0
        self.messages: list[tuple[str, str]] = []

    def setIcon(self, icon: QIcon) -> None:
        self.icons += 1
        super().setIcon(icon)

    def showMessage(self, *words: object) -> None:
        self.messages.append((str(words[0]), str(words[1])))


@pytest.fixture
def icons(qapp: QApplication) -> Icons:
    return Icons()


@pytest.fixture
def tray(icons: Icons) -> Iterator[Tray]:
    tray = Tray(icon=icons, in_front=lambda: False, calm_ms=80, quiet_ms=60_000)
    yield tray
    tray.close()


def actions(icons: Icons) -> list[QAction]:
    return [a for a in icons.contextMenu().actions() if a.isVisible() and not a.isSeparator()]


def test_the_menu_offers_what_can_be_done_now(tray: Tray, icons: Icons) -> None:
    assert [a.text() for a in actions(icons)] == ["Show Postflight", "Quit"]
    tray.offer(pause=True, resume=False)
    assert [a.text() for a in actions(icons)][1:2] == ["Pause all"]
    tray.offer(pause=False, resume=True)
    assert [a.text() for a in actions(icons)][1:2] == ["Resume all"]


def test_each_action_says_what_the_pilot_wants(qtbot: QtBot, tray: Tray, icons: Icons) -> None:
    tray.offer(pause=True, resume=True)
    wanted = [tray.show_wanted, tray.pause_wanted, tray.resume_wanted, tray.quit_wanted]
    for action, signal in zip(actions(icons), wanted, strict=True):
        with qtbot.waitSignal(signal):
            action.trigger()


def test_the_menu_changes_its_language_while_it_lives(
    qapp: QApplication, tray: Tray, icons: Icons
) -> None:
    tray.offer(pause=True, resume=True)
    try:
        use(Language.CHINESE, qapp)
        tray.retranslate()
        assert [a.text() for a in actions(icons)] == [
            "显示 Postflight",
            "全部暂停",
            "全部继续",
            "退出",
        ]
    finally:
        use(Language.ENGLISH, qapp)


def test_a_click_on_the_icon_shows_the_window(qtbot: QtBot, tray: Tray, icons: Icons) -> None:
    with qtbot.waitSignal(tray.show_wanted):
        icons.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    with qtbot.assertNotEmitted(tray.show_wanted):
        icons.activated.emit(QSystemTrayIcon.ActivationReason.Context)


def test_icons_change_at_once_then_once_a_second_and_by_percents(
    qtbot: QtBot, tray: Tray, icons: Icons
) -> None:
    before = icons.icons
    tray.set_state(0.1, False, "Sending")
    assert icons.icons == before + 1
    for step in range(50):
        tray.set_state(0.1 + step / 100, False, f"Sending {step}")
    assert icons.icons == before + 1
    assert icons.toolTip() == "Sending"
    qtbot.waitUntil(lambda: icons.toolTip() == "Sending 49", timeout=10_000)
    assert icons.icons == before + 2
    qtbot.wait(200)
    tray.set_state(0.593, False, "Sending 49")
    tray.set_state(0.599, False, "Sending 49")
    qtbot.wait(200)
    assert icons.icons == before + 2
    tray.set_state(0.599, True, "Sending 49")
    assert icons.icons == before + 3


def test_new_words_alone_draw_nothing(tray: Tray, icons: Icons) -> None:
    before = icons.icons
    tray.set_state(None, False, "Waiting for the network")
    assert icons.toolTip() == "Waiting for the network"
    assert icons.icons == before


def test_the_taskbar_follows_the_tray(qapp: QApplication, tray: Tray) -> None:
    nothing = qapp.windowIcon().cacheKey()
    tray.set_state(0.5, True, "Half of it")
    assert qapp.windowIcon().cacheKey() != nothing


def test_progress_out_of_bounds_is_brought_back(qtbot: QtBot, tray: Tray, icons: Icons) -> None:
    tray.set_state(1.7, False)
    qtbot.wait(120)
    before = icons.icons
    tray.set_state(1.0, False)
    qtbot.wait(120)
    assert icons.icons == before
    assert icons.toolTip() == "Postflight"


def test_a_long_sentence_fits_a_tooltip(tray: Tray, icons: Icons) -> None:
    tray.set_state(None, True, "word " * 60)
    assert len(icons.toolTip()) <= 127
    assert icons.toolTip().endswith("…")


def test_a_notice_leads_to_its_batch(qtbot: QtBot, tray: Tray, icons: Icons) -> None:
    tray.notify("b7", "Lakeside is delivered", "118 files arrived.")
    tray.notify("b7", "Lakeside is delivered", "119 files arrived.")
    tray.notify("b8", "Harbour needs you", "2 files.", Kind.ATTENTION)
    assert icons.messages == [
        ("Lakeside is delivered", "118 files arrived."),
        ("Harbour needs you", "2 files."),
    ]
    with qtbot.waitSignals([tray.show_wanted, tray.activated_notice]):
        icons.messageClicked.emit()
    with qtbot.waitSignal(tray.activated_notice) as caught:
        icons.messageClicked.emit()
    assert caught.args == ["b8"]


@pytest.mark.skipif(sys.platform != "linux", reason="only desktops of Linux read notices as HTML")
def test_a_notice_and_the_tooltip_hold_no_html(tray: Tray, icons: Icons) -> None:
    tray.notify("b7", "<b>Lake</b> is delivered", "<img src='http://evil.invalid'>")
    tray.set_state(None, True, "<b>Lake</b> needs you")
    assert not any("<" in text for text in (*icons.messages[0], icons.toolTip()))
    assert "Lake" in icons.messages[0][0] and "img" in icons.messages[0][1]


def test_notices_can_be_switched_off(tray: Tray, icons: Icons) -> None:
    tray.set_notifying(False)
    tray.notify("b7", "Lakeside is delivered", "118 files arrived.")
    assert icons.messages == []
    tray.set_notifying(True)
    tray.notify("b7", "Lakeside is delivered", "118 files arrived.")
    assert len(icons.messages) == 1


def test_a_pilot_at_the_window_gets_no_notice(icons: Icons) -> None:
    tray = Tray(icon=icons, in_front=lambda: True)
    tray.notify("b7", "Lakeside is delivered", "118 files arrived.")
    tray.close()
    assert icons.messages == []


def test_a_machine_without_a_tray_is_no_reason_to_fail(qapp: QApplication) -> None:
    tray = Tray()
    assert tray.available is QSystemTrayIcon.isSystemTrayAvailable()
    tray.set_state(0.5, False, "Sending", badge=3)
    tray.notify("b7", "Lakeside is delivered", "118 files arrived.")
    tray.close()
    tray.close()
