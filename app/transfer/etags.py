"""Learns whether a bucket's etags are MD5s, and then takes another one for damage."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from app.domain.errors import Damaged, Leg

_MD5: Final = re.compile(r"[0-9a-fA-F]{32}")
_OF_PARTS: Final = re.compile(r"[0-9a-fA-F]{32}-\d+")
_BELIEVED_AFTER: Final = 3  # times the same bytes got a strange tag, where nothing else was sent

Place = tuple[str, str]  # where habits are learned: an address and a bucket


@dataclass(slots=True)
class _Habit:
    md5: bool | None = None  # whether tags are MD5s; None: not known
    by_rule: bool = False  # an object of parts had the tag of S3's rule
    expected: bool = True  # the tag of a body that nobody has seen before may be relied on
    strange: Counter[str] = field(default_factory=Counter[str])  # MD5s sent, while not known


class Etags:
    """One habit a bucket; thread-safe.

    The storage compares Content-MD5 with what it received, but what it then keeps may still be
    something else. Only the tag can tell, and only where tags are MD5s.

    A strange tag is doubted until it is clear that the bucket's tags are all strange, for example
    of an encrypting storage (contracts: flighthub2 8.3): the same bytes, sent again, got one again
    and other bytes did too, or they got one every time while nothing else was sent. One tag that
    is an MD5 settles it the other way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._habits: dict[Place, _Habit] = {}

    def expected(self, place: Place) -> bool:
        """Whether a tag may be all that shows what arrived: no other one was seen there yet."""
        with self._lock:
            return self._habits.setdefault(place, _Habit()).expected

    def expect_none(self, place: Place) -> None:
        """It may not, from now on."""
        with self._lock:
            self._habits.setdefault(place, _Habit()).expected = False

    def check(self, place: Place, etag: str, md5: str, unseen: bool = False) -> None:
        """Raises Damaged when this tag says that other bytes were stored; the file goes again.

        `unseen`: the storage was told no MD5 to compare with, and only the right tag will do.
        """
        with self._lock:
            habit = self._habits.setdefault(place, _Habit())
            if etag.lower() == md5:
                habit.md5 = True
                habit.strange.clear()
                return
            habit.expected = False
            if not _MD5.fullmatch(etag):
                if unseen:
                    raise _unproved(etag, md5)
                return
            if habit.md5 is None:
                habit.strange[md5] += 1
                times, others = habit.strange[md5], len(habit.strange) - 1
                if times >= (2 if others else _BELIEVED_AFTER):
                    habit.md5 = False
            if habit.md5 is False and not unseen:
                return
        raise _damaged(etag, md5)

    def check_parts(self, place: Place, etag: str, expected: str) -> None:
        """The same for an object of parts, whose tag is `expected` where S3's rule holds.

        Without any doubt: where the rule was never seen to hold, to send gigabytes again only to
        learn that it does not would be too dear, and each part was compared on its way.
        """
        with self._lock:
            habit = self._habits.setdefault(place, _Habit())
            if etag.lower() == expected:
                habit.by_rule = True
            elif habit.by_rule and _OF_PARTS.fullmatch(etag):
                raise _damaged(etag, expected)


def _damaged(etag: str, expected: str) -> Damaged:
    return Damaged(
        "The storage holds other bytes than the card.",
        "Postflight sends the file again.",
        leg=Leg.STORAGE,
        details=f"etag {etag}, sent {expected}",
    )


def _unproved(etag: str, expected: str) -> Damaged:
    return Damaged(
        "The storage's answer does not show that it holds the card's bytes.",
        "Postflight sends the file again and lets the storage compare.",
        leg=Leg.STORAGE,
        details=f"etag {etag}, sent {expected}",
    )
