"""Where cards are mounted now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

_log = logging.getLogger(__name__)

Tops = Callable[[], Sequence[Path]]


def camera_roots() -> list[Path]:
    """Empty where the system does not say. Blocking."""
    from app.media.volumes import camera_volumes  # only now: no list waits for it

    try:
        return [volume.root for volume in camera_volumes()]
    except OSError as error:
        _log.warning("the cards cannot be looked for: %s", error)
        return []
