"""Learns whether a bucket's etags are MD5s, and then takes another one for damage."""

from __future__ import annotations

import re
import threading
from enum import Enum, auto

from app.domain.errors import Damaged, Leg
from app.domain.placement import Storage

_MD5 = re.compile(r"[0-9a-fA-F]{32}")


class _Habit(Enum):
    MD5 = auto()  # a tag was the MD5 of what we sent: every tag is
    DOUBTED = auto()  # one tag was not; the same bytes sent again will tell
    OPAQUE = auto()  # an encrypting storage, for example (contracts: flighthub2 8.3)


class Etags:
    """One habit a bucket; thread-safe.

    The storage compares Content-MD5 with what it received, but what it then keeps may still be
    something else. Only the tag can tell, and only where tags are MD5s.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._habits: dict[tuple[str, str], _Habit] = {}

    def check(self, storage: Storage, etag: str, md5: str) -> None:
        """Raises Damaged when this tag says that other bytes were stored; the file goes again."""
        if not _MD5.fullmatch(etag):
            return
        place = (storage.endpoint, storage.bucket)
        with self._lock:
            habit = self._habits.get(place)
            if etag.lower() == md5:
                self._habits[place] = _Habit.MD5
                return
            if habit is _Habit.DOUBTED:
                self._habits[place] = _Habit.OPAQUE
            elif habit is None:
                self._habits[place] = _Habit.DOUBTED
        if habit in (_Habit.MD5, None):
            raise Damaged(
                "The storage holds other bytes than the card.",
                "Postflight sends the file again.",
                leg=Leg.STORAGE,
                details=f"etag {etag}, sent {md5}",
            )
