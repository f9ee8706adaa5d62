"""Whether the card that files were found on is there, and where it is now: known by what is on it.

A path says little: an unmounted card leaves an empty folder, the next card takes its drive letter,
and the same card comes back under another one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from app.domain.card_time import same_time
from app.domain.errors import CardGone, Leg
from app.domain.naming import printable
from app.domain.os_errors import translate_os_error
from app.media.scan import opened_as

_TELLING: Final = 3  # files; a batch of fewer may have lost them all on a card that is there


@dataclass(frozen=True, slots=True)
class Landmark:
    """A file as the scan found it; `relative` starts at its place."""

    relative: Path
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that was sent, or that holds files which were sent one by one."""

    folder: Path
    landmarks: tuple[Landmark, ...] = ()


class Presence(Enum):
    THERE = "there"
    AWAY = "away"
    OTHER = "other"  # a folder of that name, and nothing in it is what was there


def stands(root: Path) -> bool:
    """Whether a folder or file of that name is there, be it that nobody may look at it."""
    try:
        os.stat(opened_as(root))  # noqa: PTH116
    except OSError as error:
        return _denied(error, root)
    return True


def _denied(error: OSError, path: Path) -> bool:
    return translate_os_error(error, path).leg is Leg.COMPUTER


def presence(place: Place) -> Presence:
    """Blocking: a few looks at the card."""
    try:
        with os.scandir(opened_as(place.folder)) as entries:
            empty = next(entries, None) is None
    except OSError as error:
        return Presence.THERE if _denied(error, place.folder) else Presence.AWAY
    known = place.landmarks
    if len(known) < _TELLING or any(_is_at(place.folder, mark) for mark in known):
        return Presence.THERE
    return Presence.AWAY if empty else Presence.OTHER


def find(place: Place, tops: Iterable[Path]) -> Path | None:
    """Where the place is now, under one of `tops`: the last parts of its path may be the same."""
    parts = place.folder.parts[1:]
    for top in tops:
        for cut in range(len(parts) + 1):
            folder = top.joinpath(*parts[cut:])
            if _is_known(folder, place.landmarks):
                return folder
    return None


def card_gone(folder: Path, how: Presence) -> CardGone:
    """The one sentence for a whole batch."""
    name = printable(str(folder))
    if how is Presence.OTHER:
        return CardGone(
            f"{name} holds other files than before.",
            "Put back the card that was there; it goes on where it stopped.",
            leg=Leg.CARD,
        )
    return CardGone(
        f"The card or folder {name} is not there.",
        "Put the card back or connect the drive; it goes on where it stopped.",
        leg=Leg.CARD,
    )


def _is_known(folder: Path, landmarks: tuple[Landmark, ...]) -> bool:
    """More than half of them: a few files may have been deleted or edited meanwhile."""
    found = sum(_is_at(folder, mark) for mark in landmarks)
    return 2 * found > len(landmarks)


def _is_at(folder: Path, mark: Landmark) -> bool:
    try:
        found = os.stat(opened_as(folder / mark.relative))  # noqa: PTH116
    except OSError:
        return False
    return found.st_size == mark.size and same_time(found.st_mtime_ns, mark.modified_ns)
