"""How many requests go at once is found by trying: a few more, a few less, and what got through."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

_LEAP: Final = 2.0  # a trial goes so far up while the line is unknown
_STEP: Final = 1.5  # later so far up, and so far down
# What is sent on a line that is full gets through no faster; on one whose delay is the limit, half
# as many more get half as much more through. Where an eighth of that comes, it is worth it.
_WORTH: Final = 1.06
_COSTS_NOTHING: Final = 0.97  # fewer are kept when they get as much through: less memory, less load
_CHANGED: Final = 1.3  # the line is another one than the one that was tried
_LEAST: Final = 2  # one request that hangs must not hold up everything
_FIRST_REST, _LONGEST_REST = 4, 32  # windows between two rounds of trials


class _Phase(Enum):
    HOME = auto()  # what gets through with the best known number
    UP = auto()
    DOWN = auto()
    REST = auto()


class Climb:
    """Hears what got through in one window of time after the other, and answers what to try next.

    Only bytes that count are to be told (goodput): repeated ones would make a bad number look
    good. Each round tries more, as long as that pays, and else fewer; then it rests, longer each
    time that nothing better was found.
    """

    def __init__(self, start: int, most: int) -> None:
        self._most = most
        self.limit = self._clamped(start)  # for the next window
        self.home = self.limit  # the best known
        self.tried = False  # whether anything was heard at all
        self._rate = 0.0  # bytes a second at home
        self._peak = 0.0  # at any home, since the line is what it is
        self._phase = _Phase.HOME
        self._rest = _FIRST_REST
        self._left = 0
        self._step = _LEAP

    def heard(self, rate: float) -> int:
        """`rate`: bytes a second at `limit`, while all of it was in use. The number to try next."""
        self.tried = True
        if self._phase is _Phase.UP:
            self._tried_more(rate)
        elif self._phase is _Phase.DOWN:
            self._tried_fewer(rate)
        elif self._phase is _Phase.REST:
            self._rested(rate)
        else:
            self._begin(rate)
        return self.limit

    def _begin(self, rate: float) -> None:
        self._rate = rate
        self._peak = max(self._peak, rate)
        self._try_more()

    def _tried_more(self, rate: float) -> None:
        if rate >= self._rate * _WORTH:
            self._stay(rate)
            self._rest = _FIRST_REST
            self._try_more()
        else:
            self._step = _STEP
            self._try_fewer()

    def _tried_fewer(self, rate: float) -> None:
        if rate > self._rate * _CHANGED:  # not because they are fewer
            self._stay(rate)
            self._start_anew(rate)
        elif rate >= self._peak * _COSTS_NOTHING:  # or step by step most of it would go
            self._stay(rate)
            self._try_fewer()
        else:
            self._have_rest()

    def _rested(self, rate: float) -> None:
        if not self._rate / _CHANGED <= rate <= self._rate * _CHANGED:
            self._start_anew(rate)
            return
        self._rate = (self._rate + rate) / 2
        self._left -= 1
        if self._left <= 0:
            self._begin(self._rate)

    def _start_anew(self, rate: float) -> None:
        self._rest, self._step, self._peak = _FIRST_REST, _LEAP, 0.0
        self._begin(rate)

    def _stay(self, rate: float) -> None:
        self.home, self._rate = self.limit, rate
        self._peak = max(self._peak, rate)

    def _try_more(self) -> None:
        self.limit = self._clamped(max(self.home + 1, round(self.home * self._step)))
        self._phase = _Phase.UP
        if self.limit == self.home:
            self._try_fewer()

    def _try_fewer(self) -> None:
        self.limit = self._clamped(min(self.home - 1, round(self.home / _STEP)))
        self._phase = _Phase.DOWN
        if self.limit == self.home:
            self._have_rest()

    def _have_rest(self) -> None:
        self.limit = self.home
        self._phase = _Phase.REST
        self._left = self._rest
        self._rest = min(self._rest * 2, _LONGEST_REST)

    def _clamped(self, number: int) -> int:
        return min(max(number, _LEAST), self._most)
