"""Finishing: the commands of each system, the choice that holds once, and the last minute."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest
from pytestqt.qtbot import QtBot

from app.domain.errors import Leg, LocalError
from app.ui.system.platforms import System, this_system
from app.ui.system.power import Countdown, Finish, WhenFinished, act, command, run

TABLE = {
    (System.WINDOWS, Finish.SLEEP): (
        r"D:\Win\System32\rundll32.exe",
        "powrprof.dll,SetSuspendState",
        "0,1,0",
    ),
    (System.WINDOWS, Finish.SHUT_DOWN): (r"D:\Win\System32\shutdown.exe", "/s", "/t", "60"),
    (System.MACOS, Finish.SLEEP): ("/usr/bin/pmset", "sleepnow"),
    (System.MACOS, Finish.SHUT_DOWN): (
        "/usr/bin/osascript",
        "-e",
        'tell application "System Events" to shut down',
    ),
    (System.LINUX, Finish.SLEEP): ("systemctl", "suspend"),
    (System.LINUX, Finish.SHUT_DOWN): ("systemctl", "poweroff"),
}


class Asked:
    """Plays the system: remembers what it was asked and answers with `code`."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.commands: list[tuple[str, ...]] = []

    def __call__(self, words: Sequence[str]) -> int:
        self.commands.append(tuple(words))
        return self.code


@pytest.mark.parametrize("system", System)
@pytest.mark.parametrize("finish", Finish)
def test_each_system_is_asked_in_its_own_words(
    system: System, finish: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SystemRoot", r"D:\Win")
    asked = Asked()
    act(finish, asked, system)
    wanted = TABLE.get((system, finish))
    assert asked.commands == ([] if wanted is None else [wanted])


def test_windows_without_a_root_is_where_it_usually_is() -> None:
    words = command(Finish.SLEEP, System.WINDOWS, {})
    assert words[0] == r"C:\Windows\System32\rundll32.exe"


def test_this_system_is_known() -> None:
    assert this_system("win32") is System.WINDOWS
    assert this_system("darwin") is System.MACOS
    assert this_system("linux") is this_system("freebsd14") is System.LINUX


@pytest.mark.parametrize(
    ("finish", "title"),
    [
        (Finish.SLEEP, "This computer did not go to sleep."),
        (Finish.SHUT_DOWN, "This computer did not shut down."),
    ],
)
def test_a_system_that_refuses_is_told_to_the_pilot(finish: Finish, title: str) -> None:
    with pytest.raises(LocalError) as caught:
        act(finish, Asked(code=1), System.LINUX)
    assert caught.value.title == title
    assert caught.value.leg is Leg.COMPUTER
    assert "systemctl ended with 1" in caught.value.details


def test_a_command_that_is_not_there_is_a_refusal() -> None:
    def missing(words: Sequence[str]) -> int:
        raise FileNotFoundError(2, "No such file", words[0])

    with pytest.raises(LocalError, match="did not go to sleep"):
        act(Finish.SLEEP, missing, System.LINUX)


def test_a_real_command_answers_with_its_exit_code() -> None:
    assert run([sys.executable, "-c", "import sys; sys.exit(7)"]) == 7
    assert run([sys.executable, "-c", ""]) == 0


def test_a_command_that_sleeps_along_counts_as_taken() -> None:
    assert run([sys.executable, "-c", "import time; time.sleep(60)"], patience=0.2) == 0


def test_the_choice_holds_for_one_time(qtbot: QtBot) -> None:
    wish = WhenFinished()
    told: list[Finish] = []
    wish.changed.connect(told.append)
    assert wish.take() is Finish.STAY
    wish.choose(Finish.SLEEP)
    wish.choose(Finish.SLEEP)
    assert wish.choice is Finish.SLEEP
    assert wish.take() is Finish.SLEEP
    assert wish.take() is Finish.STAY
    assert told == [Finish.SLEEP, Finish.STAY]


def test_the_countdown_counts_to_its_end_once(qtbot: QtBot) -> None:
    countdown = Countdown(3, interval_ms=5)
    ticks: list[int] = []
    countdown.tick.connect(ticks.append)
    with (
        qtbot.waitSignal(countdown.due, timeout=10_000),
        qtbot.assertNotEmitted(countdown.cancelled),
    ):
        countdown.start()
        countdown.start()
        assert countdown.running
    assert ticks == [3, 2, 1]
    assert not countdown.running
    with qtbot.assertNotEmitted(countdown.due, wait=50):
        countdown.cancel()


def test_a_cancelled_countdown_does_nothing_any_more(qtbot: QtBot) -> None:
    countdown = Countdown(2, interval_ms=20)
    countdown.start()
    with qtbot.waitSignal(countdown.cancelled):
        countdown.cancel()
    with (
        qtbot.assertNotEmitted(countdown.due, wait=100),
        qtbot.assertNotEmitted(countdown.cancelled),
    ):
        countdown.cancel()
    with qtbot.waitSignal(countdown.due, timeout=10_000):
        countdown.start()
