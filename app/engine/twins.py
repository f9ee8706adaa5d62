"""Keeps files of equal bytes apart where a service must not be told of both side by side."""

from __future__ import annotations

import threading
from collections.abc import Mapping


class Twins:
    """One round's claims; thread-safe.

    The first file of its bytes goes, the others wait for the next round: by then the first one is
    registered, and the service answers that it has the bytes (contracts: cloud-api 2.4, where two
    records of one fingerprint break every later question about it).
    """

    def __init__(self, stored: Mapping[str, int]) -> None:
        """`stored`: MD5 and id of files that are stored and not yet registered."""
        self._lock = threading.Lock()
        self._claims = dict(stored)
        self._waiting: frozenset[int] = frozenset()

    @property
    def waiting(self) -> frozenset[int]:
        """Ids of those that wait for the next round."""
        return self._waiting

    def may_go(self, md5: str, file_id: int) -> bool:
        with self._lock:
            if self._claims.setdefault(md5, file_id) == file_id:
                return True
            self._waiting |= {file_id}
            return False
