"""Files are shown in the file manager, and only web addresses reach the browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from app.ui.system.places import command, open_folder, open_url
from app.ui.system.platforms import System
from tests.ui.system.desktop import available, desktop

_REVEAL = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QObject, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from app.ui.system.places import reveal
app = QGuiApplication([])
class Opened(QObject):
    @Slot(QUrl)
    def take(self, url):
        print(json.dumps(url.toLocalFile()), flush=True)
opened = Opened()
QDesktopServices.setUrlHandler("file", opened, "take")
reveal(Path(sys.argv[1]))
QTimer.singleShot(1500, app.quit)
app.exec()
"""


class Opened(QObject):
    """Takes what would go to the browser and the file manager."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url.toString())


@pytest.fixture
def opened(qapp: object) -> Iterator[Opened]:
    opened = Opened()
    schemes = ("http", "https", "file", "javascript", "ftp")
    for scheme in schemes:
        QDesktopServices.setUrlHandler(scheme, opened, "take")  # pyright: ignore[reportArgumentType]
    yield opened
    for scheme in schemes:
        QDesktopServices.unsetUrlHandler(scheme)


def test_web_addresses_are_opened(opened: Opened) -> None:
    assert open_url("https://cloud.example/task/7?x=1#top")
    assert open_url(" http://10.0.0.5:8080/ ")
    assert opened.urls == ["https://cloud.example/task/7?x=1#top", "http://10.0.0.5:8080/"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cloud.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "ftp://cloud.example/",
        "https://",
        "https:///task",
        "http://a b/",
        "https://%zz/",
    ],
)
def test_everything_else_stays_closed(opened: Opened, text: str) -> None:
    assert not open_url(text)
    assert opened.urls == []


def test_a_folder_is_opened(opened: Opened, tmp_path: Path) -> None:
    assert open_folder(tmp_path)
    assert opened.urls == [QUrl.fromLocalFile(str(tmp_path)).toString()]


def _revealed(qtbot: QtBot, path: Path, address: str) -> list[str]:
    """What was opened because nothing could mark the file."""
    checkout = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", _REVEAL, str(path)],
        env={
            **os.environ,
            "PYTHONPATH": str(checkout),
            "DBUS_SESSION_BUS_ADDRESS": address,
            "QT_QPA_PLATFORM": "offscreen",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    words, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [json.loads(line) for line in words.splitlines()]


@pytest.mark.skipif(not available(), reason="needs dbus-daemon")
def test_the_desktops_file_manager_marks_the_file(qtbot: QtBot) -> None:
    with desktop() as session:
        assert _revealed(qtbot, Path("/media/ana/M 3E/DJI_0001 航.JPG"), session.address) == []
        wanted = "file:///media/ana/M%203E/DJI_0001%20%E8%88%AA.JPG"
        qtbot.waitUntil(lambda: bool(session.asked), timeout=10_000)
        assert session.asked == [f"ShowItems (['{wanted}'], '')"]


@pytest.mark.skipif(not available(), reason="needs dbus-daemon")
def test_a_file_manager_that_refuses_opens_the_folder(qtbot: QtBot) -> None:
    with desktop(refusing=True) as session:
        opened = _revealed(qtbot, Path("/media/ana/M3E/DJI_0001.JPG"), session.address)
    assert opened == ["/media/ana/M3E"]


@pytest.mark.skipif(sys.platform != "linux", reason="D-Bus is Linux' own")
def test_a_machine_without_a_desktop_opens_the_folder(qtbot: QtBot) -> None:
    opened = _revealed(qtbot, Path("/media/ana/M3E/DJI_0001.JPG"), "unix:path=/nowhere/at/all")
    assert opened == ["/media/ana/M3E"]


def test_explorer_and_finder_are_asked_in_their_own_words(tmp_path: Path) -> None:
    photo = Path("/card/a, b/DJI_0001.JPG")
    assert command(photo, System.WINDOWS, {"SystemRoot": r"D:\Win"}) == (
        rf'"D:\Win\explorer.exe" /select,"{photo}"'
    )
    assert command(photo, System.WINDOWS, {}).startswith(r'"C:\Windows\explorer.exe"')  # pyright: ignore[reportAttributeAccessIssue]
    assert command(photo, System.MACOS) == ("/usr/bin/open", "-R", str(photo))
