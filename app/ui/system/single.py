"""One window for each data folder: a second start hands its folders to the first and ends."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_log: Final = logging.getLogger(__name__)

LARGEST: Final = 1024 * 1024  # bytes of one message
_HEAD: Final = 4  # the message's length in front of it, most significant byte first
_TAKEN: Final = b"taken\n"
_PATIENCE_MS: Final = 3000
_PROBE_MS: Final = 500
_VISITORS: Final = 8
_NAME_ROOM: Final = 90  # bytes; a socket's path may have about 100, 104 on macOS
_TOKEN: Final = "XDG_ACTIVATION_TOKEN"  # noqa: S105


class _Message(BaseModel):
    """`folders` are the file system's own bytes, as base64: names need not be text."""

    model_config = ConfigDict(defer_build=True)

    folders: list[str] = Field(max_length=10_000)
    token: str = Field(default="", max_length=500, pattern=r"^[!-~]*$")


@dataclass(frozen=True, slots=True)
class _Knock:
    folders: list[Path]
    token: str


def door_name(data: Path) -> str:
    """The same for each start of this user with this data folder, however the path was written."""
    place = os.path.normcase(os.path.realpath(data))
    print_ = hashlib.sha256(os.fsencode(f"{_user()}\0{place}")).hexdigest()[:24]
    name = f"postflight-{print_}"
    # Only this user may look in there; Qt's own choice is the temporary folder.
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    private = Path(runtime, name)
    if sys.platform != "linux" or not runtime or not _is_mine(Path(runtime)):
        return name
    return str(private) if len(os.fsencode(private)) <= _NAME_ROOM else name


def knock(data: Path, folders: Sequence[Path], timeout_ms: int = _PATIENCE_MS) -> bool:
    """True when a running Postflight took `folders` (none: it comes to the front).

    False when nobody is there, or nobody who answers in time. Blocking, other threads included:
    for a start that does nothing else yet.
    """
    message = _packed(folders)
    if message is None:
        return False
    end = time.monotonic() + timeout_ms / 1000

    def left() -> int:
        return max(1, round((end - time.monotonic()) * 1000))

    socket = QLocalSocket()
    if not _connected(socket, door_name(data), left()):
        return False
    _give_way()
    try:
        socket.write(message)
        while socket.bytesToWrite():
            if time.monotonic() > end or not socket.waitForBytesWritten(left()):
                return False
        while socket.bytesAvailable() < len(_TAKEN):
            if time.monotonic() > end or not socket.waitForReadyRead(left()):
                return False
        return bytes(socket.readAll().data()) == _TAKEN
    finally:
        socket.abort()


