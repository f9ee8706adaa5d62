"""The pace with a clock that only sleeping moves."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.net.pace import Pace


class Steps:
    def __init__(self) -> None:
        self.time = 50.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.time += seconds


class Frozen(Steps):
    """Time stands still; sleeping is only written down."""

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)


def pace(per_second: float, steps: Steps) -> Pace:
    return Pace(per_second, steps.monotonic, steps.sleep)


def test_the_first_call_goes_at_once_and_the_next_ones_wait_their_turn() -> None:
    steps = Steps()
    made = pace(4, steps)
    for _ in range(4):
        made.wait_turn()
    assert steps.slept == pytest.approx([0.25, 0.25, 0.25])


def test_calls_that_come_slowly_never_wait_and_save_nothing_up() -> None:
    steps = Steps()
    made = pace(4, steps)
    for _ in range(3):
        made.wait_turn()
        steps.time += 10
    assert steps.slept == []
    made.wait_turn()
    made.wait_turn()
    assert steps.slept == pytest.approx([0.25])


def test_threads_that_come_together_get_turns_one_behind_the_other() -> None:
    steps = Frozen()
    made = pace(10, steps)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(made.wait_turn) for _ in range(8)]:
            done.result()
    assert sorted(steps.slept) == pytest.approx([0.1 * turn for turn in range(1, 8)])


def test_a_refusal_halves_the_rate_down_to_one_call_in_five_seconds() -> None:
    made = pace(10, Steps())
    rates: list[float] = []
    for _ in range(8):
        made.refused(made.wait_turn())
        rates.append(made.rate)
    assert rates == pytest.approx([5, 2.5, 1.25, 0.625, 0.3125, 0.2, 0.2, 0.2])


def test_refusals_of_calls_that_were_out_together_halve_it_once() -> None:
    made = pace(10, Steps())
    together = [made.wait_turn() for _ in range(8)]
    for begun in together:
        made.refused(begun)
    assert made.rate == 5


def test_a_pace_slower_than_the_floor_is_not_sped_up_by_a_refusal() -> None:
    made = pace(0.1, Steps())
    made.refused(made.wait_turn())
    assert made.rate == 0.1


def test_success_raises_the_rate_a_little_and_never_above_the_start() -> None:
    made = pace(10, Steps())
    made.accepted()
    assert made.rate == 10
    made.refused(made.wait_turn())
    made.accepted()
    assert made.rate == pytest.approx(5.25)
    for _ in range(100):
        made.accepted()
    assert made.rate == 10


def test_the_new_rate_counts_from_the_next_turn_on() -> None:
    steps = Steps()
    made = pace(10, steps)
    made.refused(made.wait_turn())
    made.wait_turn()
    made.wait_turn()
    assert steps.slept == pytest.approx([0.1, 0.2])


def test_without_a_clock_of_its_own_it_uses_the_real_one() -> None:
    made = Pace(1000)
    made.wait_turn()
    made.wait_turn()
    assert made.rate == 1000
