"""Takes the guards out of a copy of the program, one by one, and sees their tests fail.

By hand: `python -m tests.bench.guards [WORD...]`; only guards whose promise holds every WORD.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.guard_list import GUARDS, Guard

ROOT = Path(__file__).resolve().parents[2]


def main(words: list[str]) -> int:
    chosen = [guard for guard in GUARDS if all(word in guard.promise for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy_to(copy)
        missed = [guard.promise for guard in chosen if not _is_watched(guard, copy)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} guards are watched")
    for promise in missed:
        print(f"  not watched: {promise}")
    return 1 if missed else 0


def _copy_to(copy: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)


def _is_watched(guard: Guard, copy: Path) -> bool:
    """Whether its tests pass with the guard and fail, as tests do, without it."""
    file = copy / guard.file
    text = file.read_text(encoding="utf-8")
    if text.count(guard.code) != 1:
        print(f"{guard.promise}: the code is not in {guard.file} once", flush=True)
        return False
    whole, first = _run(guard, copy)
    file.write_text(text.replace(guard.code, guard.instead), encoding="utf-8")
    broken, said = _run(guard, copy)
    file.write_text(text, encoding="utf-8")
    print(
        f"{guard.promise}: {'passes' if whole == 0 else first} with it, {said} without",
        flush=True,
    )
    return whole == 0 and broken == 1


def _run(guard: Guard, copy: Path) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *guard.tests],
        cwd=copy, capture_output=True, text=True, check=False, timeout=1800,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    lines = [line for line in ended.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    last = (ended.stdout.strip().splitlines() or [""])[-1]
    return ended.returncode, lines[0].partition(" - ")[0] if lines else last


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
