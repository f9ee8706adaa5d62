"""What every test has: a clean environment, no network but loopback, Qt without a screen."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

# Here and not in the middle of a test, as its plugin would: two threads that parse Python at once
# are more than CPython 3.11 can bear.
import hypothesis  # noqa: F401
import pytest

# First of all: pydantic hands out its names when they are asked for. When some of it came before
# PySide6 has put its own importer in place (hypothesis does that), the rest may end in a circle.
import app.services.cloud_api_wire  # noqa: F401
from tests.helpers.flights import REAL

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the person's own settings reaches a test, and nothing of a test reaches them."""
    for name in list(os.environ):
        if name.startswith(("POSTFLIGHT_", "AWS_")) or name.lower() in _PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("POSTFLIGHT_HOME", str(tmp_path / "postflight-home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture(autouse=True, scope="session")
def collected_in_threads() -> Iterator[list[str]]:
    """Python's collector runs in any thread, and a QObject freed there takes Qt down. So it is
    off, as in the window; the names of threads that call it all the same are kept."""
    threads: list[str] = []

    def collects(phase: str, _: dict[str, int]) -> None:
        if threading.current_thread() is not threading.main_thread():
            threads.append(threading.current_thread().name)

    gc.collect()
    gc.disable()
    gc.callbacks.append(collects)
    yield threads
    gc.callbacks.remove(collects)
    gc.enable()


@pytest.fixture(autouse=True)
def sweep_here(collected_in_threads: list[str]) -> Iterator[None]:
    yield
    from app.ui.runtime import sweep

    sweep()
    threads = collected_in_threads.copy()
    collected_in_threads.clear()
    assert not threads, f"the collector ran in {threads}"


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """A connection to any other host fails the test that makes it."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        # To connect a datagram socket sends nothing.
        is_network = self.family in (socket.AF_INET, socket.AF_INET6)
        is_network = is_network and self.type == socket.SOCK_STREAM
        if is_network and not str(address[0]).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {address[0]}")
        real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Async tests of the window run on Qt's loop, all others on the plain one."""
    if not {"qapp", "qtbot"} & set(getattr(item, "fixturenames", ())):
        return {"plain": asyncio.new_event_loop}

    def on_qt() -> asyncio.AbstractEventLoop:
        from PySide6.QtWidgets import QApplication

        from app.ui.runtime import new_loop

        application = QApplication.instance()
        made = application if isinstance(application, QApplication) else QApplication([])
        return new_loop(made)

    return {"qt": on_qt}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "secretservice: needs dbus-run-session and gnome-keyring")


def flight_media() -> Path | None:
    """The folder of real flight photos beside the checkout, where there is one."""
    return REAL if REAL.is_dir() else None
