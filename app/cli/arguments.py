"""What the words after `postflight` ask for, told before anything heavy is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# Written down, because asking click for them would make the window wait for the command line.
COMMANDS = frozenset(
    {
        *("upload", "resume", "retry", "cancel", "batches", "show", "demo"),
        *("connection", "receipt", "verify", "diagnostics", "updates"),
    }
)


def folders_of(words: Sequence[str]) -> list[Path] | None:
    """What `postflight FOLDER ...` names, nothing for `postflight` alone, None for a command."""
    if words and words[0] in COMMANDS:
        return None
    paths = [Path(word) for word in words]
    return paths if all(os.path.lexists(path) for path in paths) else None


def has_screen(environment: Mapping[str, str]) -> bool:
    """Whether a window could be seen here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
