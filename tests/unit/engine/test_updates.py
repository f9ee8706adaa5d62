"""When it is asked for a newer Postflight, what is remembered, and what is told."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import pytest

from app.domain.ports import Route
from app.domain.preferences import Preferences
from app.domain.release import Feed, Release
from app.engine.updates import Memory, Updates
from tests.helpers.clock import HandClock
from tests.helpers.scripted import Reply, ScriptedServer

FEED = Feed("https://api.example/latest", "code.example")
NEWER = Release("0.2.0", "https://code.example/r/0.2.0")
DAY = 24 * 3600


def updates(clock: HandClock, feed: Feed = FEED, version: str = "0.1.0") -> Updates:
    return Updates(feed, Route, clock, version)


def test_it_is_due_once_a_day_and_not_when_switched_off() -> None:
    clock = HandClock()
    ours, off = updates(clock), Preferences(updates=False)
    assert ours.due(Preferences()) and not ours.due(off)
    asked = ours.asking(Preferences())
    assert not ours.due(asked)
    clock.move(DAY - 1)
    assert not ours.due(asked)
    clock.move(1)
    assert ours.due(asked) and not ours.due(replace(asked, updates=False))


def test_a_clock_that_was_put_back_does_not_end_the_asking() -> None:
    clock = HandClock()
    asked = updates(clock).asking(Preferences())
    clock.move(-400 * DAY)
    assert updates(clock).due(asked)


def test_without_an_address_nothing_is_asked_or_known() -> None:
    ours = updates(HandClock(), Feed())
    known = updates(HandClock()).answered(Preferences(), NEWER)
    assert not ours.possible and not ours.due(Preferences()) and ours.known(known) is None


def test_what_was_heard_is_remembered_until_it_is_installed() -> None:
    clock = HandClock()
    known = updates(clock).answered(updates(clock).asking(Preferences()), NEWER)
    assert updates(clock).known(known) == NEWER
    assert updates(clock).answered(known, None) == known, "no answer takes nothing away"
    assert updates(clock, version="0.2.0").known(known) is None
    assert updates(clock).known(replace(known, updates=False)) is None


def test_a_page_that_was_changed_in_the_database_is_not_opened() -> None:
    bad = Memory(version="0.2.0", page="https://evil.example/").written()
    assert updates(HandClock()).known(Preferences(releases=bad)) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"asked": "x", "new": 1}', '{"version": 3}'])
def test_a_memory_that_cannot_be_read_is_none(text: str) -> None:
    assert Memory.read(text) == Memory()


def test_the_command_line_tells_once_a_day() -> None:
    clock = HandClock()
    ours = updates(clock)
    known = ours.answered(Preferences(), NEWER)
    assert ours.tellable(known) == NEWER
    told = ours.told(known)
    assert ours.tellable(told) is None
    clock.move(DAY)
    assert ours.tellable(told) == NEWER
    assert ours.tellable(Preferences()) is None


def test_what_was_waved_away_comes_back_with_the_next_one() -> None:
    ours = updates(HandClock())
    known = ours.answered(Preferences(), NEWER)
    assert not ours.hidden(known)
    away = ours.hide(known, NEWER)
    assert ours.hidden(away)
    assert not ours.hidden(ours.answered(away, Release("0.3.0", NEWER.page)))


def test_trouble_is_logged_and_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with ScriptedServer(lambda _: Reply(status=500)) as server:
        ours = updates(HandClock(), Feed(server.url + "/latest", "code.example"))
        assert ours.ask() is None
    assert "no answer about newer releases" in caplog.text and "/latest 500" in caplog.text


def test_the_thread_has_a_name_and_keeps_nobody_from_ending() -> None:
    told = {"tag_name": "v0.2.0", "html_url": NEWER.page}
    heard: list[tuple[Release | None, str]] = []
    with ScriptedServer(lambda _: Reply(told)) as server:
        ours = updates(HandClock(), Feed(server.url, "code.example"))
        thread = ours.in_thread(
            lambda found: heard.append((found, threading.current_thread().name))
        )
        assert thread.daemon
        thread.join(20)
    assert heard == [(NEWER, "pf-update")]
