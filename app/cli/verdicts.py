"""What `postflight verify` says of a card: in English for programs, else in the person's words."""

from __future__ import annotations

from collections.abc import Mapping

from app.cli import screen
from app.cli.speech import later, nt, t
from app.domain import words
from app.domain.clearance import Clearance, Why

# One file, several files; of the whole batch.
_REASONS: Mapping[Why, tuple[str, str]] = {
    Why.NOT_SENT: (later("{files} was not sent"), later("{files} were not sent")),
    Why.DROPPED: (
        later("{files} was left out on request"),
        later("{files} were left out on request"),
    ),
    Why.CHANGED: (later("{files} is not what was sent"), later("{files} are not what was sent")),
    Why.ADDITIONAL: (later("{files} is in no batch"), later("{files} are in no batch")),
    Why.UNREADABLE: (later("{files} cannot be read"), later("{files} cannot be read")),
    Why.UNREGISTERED: (
        later("{files} is not registered yet"),
        later("{files} are not registered yet"),
    ),
    Why.UNPROVED: (
        later("{files} was delivered without proof"),
        later("{files} were delivered without proof"),
    ),
    Why.ABSENT: (
        later("{files} of the batch is not in this folder"),
        later("{files} of the batch are not in this folder"),
    ),
}
_WHOLE: Mapping[Why, str] = {
    Why.DELETED: later("what was delivered has been deleted at the service"),
    Why.CANCELLED: later("this batch was cancelled"),
    Why.EMPTY: later("this batch is empty"),
    Why.UNFINISHED: later("the service has not taken over the whole batch yet"),
}


def headline(found: Clearance) -> str:
    if found.clear:
        verb = "is" if found.safe == 1 else "are"
        return f"Clear to erase: {words.files(found.safe)} {verb} safe"
    why = next(iter(found.reasons()), (Why.EMPTY, 0))
    return f"Not yet: {reason(*why)}"


def reason(why: Why, count: int) -> str:
    """In English, for programs."""
    if why in _WHOLE:
        return _WHOLE[why]
    return _REASONS[why][count != 1].format(files=words.files(count))


def said_headline(found: Clearance) -> str:
    if found.clear:
        return nt(
            "Clear to erase: {n} file is safe", "Clear to erase: {n} files are safe", found.safe
        )
    why = next(iter(found.reasons()), (Why.EMPTY, 0))
    return t("Not yet: {reason}", reason=said_reason(*why))


def said_reason(why: Why, count: int) -> str:
    if why in _WHOLE:
        return t(_WHOLE[why])
    return t(_REASONS[why][count != 1], files=screen.files(count))
