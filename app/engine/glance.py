"""A first look at what is about to be dropped: how much of what, while the hand still hovers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from app.domain.errors import Fault, PostflightError
from app.domain.model import Found
from app.domain.ports import Cancel
from app.media.scan import Choice, LeftOut, walk

# Only for the words of the overlay: whatever a drone writes is sent, known here or not.
_PHOTOS: Final = frozenset({".jpg", ".jpeg", ".dng", ".tif", ".tiff", ".png", ".heic", ".webp"})
_VIDEOS: Final = frozenset({".mp4", ".mov", ".avi", ".mkv", ".m4v"})
_FLIGHT: Final = frozenset({
    ".kmz", ".las", ".laz", ".ldr", ".ply", ".pcd", ".lid", ".imu", ".obs", ".rtk", ".rtb",
    ".rtl", ".mrk", ".nav", ".bin", ".srt", ".lrf", ".sig", ".clc", ".cli", ".cmi", ".rnx",
})  # fmt: skip
_EVERY = 0.1  # seconds between two tellings


@dataclass(frozen=True, slots=True)
class Glance:
    """`wrong` names a drop that cannot be meant; `whole` says that everything was counted."""

    files: int = 0
    size: int = 0  # bytes
    photos: int = 0
    videos: int = 0
    flight_data: int = 0
    whole: bool = False
    wrong: Fault | None = None

    @property
    def other(self) -> int:
        return self.files - self.photos - self.videos - self.flight_data

    def with_file(self, found: Found) -> Glance:
        suffix = PurePosixPath(found.path).suffix.lower()
        return replace(
            self,
            files=self.files + 1,
            size=self.size + found.size,
            photos=self.photos + (suffix in _PHOTOS),
            videos=self.videos + (suffix in _VIDEOS),
            flight_data=self.flight_data + (suffix in _FLIGHT),
        )


def glance(paths: Sequence[Path], cancel: Cancel, tell: Callable[[Glance], None]) -> Glance:
    """Counts what lies under `paths` and tells about ten times a second. Blocking.

    What cannot be meant ends it early with `wrong`: a system drive, a home folder, nothing that
    comes from a flight. Raises Cancelled only.
    """
    for path in paths:
        if fault := too_much(path):
            return Glance(whole=True, wrong=fault)
    seen, told = Glance(), time.monotonic()
    try:
        for entry in walk(paths, Choice(), cancel):
            if isinstance(entry, LeftOut):
                continue
            seen = seen.with_file(entry)
            if time.monotonic() - told >= _EVERY:
                told = time.monotonic()
                tell(seen)
    except PostflightError as error:
        cancel.check()
        return replace(seen, whole=True, wrong=error.fault())
    return replace(seen, whole=True, wrong=_nothing_of_a_flight(paths, seen))


def too_much(path: Path) -> Fault | None:
    """A drive's root that is no card, or the person's home: nobody means all of that."""
    absolute = path.absolute()
    if absolute == Path.home():
        what = "This is your whole home folder."
    elif absolute.parent == absolute and not (absolute / "DCIM").is_dir():
        what = "This is a whole drive."
    else:
        return None
    return Fault("too-much", what, "Drop the folder of the flight instead.")


def _nothing_of_a_flight(paths: Sequence[Path], seen: Glance) -> Fault | None:
    if seen.files == 0:
        return Fault("empty", "There is nothing to send in it.", "Drop the folder of the flight.")
    if seen.files > seen.other:
        return None
    if seen.files == 1 and len(paths) == 1 and paths[0].is_file():
        return Fault(
            "no-flight",
            f"{paths[0].name} is no photo, video or flight data.",
            "Drop the folder of the flight.",
        )
    return None
