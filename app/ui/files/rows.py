"""The rows of one batch's file list: which are shown, in which order; knows nothing of Qt."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

from app.domain.model import Counts, FileLine
from app.domain.states import NEEDS_PERSON, FileState

AT_ONCE: Final = 2048  # so many are sorted in a few milliseconds

_NUMBER: Final = re.compile(r"\d+")
_DIGITS: Final = 20
_MANY: Final = 16  # one in so many rows: then it is faster to look at all of them


class Column(IntEnum):
    NAME = 0
    SIZE = 1
    STATE = 2
    SAYS = 3
    TIME = 4


class Filter(StrEnum):
    """As the numbers of `Counts` are put together."""

    ALL = "all"
    MOVING = "moving"
    WAITING = "waiting"
    NEEDS_YOU = "needs-you"
    SKIPPED = "skipped"
    DONE = "done"


FITTING: Final[dict[Filter, frozenset[FileState]]] = {
    Filter.ALL: frozenset(FileState),
    Filter.MOVING: frozenset({FileState.PREPARING, FileState.SENDING, FileState.SENT}),
    Filter.WAITING: frozenset({FileState.QUEUED}),
    Filter.NEEDS_YOU: NEEDS_PERSON,
    Filter.SKIPPED: frozenset({FileState.SKIPPED, FileState.DROPPED}),
    Filter.DONE: frozenset({FileState.CONFIRMED}),
}

# What a person looks for first when they sort by state.
_RANK: Final = {
    state: rank
    for rank, state in enumerate(
        (
            FileState.FAILED,
            FileState.GONE,
            FileState.SENDING,
            FileState.PREPARING,
            FileState.SENT,
            FileState.QUEUED,
            FileState.SKIPPED,
            FileState.DROPPED,
            FileState.CONFIRMED,
        )
    )
}


@dataclass(frozen=True, slots=True)
class Order:
    column: Column
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Sums:
    """Of some files together."""

    size: int  # bytes
    states: Mapping[FileState, int]


def count_of(which: Filter, counts: Counts) -> int:
    return {
        Filter.ALL: counts.total,
        Filter.MOVING: counts.moving,
        Filter.WAITING: counts.queued,
        Filter.NEEDS_YOU: counts.failed,
        Filter.SKIPPED: counts.skipped + counts.dropped,
        Filter.DONE: counts.delivered,
    }[which]


def folded(text: str) -> str:
    """What a search compares: a name typed on one system finds what another one wrote."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def spans(rows: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run in `rows`, which ascend."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


