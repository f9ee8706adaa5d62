"""Notices: the first at once, the rest of a minute as one, none while the window is in front."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.ui.system.notices import Kind, Merger, Shown


class Screen:
    def __init__(self, quiet_ms: int) -> None:
        self.shown: list[Shown] = []
        self.looking = False
        self.merger = Merger(self.shown.append, lambda: self.looking, quiet_ms)


def notice(words: str, key: str = "b1") -> Shown:
    return Shown(key, "Lakeside needs you", words, Kind.ATTENTION)


def test_notices_of_one_batch_become_one_a_minute(qtbot: QtBot) -> None:
    screen = Screen(quiet_ms=150)
    screen.merger.add(notice("1 file needs you"))
    screen.merger.add(notice("2 files need you"))
    screen.merger.add(notice("3 files need you"))
    assert screen.shown == [notice("1 file needs you")]
    qtbot.waitUntil(lambda: len(screen.shown) == 2, timeout=10_000)
    assert screen.shown[1] == notice("3 files need you")


def test_other_batches_are_told_apart(qtbot: QtBot) -> None:
    screen = Screen(quiet_ms=60_000)
    screen.merger.add(notice("1 file needs you"))
    screen.merger.add(notice("1 file needs you", "b2"))
    assert [one.key for one in screen.shown] == ["b1", "b2"]
    screen.merger.clear()


def test_the_same_words_are_not_said_twice(qtbot: QtBot) -> None:
    screen = Screen(quiet_ms=30)
    screen.merger.add(notice("1 file needs you"))
    screen.merger.add(notice("1 file needs you"))
    qtbot.wait(120)
    assert len(screen.shown) == 1
    screen.merger.add(notice("1 file needs you"))
    assert len(screen.shown) == 2
    screen.merger.clear()


def test_a_pilot_who_looks_is_not_disturbed(qtbot: QtBot) -> None:
    screen = Screen(quiet_ms=30)
    screen.looking = True
    screen.merger.add(notice("1 file needs you"))
    assert screen.shown == []
    screen.looking = False
    screen.merger.add(notice("2 files need you"))
    screen.merger.add(notice("3 files need you"))
    screen.looking = True
    qtbot.wait(120)
    assert screen.shown == [notice("2 files need you")]


def test_cleared_notices_stay_away(qtbot: QtBot) -> None:
    screen = Screen(quiet_ms=30)
    screen.merger.add(notice("1 file needs you"))
    screen.merger.add(notice("2 files need you"))
    screen.merger.clear()
    qtbot.wait(120)
    assert len(screen.shown) == 1
