"""The window without a mouse: where the keyboard begins, what Tab reaches, what sheets keep."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.errors import Fault
from app.domain.preferences import Language
from app.ui import language
from app.ui.help_sheet import HelpSheet, balanced
from app.ui.look.sheet import Sheet
from app.ui.window import Window
from app.ui.workspace import Page
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench
from tests.ui.form_kit import by_keyboard
from tests.ui.window_kit import opened, shown


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def tabbed(qtbot: QtBot, window: Window) -> Iterator[QWidget]:
    """Presses Tab until it comes round."""
    first = focused()
    for _ in range(200):
        yield focused()
        qtbot.keyClick(focused(), Qt.Key.Key_Tab)
        if focused() is first:
            return
    raise AssertionError("Tab never comes round")


def place(window: Window, widget: QWidget) -> str:
    now = window.workspace
    parts = {
        "header": now.header,
        "sidebar": now.sidebar,
        "page": now.current_page,
        "bar": now.bar,
    }
    return next(name for name, part in parts.items() if part.isAncestorOf(widget))


async def test_the_keyboard_begins_on_the_page_and_not_in_the_header(
    qtbot: QtBot, bench: Workbench
) -> None:
    async with opened(qtbot, bench) as window:
        button = focused()
        assert isinstance(button, QPushButton)
        assert button.text() == "Choose folder"
        window.workspace.go(Page.SETTINGS)
        assert isinstance(focused(), QComboBox)
        assert window.workspace.settings_page.isAncestorOf(focused())


async def test_without_a_connection_it_begins_where_one_is_added(
    qtbot: QtBot, bench: Workbench
) -> None:
    for connection in bench.app.store.connections.all():
        bench.app.store.connections.remove(connection.name)
    async with opened(qtbot, bench):
        button = focused()
        assert isinstance(button, QPushButton)
        assert button.text() == "Add a connection"


async def test_a_batch_takes_the_keyboard_from_another_page_and_not_from_beside(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 2, 100, 200)
    batch = bench.add("cloud-api", tmp_path / "card")
    bench.app.store.batches.hold(batch, True)
    async with opened(qtbot, bench) as window:
        here = window.workspace
        here.show_batch(batch)
        assert focused() is here.batch_page.panel.table
        here.go(Page.HISTORY)
        here.show_batch(batch)
        assert focused() is here.batch_page.panel.table
        here.sidebar.list.setFocus(Qt.FocusReason.TabFocusReason)
        here.show_batch(batch)
        assert focused() is here.sidebar.list


@pytest.mark.parametrize("page", [Page.DROP, Page.CONNECTIONS, Page.SETTINGS])
async def test_tab_goes_through_header_sidebar_page_and_message_bar(
    qtbot: QtBot, bench: Workbench, page: Page
) -> None:
    async with opened(qtbot, bench) as window:
        window.workspace.refuse(Fault("x", "A sentence.", ""))
        window.workspace.go(page)
        reached = list(tabbed(qtbot, window))
        order = [place(window, widget) for widget in reached]
        begin = order.index("header")
        turned = order[begin:] + order[:begin]
        assert list(dict.fromkeys(turned)) == ["header", "sidebar", "page", "bar"]
        assert turned == sorted(turned, key=["header", "sidebar", "page", "bar"].index)
        everything = [w for w in by_keyboard(window) if w.isEnabled() and not w.focusProxy()]
        missing = [widget for widget in everything if widget not in reached]
        assert missing == []


async def test_the_keyboard_can_be_seen_everywhere(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        window.workspace.refuse(Fault("x", "A sentence.", ""))
        for page in (Page.DROP, Page.CONNECTIONS, Page.SETTINGS):
            window.workspace.go(page)
            for widget in tabbed(qtbot, window):
                with_ring = picture(window, widget)
                assert not with_ring.isNull(), "what has the keyboard is scrolled to"
                widget.clearFocus()
                assert with_ring != picture(window, widget), widget
                widget.setFocus(Qt.FocusReason.TabFocusReason)


def picture(window: Window, widget: QWidget) -> QImage:
    """The widget and what is around it, as the window shows them."""
    middle = widget.rect().translated(widget.mapTo(window, widget.rect().topLeft()))
    return window.grab(middle.adjusted(-4, -4, 4, 4)).toImage()


async def test_a_sheet_keeps_the_keyboard_and_gives_it_back(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        before = focused()
        window.show_help()
        sheet = window.findChild(Sheet)
        assert sheet is not None
        for _ in range(3):
            assert sheet.isAncestorOf(focused())
            qtbot.keyClick(focused(), Qt.Key.Key_Tab)
        # Neither another sheet of the same kind nor anything of the page below.
        qtbot.keyClick(focused(), "?")
        qtbot.keyClick(focused(), Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        assert len([s for s in window.findChildren(Sheet) if s.isVisible()]) == 1
        assert window.workspace.page is Page.DROP
        qtbot.keyClick(focused(), Qt.Key.Key_Escape)
        await asyncio.sleep(0.05)
        assert focused() is before


async def test_opening_a_sheet_opens_no_window_of_its_own(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        seen: set[QWidget] = set()
        window.show_help()
        await asyncio.sleep(0.05)
        seen.update(w for w in QApplication.topLevelWidgets() if w.isVisible())
        assert seen == {window}
        assert window.isActiveWindow()


async def test_an_open_sheet_changes_its_language(
    qapp: QApplication, qtbot: QtBot, bench: Workbench
) -> None:
    async with opened(qtbot, bench) as window:
        window.show_help()
        assert "Keyboard shortcuts" in shown(window)
        assert "Show skipped files" in shown(window)
        language.use(Language.CHINESE, qapp)
        await asyncio.sleep(0.05)
        sheet = window.findChild(Sheet)
        assert sheet is not None
        words = [w.text() for w in sheet.findChildren(QLabel) if w.property("part") != "key"]
        words += [button.text() for button in sheet.findChildren(QPushButton)]
        assert "键盘快捷键" in words
        assert [word for word in words if word.isascii() and word] == []


async def test_the_question_about_closing_changes_its_language(
    qapp: QApplication, qtbot: QtBot, bench: Workbench
) -> None:
    async with opened(qtbot, bench) as window:
        window._ask_about_closing()  # pyright: ignore[reportPrivateUsage]
        language.use(Language.CHINESE, qapp)
        await asyncio.sleep(0.05)
        sheet = window.findChild(Sheet)
        assert sheet is not None
        boxes = [*sheet.findChildren(QPushButton), *sheet.findChildren(QCheckBox)]
        assert not [box.text() for box in boxes if box.text().isascii()]


async def test_a_help_that_does_not_fit_is_moved_by_keys(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        window.resize(720, 480)
        window.show_help()
        await asyncio.sleep(0.05)
        sheet = window.findChild(HelpSheet)
        assert sheet is not None
        close = sheet.findChildren(QPushButton)[0]
        assert window.rect().contains(close.mapTo(window, close.rect().bottomRight()))
        bar = sheet._roll.verticalScrollBar()  # pyright: ignore[reportPrivateUsage]
        assert bar.maximum() > 0
        qtbot.keyClick(close, Qt.Key.Key_PageDown)
        assert bar.value() > 0
        qtbot.keyClick(close, Qt.Key.Key_PageUp)
        assert bar.value() == 0


def test_the_columns_of_the_help_are_as_even_as_their_order_allows() -> None:
    sizes = {"a": 4, "b": 4, "c": 5, "d": 13}
    groups = [(name, [None] * count) for name, count in sizes.items()]
    left, right = balanced(groups)  # pyright: ignore[reportArgumentType]
    assert [name for name, _ in left] == ["a", "b", "c"]
    assert [name for name, _ in right] == ["d"]
    assert balanced([]) == ([], [])
