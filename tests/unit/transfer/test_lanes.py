"""How many requests go at once: what is found on lines of all kinds, and how places are given."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Cancelled
from app.domain.ports import Cancel, Tuning
from app.transfer.climb import Climb
from app.transfer.lanes import MOST_FILES, START, Lane, Lanes
from app.transfer.pacing import MEMORY_FOR_PARTS, MIB

Line = Callable[[int], float]  # bytes a second that so many requests get through


def delay_alone(at_once: int) -> float:
    return 200_000.0 * at_once


def full_with_three(at_once: int) -> float:
    return min(300_000.0 * at_once, 900_000.0)


def worse_with_more(at_once: int) -> float:
    return 5e6 / (1 + 0.2 * abs(at_once - 2))


def full_with_twelve(at_once: int) -> float:
    return min(100_000.0 * at_once, 1_200_000.0)


LINES = [delay_alone, full_with_three, worse_with_more, full_with_twelve]


def _walk(line: Line, climb: Climb, windows: int, rng: random.Random, noise: float) -> list[float]:
    """What got through in each window."""
    rates: list[float] = []
    for _ in range(windows):
        rates.append(line(climb.limit))
        climb.heard(rates[-1] * (1 + rng.uniform(-noise, noise)))
    return rates


@pytest.mark.parametrize("start", [2, 4, 16, 32])
@pytest.mark.parametrize("line", LINES)
def test_on_every_line_almost_as_much_gets_through_as_with_the_best_number(
    line: Line, start: int
) -> None:
    climb = Climb(start, 32)
    rates = _walk(line, climb, 120, random.Random(1), 0.02)
    best = max(line(number) for number in range(1, 33))
    assert sum(rates[40:]) / 80 >= 0.9 * best
    assert line(climb.home) >= 0.9 * best


def test_what_gets_nothing_more_through_is_given_up_again() -> None:
    climb = Climb(4, 32)
    _walk(full_with_three, climb, 60, random.Random(2), 0.0)
    assert climb.home == 3


def test_fewer_are_not_taken_step_by_step_until_much_is_lost() -> None:
    def a_little_better_with_more(at_once: int) -> float:
        return 1e6 * at_once**0.06  # 2.4 % less with two thirds of them

    climb = Climb(16, 16)
    _walk(a_little_better_with_more, climb, 200, random.Random(4), 0.0)
    assert a_little_better_with_more(climb.home) >= 0.97 * a_little_better_with_more(16)


@pytest.mark.parametrize("when", range(180, 240, 3))
def test_a_line_that_became_another_one_is_learned_anew_at_once(when: int) -> None:
    climb, rng = Climb(4, 32), random.Random(3)
    _walk(full_with_three, climb, when, rng, 0.01)
    _walk(lambda number: 10 * delay_alone(number), climb, 10, rng, 0.01)
    assert climb.home == 32


@given(st.integers(-5, 99), st.integers(2, 40), st.lists(st.floats(0, 1e9), max_size=60))
def test_the_number_stays_between_two_and_the_most(
    start: int, most: int, rates: list[float]
) -> None:
    climb = Climb(start, most)
    assert 2 <= climb.limit <= most
    for rate in rates:
        assert 2 <= climb.heard(rate) <= most
        assert 2 <= climb.home <= most


@dataclass
class Watch:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def _send(lane: Lane, watch: Watch, seconds: float, line: Line, size: int = 100_000) -> None:
    """Keeps as many requests of `size` bytes under way as the lane lets, ten steps a second."""
    going = 0
    for _ in range(int(seconds * 10)):
        while going < lane.limit and lane.try_enter(size):
            going += 1
        while going > lane.limit:
            lane.leave()
            going -= 1
        watch.now += 0.1
        for _ in range(4):
            lane.moved(int(line(going) * 0.025))
    for _ in range(going):
        lane.leave()


def test_a_lane_learns_from_what_it_is_told() -> None:
    watch = Watch()
    lane = Lane("files", MOST_FILES, clock=watch)
    assert lane.limit == START
    _send(lane, watch, 60, delay_alone)
    assert lane.learned == MOST_FILES
    lane.start_with(7)
    assert (lane.limit, lane.learned) == (7, 0), "what others found is not learned here"
    lane.start_with(0)
    assert lane.limit == START


def test_a_window_waits_until_each_place_had_its_turns() -> None:
    """Three files a second of 300 KB, in two blocks: what one second brings says nothing."""
    watch = Watch()
    lane = Lane("files", MOST_FILES, clock=watch)

    def told(blocks: int) -> None:
        for _ in range(blocks):
            watch.now += 0.17
            lane.moved(150_000)

    for _ in range(START):
        assert lane.try_enter(300_000)
    told(START * 10 - 3)  # two turns to settle, eight that count
    assert lane.learned == 0
    told(2)
    assert lane.learned and lane.limit == 2 * START
    for _ in range(START):
        assert lane.try_enter(300_000)
    told(START * 20 - 4)  # twice as many, for twice as many places
    assert lane.limit == 2 * START
    told(2)
    assert lane.limit != 2 * START


def test_what_a_person_has_set_stays() -> None:
    watch = Watch()
    lane = Lane("files", MOST_FILES, fixed=80, clock=watch)
    _send(lane, watch, 60, worse_with_more)
    lane.start_with(3)
    assert (lane.limit, lane.most, lane.learned) == (80, 80, 0)


def test_nothing_is_learned_while_few_of_the_places_are_in_use() -> None:
    watch = Watch()
    lane = Lane("files", MOST_FILES, clock=watch)
    with lane.request(100_000):
        for _ in range(600):
            watch.now += 0.1
            lane.moved(10_000)
    assert (lane.limit, lane.learned) == (START, 0)


def test_bytes_that_do_not_count_are_taken_off() -> None:
    """Where more at once only means more that has to be sent again, more is not better."""
    watch = Watch()
    lane = Lane("files", MOST_FILES, clock=watch)

    def broken(at_once: int) -> float:
        if at_once > START:
            lane.moved(-int(0.025 * 200_000 * (at_once - 1)))
        return 200_000.0 * at_once

    _send(lane, watch, 60, broken)
    assert lane.learned <= START


def test_no_request_is_begun_that_would_outlive_its_signature() -> None:
    """4 at once of 12 MiB at 40 KB/s would take 21 minutes each; storages refuse after 15."""
    watch = Watch()
    lane = Lane("files", MOST_FILES, clock=watch)
    _send(lane, watch, 60, lambda _: 40_000.0, size=12 * MIB)
    assert lane.limit == 1
    _send(lane, watch, 120, lambda _: 4_000_000.0, size=12 * MIB)
    assert lane.limit > 1


def test_a_place_is_waited_for_and_the_stop_sign_is_seen_meanwhile() -> None:
    lane, cancel, went = Lane("parts", 16, fixed=1), Cancel(), threading.Event()
    lane.enter(8 * MIB, cancel.check)
    assert not lane.try_enter(8 * MIB)

    def second() -> None:
        lane.enter(8 * MIB, cancel.check)
        went.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not went.wait(0.1)
    lane.leave()
    assert went.wait(5)
    thread.join()
    cancel.set()
    with pytest.raises(Cancelled):
        lane.enter(8 * MIB, cancel.check)
    assert lane.running == 1


def test_large_parts_have_no_more_places_than_there_is_memory() -> None:
    lane = Lane("parts", 16, fixed=16)
    assert lane.try_enter(2 * MEMORY_FOR_PARTS), "one goes however large it is"
    assert not lane.try_enter(2 * MEMORY_FOR_PARTS)
    lane.leave()
    places = 0
    while lane.try_enter(8 * MIB):
        places += 1
    assert places == MEMORY_FOR_PARTS // (8 * MIB)


def test_a_file_in_parts_takes_no_place_of_a_file_that_goes_whole() -> None:
    lanes = Lanes.of(Tuning(files_at_once=3))
    assert lanes.files_at_once == 3
    with lanes.in_parts():
        assert lanes.files_at_once == 4
        with lanes.in_parts(), lanes.in_parts():
            assert lanes.files_at_once == 5, "of many videos not all are begun at once"
    assert lanes.files_at_once == 3
    assert lanes.files_at_most == MOST_FILES + 2
