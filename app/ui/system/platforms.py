"""Which of the three systems this is, as a value that a table can be asked with."""

from __future__ import annotations

import sys
from enum import Enum


class System(Enum):
    WINDOWS = "windows"
    MACOS = "macos"
    LINUX = "linux"


def this_system(platform: str = sys.platform) -> System:
    """Other Unixes count as Linux: they share its desktops."""
    if platform == "win32":
        return System.WINDOWS
    return System.MACOS if platform == "darwin" else System.LINUX
