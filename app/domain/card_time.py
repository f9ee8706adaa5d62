"""When two times of a file may be one moment: cards keep local time, in steps of two seconds."""

from __future__ import annotations

from typing import Final

_QUARTER_HOUR: Final = 900 * 10**9
_SLACK: Final = 2 * 10**9  # FAT keeps times in steps of two seconds
_FARTHEST: Final = 26 * 3600 * 10**9  # the two outermost time zones are 26 hours apart


def same_time(one_ns: int, other_ns: int) -> bool:
    """Whether two times of one file may be the same moment.

    FAT and exFAT cards keep local time in steps of two seconds, so that the same card shows
    other times after a change of zone or computer (reliability 2.11).
    """
    apart = abs(one_ns - other_ns)
    beside = apart % _QUARTER_HOUR
    return apart <= _FARTHEST + _SLACK and min(beside, _QUARTER_HOUR - beside) <= _SLACK
