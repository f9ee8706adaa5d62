"""Keeping awake: through a real D-Bus where there is one, in the right order, never in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from pytestqt.qtbot import QtBot

from app.ui.system.awake import Awake, Kept
from tests.ui.system.desktop import available, desktop


@dataclass(slots=True)
class State:
    active: bool


@dataclass(slots=True)
class Slow:
    """Plays a system: `go` lets it answer, `inside` counts the holds that it has now."""

    agrees: bool = True
    go: threading.Event = field(default_factory=threading.Event)
    inside: int = 0
    entered: int = 0

    @contextmanager
    def __call__(self) -> Generator[Kept]:
        assert self.go.wait(60)
        self.inside += 1
        self.entered += 1
        try:
            yield State(self.agrees)
        finally:
            self.inside -= 1


@pytest.mark.skipif(not available(), reason="needs dbus-daemon")
def test_a_desktop_is_asked_to_stay_awake_and_let_go(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desktop() as session:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session.address)
        awake = Awake()
        assert awake.possible is None
        with qtbot.waitSignal(awake.changed, timeout=20_000) as caught:
            awake.hold("sending")
        assert caught.args == [True]
        assert awake.held
        assert awake.possible is True
        qtbot.waitUntil(lambda: bool(session.asked), timeout=20_000)
        assert [line.split()[0] for line in session.asked] == ["Inhibit"]
        awake.close()
        qtbot.waitUntil(lambda: len(session.asked) == 2, timeout=20_000)
        assert session.asked[1] == "Uninhibit (77,)"
        assert not awake.held


def test_a_machine_without_a_desktop_works_on(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    monkeypatch.setenv("WAKEPY_FORCE_FAILURE", "1")
    awake = Awake()
    for _ in range(3):
        with caplog.at_level("INFO", "app.ui.system.awake"):
            awake.hold("sending")
            qtbot.waitUntil(lambda: awake.possible is not None, timeout=20_000)
            awake.close()
        assert awake.possible is False
        assert not awake.held
    assert caplog.text.count("cannot be kept awake: sending") == 1


def test_holding_and_releasing_never_wait(qtbot: QtBot) -> None:
    system = Slow()
    awake = Awake(system)
    start = time.monotonic()
    for _ in range(20):
        awake.hold("sending")
        awake.release()
    awake.hold("sending")
    awake.hold("sending")
    assert time.monotonic() - start < 5
    assert not awake.held
    with qtbot.waitSignal(awake.changed, timeout=20_000) as caught:
        system.go.set()
    assert caught.args == [True]
    qtbot.waitUntil(lambda: system.entered == 21 and system.inside == 1, timeout=20_000)
    awake.close()
    assert system.inside == 0
    assert not awake.held


def test_what_was_released_before_the_system_answered_is_not_held(qtbot: QtBot) -> None:
    system = Slow()
    awake = Awake(system)
    awake.hold("sending")
    awake.release()
    with qtbot.assertNotEmitted(awake.changed, wait=100):
        system.go.set()
    awake.close()
    assert system.inside == 0
    assert awake.possible is True
    assert not awake.held


def test_the_window_is_told_of_both_ends_in_order(qtbot: QtBot) -> None:
    system = Slow()
    system.go.set()
    awake = Awake(system)
    told: list[tuple[bool, bool]] = []
    main = threading.current_thread()
    awake.changed.connect(lambda held: told.append((held, threading.current_thread() is main)))
    awake.hold("sending")
    qtbot.waitUntil(lambda: len(told) == 1, timeout=20_000)
    awake.release()
    awake.release()
    assert told == [(True, True), (False, True)]
    awake.close()


def test_a_system_that_refused_is_asked_anew(qtbot: QtBot) -> None:
    system = Slow(agrees=False)
    system.go.set()
    awake = Awake(system)
    awake.hold("sending")
    qtbot.waitUntil(lambda: awake.possible is False and system.inside == 0, timeout=20_000)
    system.agrees = True
    with qtbot.waitSignal(awake.changed, timeout=20_000):
        awake.hold("sending")
    assert awake.possible is True
    awake.close()


def test_a_system_that_breaks_is_only_a_line_in_the_log(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def broken() -> Generator[Kept]:
        raise RuntimeError("the bus went away")
        yield State(True)

    awake = Awake(broken)
    awake.hold("sending")
    qtbot.waitUntil(lambda: awake.possible is False, timeout=20_000)
    awake.close()
    assert not awake.held
    assert "the bus went away" in caplog.text


def test_closing_waits_only_so_long_for_a_system_that_hangs(qtbot: QtBot) -> None:
    system = Slow()
    awake = Awake(system)
    awake.hold("sending")
    start = time.monotonic()
    awake.close(wait=0.1)
    assert time.monotonic() - start < 5
    system.go.set()
    awake.close()
