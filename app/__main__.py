"""`postflight`: the window when it is called alone or with folders, else the command line."""

from __future__ import annotations

import ctypes.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.cli.main import has_screen
from app.cli.main import main as run_commands


def main() -> None:
    run_commands(open_window)


def open_window(folders: Sequence[Path], practice: bool) -> int:
    """Imports Qt only now: no command waits for it, or needs its system libraries."""
    if not has_screen(os.environ) and "QT_QPA_PLATFORM" not in os.environ:
        _say("There is no screen here for the window.", "The commands: postflight --help")
        return 2
    if problem := _missing_library():
        _say(problem, "README.md names the system libraries that the window needs.")
        return 2
    try:
        from app.ui.main import open_window as shown
    except ImportError as error:
        _say(f"Qt cannot be loaded: {error}", "README.md names the system libraries it needs.")
        return 2
    return shown(folders, practice)


def _missing_library() -> str:
    """Without it Qt would end the program with a word about plugins that nobody understands."""
    on_x11 = sys.platform.startswith("linux") and not os.environ.get("WAYLAND_DISPLAY")
    platform = os.environ.get("QT_QPA_PLATFORM", "xcb")
    if on_x11 and platform == "xcb" and ctypes.util.find_library("xcb-cursor") is None:
        return "The system library libxcb-cursor is missing (package libxcb-cursor0)."
    return ""


def _say(*sentences: str) -> None:
    sys.stderr.write("\n".join(sentences) + "\n")


if __name__ == "__main__":
    main()
