"""Postflight gets a drone flight's media into the cloud and proves that it arrived."""

from __future__ import annotations

import re
from pathlib import Path


def _version() -> str:
    # Beside `app` in a checkout and in a frozen program alike; it stands nowhere else.
    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    try:
        text = project.read_text(encoding="utf-8")
    except FileNotFoundError:  # installed from a wheel
        from importlib.metadata import version

        return version("postflight")
    return re.findall(r'^version = "([^"]+)"$', text, re.MULTILINE)[0]


__version__ = _version()
