"""The .deb, and the same folder as .tar.gz."""

from __future__ import annotations

from pathlib import Path


def package(frozen: Path, target: Path) -> None:
    raise NotImplementedError
