"""The closing summary, the receipt, and the reconstructions."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.domain.errors import Fault
from app.domain.model import Counts, Job
from app.domain.states import BatchState, JobState
from app.ui.batches.jobs import Jobs
from app.ui.batches.page import BatchPage
from app.ui.batches.receipt_saver import ReceiptSaver, file_name
from app.ui.batches.summary import Summary
from app.ui.batches.wishes import Wish
from app.ui.controller import Controller
from app.ui.look.strips import CopyButton
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import (
    FLIGHTHUB,
    METASTUDIO,
    batch,
    button,
    delivered,
    send,
    shows,
    snapshot,
    state,
    tick,
    until,
)

_DONE = Counts(total=10, delivered=7, skipped=2, dropped=1, bytes_total=1000,
               bytes_delivered=800_000, bytes_stored=900_000)  # fmt: skip


def said(page: QWidget) -> list[str]:
    return [one.text() for one in page.findChildren(QLabel) if one.isVisible() and one.text()]


def made_summary(qtbot: QtBot, controller: Controller) -> Summary:
    made = Summary(controller)
    qtbot.addWidget(made)
    made.resize(760, 300)
    return made


async def test_it_says_what_was_sent_skipped_and_not_sent_and_how_long_it_took(
    qtbot: QtBot, controller: Controller
) -> None:
    page = made_summary(qtbot, controller)
    page.show_snapshot(snapshot(batch(BatchState.DELIVERED, finished_at=1100.0), _DONE))
    figures = page.figures.text().split(" · ")
    assert figures[:4] == ["7 sent", "2 skipped", "1 not sent", "registered 9 of 9"]
    assert figures[4:7] == ["900 kB", "2 min", "8.0 kB/s"]
    assert figures[7].startswith("finished ")
    assert "Delivered to FlightHub 2, with exceptions" in said(page)
    assert shows(page, "Show 1 not sent") and shows(page, "Receipt…")


async def test_it_keeps_quiet_while_the_batch_is_under_way(
    qtbot: QtBot, controller: Controller
) -> None:
    page = made_summary(qtbot, controller)
    for now in (BatchState.RUNNING, BatchState.PAUSED, BatchState.SCANNING, BatchState.FINISHING):
        page.show_snapshot(snapshot(batch(now)))
        assert not page.isVisible()


async def test_an_empty_batch_says_what_to_do_and_has_no_figures(
    qtbot: QtBot, controller: Controller
) -> None:
    page = made_summary(qtbot, controller)
    reason = Fault("empty", "Nothing to send was found.", "Choose another folder.")
    page.show_snapshot(snapshot(batch(BatchState.EMPTY, reason=reason), Counts()))
    assert said(page) == ["Choose another folder."]  # that there was nothing says the headline
    assert not shows(page, "Receipt…")


async def test_the_services_own_id_can_be_copied(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_summary(qtbot, controller)
    batch_id = await delivered(controller, bench, tmp_path / "a", FLIGHTHUB)
    shot = controller.snapshot(batch_id)
    page.show_snapshot(shot)
    assert "resource_uuid" not in said(page)
    button(page, "More").click()
    assert "resource_uuid" in said(page)
    page.findChildren(CopyButton)[0].click()
    assert QGuiApplication.clipboard().text() == shot.remote[-1]


async def test_ids_and_notes_are_unfolded_where_there_is_room_or_the_person_wants_them(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_summary(qtbot, controller)
    shot = controller.snapshot(await delivered(controller, bench, tmp_path / "a", FLIGHTHUB))
    page.show_snapshot(shot)
    assert not page.unfolded
    page.set_roomy(True)
    assert page.unfolded and "resource_uuid" in said(page)
    button(page, "Less").click()
    assert "resource_uuid" not in said(page)
    page.set_roomy(False)
    page.set_roomy(True)
    assert not page.unfolded and shows(page, "More")


async def test_a_batch_that_waits_for_the_person_is_summed_up_without_a_title(
    qtbot: QtBot, controller: Controller
) -> None:
    page = made_summary(qtbot, controller)
    reason = Fault("files-need-you", "2 files need you.", "Each says why.")
    counts = Counts(total=15, delivered=13, failed=2, bytes_total=5_000_000, bytes_stored=5_000_000)
    page.show_snapshot(snapshot(batch(BatchState.ATTENTION, reason=reason), counts))
    assert said(page) == ["13 sent · 2 not sent · registered 13 of 15 · 5.0 MB"]
    assert not shows(page, "Receipt…") and not shows(page, "Show 2 not sent")


async def test_a_service_without_groups_shows_no_id(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = made_summary(qtbot, controller)
    batch_id = await delivered(controller, bench, tmp_path / "a", METASTUDIO)
    page.show_snapshot(controller.snapshot(batch_id))
    assert not [one for one in page.findChildren(CopyButton) if one.isVisible()]


async def test_the_receipt_is_written_and_shown_where_it_is(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = BatchPage(controller)
    qtbot.addWidget(page)
    page.resize(900, 760)
    page.show()
    batch_id = await delivered(controller, bench, tmp_path / "a")
    page.show_batch(batch_id)
    for name, sign in (("r.html", "<html"), ("r.json", '"files"')):
        page.saver.save(batch_id, tmp_path / name)
        await until((tmp_path / name).exists)
        await until(lambda name=name: f"The receipt is saved: {name}" in said(page))
        assert sign in (tmp_path / name).read_text(encoding="utf-8").lower()
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert shows(page, "Show")


async def test_a_receipt_that_cannot_be_written_is_said(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    batch_id = await delivered(controller, bench, tmp_path / "a")
    faults: list[Fault] = []
    controller.problem.connect(faults.append)
    saver = ReceiptSaver(controller)
    (tmp_path / "mine.html").write_text("my own page")
    saver.save(batch_id, tmp_path / "mine.html")
    await until(lambda: faults)
    assert (tmp_path / "mine.html").read_text() == "my own page"


async def test_the_dialog_for_the_receipt_is_open_and_nothing_waits_for_it(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    page = BatchPage(controller)
    qtbot.addWidget(page)
    batch_id = await delivered(controller, bench, tmp_path / "a")
    page.show_batch(batch_id)
    page.ask(Wish.RECEIPT)
    dialogs = page.findChildren(QFileDialog)
    assert len(dialogs) == 1 and dialogs[0].acceptMode() is QFileDialog.AcceptMode.AcceptSave
    dialogs[0].filterSelected.emit("Receipt to check later (*.json)")
    assert dialogs[0].defaultSuffix() == "json"
    dialogs[0].fileSelected.emit(str(tmp_path / "chosen.html"))
    dialogs[0].reject()
    await until((tmp_path / "chosen.html").exists)
    await tick()


def test_the_name_of_a_receipt_is_one_that_every_system_takes() -> None:
    assert file_name('14/06: "pm"?') == "Receipt 14 06 pm.html"
    assert file_name("...") == "Receipt Postflight.html"
    assert len(file_name("x" * 300)) < 100


async def test_a_reconstruction_is_shown_with_its_progress_and_its_id(
    qtbot: QtBot, controller: Controller
) -> None:
    page = Jobs(controller)
    qtbot.addWidget(page)
    jobs = (
        Job("b1", "3d", "abc", JobState.WORKING, 40, "aligning photos"),
        Job("b1", "lidar", "", JobState.FAILED, 0, "No quota is left."),
    )
    page.show_snapshot(snapshot(batch(BatchState.DELIVERED), _DONE, None, *jobs))
    first = {"3D reconstruction", "working, 40 %", "aligning photos", "abc"}
    assert first | {"LiDAR reconstruction", "failed", "No quota is left."} <= set(said(page))
    assert page.sizeHint().height() < 110  # one line each
    assert shows(page, "Stop 1 reconstruction…")
    page.show_snapshot(snapshot(batch(BatchState.DELIVERED), _DONE, None))
    assert not page.isVisible()


async def test_a_job_of_a_batch_that_is_not_delivered_cannot_be_stopped_alone(
    qtbot: QtBot, controller: Controller
) -> None:
    page = Jobs(controller)
    qtbot.addWidget(page)
    job = Job("b1", "3d", "abc", JobState.WORKING, 40)
    page.show_snapshot(snapshot(batch(BatchState.FINISHING), _DONE, None, job))
    assert page.isVisible() and not shows(page, "Stop 1 reconstruction…")


async def test_a_running_reconstruction_is_stopped_after_one_question(
    qtbot: QtBot, controller: Controller, bench: Workbench, tmp_path: Path
) -> None:
    bench.cloud.settings.job_polls = 10_000
    bench.set_option(FLIGHTHUB, "reconstruct", "3d")
    page = BatchPage(controller)
    qtbot.addWidget(page)
    page.show()
    batch_id = send(controller, bench, tmp_path / "a", FLIGHTHUB, 6)
    page.show_batch(batch_id)
    await until(lambda: state(controller, batch_id) is BatchState.DELIVERED)
    await until(lambda: shows(page, "Stop 1 reconstruction…"))
    button(page, "Stop 1 reconstruction…").click()
    button(page, "Stop 1 reconstruction").click()
    assert shows(page, "Stopping…")
    await until(lambda: controller.engine.jobs(batch_id)[0].state is JobState.STOPPED)
    await tick()
    assert "stopped" in said(page)
    assert state(controller, batch_id) is BatchState.DELIVERED
