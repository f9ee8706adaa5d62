"""PySide6 6.12.0 loses a reference at each emission of a custom signal and aborts CPython 3.11."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal


class Emitter(QObject):
    happened = Signal(bool)


def test_twenty_thousand_signals_keep_the_reference_counts() -> None:
    heard: list[bool] = []
    emitter = Emitter()
    emitter.happened.connect(heard.append)
    before = sys.getrefcount(True)
    for _ in range(20_000):
        emitter.happened.emit(True)
    assert len(heard) == 20_000
    heard.clear()
    assert abs(sys.getrefcount(True) - before) < 1_000
