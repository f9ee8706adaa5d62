"""Brings news from a thread to a QObject without the thread ever holding that object.

Whoever drops the last reference to a QObject destroys it, in the thread that is running. A timer
or notifier destroyed in a worker thread cannot be stopped there, and Qt's next tick ends the
program. So a thread gets a `Relay` in place of the object that wants to hear from it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import MethodType
from typing import Any, cast
from weakref import WeakMethod

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot
from shiboken6 import isValid


class _Postbox(QObject):
    """One for the program; it lives in the main thread, where it hands out what was put in."""

    put = Signal(object)

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        self.put.connect(self._hand_out, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _hand_out(self, news: tuple[WeakMethod[Callable[..., None]], tuple[Any, ...]]) -> None:
        told, words = news
        method = told()
        if method is not None and isValid(cast(MethodType, method).__self__):
            method(*words)


_postbox: _Postbox | None = None


class Relay:
    """Made in the main thread, with a method of a QObject; called from any thread.

    The method runs in the main thread soon after, or not at all when its object is gone by then.
    """

    def __init__(self, told: Callable[..., None]) -> None:
        global _postbox
        if _postbox is None or not isValid(_postbox):
            _postbox = _Postbox(QCoreApplication.instance())
        self._box = _postbox
        self._told = WeakMethod(told)

    def __call__(self, *words: object) -> None:
        with suppress(RuntimeError):  # the program is ending, and Qt with it
            self._box.put.emit((self._told, words))
