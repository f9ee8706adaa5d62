"""Whether an installed program is whole: builders run it, and believe no program that was not seen.

Its window delivers the sample flight to the practice cloud and is photographed in both languages.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFontMetrics, QImage, QImageReader
from PySide6.QtNetwork import QNetworkInformation
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app.domain.preferences import Language
from app.domain.states import BatchState
from app.ui import language
from app.ui.files.preview import FORMATS
from app.ui.look import icons, stylesheet
from app.ui.look.icons import Icon
from app.ui.main import open_window
from app.ui.window import Window

_PATIENCE: Final = 90.0  # seconds; the practice cloud takes some five
_TICK: Final = 0.1
_ARROW: Final = f"{stylesheet.PICTURES}:chevron_down_light.svg"


def run(folder: Path) -> int:
    """Writes window-en.png, window-zh.png and report.json to `folder`; 0 when nothing is missing.

    A file and not the terminal, because on Windows the program may have none.
    """
    problems: list[str] = ["the window was not looked at"]

    async def look(window: Window) -> None:
        try:
            problems[:] = [*await _undelivered(window), *_missing()]
            problems.extend(await _photographed(window, folder))
        except Exception as error:
            problems.append(repr(error))
            raise
        finally:
            window.quit()

    code = open_window((), practice=True, shown=look)
    application = cast(QApplication, QApplication.instance())
    report = {"platform": application.platformName(), "problems": problems}
    (folder / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    return code or int(bool(problems))


async def _undelivered(window: Window) -> list[str]:
    controller = window.workspace.controller
    services = len(controller.connections())

    def states() -> list[BatchState]:
        return [batch.state for batch in controller.engine.batches()]

    for _ in range(round(_PATIENCE / _TICK)):
        if states() == [BatchState.DELIVERED] * services:
            return []
        await asyncio.sleep(_TICK)
    return [f"not delivered: {', '.join(states())}"]


def _missing() -> Iterator[str]:
    """What Qt would leave out without a word."""
    alpha = icons.app_icon().pixmap(64, 64).toImage().pixelColor(32, 32).alpha()
    if not alpha:
        yield "the program's icon is empty"
    for icon in Icon:
        if not QSvgRenderer(str(icons.FOLDER / f"{icon}.svg")).isValid():
            yield f"the drawing {icon} is missing"
    if QImage(_ARROW).isNull():
        yield "pictures of the style sheet cannot be read"
    known = {bytes(name.data()).decode() for name in QImageReader.supportedImageFormats()}
    if unknown := FORMATS - known:
        yield f"photos cannot be shown: {', '.join(sorted(unknown))}"
    if not QNetworkInformation.availableBackends():
        yield "Qt cannot ask this system whether the network is there"
    if not QFontMetrics(QApplication.font()).inFontUcs4(ord("A")):
        yield "there is no font"


async def _photographed(window: Window, folder: Path) -> list[str]:
    problems: list[str] = []
    application = cast(QApplication, QApplication.instance())
    for spoken, name in ((Language.ENGLISH, "en"), (Language.CHINESE, "zh")):
        language.use(spoken, application)
        await asyncio.sleep(5 * _TICK)  # until all is drawn anew
        if not window.grab().save(str(folder / f"window-{name}.png")):
            problems.append(f"window-{name}.png cannot be written")
    if language.t("Settings") == "Settings":
        problems.append("the Chinese words are missing")
    if QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel":
        problems.append("Qt's own Chinese words are missing")
    return problems
