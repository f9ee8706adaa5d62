"""Good manners: awake only while bytes move, limits by the clock, notices, and the end of all."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QNetworkInformation
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from app.domain.preferences import Hours
from app.domain.states import BatchState
from app.practice.faults import parse_faults
from app.ui.controller import Controller
from app.ui.manners import Manners
from app.ui.system.awake import Awake, Kept
from app.ui.system.online import Feature, Online, Reachability
from app.ui.system.power import Finish
from app.ui.system.tray import Tray
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import CLOUD_API, delivered, send, slow_storage, state, tick, until


@dataclass(slots=True)
class State:
    active: bool = True


@dataclass(slots=True)
class System:
    """Plays what keeps a computer awake; it answers when `go` is set."""

    go: threading.Event = field(default_factory=threading.Event)
    inside: int = 0
    entered: int = 0

    @contextmanager
    def __call__(self) -> Generator[Kept]:
        assert self.go.wait(60)
        self.inside += 1
        self.entered += 1
        try:
            yield State()
        finally:
            self.inside -= 1


class Icons(QSystemTrayIcon):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[tuple[str, str]] = []

    def showMessage(self, *words: object) -> None:
        self.messages.append((str(words[0]), str(words[1])))


class Network(QObject):
    reachabilityChanged = Signal(Reachability)
    isMeteredChanged = Signal(bool)

    def reachability(self) -> Reachability:
        return Reachability.Online

    def supports(self, features: Feature) -> bool:
        return True

    def isMetered(self) -> bool:
        return False


@dataclass(slots=True)
class Place:
    """The manners with a computer that a test can play."""

    manners: Manners
    controller: Controller
    system: System
    icons: Icons
    network: Network
    clock: Callable[[datetime], None]


@pytest.fixture
async def place(qapp: QApplication, controller: Controller) -> AsyncIterator[Place]:
    system, icons, network = System(), Icons(), Network()
    system.go.set()
    times = [datetime(2026, 5, 3, 12, 0)]  # noqa: DTZ001 - local time
    manners = Manners(
        controller,
        awake=Awake(system),
        online=Online(cast(QNetworkInformation, network)),
        tray=Tray(icon=icons, in_front=lambda: False, calm_ms=1, quiet_ms=50),
        now=lambda: times[-1],
        minute=30,
        linger=150,
    )
    yield Place(manners, controller, system, icons, network, times.append)
    system.go.set()
    manners.close()
    assert system.inside == 0


async def test_awake_while_bytes_move_and_no_longer(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    told: list[bool] = []
    place.manners.awake.changed.connect(told.append)
    await tick()
    assert place.system.entered == 0, "an idle window lets the computer sleep"
    with slow_storage(bench, 2000):
        batch = send(place.controller, bench, tmp_path / "card", CLOUD_API)
        await until(lambda: place.system.inside == 1)
    await until(lambda: state(place.controller, batch) is BatchState.DELIVERED)
    await until(lambda: place.system.inside == 0)
    assert told == [True, False]
    assert place.system.entered == 1


async def test_a_system_that_agrees_too_late_is_let_go_all_the_same(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    place.system.go.clear()
    speeds: list[float] = []
    place.manners.speed.connect(speeds.append)
    with slow_storage(bench, 2000):
        send(place.controller, bench, tmp_path / "card", CLOUD_API)
        await until(lambda: speeds and speeds[-1] >= 1)
    await until(lambda: speeds[-1] == 0)
    await tick()
    assert place.system.entered == 0
    place.system.go.set()
    await until(lambda: place.system.entered == 1)
    await until(lambda: place.system.inside == 0)


async def test_who_does_not_want_it_is_not_kept_awake(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    place.controller.prefer(replace(place.controller.preferences, keep_awake=False))
    await delivered(place.controller, bench, tmp_path / "card")
    assert place.system.entered == 0


async def test_a_limit_holds_at_once_and_follows_the_clock(place: Place, bench: Workbench) -> None:
    throttle = bench.app.throttle
    assert throttle.limit == 0
    day = replace(place.controller.preferences, limit=500_000, limit_hours=Hours(8 * 60, 18 * 60))
    place.controller.prefer(day)
    assert throttle.limit == 500_000
    place.clock(datetime(2026, 5, 3, 18, 0))  # noqa: DTZ001
    await until(lambda: throttle.limit == 0)
    place.clock(datetime(2026, 5, 4, 8, 0))  # noqa: DTZ001
    await until(lambda: throttle.limit == 500_000)
    place.controller.prefer(replace(day, limit=0, limit_hours=None))
    assert throttle.limit == 0


async def test_a_delivered_batch_is_noticed_once(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    await delivered(place.controller, bench, tmp_path / "card", count=3)
    await until(lambda: place.icons.messages)
    await tick()
    assert place.icons.messages == [("card is delivered", "3 delivered")]


async def test_a_batch_that_needs_the_person_is_noticed(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    write_flight(tmp_path / "card", 2, 1000, 1000)
    (tmp_path / "card" / "DCIM" / "empty.JPG").touch()
    place.controller.add([tmp_path / "card"], bench.connection("flighthub2").name)
    await until(lambda: place.icons.messages)
    assert place.icons.messages[0][0] == "card needs you"


async def test_a_batch_that_stops_by_itself_is_noticed_but_not_one_that_was_paused(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    with slow_storage(bench, 500):
        paused = send(place.controller, bench, tmp_path / "calm", CLOUD_API)
        await until(lambda: place.controller.engine.counts(paused).moving)
        place.controller.pause(paused)
        await until(lambda: state(place.controller, paused) is BatchState.PAUSED)
        await tick()
    assert place.icons.messages == []
    bench.cloud.faults.add(*parse_faults("storage.put:status=403*20"))
    stopped = send(place.controller, bench, tmp_path / "card", CLOUD_API)
    await until(lambda: state(place.controller, stopped) is not BatchState.RUNNING)
    await until(lambda: place.icons.messages)
    bench.cloud.faults.clear()


async def test_who_wants_no_notices_gets_none(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    place.controller.prefer(replace(place.controller.preferences, notify=False))
    await delivered(place.controller, bench, tmp_path / "card")
    await tick()
    assert place.icons.messages == []


async def test_when_all_is_sent_comes_what_was_chosen_once(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    finished: list[Finish] = []
    place.manners.finished.connect(finished.append)
    place.manners.when_finished.choose(Finish.SHUT_DOWN)
    first = send(place.controller, bench, tmp_path / "one", CLOUD_API)
    second = send(place.controller, bench, tmp_path / "two", "metastudio")
    await until(lambda: state(place.controller, first) is BatchState.DELIVERED)
    if state(place.controller, second) is not BatchState.DELIVERED:
        assert finished == [], "the second one is still to be sent"
    await until(lambda: finished)
    assert state(place.controller, second) is BatchState.DELIVERED
    assert finished == [Finish.SHUT_DOWN]
    assert place.manners.when_finished.choice is Finish.STAY
    await delivered(place.controller, bench, tmp_path / "three")
    assert finished == [Finish.SHUT_DOWN]


async def test_what_the_person_paused_is_not_finished(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    finished: list[Finish] = []
    place.manners.finished.connect(finished.append)
    place.manners.when_finished.choose(Finish.SHUT_DOWN)
    with slow_storage(bench):
        batch = send(place.controller, bench, tmp_path / "card", CLOUD_API)
        await until(lambda: place.controller.engine.counts(batch).moving)
        place.controller.pause(batch)
        await until(lambda: not place.controller.engine.running)
        await tick()
    assert finished == []
    assert place.manners.when_finished.choice is Finish.SHUT_DOWN


async def test_the_network_that_comes_back_wakes_what_rests(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    """The refusal alone would rest until the person says so."""
    bench.cloud.faults.add(*parse_faults("storage.put:status=403*400"))
    batch = send(place.controller, bench, tmp_path / "card", CLOUD_API)
    await until(lambda: state(place.controller, batch) is BatchState.PAUSED)
    bench.cloud.faults.clear()
    await tick()
    assert state(place.controller, batch) is BatchState.PAUSED
    place.network.reachabilityChanged.emit(Reachability.Disconnected)
    place.network.reachabilityChanged.emit(Reachability.Online)
    await until(lambda: state(place.controller, batch) is BatchState.DELIVERED)


async def test_the_speed_is_told_and_ends_at_nothing(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    speeds: list[float] = []
    place.manners.speed.connect(speeds.append)
    with slow_storage(bench, 2000):
        send(place.controller, bench, tmp_path / "card", CLOUD_API)
        await until(lambda: speeds and speeds[-1] >= 1)
    await until(lambda: speeds[-1] == 0)


async def test_the_tray_pauses_and_resumes_everything(
    place: Place, bench: Workbench, tmp_path: Path
) -> None:
    with slow_storage(bench):
        batch = send(place.controller, bench, tmp_path / "card", CLOUD_API)
        await until(lambda: place.controller.engine.counts(batch).moving)
        place.manners.tray.pause_wanted.emit()
        await until(lambda: state(place.controller, batch) is BatchState.PAUSED)
    place.manners.tray.resume_wanted.emit()
    await until(lambda: state(place.controller, batch) is BatchState.DELIVERED)
