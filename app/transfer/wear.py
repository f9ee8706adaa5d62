"""Learns which storage keys have worked, and so which refusals mean that they ended."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, TypeVar

from app.domain.placement import Keys, Storage

_KEPT: Final = 1000  # objects and keys; a batch that meets more of them at once is in other trouble


_K = TypeVar("_K")
_V = TypeVar("_V")

Lent = tuple[Storage, Keys]


class Wear:
    """Thread-safe.

    A service may tell no end of its keys, or a wrong one; and some storages refuse ended keys in
    the words for keys without rights (radosgw 16.2: 403 AccessDenied) or with a wrong secret
    (Swift 2.30 for a key it does not know any more: 403 SignatureDoesNotMatch). Keys that wrote a
    moment ago have those rights and that secret, so it is their time that is over. The same object
    refused under the next keys too is refused for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worked: OrderedDict[Lent, None] = OrderedDict()
        self._refused: OrderedDict[str, Lent] = OrderedDict()

    def worked(self, lent: Lent, place: str) -> None:
        """Something was written to `place`."""
        with self._lock:
            _remember(self._worked, lent, None)
            self._refused.pop(place, None)

    def ended(self, lent: Lent, place: str) -> bool:
        """Whether a refusal to write to `place` is about the keys' end."""
        with self._lock:
            if lent not in self._worked:
                return False
            if place not in self._refused:
                _remember(self._refused, place, lent)
            return self._refused[place] == lent


def _remember(table: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > _KEPT:
        table.popitem(last=False)
