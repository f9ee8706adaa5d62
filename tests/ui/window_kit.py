"""What tests of the whole window share: one that is opened as the program does it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.engine.line import Line
from app.ui.controller import Controller
from app.ui.window import Window
from tests.helpers.workbench import Workbench


@asynccontextmanager
async def opened(qtbot: QtBot, bench: Workbench) -> AsyncIterator[Window]:
    """The window as `open_window` builds it; closing it here is a quit."""
    controller = Controller(bench.app, Line(bench.app.engine, first_wait=0.1))
    window = Window(controller)
    qtbot.addWidget(window)
    controller.line.start()
    window.show()
    await asyncio.sleep(0.05)
    yield window
    await window.close_stage()
    await controller.close()
    window.hide()


def shown(window: Window) -> str:
    return " | ".join(
        label.text() for label in window.findChildren(QLabel) if label.isVisibleTo(window)
    )
