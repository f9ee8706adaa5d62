"""MD5 and SHA-256 of what is sent; MD5 in its notations, and of a whole multipart object."""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.hashing import Hashes


class Digester(Hashes):
    """MD5 and, unless it is known already, SHA-256 of the same bytes; lower-case hex."""

    def __init__(self, sha256: str | None = "") -> None:
        """`sha256` as it is known; None where nobody wants it."""
        self._known = sha256
        wanted = (hashlib.sha256(),) if sha256 == "" else ()
        super().__init__(hashlib.md5(usedforsecurity=False), *wanted)

    def md5(self) -> str:
        return self.each[0].hexdigest()

    def sha256(self) -> str:
        return self.each[1].hexdigest() if self._known == "" else self._known or ""


class SecondPass(Hashes):
    """Sees bytes again of which all is known: whether they are the same, at twice MD5's speed."""

    def __init__(self, md5: str, sha256: str) -> None:
        self._md5, self._known = md5, sha256
        super().__init__(hashlib.sha256())

    def md5(self) -> str:
        """The known one, or "" when these bytes are others."""
        return self._md5 if self.sha256() == self._known else ""

    def sha256(self) -> str:
        return self.each[0].hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """Digests that were made before."""

    as_md5: str
    as_sha256: str

    def md5(self) -> str:
        return self.as_md5

    def sha256(self) -> str:
        return self.as_sha256


def of_whole(md5: str | None, sha256: str) -> Digester | SecondPass:
    """For a file that goes in pieces, of which so much is known."""
    return SecondPass(md5, sha256) if md5 and sha256 else Digester(sha256)


class Whole:
    """The digests of a whole file, fed part by part in their order by the threads that send them.

    So they are of the very bytes that went out, and the card is read only once. A part waits for
    its turn no longer than the parts before it are being read: they all have a thread already.
    """

    def __init__(self, digester: Digester | SecondPass) -> None:
        self.digester = digester
        self._turn = threading.Condition()
        self._next = 1
        self._given_up = False

    def add(self, number: int, data: memoryview) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._next == number or self._given_up)
            if self._given_up:
                return
        self.digester.update(data)
        with self._turn:
            self._next += 1
            self._turn.notify_all()

    def give_up(self) -> None:
        """A part could not be read: nobody waits for it, and there will be no digest."""
        with self._turn:
            self._given_up = True
            self._turn.notify_all()


def base64_of(md5: str) -> str:
    return base64.b64encode(bytes.fromhex(md5)).decode()


def hex_of(content_md5: str) -> str | None:
    """Lower-case hex of a Content-MD5 header, None when it is none."""
    try:
        raw = base64.b64decode(content_md5, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 16 else None


def multipart_etag(md5s: Iterable[str]) -> str:
    """The etag S3 gives an object of parts: the MD5 of their raw MD5s, a dash, their number."""
    whole, count = hashlib.md5(usedforsecurity=False), 0
    for md5 in md5s:
        whole.update(bytes.fromhex(md5))
        count += 1
    return f"{whole.hexdigest()}-{count}"
