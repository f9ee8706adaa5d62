"""A second start finds the first one's door, and nothing else gets through it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from pytestqt.qtbot import QtBot

from app.ui.system.single import LARGEST, Door, door_name, knock

_CHECKOUT = str(Path(__file__).resolve().parents[3])
_SECOND = """
import sys
from pathlib import Path
from app.ui.system.single import knock
sys.exit(0 if knock(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]], 20_000) else 1)
"""
_FIRST = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.ui.system.single import Door
app = QCoreApplication([])
door = Door(Path(sys.argv[1]))
print(door.open(), flush=True)
if sys.argv[2] == "crash":
    os._exit(9)
def tell(folders):
    print(len(folders), flush=True)
    app.quit()
door.opened.connect(tell)
app.exec()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def door(qapp: object, data: Path) -> Iterator[Door]:
    door = Door(data)
    assert door.open()
    yield door
    door.close()


def second_start(
    qtbot: QtBot, data: Path, *folders: Path | str, cwd: Path | None = None, token: str = ""
) -> int:
    """Its exit code; this process' loop runs meanwhile, as the first window's does."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SECOND, str(data), *map(str, folders)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": _CHECKOUT, "XDG_ACTIVATION_TOKEN": token},
    )
    qtbot.waitUntil(lambda: process.poll() is not None, timeout=60_000)
    return process.returncode


def test_a_second_process_hands_its_folders_over(qtbot: QtBot, data: Path, door: Door) -> None:
    (data / "航班 1").mkdir()
    with qtbot.waitSignal(door.opened, timeout=60_000) as caught:
        code = second_start(qtbot, data, "/media/card/DCIM", "航班 1", cwd=data)
    assert code == 0
    assert caught.args == [[Path("/media/card/DCIM"), data / "航班 1"]]


def test_a_second_start_without_folders_only_calls_the_window(
    qtbot: QtBot, data: Path, door: Door
) -> None:
    with qtbot.waitSignal(door.opened, timeout=60_000) as caught:
        assert second_start(qtbot, data) == 0
    assert caught.args == [[]]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_names_that_are_no_text_arrive_as_they_are(qtbot: QtBot, data: Path, door: Door) -> None:
    odd = Path("/media") / os.fsdecode(b"caf\xe9 \"'\n\\x")
    with qtbot.waitSignal(door.opened, timeout=60_000) as caught:
        assert second_start(qtbot, data, odd) == 0
    assert caught.args == [[odd]]


def test_a_thousand_long_folders_fit(qtbot: QtBot, data: Path, door: Door) -> None:
    folders = [Path("/media/card") / f"{number:04}" / ("x" * 200) for number in range(1000)]
    with qtbot.waitSignal(door.opened, timeout=60_000) as caught:
        assert second_start(qtbot, data, *folders) == 0
    assert caught.args == [folders]


def test_more_than_a_message_holds_is_not_sent(qtbot: QtBot, data: Path, door: Door) -> None:
    folders = [Path("/media/card") / ("x" * 3000) / str(number) for number in range(400)]
    server = door.findChild(QLocalServer)
    assert server is not None
    with qtbot.assertNotEmitted(server.newConnection, wait=200):
        assert not knock(data, folders, 2000)


def test_nobody_at_home_is_told_at_once(data: Path) -> None:
    assert not knock(data, [], 20_000)


def test_doors_of_other_data_folders_are_other_doors(
    qtbot: QtBot, tmp_path: Path, door: Door
) -> None:
    with qtbot.assertNotEmitted(door.opened):
        assert not knock(tmp_path / "other", [], 20_000)


