"""Keeps files of equal bytes apart where a service must not be told of both side by side."""

from __future__ import annotations

from collections.abc import Mapping


class Twins:
    """One round's claims; used on the loop's thread only.

    The first file of its bytes goes, the others wait for the next round: by then the first one is
    registered, and the service answers that it has the bytes (contracts: cloud-api 2.4, where two
    records of one fingerprint break every later question about it).
    """

    def __init__(self, stored: Mapping[str, int]) -> None:
        """`stored`: MD5 and id of files that are stored and not yet registered."""
        self._claims = dict(stored)
        self.waiting: set[int] = set()

    def may_go(self, md5: str, file_id: int) -> bool:
        if self._claims.setdefault(md5, file_id) == file_id:
            return True
        self.waiting.add(file_id)
        return False
