"""The sheet above the page: keys stay in it, the focus comes back, its words follow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.domain.preferences import Language
from app.ui import language
from app.ui.language import t
from app.ui.look.sheet import Sheet

Key = Qt.Key


class Page(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.field, self.other = QLineEdit(), QLineEdit()
        box = QVBoxLayout(self)
        box.addWidget(self.field)
        box.addWidget(self.other)
        self.resize(700, 500)


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[Page]:
    page = Page()
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    page.field.setFocus()
    qtbot.waitUntil(page.field.hasFocus)
    yield page


def sheet_on(page: Page) -> Sheet:
    sheet = Sheet(page, lambda: "Really?", lambda: "It cannot be undone.")
    sheet.add_button(lambda: "No")
    sheet.add_button(lambda: "Yes")
    return sheet


def focused() -> str:
    now = QApplication.focusWidget()
    return now.text() if now is not None else "nothing"  # pyright: ignore[reportAttributeAccessIssue]


def test_the_last_button_has_the_focus_and_tab_stays_inside(qtbot: QtBot, page: Page) -> None:
    sheet = sheet_on(page)
    box = QCheckBox("Do not ask again")
    sheet.body.addWidget(box)
    hidden = QCheckBox("Hidden")
    sheet.body.addWidget(hidden)
    hidden.hide()
    sheet.open()
    seen = [focused()]
    for _ in range(4):
        qtbot.keyClick(QApplication.focusWidget(), Key.Key_Tab)
        seen.append(focused())
    assert seen == ["Yes", "Do not ask again", "No", "Yes", "Do not ask again"]
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Backtab)
    assert focused() == "Yes"


def test_escape_closes_it_once_and_the_focus_returns(qtbot: QtBot, page: Page) -> None:
    sheet = sheet_on(page)
    closed: list[bool] = []
    sheet.closed.connect(lambda: closed.append(True))
    sheet.open()
    assert not page.field.hasFocus()
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Escape)
    assert closed == [True]
    assert not sheet.isVisible()
    assert page.field.hasFocus()


def test_each_button_closes_it(qtbot: QtBot, page: Page) -> None:
    sheet = Sheet(page, lambda: "Really?")
    button = sheet.add_button(lambda: "Yes")
    sheet.open()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not sheet.isVisible()


def test_what_had_the_focus_may_be_gone_by_then(qtbot: QtBot, page: Page) -> None:
    sheet = sheet_on(page)
    sheet.open()
    page.field.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    sheet.close()
    assert not sheet.isVisible()


def test_it_covers_the_window_whatever_size_that_gets(qtbot: QtBot, page: Page) -> None:
    sheet = sheet_on(page)
    sheet.open()
    assert sheet.size() == page.size()
    page.resize(300, 400)
    qtbot.waitUntil(lambda: sheet.size() == page.size())
    assert sheet.childrenRect().right() <= page.width(), "the card is no wider than the window"
    page.resize(900, 700)
    qtbot.waitUntil(lambda: sheet.size() == page.size())


def test_no_key_reaches_a_shortcut_of_the_page_below(qtbot: QtBot, page: Page) -> None:
    sheet = sheet_on(page)
    sheet.open()
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Key.Key_P, Qt.KeyboardModifier.NoModifier, "p")
    QApplication.sendEvent(sheet, event)
    assert event.isAccepted()


def test_its_words_follow_the_language(qtbot: QtBot, qapp: QApplication, page: Page) -> None:
    sheet = Sheet(page, lambda: t("Settings"))
    button = sheet.add_button(lambda: t("Quit"))
    sheet.open()
    before = button.text()
    language.use(Language.CHINESE, qapp)
    qtbot.waitUntil(lambda: button.text() != before)