class Door(QObject):
    """Where the first start waits for the others. Open it only while holding the folder's lock:
    then nobody else opens the same one at this moment."""

    opened = Signal(list)  # of absolute Paths; empty: only come to the front

    def __init__(self, data: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = door_name(data)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.setMaxPendingConnections(_VISITORS)
        self._server.newConnection.connect(self._welcome)

    @property
    def is_open(self) -> bool:
        return self._server.isListening()

    def open(self) -> bool:
        """False when another process answers here, or the system allows no door at all: the window
        works without, only a second start cannot hand anything over."""
        if self.is_open:
            return True
        # Asked first and always: Qt takes the place of a living server on Linux and macOS, and
        # Windows lets two listen side by side.
        probe = QLocalSocket()
        if _connected(probe, self._name, _PROBE_MS):
            probe.abort()
            _log.warning("another Postflight answers at %s", self._name)
            return False
        # What a crash left: Qt replaces it by itself today, and promises that nowhere.
        QLocalServer.removeServer(self._name)
        if not self._server.listen(self._name):
            _log.warning("a second start cannot reach this one: %s", self._server.errorString())
            return False
        return True

    def close(self) -> None:
        """Safe to repeat."""
        self._server.close()

    def _welcome(self) -> None:
        while self._server.hasPendingConnections():
            visitor = _Visitor(self._server.nextPendingConnection(), self)
            visitor.spoke.connect(self._heard)

    def _heard(self, knocked: _Knock) -> None:
        if knocked.token:
            # Wayland lets a window come to the front only with what the second start was given;
            # Qt reads it from here when the window is activated.
            os.environ[_TOKEN] = knocked.token
        self.opened.emit(knocked.folders)


class _Visitor(QObject):
    """One connection: reads one message, answers, and goes."""

    spoke = Signal(object)

    def __init__(self, socket: QLocalSocket, parent: QObject) -> None:
        super().__init__(parent)
        self._socket = socket
        socket.setParent(self)
        self._got = bytearray()
        socket.setReadBufferSize(LARGEST + _HEAD)
        socket.readyRead.connect(self._read)
        socket.disconnected.connect(self.deleteLater)
        # A visitor that says nothing must not keep its place.
        self._impatience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._impatience.timeout.connect(self._leave)
        self._impatience.start()
        if socket.state() is QLocalSocket.LocalSocketState.UnconnectedState:
            self._leave()
        elif socket.bytesAvailable():
            self._read()

    def _read(self) -> None:
        self._got += self._socket.readAll().data()
        if len(self._got) < _HEAD:
            return
        length = int.from_bytes(self._got[:_HEAD], "big")
        if length > LARGEST:
            self._leave()
        elif len(self._got) >= _HEAD + length:
            self._answer(bytes(self._got[_HEAD : _HEAD + length]))

    def _answer(self, text: bytes) -> None:
        knocked = _unpacked(text)
        if knocked is None:
            _log.warning("somebody knocked with %d bytes that are no message", len(text))
            self._leave()
            return
        self._socket.readyRead.disconnect(self._read)
        # The visitor hangs up: Windows throws away what it has not read when we do.
        self._socket.write(_TAKEN)
        self.spoke.emit(knocked)

    def _leave(self) -> None:
        self._socket.abort()
        self.deleteLater()


def _packed(folders: Sequence[Path]) -> bytes | None:
    """What `_Message` reads; written without it, as building the model takes longer than a knock.
    Whoever opens judges it; here only its length counts."""
    names = [base64.b64encode(os.fsencode(path.absolute())).decode() for path in folders]
    token = os.environ.get(_TOKEN, "")
    text = json.dumps({"folders": names, "token": token}).encode()
    return len(text).to_bytes(_HEAD, "big") + text if len(text) <= LARGEST else None


def _unpacked(text: bytes) -> _Knock | None:
    try:
        message = _Message.model_validate_json(text)
        names = [base64.b64decode(name, validate=True) for name in message.folders]
        folders = [Path(os.fsdecode(name)) for name in names]
    except (ValidationError, binascii.Error, UnicodeError):
        return None
    if any(b"\0" in name for name in names) or not all(path.is_absolute() for path in folders):
        return None
    return _Knock(folders, message.token)


def _connected(socket: QLocalSocket, name: str, timeout_ms: int) -> bool:
    socket.connectToServer(name)
    if not socket.waitForConnected(timeout_ms):
        return False
    return _is_mine(Path(socket.fullServerName()))


def _is_mine(path: Path) -> bool:
    """Whether this user made it: in a shared temporary folder anybody may take the name first."""
    if sys.platform == "win32":
        return True
    try:
        return path.lstat().st_uid == os.getuid()
    except OSError:
        return False


def _user() -> str:
    if sys.platform == "win32":
        return f"{os.environ.get('USERDOMAIN', '')}/{os.environ.get('USERNAME', '')}"
    return str(os.getuid())


def _give_way() -> None:
    """Windows lets a window come to the front only when the process in front allows it."""
    if sys.platform == "win32":
        import ctypes

        anybody = 0xFFFFFFFF
        with contextlib.suppress(OSError, AttributeError):
            ctypes.windll.user32.AllowSetForegroundWindow(anybody)
