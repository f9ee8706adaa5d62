"""Smaller forms of two kinds of files that PyInstaller finds, with all in them that is read."""

from __future__ import annotations

import zipfile
from pathlib import Path


def without_readme(metadata: Path, target: Path) -> Path:
    """A package's METADATA up to the first empty line, where the text for its web page begins."""
    head, _, _ = metadata.read_text(encoding="utf-8").partition("\n\n")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{head}\n", encoding="utf-8", newline="\n")
    return target


def compressed(archive: Path, target: Path) -> Path:
    """base_library.zip: PyInstaller stores what is in it as it is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for item in old.infolist():
            new.writestr(item, old.read(item), zipfile.ZIP_DEFLATED)
    return target
