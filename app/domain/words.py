"""Sizes, times and states in the words a pilot reads; the window translates them."""

from __future__ import annotations

from app.domain.model import Counts
from app.domain.states import BatchState, FileState, JobState

FILE_WORDS = {
    FileState.QUEUED: "Waiting",
    FileState.PREPARING: "Checking",
    FileState.SENDING: "Sending",
    FileState.SENT: "Registering",
    FileState.CONFIRMED: "Delivered",
    FileState.SKIPPED: "Skipped",
    FileState.FAILED: "Needs you",
    FileState.GONE: "File missing",
    FileState.DROPPED: "Left out",
}

BATCH_WORDS = {
    BatchState.SCANNING: "Reading the folder",
    BatchState.READY: "Ready",
    BatchState.RUNNING: "Sending",
    BatchState.PAUSED: "Paused",
    BatchState.FINISHING: "Finishing",
    BatchState.ATTENTION: "Needs you",
    BatchState.DELIVERED: "Delivered",
    BatchState.EMPTY: "Empty",
    BatchState.CANCELLED: "Cancelled",
}

JOB_WORDS = {
    JobState.ASKING: "asked for",
    JobState.WAITING: "waiting",
    JobState.WORKING: "working",
    JobState.SUCCEEDED: "done",
    JobState.FAILED: "failed",
    JobState.STOPPED: "stopped",
    JobState.UNKNOWN: "in a state Postflight does not know",
}

_KINDS = {"lidar": "LiDAR"}

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(count: float) -> str:
    """Decimal units, as cards are sold: 5.2 GB."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    if unit == 0:
        return f"{value:.0f} {_UNITS[0]}"
    return f"{value:.1f} {_UNITS[unit]}" if value < 99.95 else f"{value:.0f} {_UNITS[unit]}"


def speed(bytes_per_second: float) -> str:
    return f"{size(bytes_per_second)}/s" if bytes_per_second >= 1 else "–"


def duration(seconds: float) -> str:
    """Rounded to what is believable: seconds, then minutes, then quarters of hours."""
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s" if seconds >= 10 else f"{max(seconds, 0):.1f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    quarters = round(seconds / 900)
    return f"{quarters // 4} h {quarters % 4 * 15:02d} min"


def kind(name: str) -> str:
    """A job's kind as it is written: 2D, 3D, 3DGS, LiDAR."""
    return _KINDS.get(name, name.upper())


def files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def tally(counts: Counts) -> str:
    """Only what is not zero: 410 delivered, 2 skipped, 1 needs you."""
    parts = [f"{counts.delivered} delivered"]
    if counts.skipped:
        parts.append(f"{counts.skipped} skipped")
    if counts.failed:
        parts.append(f"{counts.failed} not sent")
    if counts.waiting:
        parts.append(f"{counts.waiting} waiting")
    if counts.dropped:
        parts.append(f"{counts.dropped} left out")
    return ", ".join(parts)
