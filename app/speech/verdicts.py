"""Whether a card may be erased, and why not, in the words that both faces say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from app.domain.clearance import Clearance, Why
from app.speech.catalogue import later


class Say(Protocol):
    """The `nt` of a face, or `english` for programs."""

    def __call__(self, one: str, many: str, n: int, **values: object) -> str: ...


def english(one: str, many: str, n: int, **values: object) -> str:
    return (one if n == 1 else many).format(**values, n=n)


# Of one file, and of several.
_OF_FILES: Final[Mapping[Why, tuple[str, str]]] = {
    Why.NOT_SENT: (later("{n} file was not sent"), later("{n} files were not sent")),
    Why.DROPPED: (
        later("{n} file was left out on request"),
        later("{n} files were left out on request"),
    ),
    Why.CHANGED: (later("{n} file is not what was sent"), later("{n} files are not what was sent")),
    Why.ADDITIONAL: (later("{n} file is in no batch"), later("{n} files are in no batch")),
    Why.UNREADABLE: (later("{n} file cannot be read"), later("{n} files cannot be read")),
    Why.UNREGISTERED: (
        later("{n} file is not registered yet"),
        later("{n} files are not registered yet"),
    ),
    Why.UNPROVED: (
        later("{n} file was delivered without proof"),
        later("{n} files were delivered without proof"),
    ),
    Why.ABSENT: (
        later("{n} file of the batch is not in this folder"),
        later("{n} files of the batch are not in this folder"),
    ),
}
_OF_BATCH: Final[Mapping[Why, str]] = {
    Why.DELETED: later("what was delivered has been deleted at the service"),
    Why.CANCELLED: later("this batch was cancelled"),
    Why.EMPTY: later("this batch has no files"),
    Why.UNFINISHED: later("the service has not taken over the whole batch yet"),
}
_CLEAR: Final = (
    later("Clear to erase: {n} file is safe"),
    later("Clear to erase: {n} files are safe"),
)
_NOT_YET: Final = later("Not yet: {reason}")
_RECOGNISED: Final = (
    later("the service had {n} file already, with the same MD5"),
    later("the service had {n} files already, with the same MD5"),
)
_ELSEWHERE: Final = (
    later("{n} more file was delivered in another batch or place"),
    later("{n} more files were delivered in another batch or place"),
)
_FROM_MEMORY: Final = later(
    "This computer would not read all of it past its memory. To be sure, take the card "
    "out, put it in again and verify once more."
)


def headline(found: Clearance, say: Say) -> str:
    if found.clear:
        return say(*_CLEAR, found.safe)
    why, count = next(iter(found.reasons()), (Why.EMPTY, 0))
    return say(_NOT_YET, _NOT_YET, count, reason=reason(why, count, say))


def reason(why: Why, count: int, say: Say) -> str:
    one, many = _OF_FILES.get(why) or (_OF_BATCH[why],) * 2
    return say(one, many, count)


def remarks(found: Clearance, say: Say) -> list[str]:
    """What is no reason, and good to know."""
    told: list[str] = []
    if found.recognised:
        told.append(say(*_RECOGNISED, found.recognised))
    if found.elsewhere:
        told.append(say(*_ELSEWHERE, found.elsewhere))
    if found.from_memory:
        told.append(say(_FROM_MEMORY, _FROM_MEMORY, 1))
    return told
