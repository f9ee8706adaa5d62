"""What every test of the window has: practice cloud, controller, English, a light theme."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from app.domain.preferences import Language, Theme
from app.engine.line import Line
from app.ui import language
from app.ui.controller import Controller
from app.ui.look import theme
from tests.helpers.workbench import Workbench, workbench


@pytest.fixture(scope="session")
def usual_font(qapp: QApplication) -> QFont:
    """A plain QFont() would leave the program's font as the last test set it."""
    return qapp.font()


@pytest.fixture(autouse=True)
def english_and_light(qapp: QApplication, usual_font: QFont) -> Iterator[None]:
    """Language, theme and font belong to the whole program: each test starts from the same."""
    qapp.setFont(usual_font)
    language.use(Language.ENGLISH, qapp)
    theme.apply(qapp, Theme.LIGHT)
    yield
    language.use(Language.ENGLISH, qapp)
    theme.apply(qapp, Theme.LIGHT)


@pytest.fixture(autouse=True)
def nobody_left_behind(qapp: QApplication, english_and_light: None) -> Iterator[None]:
    """No widget of this test hears of the next one's language, theme or font."""
    yield
    for widget in qapp.topLevelWidgets():
        widget.hide()
        widget.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(autouse=True)
def no_forgotten_error(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """asyncio only logs a task's error that nobody asked for: here it fails the test."""
    yield
    records = [r for when in ("setup", "call") for r in caplog.get_records(when)]
    errors = [record.getMessage() for record in records if record.levelno >= logging.ERROR]
    assert not errors, errors


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """The engine on the practice cloud, with a connection for each service; nothing runs yet."""
    with workbench(tmp_path) as bench:
        yield bench


@pytest.fixture
async def controller(bench: Workbench, qapp: QApplication) -> AsyncIterator[Controller]:
    """For async tests: its line carries what is added. Batches made before the test also start."""
    line = Line(bench.app.engine, first_wait=0.1)
    made = Controller(bench.app, line)
    line.start()
    yield made
    await made.close()