class Rows:
    """Every file has a number, its place in the scan; a row is the place of a number in `shown`."""

    def __init__(self) -> None:
        self.shown: list[int] = []
        self.filter = Filter.ALL
        self.needle = ""
        self.order: Order | None = None
        # By number. A list for each member and no object for each file: Python's collector would
        # stop the window to look at a hundred thousand of them again and again.
        self._ids: list[int] = []  # ascend, as the store counts upwards
        self._paths: list[str] = []
        self._sizes: list[int] = []
        self._file_states: list[FileState] = []
        self._words: list[str] = []
        self._times: list[float] = []
        self._folded: list[str] = []
        self.ascends = True  # `shown` is in the order of the scan
        self._places: dict[int, int] | None = None  # row by number, where it does not ascend
        self._states = FITTING[Filter.ALL]

    def clear(self) -> None:
        self._ids, self._paths, self._sizes, self._file_states = [], [], [], []
        self._words, self._times, self._folded = [], [], []
        self.show([])

    def __len__(self) -> int:
        """Of all files, shown or not."""
        return len(self._ids)

    @property
    def last_id(self) -> int:
        return self._ids[-1] if self._ids else 0

    # -- single files ----------------------------------------------------------------------------

    def line(self, row: int) -> FileLine:
        return self._line(self.shown[row])

    def _line(self, number: int) -> FileLine:
        return FileLine(
            self._ids[number],
            self._paths[number],
            self._sizes[number],
            self._file_states[number],
            self._words[number],
            self._times[number],
        )

    def number_of(self, file_id: int) -> int | None:
        number = bisect_left(self._ids, file_id)
        return number if number < len(self._ids) and self._ids[number] == file_id else None

    def known(self, file_id: int) -> FileLine | None:
        number = self.number_of(file_id)
        return None if number is None else self._line(number)

    def row_of(self, number: int) -> int | None:
        """None while it is not shown."""
        if self.ascends:
            row = bisect_left(self.shown, number)
            return row if row < len(self.shown) and self.shown[row] == number else None
        if self._places is None:
            self._places = dict(zip(self.shown, range(len(self.shown)), strict=True))
        return self._places.get(number)

    def numbers_of(self, ids: Collection[int]) -> list[int]:
        """Of those that are known."""
        if len(ids) > len(self._ids) // _MANY:
            wanted = set(ids)
            return [number for number, file_id in enumerate(self._ids) if file_id in wanted]
        found = (self.number_of(file_id) for file_id in ids)
        return [number for number in found if number is not None]

    def rows_of(self, ids: Collection[int]) -> list[int]:
        """The rows of those which are shown, ascending."""
        if len(ids) > len(self.shown) // _MANY:
            wanted, known = set(ids), self._ids
            return [row for row, number in enumerate(self.shown) if known[number] in wanted]
        rows = (self.row_of(number) for number in self.numbers_of(ids))
        return sorted(row for row in rows if row is not None)

    def among(self, ids: Collection[int], states: Collection[FileState]) -> list[int]:
        """The ids of those which are in one of `states`."""
        numbers = self.numbers_of(ids)
        return [self._ids[n] for n in numbers if self._file_states[n] in states]

    def sums(self, ids: Collection[int]) -> Sums:
        numbers = self.numbers_of(ids)
        size = sum(self._sizes[number] for number in numbers)
        return Sums(size, Counter(self._file_states[number] for number in numbers))

    def ids(self, first: int, last: int) -> list[int]:
        known = self._ids
        return [known[number] for number in self.shown[first : last + 1]]

    # -- what comes in ---------------------------------------------------------------------------

    def add(self, lines: Sequence[FileLine]) -> list[int]:
        """New files, behind all others in the scan. The numbers of those which are to be shown."""
        first = len(self._ids)
        self._ids += [line.id for line in lines]
        self._paths += [line.path for line in lines]
        self._sizes += [line.size for line in lines]
        self._file_states += [line.state for line in lines]
        self._words += [line.words for line in lines]
        self._times += [line.changed_at for line in lines]
        self._folded += [folded(line.path) for line in lines]
        return [number for number in range(first, len(self._ids)) if self.fits(number)]

    def replace(self, line: FileLine) -> int | None:
        """What is known of a file now; its number, or None for one that is not in the list."""
        number = self.number_of(line.id)
        if number is not None:
            self._sizes[number], self._file_states[number] = line.size, line.state
            self._words[number], self._times[number] = line.words, line.changed_at
        return number

    # -- what is shown ---------------------------------------------------------------------------

    def choose(self, which: Filter, needle: str) -> None:
        """`needle` as typed. What is shown stays until `show`."""
        self.filter, self.needle = which, folded(needle.strip())
        self._states = FITTING[which]

    @property
    def everything(self) -> bool:
        return self.filter is Filter.ALL and not self.needle

    def fits(self, number: int) -> bool:
        return self._file_states[number] in self._states and self.needle in self._folded[number]

    def fitting(self) -> list[int]:
        """In the order of the scan."""
        if self.everything:
            return list(range(len(self._ids)))
        states, needle = self._states, self.needle
        if not needle:
            return [n for n, state in enumerate(self._file_states) if state in states]
        found = [n for n, text in enumerate(self._folded) if needle in text]
        return [n for n in found if self._file_states[n] in states]

    def show(self, numbers: list[int], ascends: bool = True) -> None:
        """Takes the list as it is."""
        self.shown, self.ascends, self._places = numbers, ascends, None

    def append(self, numbers: Sequence[int]) -> None:
        """`add` gave them: in the order of the scan they come last, in any other at the end."""
        if self._places is not None:
            start = len(self.shown)
            self._places |= {number: start + offset for offset, number in enumerate(numbers)}
        self.shown += numbers

    def remove(self, first: int, last: int) -> None:
        del self.shown[first : last + 1]
        self._places = None

    def insert(self, row: int, numbers: Sequence[int]) -> None:
        self.shown[row:row] = numbers
        self._places = None

    def seats(self, numbers: Collection[int]) -> list[tuple[int, list[int]]]:
        """Row and numbers of what is to be inserted, last first, so that rows stay right."""
        if not self.ascends:
            return [(len(self.shown), sorted(numbers))] if numbers else []
        found: dict[int, list[int]] = {}
        for number in sorted(numbers):
            found.setdefault(bisect_left(self.shown, number), []).append(number)
        return sorted(found.items(), reverse=True)

    # -- order -----------------------------------------------------------------------------------

    @property
    def arranges(self) -> bool:
        """Whether the order is another one than that of the scan: MOVING has the busiest first."""
        return self.order is not None or self.filter is Filter.MOVING

    def settled(self, come: Sequence[int]) -> list[int]:
        """All that fits of what is shown, and what comes, without moving what stays."""
        if self.ascends:
            return self.fitting()
        return [number for number in self.shown if self.fits(number)] + list(come)

    def arranged(self, numbers: Sequence[int]) -> Generator[None, None, list[int]]:
        """`numbers`, which are in the order of the scan, as `order` says; equal ones stay so.

        Sorted in pieces which are then merged: between two steps the caller may do other things.
        """
        order = self.order
        if not self.arranges:
            return list(numbers)
        key = self._key(order)
        keys: dict[int, Any] = {}
        runs: list[list[int]] = []
        for start in range(0, len(numbers), AT_ONCE):
            run = list(numbers[start : start + AT_ONCE])
            keys |= {number: key(number) for number in run}
            runs.append(run)
            yield
        descending = order is not None and order.descending

        def sort(run: list[int]) -> None:
            run.sort(key=keys.__getitem__, reverse=descending)

        for run in runs:
            sort(run)
            yield
        while len(runs) > 1:
            # Neighbours, or equal files would change places. Python merges what is sorted.
            for first in range(len(runs) - 1, 0, -2):
                runs[first - 1] += runs.pop(first)
                sort(runs[first - 1])
                yield
        return runs[0] if runs else []

    def _key(self, order: Order | None) -> Callable[[int], Any]:
        match order.column if order else None:
            case Column.NAME:
                return self._name
            case Column.SIZE:
                return self._sizes.__getitem__
            case Column.SAYS:
                return self._words.__getitem__
            case Column.TIME:
                return self._times.__getitem__
            case _:
                return lambda number: _RANK[self._file_states[number]]

    def _name(self, number: int) -> str:
        """Numbers in it by their value; the folder decides between equal names."""
        folder, _, name = self._folded[number].rpartition("/")
        return f"{_NUMBER.sub(_padded, name)}/{folder}"


def _padded(match: re.Match[str]) -> str:
    return match[0].rjust(_DIGITS, "0")
