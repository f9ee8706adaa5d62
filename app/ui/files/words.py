"""What one file of a list says about itself: picture, state, sentence and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from app.domain.errors import Fault
from app.domain.model import FileLine
from app.domain.naming import printable
from app.domain.states import SETTLED, FileState
from app.ui import states, text
from app.ui.language import said, t
from app.ui.look.icons import Icon, Tint

_PHOTOS: Final = frozenset(
    {".jpg", ".jpeg", ".dng", ".tif", ".tiff", ".png", ".heic", ".heif", ".webp", ".bmp", ".gif"}
)
_VIDEOS: Final = frozenset({".mp4", ".mov", ".avi", ".mkv", ".m4v", ".lrf", ".wmv", ".webm"})
_CALM: Final = 5.0  # seconds over which a file's speed is smoothed
_NO_NETWORK: Final = frozenset({"offline", "network", "timed-out"})
_RENEWING: Final = frozenset({"keys-expired"})


@dataclass(frozen=True, slots=True)
class Motion:
    """`speed` is None until it can be told; `again`: bytes that were sent go once more."""

    sent: int
    speed: float | None = None
    again: bool = False


@dataclass(slots=True)
class _Track:
    at: float
    sent: int
    most: int
    speed: float | None = None


class Motions:
    """The files on their way now, sampled; speeds are smoothed for each of them."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}

    def get(self, file_id: int) -> Motion | None:
        track = self._tracks.get(file_id)
        if track is None:
            return None
        return Motion(track.sent, track.speed, track.sent < track.most)

    def sample(self, moving: Mapping[int, int], now: float) -> set[int]:
        """Bytes so far by id, at a monotonic time. The ids that say something else than before."""
        changed = self._tracks.keys() - moving.keys()
        for file_id in changed:
            del self._tracks[file_id]
        for file_id, amount in moving.items():
            sent = max(amount, 0)
            track = self._tracks.get(file_id)
            if track is None:
                self._tracks[file_id] = _Track(now, sent, sent)
                changed.add(file_id)
            elif _advance(track, sent, now):
                changed.add(file_id)
        return changed


def _advance(track: _Track, sent: int, now: float) -> bool:
    seconds = now - track.at
    if seconds <= 0:
        return False
    before = (track.sent, track.speed)
    rate = max(sent - track.sent, 0) / seconds
    if track.speed is None:
        track.speed = rate or None
    else:
        track.speed += (rate - track.speed) * min(seconds / _CALM, 1.0)
    track.at, track.sent, track.most = now, sent, max(track.most, sent)
    return (track.sent, track.speed) != before


@dataclass(slots=True)
class Around:
    """What a file's own row does not know. `waits`: why some rest between two attempts."""

    motions: Motions = field(default_factory=Motions)
    waits: Mapping[int, Fault] = field(default_factory=dict[int, Fault])
    service: str = ""
    held: bool = False
    reason: Fault | None = None  # why the batch does not go on

    def motion(self, line: FileLine) -> Motion | None:
        return self.motions.get(line.id) if line.state is FileState.SENDING else None

    def wait(self, line: FileLine) -> Fault | None:
        return self.waits.get(line.id) if line.state is FileState.PREPARING else None


def name_of(line: FileLine) -> str:
    return printable(line.path.rpartition("/")[2])


def folder_of(line: FileLine) -> str:
    return printable(line.path.rpartition("/")[0])


def kind(path: str) -> Icon:
    """The picture of a file that shows none of its own."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _PHOTOS:
        return Icon.PHOTO
    return Icon.VIDEO if suffix in _VIDEOS else Icon.FILE


def look(line: FileLine, around: Around) -> tuple[Icon, Tint]:
    fault = around.wait(line)
    if fault is None:
        return states.FILE_LOOKS[line.state]
    if fault.code in _NO_NETWORK:
        return Icon.NETWORK_OFF, Tint.DIM
    return (Icon.KEY if fault.code in _RENEWING else Icon.CLOCK), Tint.DIM


def word(line: FileLine, around: Around) -> str:
    fault = around.wait(line)
    if fault is None:
        return states.file_word(line.state)
    if fault.code in _NO_NETWORK:
        return t("No network")
    return t("Renewing access") if fault.code in _RENEWING else states.file_word(FileState.QUEUED)


def share(line: FileLine, around: Around) -> float | None:
    """How much is sent, from 0 to 1; None while it is not being sent."""
    if line.state is not FileState.SENDING:
        return None
    motion = around.motion(line)
    if motion is None or line.size <= 0:
        return 0.0
    return min(motion.sent / line.size, 1.0)


def says(line: FileLine, around: Around) -> str:
    """One line: how far it is, or why it is where it is."""
    match line.state:
        case FileState.SENDING:
            return _sending(line, around)
        case FileState.QUEUED:
            return _queued(around)
        case FileState.PREPARING:
            fault = around.wait(line)
            return sentences(fault) if fault else t("Reading the file before it is sent")
        case FileState.SENT:
            return t("Telling {service}", service=around.service)
        case FileState.CONFIRMED:
            return t("Checked and registered")
        case FileState.DROPPED:
            return said(line.words) if line.words else t("Not sent")
        case _:
            return said(line.words)


def _sending(line: FileLine, around: Around) -> str:
    motion = around.motion(line)
    percent = int((share(line, around) or 0.0) * 100)
    if percent >= 100:
        return t("Waiting for the storage to confirm it")
    if motion is None or motion.speed is None or motion.speed < 1:
        return t("{percent} %", percent=percent)
    speed = text.speed(motion.speed)
    if motion.again:
        return t("Resending, {percent} %, {speed}", percent=percent, speed=speed)
    return t("{percent} %, {speed}", percent=percent, speed=speed)


def _queued(around: Around) -> str:
    if around.held:
        return t("Goes on when you resume this batch")
    return said(around.reason.title) if around.reason else ""


def sentences(fault: Fault) -> str:
    """What happened and what Postflight does about it, as whole sentences in a row."""
    return said(f"{fault.title} {fault.hint}".strip())


def when(line: FileLine) -> str:
    """When it came to rest where it is; empty while there is more to come."""
    rests = line.state in SETTLED or line.state in (FileState.FAILED, FileState.GONE)
    return text.moment(line.changed_at) if rests or line.state is FileState.SENT else ""


def spoken(line: FileLine, around: Around) -> str:
    """The whole row for people who hear it: DJI_0412.JPG, 11 MB, Sending, 62 %."""
    parts = (name_of(line), text.size(line.size), word(line, around), says(line, around))
    return t(", ").join(part for part in parts if part)
