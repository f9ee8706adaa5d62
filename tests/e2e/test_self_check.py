"""What builders of packages ask an installed program: is it whole?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def check(folder: Path, root: Path = ROOT) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of a program whose files are in `root`."""
    folder.mkdir()
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "app", "--self-check", str(folder)],
        env={
            **os.environ,
            "PYTHONPATH": str(root),
            "POSTFLIGHT_HOME": str(folder / "home"),
            "QT_QPA_PLATFORM": "offscreen",
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return ended.returncode, json.loads((folder / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program of which parts may be taken away."""
    root = tmp_path_factory.mktemp("program")
    for name in ("app", "resources"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def test_a_whole_program_delivers_and_is_drawn(tmp_path: Path) -> None:
    code, report = check(tmp_path / "found")
    assert (code, report) == (0, {"platform": "offscreen", "problems": []})
    pictures = [(tmp_path / "found" / f"window-{name}.png").read_bytes() for name in ("en", "zh")]
    assert pictures[0] != pictures[1]
    assert all(picture[1:4] == b"PNG" for picture in pictures)


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("resources/app.svg", "the program's icon is empty"),
        ("resources/icons/receipt.svg", "FileNotFoundError"),
        ("resources/icons/sheet", "pictures of the style sheet cannot be read"),
        ("resources/i18n", "the Chinese words are missing"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, copy: Path, lost: str, words: str) -> None:
    (copy / lost).rename(tmp_path / "taken")
    try:
        code, report = check(tmp_path / "found", copy)
    finally:
        (tmp_path / "taken").rename(copy / lost)
    assert code == 1
    assert words in "\n".join(report["problems"]), report
