"""What the operating system's errors about a file mean to a pilot."""

from __future__ import annotations

import errno
from pathlib import PurePath

from app.domain.errors import DiskFull, FileGone, FileUnreadable, Leg, LocalError
from app.domain.naming import printable

# Windows gives its own number beside a POSIX one that is often a plain EINVAL or EACCES; that
# number decides. Names from Microsoft's list of system error codes.
_WINDOWS_GONE = frozenset(
    {
        2,  # ERROR_FILE_NOT_FOUND
        3,  # ERROR_PATH_NOT_FOUND
        15,  # ERROR_INVALID_DRIVE
        20,  # ERROR_BAD_UNIT
        21,  # ERROR_NOT_READY
        53,  # ERROR_BAD_NETPATH
        55,  # ERROR_DEV_NOT_EXIST
        433,  # ERROR_NO_SUCH_DEVICE
        1006,  # ERROR_FILE_INVALID: the volume was changed from outside
        1110,  # ERROR_MEDIA_CHANGED
        1112,  # ERROR_NO_MEDIA_IN_DRIVE
        1167,  # ERROR_DEVICE_NOT_CONNECTED
    }
)
_WINDOWS_IN_USE = frozenset({32, 33})  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
_WINDOWS_LONG = frozenset({111, 206})  # ERROR_BUFFER_OVERFLOW, ERROR_FILENAME_EXCED_RANGE
_WINDOWS_FULL = frozenset({39, 112})  # ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
_WINDOWS_DAMAGED = frozenset({23, 27, 30, 1117, 1392})  # CRC, sector, read fault, device, corrupt


def _codes(*names: str) -> frozenset[int]:
    """Not every system knows every name."""
    return frozenset(code for name in names if (code := getattr(errno, name, None)) is not None)


_GONE = _codes(
    *("ENOENT", "ENOTDIR", "EISDIR", "ENODEV", "ENXIO", "ENOMEDIUM"),
    *("ESTALE", "ENOTCONN", "ENETDOWN", "EHOSTDOWN"),
)
_FULL = _codes("ENOSPC", "EDQUOT")
_DENIED = _codes("EACCES", "EPERM")
_IN_USE = _codes("EBUSY", "ETXTBSY")
_BUSY_COMPUTER = _codes("EMFILE", "ENFILE", "ENOMEM")


def translate_os_error(error: OSError, path: PurePath | str) -> LocalError:
    """The error about `path` in our words: FileGone, FileUnreadable or DiskFull."""
    name = printable(PurePath(path).name or str(path))
    details = _details(error, path)
    code, windows = error.errno, _windows_code(error)
    if windows in _WINDOWS_FULL or code in _FULL:
        return DiskFull(
            "This computer's disk is full.",
            "Make room, then resume; everything sent so far is remembered.",
            leg=Leg.COMPUTER,
            details=details,
        )
    if windows in _WINDOWS_GONE or (windows is None and code in _GONE):
        return FileGone(
            f"{name} is no longer on the card or in its folder.",
            "Put the card back in or connect the drive again, then resume.",
            leg=Leg.CARD,
            details=details,
        )
    title, hint, leg = _why_unreadable(name, code, windows)
    return FileUnreadable(title, hint, leg=leg, details=details)


def _why_unreadable(name: str, code: int | None, windows: int | None) -> tuple[str, str, Leg]:
    if windows in _WINDOWS_IN_USE or code in _IN_USE:
        return (
            f"Another program keeps {name} to itself.",
            "Close the program that has it open, then retry.",
            Leg.COMPUTER,
        )
    if windows not in _WINDOWS_DAMAGED and code in _DENIED:
        return (
            f"This computer does not let Postflight read {name}.",
            "Give your user the right to read it, or copy it to a folder of your own, then retry.",
            Leg.COMPUTER,
        )
    if code in _BUSY_COMPUTER:
        return (
            f"This computer had no room left to open {name}.",
            "Close other programs, then retry.",
            Leg.COMPUTER,
        )
    if windows in _WINDOWS_LONG or code == errno.ENAMETOOLONG:
        return (
            f"The path of {name} is longer than this computer can open.",
            "Move it into a folder with a shorter path.",
            Leg.COMPUTER,
        )
    return (
        f"The card could not read {name}.",
        "Take the card out and put it back in, or try another reader, then retry.",
        Leg.CARD,
    )


def _windows_code(error: OSError) -> int | None:
    return getattr(error, "winerror", None)


def _details(error: OSError, path: PurePath | str) -> str:
    windows = _windows_code(error)
    number = f"WinError {windows}" if windows is not None else _posix_name(error.errno)
    return f"{number} {error.strerror or ''} {printable(str(path))}".replace("  ", " ").strip()


def _posix_name(code: int | None) -> str:
    return errno.errorcode.get(code, str(code)) if code is not None else "OSError"
