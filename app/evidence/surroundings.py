"""What Postflight runs on: versions, memory, room on the disk."""

from __future__ import annotations

import ctypes
import locale
import os
import platform
import shutil
import ssl
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from app import __version__
from app.domain.ports import Clock
from app.evidence.canonical import utc
from app.paths import HOME, Paths
from app.store.secrets import keyring_name, variable_of

# By their metadata and not by import: support wants to know of Qt where no window ran, too.
PACKAGES: Final = (
    *("PySide6-Essentials", "qasync", "boto3", "botocore", "urllib3", "httpx", "truststore"),
    *("keyring", "pydantic", "Pillow", "platformdirs", "filelock", "defusedxml", "wakepy", "rich"),
)
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def look(paths: Paths, clock: Clock, environment: Mapping[str, str]) -> dict[str, Any]:
    """Of variables only whether they are set: their values may be secrets."""
    names = {name.lower() for name, value in environment.items() if value}
    return {
        "made_at": utc(clock.now()),
        "postflight": __version__,
        "packed": bool(getattr(sys, "frozen", False)),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "keyring": keyring_name(),
        "openssl": ssl.OPENSSL_VERSION,
        "system": platform.platform(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "memory_bytes": _memory(),
        "disk_data": _room(paths.data),
        "disk_logs": _room(paths.logs),
        "file_names": sys.getfilesystemencoding(),
        "language": locale.getlocale()[0],
        "proxies_set": [name for name in _PROXIES if name in names],
        "folder_moved": HOME in environment,
        "secrets_from_environment": sum(name.upper().startswith(variable_of("")) for name in names),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not found"


def _room(folder: Path) -> dict[str, int] | None:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return {"total_bytes": usage.total, "free_bytes": usage.free}


def _memory() -> int | None:
    """Bytes of it in this computer."""
    if sys.platform == "win32":
        return _memory_of_windows()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _memory_of_windows() -> int | None:
    if sys.platform != "win32":
        return None
    kilobytes = ctypes.c_ulonglong()
    found = ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
    return kilobytes.value * 1024 if found else None
