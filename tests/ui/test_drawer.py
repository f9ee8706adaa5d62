"""The details beside the table: all about one file, a summary of several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.errors import Fault
from app.domain.preferences import Language
from app.domain.states import FileState
from app.ui import language
from app.ui.files.table import FilePanel
from tests.ui.file_kit import MD5, REFUSED, Files, names, settle, still_files, until


@pytest.fixture
def files(tmp_path: Path, qapp: QApplication) -> Iterator[Files]:
    with still_files(tmp_path) as made:
        yield made


@pytest.fixture
def panel(files: Files, qtbot: QtBot) -> FilePanel:
    made = FilePanel(files.controller)
    qtbot.addWidget(made)
    made.resize(1000, 640)
    made.show()
    return made


def opened(panel: FilePanel, batch: str, *ids: int) -> FilePanel:
    panel.show_batch(batch)
    settle(panel.model)
    panel.table.select_only(ids[0])
    panel.open_drawer()
    if len(ids) > 1:
        panel.drawer.show_files(ids)
    return panel


def clipboard() -> str:
    return QApplication.clipboard().text()


def current(panel: FilePanel) -> QWidget | None:
    return panel.drawer._pages.currentWidget()  # pyright: ignore[reportPrivateUsage]


def test_it_shows_all_about_a_delivered_file_and_copies_each_value(
    files: Files, panel: FilePanel
) -> None:
    (file_id,) = files.confirm(files.batch("a", names(2)))
    opened(panel, "a", file_id)
    page = panel.drawer.file
    wanted = {
        page.name: ("DJI_00000.JPG", "Copy name"),
        page.folder: (str(files.card / "DCIM" / "100MEDIA"), "Copy folder"),
        page.md5: (MD5, "Copy checksum"),
        page.etag: (MD5, "Copy etag"),
        page.key: (f"p/{file_id}", "Copy object key"),
    }
    for value, (words, name) in wanted.items():
        assert value.words.toPlainText() == words
        assert value.button.accessibleName() == name
        value.button.click()
        assert clipboard() == words
    assert page.weight.words.toPlainText() == "1.0 kB (1,000 bytes)"
    page.weight.button.click()
    assert clipboard() == "1000"
    assert page.attempts.words.toPlainText() == "1"
    assert page.state.word.text() == "Delivered"
    assert page.ladder.behind == 5


@pytest.mark.parametrize(
    ("state", "behind"),
    (
        (FileState.QUEUED, 1),
        (FileState.PREPARING, 1),
        (FileState.SENDING, 2),
        (FileState.SENT, 3),
        (FileState.SKIPPED, 2),
        (FileState.FAILED, 1),
    ),
)
def test_the_ladder_shows_how_far_a_file_has_come(
    files: Files, panel: FilePanel, state: FileState, behind: int
) -> None:
    batch = files.batch("a", names(1))
    make = {
        FileState.PREPARING: files.check,
        FileState.SENDING: files.send,
        FileState.SENT: files.store_away,
        FileState.SKIPPED: files.skip,
        FileState.FAILED: files.fail,
    }
    if state in make:
        make[state](batch)
    opened(panel, batch, *files.ids(batch))
    assert panel.drawer.file.ladder.behind == behind
    assert not panel.grab().isNull()


def test_a_stored_file_that_was_refused_stopped_after_sending(
    files: Files, panel: FilePanel
) -> None:
    (file_id,) = files.store_away(files.batch("a", names(1)))
    files.store.files.failed(file_id, REFUSED)
    opened(panel, "a", file_id)
    assert panel.drawer.file.ladder.behind == 3


def test_a_failed_file_says_what_to_do_and_what_support_needs(
    files: Files, panel: FilePanel
) -> None:
    (file_id,) = files.fail(files.batch("a", names(1)))
    opened(panel, "a", file_id)
    page = panel.drawer.file
    assert page.state.says.toPlainText() == REFUSED.title
    assert page.state.hint.toPlainText() == REFUSED.hint
    assert page.support.words.toPlainText() == "forbidden\nAccessDenied"
    page.support.button.click()
    for words in (REFUSED.title, "AccessDenied", "code: forbidden", names(1)[0], "state: failed"):
        assert words in clipboard()


def test_what_is_not_known_is_not_there(files: Files, panel: FilePanel) -> None:
    opened(panel, files.batch("a", names(1)), 1)
    page = panel.drawer.file
    for value in (page.md5, page.etag, page.key, page.attempts):
        assert value.isHidden()
    assert page.state.bar.isHidden()
    assert page.support.words.isHidden()


def test_it_follows_a_file_that_moves(files: Files, panel: FilePanel) -> None:
    batch = files.batch("a", names(1))
    (file_id,) = files.ids(batch)
    opened(panel, batch, file_id)
    page = panel.drawer.file
    assert page.state.word.text() == "Waiting"
    files.send(batch)
    files.told(batch, file_id)
    assert page.state.word.text() == "Sending"
    assert not page.state.bar.isHidden()
    panel.model.around.motions.sample({file_id: 100}, 0.0)
    panel.model.around.motions.sample({file_id: 500}, 1.0)
    page.follow()
    assert page.state.says.toPlainText() == "50 %, 400 bytes/s"


def test_a_selected_value_stays_selected_while_the_file_changes(
    files: Files, panel: FilePanel
) -> None:
    batch = files.batch("a", names(1))
    (file_id,) = files.ids(batch)
    opened(panel, batch, file_id)
    words = panel.drawer.file.name.words
    words.selectAll()
    files.send(batch)
    files.told(batch, file_id)
    assert words.textCursor().selectedText() == "DJI_00000.JPG"


def test_a_long_value_is_broken_and_not_cut(files: Files, panel: FilePanel) -> None:
    long = "x" * 200 + ".JPG"
    batch = files.batch("a", [long])
    opened(panel, batch, *files.ids(batch))
    until(lambda: panel.drawer.file.name.words.height() > 3 * panel.fontMetrics().height())
    words = panel.drawer.file.name.words
    assert words.toPlainText() == long
    assert words.document().size().width() <= words.width()
    assert panel.drawer.file.body.width() <= panel.drawer.file.viewport().width()


def test_a_file_without_a_picture_leaves_its_room_to_the_words(
    files: Files, panel: FilePanel
) -> None:
    batch = files.batch("a", ["a.JPG", "b.MRK"])
    opened(panel, batch, files.ids(batch)[0])
    high = panel.drawer.file.preview.height()
    panel.table.select_only(files.ids(batch)[1])
    assert panel.drawer.file.preview.height() < high / 2


def test_several_files_are_summed_up(files: Files, panel: FilePanel) -> None:
    batch = files.batch("a", names(5))
    failed = files.fail(batch, 2)
    opened(panel, batch, *files.ids(batch))
    page = panel.drawer.many
    assert current(panel) is page
    assert page.count.text() == "5 files selected"
    assert page.weight.text() == "15.0 kB"
    assert {state for state, row in page.states.items() if not row.isHidden()} == {
        FileState.QUEUED,
        FileState.FAILED,
    }
    panel.table.selectAll()
    files.store.files.retry(batch, failed)
    files.told(batch, *failed)
    until(lambda: page.states[FileState.FAILED].isHidden())


def test_nothing_selected_says_how_to_choose(files: Files, panel: FilePanel) -> None:
    opened(panel, files.batch("a", names(1)), 1)
    for unknown in ([], [4711]):
        panel.drawer.show_files(unknown)
        page = current(panel)
        assert page is not None
        assert page.accessibleName() == "No file selected"


def test_enter_opens_it_and_esc_closes_it(files: Files, panel: FilePanel, qtbot: QtBot) -> None:
    panel.show_batch(files.batch("a", names(3)))
    settle(panel.model)
    panel.activateWindow()
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert not panel.drawer.isHidden()
    assert panel.drawer.file.name.words.toPlainText() == "DJI_00001.JPG"
    qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    assert panel.drawer.file.name.words.toPlainText() == "DJI_00002.JPG"
    qtbot.keyClick(panel.table, Qt.Key.Key_Escape)
    assert panel.drawer.isHidden()
    assert panel.table.hasFocus()


def test_a_new_language_reaches_every_word(files: Files, panel: FilePanel) -> None:
    (file_id,) = files.fail(
        files.batch("a", names(1)), fault=Fault("file-refused", "The file is empty.", "")
    )
    opened(panel, "a", file_id)
    language.use(Language.CHINESE, QApplication.instance())  # pyright: ignore[reportArgumentType]
    page = panel.drawer.file
    until(lambda: page.state.word.text() == "需要处理")
    assert "文件" in page.state.says.toPlainText()
    assert page.etag.button.accessibleName() == "复制 etag"
    assert panel.drawer.accessibleName() == "详情"
