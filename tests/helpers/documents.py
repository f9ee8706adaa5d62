"""The commands that the documents show: indented lines, joined where they go on."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "app/README.md", "packaging/README.md")


def commands(document: str) -> list[str]:
    """In order, without the remarks behind them."""
    found: list[str] = []
    going_on = False
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
        if not line.startswith("    "):
            going_on = False
            continue
        words = re.sub(r"\s+#.*", "", line).strip()
        if going_on:
            found[-1] = f"{found[-1]} {words}"
        else:
            found.append(words)
        going_on = words.endswith("\\")
        found[-1] = found[-1].removesuffix("\\").strip()
    return found


def links(document: str) -> list[str]:
    """Files that a document leads to, pictures too."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [one for one in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in one]
