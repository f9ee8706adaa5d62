"""Opens the system's file manager and browser."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices

from app.ui.system.platforms import System, this_system

_log: Final = logging.getLogger(__name__)

_MANAGER: Final = "org.freedesktop.FileManager1"
_PATIENCE: Final = 60.0


def reveal(path: Path, system: System | None = None) -> None:
    """Shows `path` marked in the folder that holds it. Returns at once; where the system has no
    way to mark it, the folder is opened."""
    system = system or this_system()
    if system is System.LINUX:
        _ask_manager(path)
        return
    # In a thread, for a card that hangs would hang the file manager's start, too.
    threading.Thread(
        target=_launch, args=(command(path, system),), name="pf-reveal", daemon=True
    ).start()


def open_folder(path: Path) -> bool:
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def open_url(text: str) -> bool:
    """Only http and https: an address may come from a server. False when it was not opened."""
    url = QUrl(text.strip(), QUrl.ParsingMode.StrictMode)
    if not url.isValid() or url.scheme() not in ("http", "https") or not url.host():
        _log.warning("not opened, no web address: %r", text[:200])
        return False
    return QDesktopServices.openUrl(url)


def command(
    path: Path, system: System, environment: Mapping[str, str] = os.environ
) -> str | tuple[str, ...]:
    """How Windows and macOS are asked; Windows' Explorer wants the quotes just so, thus a line."""
    if system is System.WINDOWS:
        root = environment.get("SystemRoot") or r"C:\Windows"
        return rf'"{root}\explorer.exe" /select,"{path}"'
    return ("/usr/bin/open", "-R", str(path))


def _launch(words: str | Sequence[str]) -> None:
    # Explorer's exit code means nothing, and a folder that does not open says so by itself.
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(  # noqa: S603
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )


def _ask_manager(path: Path) -> None:
    # Here and not above: the builds for Windows and macOS come without it.
    from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        open_folder(path.parent)
        return
    message = QDBusMessage.createMethodCall(
        _MANAGER, "/org/freedesktop/FileManager1", _MANAGER, "ShowItems"
    )
    message.setArguments([[path.as_uri()], ""])
    watcher = QDBusPendingCallWatcher(bus.asyncCall(message), QCoreApplication.instance())

    def answered(watcher: QDBusPendingCallWatcher) -> None:
        if watcher.isError():
            open_folder(path.parent)
        watcher.deleteLater()

    watcher.finished.connect(answered)
