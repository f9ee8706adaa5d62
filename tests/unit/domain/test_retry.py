"""When something is tried again, and after how long."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import (
    FileGone,
    Forbidden,
    KeysExpired,
    Offline,
    PostflightError,
    Refused,
    ServerBusy,
)
from app.domain.retry import RetryPolicy


class Fixed(random.Random):
    """Always draws the same number."""

    def __init__(self, drawn: float) -> None:
        super().__init__()
        self.drawn = drawn

    def random(self) -> float:
        return self.drawn


LONGEST = Fixed(1.0)
SHORTEST = Fixed(0.0)
POLICY = RetryPolicy()


def test_waits_double_up_to_the_longest() -> None:
    waits = [POLICY.wait(Offline("x"), attempt, LONGEST) for attempt in range(1, 13)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 64.0, 64.0, 64.0, None]


def test_jitter_takes_away_at_most_half() -> None:
    assert POLICY.wait(Offline("x"), 3, SHORTEST) == 1.0


@pytest.mark.parametrize("error", [Refused("x"), Forbidden("x"), FileGone("x")])
def test_what_cannot_help_is_not_tried_again(error: PostflightError) -> None:
    assert POLICY.wait(error, 1, LONGEST) is None


def test_a_cause_that_is_put_right_costs_no_wait_but_not_for_ever() -> None:
    waits = [POLICY.wait(KeysExpired("x"), attempt, LONGEST) for attempt in range(1, 5)]
    assert waits == [0.0, 0.0, 0.0, None]


def test_the_servers_own_wait_wins_even_beyond_the_longest() -> None:
    assert POLICY.wait(ServerBusy("x", wait=120), 1, SHORTEST) == 120


def test_files_that_were_told_the_same_wait_come_back_one_by_one() -> None:
    assert POLICY.wait(ServerBusy("x", wait=120), 1, LONGEST) == pytest.approx(132)


def test_a_busy_server_without_a_wait_is_treated_like_weather() -> None:
    assert POLICY.wait(ServerBusy("x"), 2, LONGEST) == 1.0


@pytest.mark.parametrize("wait", [0.0, -1.0])
def test_a_server_that_asks_for_no_wait_is_not_asked_again_at_once(wait: float) -> None:
    assert POLICY.wait(ServerBusy("x", wait=wait), 3, LONGEST) == 2.0


def test_even_a_server_that_names_waits_is_given_up_at_last() -> None:
    assert POLICY.wait(ServerBusy("x", wait=1), POLICY.tries, LONGEST) is None


@given(st.integers(1, 1000), st.integers(0, 2**32))
def test_no_attempt_waits_longer_than_the_longest(attempt: int, seed: int) -> None:
    policy = RetryPolicy(tries=20_000)
    wait = policy.wait(Offline("x"), attempt, random.Random(seed))
    assert wait is not None and policy.first / 2 <= wait <= policy.longest
