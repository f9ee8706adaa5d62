"""`postflight`: the window when it is called alone or with folders, else the command line."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from app.cli.arguments import folders_of, has_screen

# New objects until the collector looks at the newest; a run makes thousands of them a second, and
# hardly a circle.
_COLLECT_AFTER = 50_000
_OPEN_FILES = 1024


def main() -> None:
    # Nothing of what is imported is ever given up: to look for that takes a fifth of the start.
    gc.disable()
    # Nor does the library that checks answers look through all that is installed for additions.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    _prepare_streams()
    _allow_open_files()
    if sys.argv[1:2] == ["--self-check"]:
        sys.exit(_check_self(Path(sys.argv[2])))
    folders = folders_of(sys.argv[1:])
    if folders is not None:
        sys.exit(open_window(folders, False))
    # Only now: the window is there sooner when it does not wait for the command line.
    from app.cli.main import main as run_commands

    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    gc.enable()
    run_commands(open_window)


def open_window(folders: Sequence[Path], practice: bool) -> int:
    """Imports Qt only now: no command waits for it, or needs its system libraries."""
    if not has_screen(os.environ) and "QT_QPA_PLATFORM" not in os.environ:
        t = _words()
        _say(t("There is no screen here for the window."), t("The commands: postflight --help"))
        return 2
    if _library_is_missing():
        t = _words()
        _say(
            t("The system library libxcb-cursor is missing (package libxcb-cursor0)."),
            t("README.md names the system libraries that the window needs."),
        )
        return 2
    # The window sweeps by itself (ui/runtime.py); until then there is only what stays anyway.
    gc.disable()
    # Before Qt: PySide6 puts an importer of its own in place, which slows all later imports, and
    # pydantic, which hands out its names when they are asked for, may end in a circle with it.
    import_module("app.bootstrap")

    try:
        from app.ui.main import open_window as shown
    except ImportError as error:
        t = _words()
        _say(
            t("Qt cannot be loaded: {reason}", reason=error),
            t("README.md names the system libraries that the window needs."),
        )
        return 2
    return shown(folders, practice)


def _check_self(folder: Path) -> int:
    """For those who build packages; see ui/self_check.py."""
    gc.disable()  # as in open_window, for the same reasons
    import_module("app.bootstrap")
    from app.ui.self_check import run

    return run(folder)


def _prepare_streams() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Windows gives none to a program without a console: its commands work all the same,
            # they are only not heard.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # File names need not be valid text, and old consoles know few characters.
            reconfigure(errors="backslashreplace")


def _allow_open_files() -> None:
    """A program that macOS starts may have 256 files open; each that is sent takes two of them."""
    if sys.platform != "win32":
        import resource

        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _OPEN_FILES if most == resource.RLIM_INFINITY else min(_OPEN_FILES, most)
        if now != resource.RLIM_INFINITY and now < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _library_is_missing() -> bool:
    """Without it Qt would end the program with a word about plugins that nobody understands."""
    on_x11 = sys.platform.startswith("linux") and not os.environ.get("WAYLAND_DISPLAY")
    if not on_x11 or os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb":
        return False
    try:
        ctypes.CDLL("libxcb-cursor.so.0")  # as Qt does; find_library would start ldconfig and gcc
    except OSError:
        return True
    return False


def _words() -> Callable[..., str]:
    """`t` of the command line; no start that goes well waits for its import."""
    from app.cli import speech

    speech.use(speech.chosen())
    return speech.t


def _say(*sentences: str) -> None:
    sys.stderr.write("\n".join(sentences) + "\n")


if __name__ == "__main__":
    main()
