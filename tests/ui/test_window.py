"""The whole window against the practice cloud: drop, pause, retry, close and open again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.preferences import Closing, Language, Theme
from app.domain.states import BatchState
from app.practice.faults import parse_faults
from app.ui import language
from app.ui.look import theme
from app.ui.look.sheet import Sheet
from app.ui.window import Window
from app.ui.workspace import Page
from tests.helpers.flights import write_flight
from tests.helpers.workbench import SERVICES, Workbench
from tests.ui.window_kit import opened, shown

BUTTON, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def mime(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


async def drag(window: Window, data: QMimeData, at: QPoint | None = None) -> bool:
    """Moves over the window, waits until it knows what it is, lets go. Whether it was taken."""
    where, handle = at or QPoint(400, 300), window.windowHandle()
    actions = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(where, actions, data, BUTTON, NO_KEY)
    QApplication.sendEvent(handle, enter)
    assert enter.isAccepted()
    overlay = window.workspace.overlay
    if overlay.paths:
        await until(lambda: overlay._seen.whole)  # pyright: ignore[reportPrivateUsage]
    QApplication.sendEvent(handle, QDragMoveEvent(where, actions, data, BUTTON, NO_KEY))
    drop = QDropEvent(QPointF(where), actions, data, BUTTON, NO_KEY)
    QApplication.sendEvent(handle, drop)
    return drop.isAccepted()


def state(window: Window, batch_id: str | None) -> BatchState:
    assert batch_id is not None
    return window.workspace.controller.engine.batch(batch_id).state


def press(qtbot: QtBot, inside: object, words: str) -> None:
    """Clicks the button that says so."""
    buttons = inside.findChildren(QPushButton)  # pyright: ignore[reportAttributeAccessIssue]
    said = {b.text(): b for b in buttons if b.isVisible()}
    assert words in said, sorted(said)
    qtbot.mouseClick(said[words], BUTTON)


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_dropped_is_delivered(
    qtbot: QtBot, bench: Workbench, tmp_path: Path, service: str
) -> None:
    flight = write_flight(tmp_path / "card", 8, 1000, 30_000)
    async with opened(qtbot, bench) as window:
        window.workspace.header.choose(bench.connection(service).name)
        assert await drag(window, mime(tmp_path / "card"))
        assert window.workspace.page is Page.BATCH
        batch = window.workspace.batch
        await until(lambda: state(window, batch) is BatchState.DELIVERED)
        await until(lambda: "8 files delivered" in shown(window))
        assert batch is not None
        bench.check_arrived(service, batch, flight)


async def test_a_drop_on_another_connections_tile_goes_there(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 2, 1000, 1000)
    async with opened(qtbot, bench) as window:
        other = bench.connection("metastudio").name
        window.workspace.header.choose(bench.connection("cloud-api").name)
        handle, data = window.windowHandle(), mime(tmp_path / "card")
        enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, BUTTON, NO_KEY)
        QApplication.sendEvent(handle, enter)
        await asyncio.sleep(0.05)
        overlay = window.workspace.overlay
        tile = next(w for w in overlay.children() if getattr(w, "connection", "") == other)
        centre = tile.geometry().center()  # pyright: ignore[reportAttributeAccessIssue]
        assert await drag(window, data, centre)
        batch = window.workspace.batch
        assert batch is not None
        assert window.controller.engine.batch(batch).connection == other
        assert window.workspace.header.destination == other


async def test_a_search_field_does_not_swallow_a_dropped_folder(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 2, 1000, 1000)
    async with opened(qtbot, bench) as window:
        window.flights.send([tmp_path / "card"])
        await asyncio.sleep(0.1)
        field = next(e for e in window.findChildren(QLineEdit) if e.isVisible())
        over = field.mapTo(window, field.rect().center())
        assert await drag(window, mime(tmp_path / "card"), over)
        assert field.text() == ""
        assert len(window.controller.engine.batches()) == 2


async def test_a_wrong_drop_is_refused_and_said(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    async with opened(qtbot, bench) as window:
        assert not await drag(window, mime(tmp_path / "letter.txt"))
        assert "letter.txt is no photo" in window.workspace.bar.text
        assert window.controller.engine.batches() == []
        assert not window.workspace.overlay.isVisible()


async def test_a_drag_that_leaves_leaves_nothing_behind(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    async with opened(qtbot, bench) as window:
        data = mime(tmp_path)  # Qt keeps only a pointer to it
        enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, BUTTON, NO_KEY)
        QApplication.sendEvent(window.windowHandle(), enter)
        assert window.workspace.overlay.isVisible()
        QApplication.sendEvent(window.windowHandle(), QDragLeaveEvent())
        assert not window.workspace.overlay.isVisible()


async def test_a_pasted_path_is_sent(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 2, 1000, 1000)
    async with opened(qtbot, bench) as window:
        QApplication.clipboard().setText(str(tmp_path / "card"))
        window.paste()
        assert window.workspace.page is Page.BATCH
        QApplication.clipboard().setText("no path at all")
        window.paste()
        assert "clipboard" in window.workspace.bar.text


async def test_a_whole_drive_is_refused_however_it_was_named(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    async with opened(qtbot, bench) as window:
        window.open_folders([Path(tmp_path.anchor)])
        assert "whole drive" in window.workspace.bar.text
        assert window.controller.engine.batches() == []


async def test_pause_and_resume_by_the_button(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 40, 20_000, 20_000)
    bench.app.throttle.limit = 400_000
    async with opened(qtbot, bench) as window:
        window.flights.header.choose(bench.connection("cloud-api").name)
        window.flights.send([tmp_path / "card"])
        batch = window.workspace.batch
        assert batch is not None
        counts = window.controller.engine.counts
        await until(lambda: counts(batch).delivered > 2)
        press(qtbot, window, "Pause")
        await until(lambda: state(window, batch) is BatchState.PAUSED)
        held = counts(batch).delivered
        await asyncio.sleep(0.3)
        assert counts(batch).delivered == held < 40
        await until(lambda: "Paused" in shown(window))
        bench.app.throttle.limit = 0
        press(qtbot, window, "Resume")
        await until(lambda: state(window, batch) is BatchState.DELIVERED)
        bench.check_arrived("cloud-api", batch, flight)


async def test_retry_after_a_fault(qtbot: QtBot, bench: Workbench, tmp_path: Path) -> None:
    write_flight(tmp_path / "card", 3, 1000, 1000)
    bench.cloud.faults.add(*parse_faults("storage.put:status=403*4"))
    async with opened(qtbot, bench) as window:
        window.flights.header.choose(bench.connection("flighthub2").name)
        window.flights.send([tmp_path / "card"])
        batch = window.workspace.batch
        assert batch is not None
        await until(lambda: state(window, batch) in (BatchState.ATTENTION, BatchState.PAUSED))
        bench.cloud.faults.clear()
        await asyncio.sleep(0.3)
        said = [b.text() for b in window.findChildren(QPushButton) if b.isVisible()]
        word = next(w for w in said if w.startswith(("Retry", "Resume", "Try again")))
        press(qtbot, window, word)
        await until(lambda: state(window, batch) is BatchState.DELIVERED)


async def test_closed_and_opened_again_in_the_middle(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    flight = write_flight(tmp_path / "card", 40, 20_000, 20_000)
    bench.app.throttle.limit = 400_000
    async with opened(qtbot, bench) as window:
        window.flights.header.choose(bench.connection("flighthub2").name)
        window.flights.send([tmp_path / "card"])
        batch = window.workspace.batch
        assert batch is not None
        await until(lambda: window.controller.engine.counts(batch).bytes_stored > 0)
        window.close()
        sheet = window.findChild(Sheet)
        assert sheet is not None, "it asks before it stops sending"
        gone: list[bool] = []
        window.quit_wanted.connect(lambda: gone.append(True))
        press(qtbot, sheet, "Quit")
        assert gone
        assert not window.isVisible()
    assert bench.app.engine.batch(batch).state is not BatchState.DELIVERED
    bench.reopen()
    async with opened(qtbot, bench) as window:
        assert window.workspace.batch == batch, "it opens where the work is"
        await until(lambda: state(window, batch) is BatchState.DELIVERED)
    bench.check_arrived("flighthub2", batch, flight)


async def test_what_was_answered_about_closing_is_remembered(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 20, 20_000, 20_000)
    bench.app.throttle.limit = 100_000
    async with opened(qtbot, bench) as window:
        window.flights.send([tmp_path / "card"])
        window.close()
        sheet = window.findChild(Sheet)
        assert sheet is not None
        sheet.findChildren(QCheckBox)[0].setChecked(True)
        press(qtbot, sheet, "Keep sending")
        assert window.controller.preferences.closing is Closing.TRAY
        window.come_forward()
        window.close()
        await asyncio.sleep(0.05)
        assert not [s for s in window.findChildren(Sheet) if s.isVisible()]
        bench.app.throttle.limit = 0


async def test_an_idle_window_closes_at_once(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        gone: list[bool] = []
        window.quit_wanted.connect(lambda: gone.append(True))
        window.close()
        assert gone


async def test_the_place_of_the_window_is_remembered(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        window.resize(760, 560)
        window.quit()
    async with opened(qtbot, bench) as window:
        assert (window.width(), window.height()) == (760, 560)


async def test_language_and_theme_change_without_a_restart(
    qapp: QApplication, qtbot: QtBot, bench: Workbench
) -> None:
    async with opened(qtbot, bench) as window:
        window.workspace.go(Page.DROP)
        assert "Drop a flight here" in shown(window)
        light = window.grab().toImage().pixelColor(300, 300)
        language.use(Language.CHINESE, qapp)
        theme.apply(qapp, Theme.DARK)
        await asyncio.sleep(0.1)
        assert "把飞行数据拖到这里" in shown(window)
        assert "Drop a flight here" not in shown(window)
        dark = window.grab().toImage().pixelColor(300, 300)
        assert dark.lightness() < 80 < light.lightness()


async def test_the_language_changes_everywhere_after_a_form_was_left(
    qapp: QApplication, qtbot: QtBot, bench: Workbench
) -> None:
    async with opened(qtbot, bench) as window:
        window.workspace.go(Page.CONNECTIONS)
        window.workspace.connections_page.edit(bench.connection("flighthub2").name)
        await asyncio.sleep(0.1)
        window.workspace.connections_page.show_list()
        await asyncio.sleep(0.1)
        language.use(Language.CHINESE, qapp)
        await asyncio.sleep(0.1)
        search = window.workspace.batch_page.panel.filters.search
        assert search.clear_action.text() == language.t("Clear the search") != "Clear the search"


async def test_without_a_connection_the_drop_waits_for_one(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 2, 1000, 1000)
    kept = bench.connection("cloud-api")
    for connection in bench.app.store.connections.all():
        bench.app.store.connections.remove(connection.name)
    async with opened(qtbot, bench) as window:
        assert await drag(window, mime(tmp_path / "card"))
        assert window.workspace.page is Page.CONNECTIONS
        assert window.controller.engine.batches() == []
        bench.app.store.connections.save(kept)
        window.workspace.connections_page.saved.emit(kept.name)
        assert [b.connection for b in window.controller.engine.batches()] == [kept.name]


async def test_practice_inside_the_same_window(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        window.workspace.go(Page.DROP)
        press(qtbot, window, "Try it without an account")
        practice = window.workspace
        assert practice is not window.flights
        assert "practice cloud" in practice.bar.text
        batches = practice.controller.engine.batches
        await until(lambda: len(batches()) == 3)
        await until(lambda: all(b.state is BatchState.DELIVERED for b in batches()), 60)
        press(qtbot, practice.bar, "Back to my flights")
        await until(lambda: window.workspace is window.flights)
        assert window.controller.engine.batches() == [], "nothing of it stays"


async def test_quitting_while_practice_is_left_waits_until_nothing_of_it_is_there(
    qtbot: QtBot, bench: Workbench
) -> None:
    async with opened(qtbot, bench) as window:
        window.practise()
        stage = window._stage
        assert stage is not None
        home = stage._home
        batches = window.controller.engine.batches
        assert home.is_dir() and batches() == []
        cloud = stage._practice.cloud
        cloud.faults.add(*parse_faults("flighthub2.obtain_token:stall=1*0"))
        await until(lambda: bool(cloud.faults.fired))
        window.leave_practice()
        await until(lambda: window.workspace is window.flights)
    assert not home.exists()


async def test_everything_has_a_name_for_screen_readers(
    qtbot: QtBot, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 2, 1000, 1000)
    (tmp_path / "card" / "empty.JPG").touch()
    async with opened(qtbot, bench) as window:
        window.flights.send([tmp_path / "card"])
        await asyncio.sleep(0.5)
        nameless = [
            f"{type(widget).__name__} in {type(widget.parent()).__name__}"
            for page in Page
            for widget in _pages(window, page)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not (widget.accessibleName() or getattr(widget, "text", str)())
        ]
        assert nameless == []


def _pages(window: Window, page: Page) -> list[QPushButton]:
    window.workspace.go(page)
    return [w for w in window.findChildren(QPushButton) if w.isVisibleTo(window)]


async def test_the_keys_of_the_help_are_all_different(qtbot: QtBot, bench: Workbench) -> None:
    async with opened(qtbot, bench) as window:
        actions = [
            *(a for _, group in window.actions_.groups() for a in group),
            *window.workspace.batch_page.panel.actions_for_help(),
        ]
        keys = [a.shortcut().toString() for a in actions if not a.shortcut().isEmpty()]
        assert len(keys) == len(set(keys))
        window.show_help()
        assert "Keyboard shortcuts" in shown(window)
        qtbot.keyClick(window.findChild(Sheet), Qt.Key.Key_Escape)
        await asyncio.sleep(0.05)
        assert not [s for s in window.findChildren(Sheet) if s.isVisible()]
