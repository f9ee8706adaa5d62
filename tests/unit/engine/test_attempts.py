"""What counts as an attempt, what does not, and what starts the count anew."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from app.domain.errors import (
    ClockLearned,
    Forbidden,
    KeysExpired,
    NetworkError,
    PostflightError,
    Retry,
    ServerBusy,
    ServerFailed,
    UploadGone,
)
from app.domain.retry import RetryPolicy
from app.engine.attempts import Attempts
from app.engine.stop import Stop


class Work:
    """Raises what it was given, one after the other, then succeeds."""

    def __init__(self, *errors: PostflightError) -> None:
        self._errors: Iterator[PostflightError] = iter(errors)
        self.calls = 0
        self.grown = 0

    async def __call__(self) -> str:
        self.calls += 1
        for error in self._errors:
            raise error
        return "done"


def attempts(tries: int = 3) -> Attempts:
    policy = RetryPolicy(tries=tries, first=0.001, longest=0.002)
    return Attempts(policy, random.Random(1))


@pytest.mark.parametrize("kind", [NetworkError, ServerBusy, ServerFailed])
async def test_so_many_tries_without_progress_and_no_more(kind: type[PostflightError]) -> None:
    work = Work(*[kind("x") for _ in range(9)])
    with pytest.raises(kind):
        await attempts(4).run(Stop(), work)
    assert work.calls == 4


async def test_there_are_twelve_of_them_as_it_ships() -> None:
    assert RetryPolicy().tries == 12


@pytest.mark.parametrize("kind", [KeysExpired, ClockLearned, UploadGone])
async def test_what_is_put_right_at_once_costs_no_try(kind: type[PostflightError]) -> None:
    assert kind.retry is Retry.NOW
    work = Work(NetworkError("x"), kind("x"), kind("x"), NetworkError("x"), kind("x"))
    assert await attempts(3).run(Stop(), work) == "done"


async def test_but_it_is_not_put_right_for_ever() -> None:
    work = Work(*[KeysExpired("x") for _ in range(99)])
    with pytest.raises(KeysExpired):
        await attempts().run(Stop(), work)
    assert work.calls == RetryPolicy().now_tries


async def test_progress_starts_the_count_anew() -> None:
    """A bad line: every try breaks off, most of them after another part was stored."""
    parts, calls = 0, 0

    async def part() -> str:
        nonlocal parts, calls
        calls += 1
        if calls % 2:
            raise NetworkError("x")
        parts += 1
        if parts < 20:
            raise NetworkError("x")
        return "done"

    assert await attempts(3).run(Stop(), part, progress=lambda: parts) == "done"
    assert calls == 40


async def test_a_missing_right_is_said_at_once() -> None:
    work = Work(Forbidden("x"), Forbidden("x"))
    with pytest.raises(Forbidden):
        await attempts().run(Stop(), work)
    assert work.calls == 1
