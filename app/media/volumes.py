"""The volumes of this machine that a camera may have written, asked for so that a volume which
does not answer stops only the thread that asks.

Qt's own list of volumes holds Python's lock while the system answers: one network folder that
hangs would stop the whole window, whatever thread asks.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
# What cameras write, as the three systems call it. fuseblk and lifs are exFAT in a program of
# its own on Linux and macOS.
_CAMERA: Final = frozenset(
    {"vfat", "msdos", "exfat", "fat", "fat32", "fat16", "fat12", "fuseblk", "fuse.exfat", "lifs"}
)
# Where the computer starts from is FAT, too.
_BOOT: Final = re.compile(r"/(?:boot|efi)(?:/|$)")
_OCTAL: Final = re.compile(rb"\\([0-7]{3})")
_MAC_LINE: Final = re.compile(r"^\S+ on (?P<root>/.+) \((?P<kind>\w+)[^()]*\)$")
_PATIENCE: Final = 10.0
_DISKS: Final = (2, 3)  # removable and, for many card readers, fixed; not network, CD, memory
_NO_QUESTIONS: Final = 1


@dataclass(frozen=True, slots=True)
class Volume:
    """`name` is the label where the system tells it, else the last part of where it is mounted."""

    name: str
    root: Path


def camera_volumes() -> list[Volume]:
    """Mounted now, on no network. Blocking: give it a thread. Raises OSError."""
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return in_mount_words(_mount_words())
    return in_mountinfo(MOUNTS.read_bytes())


def in_mountinfo(text: bytes) -> list[Volume]:
    """From Linux' own table; a volume that is mounted twice counts once."""
    found: dict[bytes, Volume] = {}
    for line in text.splitlines():
        front, _, back = line.partition(b" - ")
        fields, kinds = front.split(), back.split()
        if len(fields) < 5 or not kinds or fields[3] != b"/":
            continue
        root = os.fsdecode(_OCTAL.sub(_byte, fields[4]))
        if os.fsdecode(kinds[0]) in _CAMERA and not _BOOT.match(root):
            found.setdefault(fields[2], _at(root))
    return list(found.values())


def in_mount_words(text: str) -> list[Volume]:
    """From what `mount` prints on macOS: /dev/disk4s1 on /Volumes/DJI_M3E (exfat, local, nodev)."""
    matches = (_MAC_LINE.match(line) for line in text.splitlines())
    return [_at(match["root"]) for match in matches if match and match["kind"] in _CAMERA]


def _at(root: str) -> Volume:
    return Volume(Path(root).name or root, Path(root))


def _byte(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 8) & 0xFF])


def _mount_words() -> str:
    # It reads what the system remembers and asks no volume.
    try:
        done = subprocess.run(["/sbin/mount"], capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError("mount does not answer") from error
    return os.fsdecode(done.stdout)


def _windows() -> list[Volume]:
    if sys.platform != "win32":
        return []
    import ctypes

    kernel = ctypes.windll.kernel32
    # No "insert a disk" in the person's face for an empty reader.
    kernel.SetThreadErrorMode(_NO_QUESTIONS, None)
    letters = kernel.GetLogicalDrives()
    found: list[Volume] = []
    for number in range(26):
        root = f"{chr(ord('A') + number)}:\\"
        if not letters & 1 << number or kernel.GetDriveTypeW(root) not in _DISKS:
            continue
        label, kind = ctypes.create_unicode_buffer(261), ctypes.create_unicode_buffer(261)
        told = kernel.GetVolumeInformationW(root, label, 261, None, None, None, kind, 261)
        if told and kind.value.lower() in _CAMERA:
            found.append(Volume(label.value or root[:2], Path(root)))
    return found
