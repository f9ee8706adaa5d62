"""What tests of photos share: the time they were taken, and how bytes are read as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from hypothesis import HealthCheck, settings

from app.domain.model import Capture
from app.media.metadata import read_capture

TAKEN = datetime(2026, 5, 3, 10, 11, 12, tzinfo=UTC)
LOCAL = TAKEN.replace(tzinfo=None)
GREY = (99, 99, 99)

fuzz = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def zone(hours: float) -> timezone:
    return timezone(timedelta(hours=hours))


def read_bytes(folder: Path, content: bytes) -> Capture:
    path = folder / "x.jpg"
    path.write_bytes(content)
    return read_capture(path, zone=UTC)
