"""The page of a batch on a running engine: pause, retry, cancel, delete, and what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.domain.errors import Fault
from app.domain.model import Counts
from app.domain.preferences import Language
from app.domain.states import BatchState
from app.engine.meter import Pulse
from app.practice.faults import Action
from app.practice.faults import Fault as Trouble
from app.ui import language
from app.ui.batches.head import BatchHead, Speeds
from app.ui.batches.page import BatchPage, has_room
from app.ui.batches.wishes import Wish
from app.ui.controller import Controller
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import (
    CLOUD_API,
    FLIGHTHUB,
    batch,
    button,
    delivered,
    send,
    shows,
    slow_storage,
    snapshot,
    state,
    tick,
    until,
)

_NO = Trouble("storage.put", Action.STATUS, times=0, status=403)


def made_page(qtbot: QtBot, controller: Controller) -> BatchPage:
    made = BatchPage(controller)
    qtbot.addWidget(made)
    made.resize(900, 760)
    made.show()
    return made


def said(page: BatchPage) -> list[str]:
    return [one.text() for one in page.findChildren(QLabel) if one.isVisible() and one.text()]


async def test_a_batch_is_followed_from_the_drop_to_the_summary(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    with slow_storage(bench, 2000):
        batch_id = send(controller, bench, tmp_path / "14 Jun pm", CLOUD_API)
        page.show_batch(batch_id)
        await until(lambda: " of 4 files · " in page.head.headline.text())
        assert page.head.which.text() == "14 Jun pm, to Practice Cloud API (DJI Cloud API)"
        assert not page.summary.isVisible()
        assert shows(page, "Pause")
    await until(lambda: state(controller, batch_id) is BatchState.DELIVERED)
    await until(page.summary.isVisible)
    assert page.head.headline.text().startswith("4 files delivered · ")
    assert "Everything is delivered to DJI Cloud API" in said(page)
    assert page.summary.figures.text().startswith("4 sent · registered 4 of 4 · ")
    assert not shows(page, "Pause") and not shows(page, "Resume")


async def test_the_pause_button_becomes_resume_and_the_batch_goes_on(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    with slow_storage(bench):
        batch_id = send(controller, bench, tmp_path / "a", CLOUD_API)
        page.show_batch(batch_id)
        await until(lambda: state(controller, batch_id) is BatchState.RUNNING)
        await tick()
        button(page, "Pause").click()
        assert page.head.headline.text().startswith("Pausing…")
        await until(lambda: not controller.engine.runs(batch_id))
        await tick()
        assert page.head.headline.text().startswith("Paused · ")
        assert not shows(page, "Pause")
        assert not page.head.reason.isVisible()
    button(page, "Resume").click()
    await until(lambda: state(controller, batch_id) is BatchState.DELIVERED)
    await tick()


async def test_a_missing_file_is_named_and_sent_after_a_retry(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    bench.cloud.faults.add(Trouble("storage.put", Action.STATUS, times=0, status=400))
    batch_id = send(controller, bench, tmp_path / "a", CLOUD_API)
    page.show_batch(batch_id)
    await until(lambda: state(controller, batch_id) is BatchState.ATTENTION)
    await tick()
    bench.cloud.faults.clear()
    assert page.head.headline.text().startswith("4 files need you · 0 of 4 files")
    assert page.head.reason.isVisible()
    # How many stands in the headline; here is what can be done.
    assert page.head.reason.title.text() == "Each says why. Retry them, or go on without them."
    assert not shows(page.summary, "Receipt…")
    button(page, "Show 4 not sent").click()
    button(page, "Retry 4 files").click()
    await until(lambda: state(controller, batch_id) is BatchState.DELIVERED)
    await tick()
    assert not page.head.reason.isVisible()


async def test_the_batch_goes_on_without_what_cannot_be_sent(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    bench.cloud.faults.add(Trouble("storage.put", Action.STATUS, times=1, status=400))
    batch_id = send(controller, bench, tmp_path / "a", CLOUD_API)
    page.show_batch(batch_id)
    await until(lambda: state(controller, batch_id) is BatchState.ATTENTION)
    await tick()
    page.head.fill_menu()
    action = next(a for a in page.head.menu.actions() if a.text() == "Send without 1 file")
    action.trigger()
    await until(lambda: state(controller, batch_id) is BatchState.DELIVERED)
    await tick()
    assert "Delivered to DJI Cloud API, with exceptions" in said(page)


async def test_cancelling_asks_inside_the_page_and_says_what_stays(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    with slow_storage(bench):
        batch_id = send(controller, bench, tmp_path / "a", CLOUD_API)
        page.show_batch(batch_id)
        await until(lambda: state(controller, batch_id) is BatchState.RUNNING)
        page.ask(Wish.CANCEL)
        assert page.confirm.isVisible() and page.confirm.title.text() == "Cancel a?"
        assert "DJI Cloud API" in page.confirm.words.text()
        QTest.keyClick(page.confirm, Qt.Key.Key_Escape)
        assert not page.confirm.isVisible()
        assert state(controller, batch_id) is BatchState.RUNNING
        page.ask(Wish.CANCEL)
        button(page, "Cancel the batch").click()
        assert page.head.headline.text().startswith("Cancelling")
    await until(lambda: state(controller, batch_id) is BatchState.CANCELLED)
    await tick()
    assert page.head.headline.text().startswith("Cancelled · ")
    assert "This batch was cancelled" in said(page)


async def test_a_question_goes_away_when_the_batch_ends_by_itself(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    with slow_storage(bench, 3000):
        batch_id = send(controller, bench, tmp_path / "a", CLOUD_API)
        page.show_batch(batch_id)
        page.ask(Wish.CANCEL)
        assert page.confirm.isVisible()
    await until(lambda: state(controller, batch_id) is BatchState.DELIVERED)
    await until(lambda: not page.confirm.isVisible(), 5)


async def test_deleting_at_the_service_is_confirmed_twice(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    batch_id = await delivered(controller, bench, tmp_path / "a", FLIGHTHUB)
    page.show_batch(batch_id)
    page.ask(Wish.DELETE)
    button(page, "Delete at the service…").click()
    assert page.confirm.isVisible() and bench.cloud.delivered(FLIGHTHUB)
    button(page, "Yes, delete 2 files").click()
    await until(lambda: "Deleted at the service." in controller.engine.notes(batch_id))
    await tick()
    assert any("Deleted at the service." in words for words in said(page))


async def test_a_batch_that_is_removed_leaves_an_empty_page(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    batch_id = await delivered(controller, bench, tmp_path / "a")
    page.show_batch(batch_id)
    page.ask(Wish.REMOVE)
    button(page, "Remove 1 batch").click()
    await until(lambda: page.batch_id is None)
    assert not page.head.isVisible()


async def test_a_refused_sign_in_leads_to_the_connection(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    bench.cloud.faults.add(_NO)
    bench.app.secrets.set(bench.connection(FLIGHTHUB).name, "wrong")
    batch_id = send(controller, bench, tmp_path / "a", FLIGHTHUB)
    page.show_batch(batch_id)
    wanted: list[bool] = []
    page.connections_wanted.connect(lambda: wanted.append(True))
    await until(lambda: shows(page, "Check the connection"))
    assert shows(page, "Resume")
    button(page, "Check the connection").click()
    assert wanted == [True]


async def test_a_batch_the_network_stops_says_so_and_offers_to_go_on_at_once(
    qtbot: QtBot, controller: Controller
) -> None:
    page = made_page(qtbot, controller)
    reason = Fault("offline", "The network is gone.")
    page.head.show_snapshot(snapshot(batch(BatchState.PAUSED, reason=reason)))
    page.head.show()
    head = page.head
    assert not head.reason.isHidden() and head.reason.title.text() == "The network is gone."
    assert head.reason.words.text() == "It keeps its place and goes on by itself."
    assert head.resume.isHidden() and head.pause.isHidden()


async def test_the_buttons_beside_a_reason_give_way_to_its_words(
    qtbot: QtBot, controller: Controller
) -> None:
    head = BatchHead(controller)
    qtbot.addWidget(head)
    counts = Counts(total=15, delivered=13, failed=2, bytes_total=1000, bytes_stored=900)
    reason = Fault("files-need-you", "2 files need you.", "Each says why.")
    head.show_snapshot(snapshot(batch(BatchState.ATTENTION, reason=reason), counts))
    wished: list[Wish] = []
    head.wished.connect(wished.append)
    head.resize(900, 200)
    head.show()
    words = ("Retry 2 files", "Send without 2 files", "Show 2 not sent", "Receipt…")
    await until(lambda: all(shows(head, one) for one in words))
    button(head, "Send without 2 files").click()
    button(head, "Receipt…").click()
    assert wished == [Wish.ACCEPT, Wish.RECEIPT]
    head.resize(380, 200)
    await until(lambda: [shows(head, one) for one in words] == [True, False, False, False])


async def test_a_batch_that_waits_names_the_one_before_it(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    with slow_storage(bench):
        first = send(controller, bench, tmp_path / "Pier", CLOUD_API)
        await until(lambda: state(controller, first) is BatchState.RUNNING)
        second = send(controller, bench, tmp_path / "Quay", CLOUD_API)
        page.show_batch(second)
        assert page.head.headline.text() == "Waits for its turn, after Pier"
        controller.pause(first)
        await until(lambda: "after Pier" not in page.head.headline.text())


async def test_the_details_are_as_high_as_the_page(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    page.show_batch(await delivered(controller, bench, tmp_path / "a"))
    page.panel.open_drawer()
    await until(lambda: page.panel.drawer.height() == page.height())
    assert page.panel.drawer.file.width() >= 310
    assert page.summary.isVisible()
    page.resize(720, 540)
    await tick()
    assert not page.summary.isVisible()
    assert page.size() == QSize(720, 540) and page.panel.drawer.file.width() >= 310
    corner = page.head.more.mapTo(page, page.head.more.rect().bottomRight())
    assert corner.x() < page.panel.drawer.x()


def test_the_list_comes_before_what_can_be_folded_away(qapp: QApplication) -> None:
    assert has_room(720, 6) and not has_room(720, 40)
    assert has_room(1000, 40)


async def test_speed_and_remaining_time_stay_for_a_second(
    qtbot: QtBot, controller: Controller, bench: Workbench
) -> None:
    now = [0.0]
    page = BatchPage(controller, lambda: now[0])
    qtbot.addWidget(page)
    steady = snapshot(batch(), None, Pulse(0, 0, 5_000_000.0, 1.0))
    page.head.show_snapshot(steady)
    assert page.head.headline.text().endswith("about 8 min")
    counts = Counts(total=10, delivered=9, waiting=1, bytes_total=1000, bytes_stored=900)
    page.head.show_snapshot(snapshot(batch(), counts, Pulse(0, 0, 5_000_000.0, 1.0)))
    assert page.head.headline.text().endswith("about 8 min")
    now[0] = 1.5
    page.head.show_snapshot(snapshot(batch(), counts, Pulse(0, 0, 5_000_000.0, 1.0)))
    assert page.head.headline.text().endswith("about 2 min")


async def test_the_line_of_speeds_waits_until_it_is_one(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    now = [0.0]
    head = BatchHead(controller, lambda: now[0])
    qtbot.addWidget(head)
    head.resize(900, 200)
    head.show()
    with slow_storage(bench):
        batch_id = send(controller, bench, tmp_path / "a", CLOUD_API)
        await until(lambda: state(controller, batch_id) is BatchState.RUNNING)
        controller.feed.batch_changed.emit(batch_id)  # the first, unless a tick was sooner
        for samples in range(2, 10):
            now[0] += 5.0
            controller.feed.batch_changed.emit(batch_id)
            head.show_snapshot(controller.snapshot(batch_id))
            assert head.speed.isVisible()
            assert head.spark.isVisible() is (samples >= 6)
        head.resize(500, 200)
        await until(lambda: not head.spark.isVisible())
        assert head.stages.isVisible()
        controller.pause(batch_id)
        await until(lambda: not controller.engine.runs(batch_id))


async def test_a_note_goes_with_the_end_of_its_batch(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    """The state comes a moment before the run is over."""
    head = BatchHead(controller)
    qtbot.addWidget(head)
    head.show()
    with slow_storage(bench):
        batch_id = send(controller, bench, tmp_path / "a", CLOUD_API)
        await until(lambda: state(controller, batch_id) is BatchState.RUNNING)
        now = controller.snapshot(batch_id)
        head.show_snapshot(now)
        controller.feed.noticed.emit(batch_id, "The server is busy.")
        assert head.notice.isVisible()
        head.show_snapshot(replace(now, batch=replace(now.batch, state=BatchState.DELIVERED)))
        assert controller.engine.runs(batch_id) and not head.notice.isVisible()
        controller.pause(batch_id)
        await until(lambda: not controller.engine.runs(batch_id))


def test_a_speed_is_kept_every_five_seconds_for_five_minutes() -> None:
    now = [0.0]
    speeds = Speeds(lambda: now[0])
    assert speeds.due("b")
    speeds.add("b", 1.0)
    now[0] = 4.9
    assert not speeds.due("b")
    now[0] = 5.0
    assert speeds.due("b") and speeds.due("other")
    for number in range(80):
        speeds.add("b", float(number))
    assert len(speeds.of("b")) == 60 and speeds.of("b")[-1] == 79.0
    speeds.forget("b")
    assert speeds.of("b") == ()


async def test_the_id_of_the_batch_is_copied_from_the_menu(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    batch_id = await delivered(controller, bench, tmp_path / "a")
    page.show_batch(batch_id)
    page.ask(Wish.COPY_ID)
    assert QGuiApplication.clipboard().text() == batch_id


async def test_the_page_follows_the_language(
    qtbot: QtBot, qapp: QApplication, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_page(qtbot, controller)
    batch_id = await delivered(controller, bench, tmp_path / "a")
    page.show_batch(batch_id)
    page.ask(Wish.REMOVE)
    language.use(Language.CHINESE, qapp)
    await until(lambda: "已送达" in page.head.headline.text())
    assert "移除" in page.confirm.yes.text()
    assert page.head.more.accessibleName() == "此批次的更多操作"
