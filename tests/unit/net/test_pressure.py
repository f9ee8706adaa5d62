"""How many requests are out at once when a server asks for patience."""

from __future__ import annotations

import threading
import time

import pytest

from app.domain.errors import Cancelled, NetworkError, Refused, ServerBusy, ServerFailed
from app.domain.ports import Cancel
from app.net.pressure import Pressure, Pressures


def fail(pressure: Pressure, error: Exception) -> None:
    with pytest.raises(type(error)), pressure.slot():
        raise error


def throttle_with(pressure: Pressure, out: int) -> None:
    """`out` requests are out together, and all of them are refused."""
    everyone = threading.Barrier(out)

    def one() -> None:
        with pytest.raises(ServerBusy), pressure.slot():
            everyone.wait(10)
            raise ServerBusy("Busy.")

    threads = [threading.Thread(target=one) for _ in range(out)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)


def test_without_a_refusal_nobody_waits() -> None:
    pressure = Pressure()
    for _ in range(100):
        with pressure.slot():
            pass
    assert pressure.limit is None


def test_refusals_of_requests_that_were_out_together_halve_it_once() -> None:
    pressure = Pressure()
    throttle_with(pressure, 8)
    assert pressure.limit == 4
    throttle_with(pressure, 4)
    assert pressure.limit == 2


def test_a_server_that_says_no_is_a_server_at_ease() -> None:
    pressure = Pressure()
    throttle_with(pressure, 8)
    for _ in range(8):
        fail(pressure, Refused("No such file."))
    assert pressure.limit == 5


def test_it_never_falls_below_one() -> None:
    pressure = Pressure()
    for _ in range(5):
        fail(pressure, ServerBusy("Busy."))
    assert pressure.limit == 1
    with pressure.slot():
        pass


@pytest.mark.parametrize("error", [ServerFailed("500"), NetworkError("cut")])
def test_only_a_throttling_server_is_asked_less_at_once(error: Exception) -> None:
    pressure = Pressure()
    fail(pressure, error)
    assert pressure.limit is None


def test_no_more_are_out_than_may_be() -> None:
    pressure = Pressure()
    throttle_with(pressure, 6)
    lock, out, most = threading.Lock(), 0, 0

    def one() -> None:
        nonlocal out, most
        with pressure.slot():
            with lock:
                out += 1
                most = max(most, out)
            time.sleep(0.01)
            with lock:
                out -= 1

    threads = [threading.Thread(target=one) for _ in range(7)]  # fewer than open it again
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == 3


def test_success_opens_it_slowly_and_in_the_end_wholly() -> None:
    pressure = Pressure()
    throttle_with(pressure, 4)
    limits: list[int | None] = []
    for _ in range(24):
        with pressure.slot():
            pass
        limits.append(pressure.limit)
    assert limits == [2] * 7 + [3] * 8 + [4] * 8 + [None]


def test_a_refusal_takes_the_successes_before_it_back() -> None:
    pressure = Pressure()
    throttle_with(pressure, 4)
    for _ in range(3):
        for _ in range(7):
            with pressure.slot():
                pass
        fail(pressure, ServerBusy("Busy."))
    assert pressure.limit == 1


def test_the_stop_sign_ends_the_wait() -> None:
    pressure, cancel = Pressure(), Cancel()
    fail(pressure, ServerBusy("Busy."))
    ended: list[BaseException] = []

    def second() -> None:
        try:
            with pressure.slot(cancel.check):
                pass
        except Cancelled as error:
            ended.append(error)

    with pressure.slot():
        waiting = threading.Thread(target=second)
        waiting.start()
        cancel.set()
        waiting.join(10)
        assert len(ended) == 1


def test_one_servers_trouble_is_not_anothers() -> None:
    pressures = Pressures()
    fail(pressures.of("a"), ServerBusy("Busy."))
    assert pressures.of("a").limit == 1 and pressures.of("b").limit is None
