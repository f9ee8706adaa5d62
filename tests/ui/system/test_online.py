"""The network that comes and goes, and the machine that slept."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QNetworkInformation
from pytestqt.qtbot import QtBot

from app.ui.system.online import Feature, Online, Reachability, SleepWatch, system_source


class Network(QObject):
    """Plays QNetworkInformation: the tests cannot pull a cable."""

    reachabilityChanged = Signal(Reachability)
    isMeteredChanged = Signal(bool)

    def __init__(
        self,
        now: Reachability = Reachability.Online,
        knows: Feature = Feature.Reachability | Feature.Metered,
    ) -> None:
        super().__init__()
        self.now = now
        self.costs = False
        self.knows = knows

    def reachability(self) -> Reachability:
        return self.now

    def isMetered(self) -> bool:
        return self.costs

    def supports(self, features: Feature) -> bool:
        return bool(self.knows & features)

    def become(self, now: Reachability) -> None:
        self.now = now
        self.reachabilityChanged.emit(now)

    def cost(self, money: bool) -> None:
        self.costs = money
        self.isMeteredChanged.emit(money)


def online_of(network: Network) -> Online:
    return Online(cast(QNetworkInformation, network))


def test_the_network_that_comes_back_is_told_once(qtbot: QtBot) -> None:
    network = Network()
    online = online_of(network)
    back: list[bool] = []
    online.came_back.connect(lambda: back.append(True))
    assert online.reachable is True
    network.become(Reachability.Disconnected)
    assert online.reachable is False
    assert back == []
    network.become(Reachability.Local)
    network.become(Reachability.Site)
    network.become(Reachability.Online)
    assert online.reachable is True
    assert back == [True]


def test_a_start_without_network_waits_for_it(qtbot: QtBot) -> None:
    network = Network(Reachability.Disconnected)
    online = online_of(network)
    assert online.reachable is False
    with qtbot.waitSignal(online.came_back):
        network.become(Reachability.Online)


def test_a_network_nobody_knows_about_is_neither_here_nor_gone(qtbot: QtBot) -> None:
    network = Network(Reachability.Disconnected)
    online = online_of(network)
    with qtbot.assertNotEmitted(online.came_back):
        network.become(Reachability.Unknown)
    assert online.reachable is None
    with qtbot.waitSignal(online.came_back):
        network.become(Reachability.Online)


def test_what_the_system_cannot_tell_is_not_guessed(qtbot: QtBot) -> None:
    network = Network(Reachability.Disconnected, Feature.TransportMedium)
    network.costs = True
    online = online_of(network)
    assert online.reachable is None
    assert online.metered is False
    nothing = Online(None)
    assert nothing.reachable is None
    assert nothing.metered is False


def test_a_metered_network_is_told(qtbot: QtBot) -> None:
    network = Network()
    online = online_of(network)
    assert online.metered is False
    with qtbot.waitSignal(online.metered_changed) as caught:
        network.cost(True)
    assert caught.args == [True]
    assert online.metered is True


def test_the_real_system_can_be_asked(qtbot: QtBot) -> None:
    online = Online(system_source())
    assert online.reachable in (True, False, None)
    assert online.metered in (True, False)


class Wall:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.step = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_a_jump_of_the_clock_was_sleep(qtbot: QtBot) -> None:
    wall = Wall()
    watch = SleepWatch(wall, interval_ms=10)
    wall.now += 3600.01
    with qtbot.waitSignal(watch.woke, timeout=10_000) as caught:
        pass
    assert caught.args is not None
    assert round(caught.args[0]) == 3600
    with qtbot.assertNotEmitted(watch.woke, wait=60):
        pass
    watch.stop()


def test_a_slow_window_and_a_clock_set_back_are_no_sleep(qtbot: QtBot) -> None:
    wall = Wall()
    watch = SleepWatch(wall, interval_ms=5)
    wall.step = 29.0
    with qtbot.assertNotEmitted(watch.woke, wait=60):
        pass
    wall.step = -3600.0
    with qtbot.assertNotEmitted(watch.woke, wait=60):
        pass
    wall.step = 31.0
    with qtbot.waitSignal(watch.woke, timeout=10_000):
        pass
    watch.stop()


def test_a_stopped_watch_sleeps_itself(qtbot: QtBot) -> None:
    wall = Wall()
    watch = SleepWatch(wall, interval_ms=5)
    watch.stop()
    wall.step = 1000.0
    with qtbot.assertNotEmitted(watch.woke, wait=60):
        pass
