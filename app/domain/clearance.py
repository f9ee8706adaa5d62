"""Whether a card may be erased, and which files say no."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why a file is not safe, or the whole batch; the gravest first."""

    DELETED = "deleted"  # the person had the batch deleted at the service
    CANCELLED = "cancelled"
    EMPTY = "empty"  # there is nothing in the batch
    NOT_SENT = "not-sent"
    DROPPED = "dropped"  # the person left it out: the card has the only copy
    CHANGED = "changed"  # the card holds other bytes than were sent
    ADDITIONAL = "additional"  # on the card and in no batch
    UNREADABLE = "unreadable"
    UNREGISTERED = "unregistered"  # stored, and the service has not acknowledged it
    UNPROVED = "unproved"  # nothing shows that the service holds these very bytes
    ABSENT = "absent"  # sent, but not on the card: it could not be compared
    UNFINISHED = "unfinished"  # the service has not taken over the whole batch


@dataclass(frozen=True, slots=True)
class Unsafe:
    path: str
    why: Why
    words: str


@dataclass(frozen=True, slots=True)
class Clearance:
    """The verdict on a card. Clear means: what is on it is elsewhere too, byte for byte.

    A file is safe when the storage's own word proves the bytes that were sent, the service has
    acknowledged it, and the card, read again, still holds them. One that was skipped is safe when
    the service recognised it by the MD5 of all its bytes and the card still has that MD5. One
    that is not of this batch is safe when another delivered one holds its bytes.
    """

    batch: str
    title: str
    safe: int  # files of this batch
    recognised: int  # of those, skipped because the service had them
    elsewhere: int  # files that another batch, or another name in this one, delivered
    from_memory: bool  # the system would not read all of it past its cache
    unsafe: tuple[Unsafe, ...]  # the gravest first
    whole: Why | None = None  # what is wrong with the batch as a whole

    @property
    def clear(self) -> bool:
        return self.whole is None and not self.unsafe and self.safe > 0

    def reasons(self) -> list[tuple[Why, int]]:
        """Each reason with the number of its files, 0 for the whole batch; the gravest first."""
        counts = Counter(item.why for item in self.unsafe)
        if self.whole is not None:
            counts[self.whole] = 0
        return [(why, counts[why]) for why in Why if why in counts]
