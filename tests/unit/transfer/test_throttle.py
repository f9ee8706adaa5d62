"""The bandwidth limit, by a clock that only moves when every sender waits."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.domain.errors import Cancelled
from app.domain.ports import Cancel, Route, Tuning
from app.transfer.lanes import Lanes
from app.transfer.mover import Mover
from app.transfer.pacing import SEND
from app.transfer.reader import Held
from app.transfer.throttle import Throttle
from app.transfer.transport import Transport
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import MIB, Moved, grant_for, make_file, move_of, stored, target

MB = 1_000_000


class SharedTime:
    """Time for `threads` threads: it jumps to the next one that wakes, once all of them sleep."""

    def __init__(self, threads: int = 1) -> None:
        self._now = 1000.0
        self._awake = threads
        self._until: list[float] = []
        self._changed = threading.Condition()
        self.then: Callable[[float], None] = lambda seconds: None  # told before each sleep

    @property
    def passed(self) -> float:
        return self._now - 1000.0

    def clock(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.then(seconds)
        with self._changed:
            until = self._now + seconds
            self._until.append(until)
            self._leave()
            assert self._changed.wait_for(lambda: self._now >= until, 30)
            self._until.remove(until)
            self._awake += 1

    def done(self) -> None:
        """One thread less."""
        with self._changed:
            self._leave()

    def _leave(self) -> None:
        self._awake -= 1
        if not self._awake and self._until:
            self._now = max(self._now, min(self._until))
            self._changed.notify_all()

    def throttle(self, limit: int) -> Throttle:
        made = Throttle(self.clock, self.sleep)
        made.limit = limit
        return made


def _taken(throttle: Throttle, amount: int, cancel: Cancel | None = None) -> None:
    while amount:
        amount -= throttle.let(amount, cancel or Cancel())


# -- the bucket


def test_without_a_limit_blocks_are_whole_and_nobody_looks_at_the_clock() -> None:
    looks: list[float] = []

    def clock() -> float:
        looks.append(0.0)
        return 0.0

    throttle = Throttle(clock, looks.append)
    looks.clear()
    assert throttle.let(10 * MIB, Cancel()) == SEND
    assert throttle.let(7, Cancel()) == 7
    assert looks == []


@pytest.mark.parametrize(
    ("limit", "block"),
    [(1, 8192), (10_000, 8192), (64_000, 8192), (MB, MB // 8), (3 * MB, SEND), (100 * MB, SEND)],
)
def test_blocks_shrink_with_the_limit(limit: int, block: int) -> None:
    throttle = SharedTime().throttle(limit)
    assert throttle.let(MIB, Cancel()) == block
    assert throttle.let(5, Cancel()) == 5


@pytest.mark.parametrize("limit", [10_000, 64_000, MB, 20 * MB])
def test_bytes_take_as_long_as_the_limit_says(limit: int) -> None:
    shared = SharedTime()
    _taken(shared.throttle(limit), 10 * limit)
    assert shared.passed == pytest.approx(10, abs=0.05)


def test_a_pause_saves_up_a_quarter_second_and_no_more() -> None:
    shared = SharedTime()
    throttle = shared.throttle(MB)
    _taken(throttle, MB)
    shared.sleep(100)
    began = shared.passed
    _taken(throttle, MB)
    assert shared.passed - began == pytest.approx(0.75, abs=0.01)


def test_a_limit_that_is_switched_on_again_has_no_debts() -> None:
    shared = SharedTime()
    throttle = shared.throttle(MB)
    _taken(throttle, MB)
    throttle.limit = 0
    _taken(throttle, 50 * MB)
    throttle.limit = 2 * MB
    began = shared.passed
    _taken(throttle, 2 * MB)
    assert shared.passed - began == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("limit", [0, -1, 100 * MB])
def test_a_new_limit_reaches_a_thread_that_waits(limit: int) -> None:
    shared = SharedTime()
    throttle = shared.throttle(100)

    def change(seconds: float) -> None:
        if shared.passed > 5:
            throttle.limit = limit

    shared.then = change
    assert throttle.let(MIB, Cancel()) == 8192
    assert 5 < shared.passed < 5.5


def test_a_lower_limit_reaches_a_thread_that_waits_too() -> None:
    shared = SharedTime()
    throttle = shared.throttle(8192)

    def change(seconds: float) -> None:
        throttle.limit = 1024

    shared.then = change
    throttle.let(MIB, Cancel())
    assert shared.passed > 5


def test_waiting_ends_soon_after_the_stop_sign_and_costs_nobody_else_anything() -> None:
    shared, cancel = SharedTime(), Cancel()
    throttle = shared.throttle(100)

    def stop(seconds: float) -> None:
        assert seconds <= 0.2
        if shared.passed >= 3:
            cancel.set()

    shared.then = stop
    with pytest.raises(Cancelled):
        throttle.let(MIB, cancel)
    assert 3 <= shared.passed < 3.3
    shared.then = lambda seconds: None
    throttle.let(200, Cancel())  # 8192 bytes that were not sent would be 80 seconds
    assert shared.passed < 5.2


# -- on the wire


def _body(size: int, progress: Moved | None = None) -> Held:
    return Held(memoryview(bytes(size)), Cancel(), progress or Moved())


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(stored) as made:
        yield made


def _send_all(shared: SharedTime, server: ScriptedServer, moved: list[Moved], size: int) -> None:
    transport = Transport(Route(), 4, shared.throttle(MB))

    def send(progress: Moved) -> None:
        transport.send("PUT", f"{server.url}/k", {}, _body(size, progress), Cancel())
        shared.done()

    with ThreadPoolExecutor(len(moved)) as pool:
        list(pool.map(send, moved))
    transport.close()


def test_four_threads_share_the_limit(server: ScriptedServer) -> None:
    shared = SharedTime(4)
    _send_all(shared, server, [Moved() for _ in range(4)], MB // 2)
    assert shared.passed == pytest.approx(2, abs=0.1)
    assert [len(seen.body) for seen in server.seen] == [MB // 2] * 4


def test_no_thread_gets_ahead_of_the_others(server: ScriptedServer) -> None:
    shared, spread = SharedTime(4), [0]

    def look(total: int) -> None:
        totals = [progress.total for progress in moved]
        spread[0] = max(spread[0], max(totals) - min(totals))

    moved = [Moved(look) for _ in range(4)]
    _send_all(shared, server, moved, MB // 2)
    assert spread[0] <= 3 * MB // 8


def test_a_slow_limit_moves_in_small_steps_without_long_silence(server: ScriptedServer) -> None:
    shared = SharedTime()
    at: list[tuple[float, int]] = [(0.0, 0)]
    progress = Moved(lambda total: at.append((shared.passed, total)))
    transport = Transport(Route(), 1, shared.throttle(64_000))
    transport.send("PUT", f"{server.url}/k", {}, _body(MIB, progress), Cancel())
    transport.close()
    pairs = list(itertools.pairwise(at))
    assert max(after[0] - before[0] for before, after in pairs) < 0.3
    assert max(after[1] - before[1] for before, after in pairs) == 8192
    assert at[-1] == (pytest.approx(MIB / 64_000, abs=0.2), MIB)


def test_without_a_limit_the_wire_sees_the_same_blocks_as_ever() -> None:
    steps: list[int] = []
    progress = Moved(steps.append)
    throttle = Throttle()
    for _ in _body(MIB + 5, progress).blocks(lambda wanted: throttle.let(wanted, Cancel())):
        pass
    assert steps == [SEND, 2 * SEND, 3 * SEND, MIB, MIB + 5]


def test_a_limit_may_come_and_go_in_the_middle_of_a_file(
    server: ScriptedServer, tmp_path: Path
) -> None:
    shared = SharedTime()
    throttle = shared.throttle(0)
    at: list[float] = []

    def look(total: int) -> None:
        throttle.limit = MB if 2 * MIB <= total < 4 * MIB else 0
        at.append(shared.passed)

    mover = Mover(Route(), throttle)
    file = make_file(tmp_path, 6 * MIB)
    mover.place(grant_for(server.url), target(), move_of(file, progress=Moved(look)))
    mover.close()
    assert at[7] == 0 and at[-1] == pytest.approx(2 * MIB / MB, abs=0.3)
    assert server.seen[0].body == file.source.read_bytes()


def test_the_end_of_an_upload_in_parts_does_not_wait(tmp_path: Path) -> None:
    shared = SharedTime()
    throttle = shared.throttle(0)

    def answer(seen: Seen) -> Reply:
        throttle.limit = 1 if seen.method == "PUT" else 0
        body = "<X><UploadId>u</UploadId><ETag>e</ETag></X>"
        status = 403 if seen.method == "HEAD" else 200  # keys that may only write
        return Reply(body, status, headers={"ETag": '"e"'})

    with ScriptedServer(answer) as server:
        mover = Mover(Route(), throttle, lanes=Lanes.of(Tuning(parts_at_once=1)), single_up_to=1)
        place, transfer = target(single=False), move_of(make_file(tmp_path, 100))
        mover.place(grant_for(server.url), place, transfer)
        mover.close()
    assert [seen.method for seen in server.seen] == ["POST", "PUT", "POST", "HEAD"]
    assert shared.passed == 0


def test_a_transfer_that_waits_for_the_limit_stops_at_once(
    server: ScriptedServer, tmp_path: Path
) -> None:
    throttle, cancel = Throttle(), Cancel()
    throttle.limit = 1000
    mover = Mover(Route(), throttle)
    stopped: list[float] = []

    def stop() -> None:
        stopped.append(time.monotonic())
        cancel.set()

    threading.Timer(0.3, stop).start()
    with pytest.raises(Cancelled):
        file = make_file(tmp_path, MIB)
        mover.place(grant_for(server.url), target(), move_of(file, cancel=cancel))
    assert time.monotonic() - stopped[0] < 1
    mover.close()


def test_two_megabytes_at_one_a_second_take_two_seconds_by_the_wall(
    server: ScriptedServer,
) -> None:
    throttle = Throttle()
    throttle.limit = MB
    transport = Transport(Route(), 4, throttle)

    def send(number: int) -> None:
        transport.send("PUT", f"{server.url}/{number}", {}, _body(MB // 2), Cancel())

    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))
    passed = time.monotonic() - began
    transport.close()
    assert 1.7 < passed < 5