def test_the_same_folder_written_differently_is_the_same_door(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert door_name(tmp_path / "link") == door_name(tmp_path / "x" / ".." / "real")
    assert door_name(tmp_path / "real") != door_name(tmp_path / "x")


def test_the_second_door_stays_closed_and_leaves_the_first_alone(
    qtbot: QtBot, data: Path, door: Door
) -> None:
    second = Door(data)
    assert not second.open()
    assert not second.is_open
    second.close()
    with qtbot.waitSignal(door.opened, timeout=60_000):
        assert second_start(qtbot, data) == 0


def test_opening_twice_is_opening_once(door: Door) -> None:
    assert door.open()
    assert door.is_open


def test_a_closed_door_can_be_opened_by_the_next(qtbot: QtBot, data: Path, door: Door) -> None:
    door.close()
    assert not knock(data, [], 20_000)
    following = Door(data)
    assert following.open()
    following.close()


def test_what_a_crash_left_behind_is_no_obstacle(qtbot: QtBot, data: Path) -> None:
    crashed = subprocess.run(
        [sys.executable, "-c", _FIRST, str(data), "crash"],
        env={**os.environ, "PYTHONPATH": _CHECKOUT},
        stdout=subprocess.PIPE,
        timeout=60,
    )
    assert crashed.stdout.strip() == b"True" and crashed.returncode == 9
    assert not knock(data, [], 20_000)
    door = Door(data)
    assert door.open()
    with qtbot.waitSignal(door.opened, timeout=60_000):
        assert second_start(qtbot, data) == 0
    door.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe has no folder")
def test_a_system_that_allows_no_door_is_no_reason_to_fail(
    qapp: object, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", "/nowhere/at/all")
    door = Door(data)
    assert not door.open()
    assert not door.is_open
    door.close()


def test_a_visitor_that_left_at_once_is_forgotten(qtbot: QtBot, data: Path, door: Door) -> None:
    _talk(qtbot, data, b"\0\0").abort()
    qtbot.waitUntil(lambda: door.findChild(QLocalServer) is not None, timeout=10_000)
    qtbot.wait(50)
    assert _visitors(door) == []


def test_a_first_start_that_hangs_is_given_up(qapp: object, data: Path, door: Door) -> None:
    # This thread's loop does not run, as that of a hanging window.
    assert not knock(data, [Path("/media/card")], 200)


def _talk(qtbot: QtBot, data: Path, words: bytes) -> QLocalSocket:
    socket = QLocalSocket()
    socket.connectToServer(door_name(data))
    assert socket.waitForConnected(5000)
    socket.write(words)
    socket.flush()
    return socket


def _framed(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


NO_MESSAGES = {
    "empty": _framed(b""),
    "no json": _framed(b"no json"),
    "no text": _framed(b"\xff\xfe"),
    "a list": _framed(b"[]"),
    "a string": _framed(b'{"folders": "L21lZGlh"}'),
    "no base64": _framed(b'{"folders": ["no base64!"]}'),
    "a relative folder": _framed(b'{"folders": ["cmVsYXRpdmU="]}'),
    "a nul": _framed(b'{"folders": ["L21lZGlhL2EAYg=="]}'),
    "a strange token": _framed(b'{"folders": [], "token": "with a space"}'),
    "too long": _framed(b'{"folders": []}' + b" " * LARGEST),
    "http": b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("words", NO_MESSAGES.values(), ids=NO_MESSAGES)
def test_what_is_no_message_is_sent_away(
    qtbot: QtBot, data: Path, door: Door, words: bytes
) -> None:
    with qtbot.assertNotEmitted(door.opened):
        socket = _talk(qtbot, data, words)
        gone = QLocalSocket.LocalSocketState.UnconnectedState
        qtbot.waitUntil(lambda: socket.state() is gone, timeout=10_000)
        assert not socket.readAll().data()
    assert door.is_open


def test_a_visitor_that_says_nothing_is_sent_away(qtbot: QtBot, data: Path, door: Door) -> None:
    socket = _talk(qtbot, data, b"\0\0")
    gone = QLocalSocket.LocalSocketState.UnconnectedState
    qtbot.waitUntil(lambda: socket.state() is gone, timeout=10_000)
    qtbot.waitUntil(lambda: len(_visitors(door)) == 0, timeout=10_000)


def _visitors(door: Door) -> list[QObject]:
    return [child for child in door.children() if type(child).__name__ == "_Visitor"]


def test_a_message_in_drops_is_put_together(qtbot: QtBot, data: Path, door: Door) -> None:
    text = _framed(b'{"folders": ["L21lZGlh"]}')
    with qtbot.waitSignal(door.opened, timeout=60_000) as caught:
        socket = _talk(qtbot, data, text[:2])
        for end in range(2, len(text), 5):
            qtbot.wait(2)
            socket.write(text[end : end + 5])
            socket.flush()
    assert caught.args == [[Path("/media")]]


def test_the_token_that_lets_the_window_rise_is_handed_on(
    qtbot: QtBot, data: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")
    with qtbot.waitSignal(door.opened, timeout=60_000):
        assert second_start(qtbot, data, token="second-start-1") == 0
    assert os.environ["XDG_ACTIVATION_TOKEN"] == "second-start-1"


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe has no file")
def test_only_this_user_may_knock(data: Path, door: Door) -> None:
    server = door.findChild(QLocalServer)
    assert server is not None
    assert Path(server.fullServerName()).stat().st_mode & 0o077 == 0


@pytest.mark.skipif(sys.platform != "linux", reason="another user is played by root here")
def test_a_door_that_somebody_else_made_is_not_knocked_at(
    qtbot: QtBot, data: Path, door: Door
) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a file away")
    server = door.findChild(QLocalServer)
    assert server is not None
    os.chown(server.fullServerName(), 12345, -1)
    with qtbot.assertNotEmitted(door.opened):
        assert not knock(data, [Path("/media/card")], 20_000)
        qtbot.wait(50)


@pytest.mark.skipif(sys.platform != "linux", reason="the runtime folder is Linux' own")
def test_the_door_is_in_the_private_folder_of_this_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/dev/shm")  # noqa: S108
    owned = Path("/dev/shm").stat().st_uid == os.getuid()  # noqa: S108
    assert door_name(tmp_path).startswith("/dev/shm/postflight-") is owned  # noqa: S108
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    assert "/" not in door_name(tmp_path)
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert "/" not in door_name(tmp_path)
