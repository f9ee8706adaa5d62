"""A thread that still works never keeps a QObject alive: its end would be in that thread."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import ref

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.ui.files.preview import Preview
from app.ui.relay import Relay
from app.ui.system.awake import Awake
from app.ui.system.cards import Card, CardWatch
from tests.helpers.photos import write_photo


class Ear(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[object, int]] = []

    def hear(self, word: object) -> None:
        self.heard.append((word, threading.get_ident()))


def in_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_news_of_a_thread_are_heard_in_the_main_thread(qtbot: QtBot) -> None:
    ear = Ear()
    relay = Relay(ear.hear)
    in_thread(lambda: relay("first"))
    in_thread(lambda: relay("second"))
    assert ear.heard == []
    qtbot.waitUntil(lambda: len(ear.heard) == 2)
    assert ear.heard == [("first", threading.get_ident()), ("second", threading.get_ident())]


def test_news_for_somebody_who_is_gone_are_lost(qtbot: QtBot) -> None:
    ear = Ear()
    relay, heard = Relay(ear.hear), ear.heard
    in_thread(lambda: relay("late"))
    del ear
    qtbot.wait(20)
    assert heard == []


class Held:
    """Something slow that a thread is in the middle of."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self) -> list[Card]:
        self.begun.set()
        assert self.go.wait(60)
        return []

    @contextmanager
    def keeper(self) -> Iterator[Held]:
        self()
        yield self

    active = True


def looking(held: Held, folder: Path) -> QObject:
    watch = CardWatch(held, interval_ms=5)
    watch.start()
    return watch


def keeping(held: Held, folder: Path) -> QObject:
    awake = Awake(held.keeper)
    awake.hold("a test")
    awake.release()
    return awake


@pytest.mark.parametrize("begin", [looking, keeping])
def test_what_a_thread_works_for_ends_without_waiting_for_it(
    qtbot: QtBot, tmp_path: Path, begin: Callable[[Held, Path], QObject]
) -> None:
    held = Held()
    made = begin(held, tmp_path)
    assert held.begun.wait(60)
    gone = ref(made)
    del made
    gc.collect()
    try:
        assert gone() is None, "the thread holds it"
    finally:
        held.go.set()
    qtbot.wait(50)


def test_a_preview_ends_at_once_while_its_picture_is_made(qtbot: QtBot, tmp_path: Path) -> None:
    write_photo(tmp_path / "a.jpg")
    for _ in range(20):
        preview = Preview()
        preview.show_file(tmp_path / "a.jpg")
        gone = ref(preview)
        del preview
        gc.collect()
        assert gone() is None
    qtbot.wait(50)
