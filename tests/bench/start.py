"""From the command to a window that answers, with 100,000 files in the queue: run it by hand."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app.domain.model import (  # noqa: E402
    Batch,
    Connection,
    Found,
    NewFile,
)
from app.domain.ports import SystemClock  # noqa: E402
from app.domain.states import BatchState  # noqa: E402
from app.store.store import Store  # noqa: E402

FILES, RUNS = 100_000, 5


def fill(home: Path, files: int) -> None:
    """A held batch, so that nothing but the window works."""
    home.mkdir()
    store = Store(home, SystemClock())
    store.connections.save(Connection("harbour", "cloud-api", "http://127.0.0.1:9"))
    batch = Batch("b", "flight", "harbour", "cloud-api", (home,), BatchState.SCANNING)
    store.batches.add(batch)
    for start in range(0, files, 1000):
        found = [
            Found(0, Path(f"{n}.JPG"), f"DCIM/DJI_{n:06}.JPG", 9_000_000, 1)
            for n in range(start, start + 1000)
        ]
        store.files.add("b", [NewFile(item, item.path, "media") for item in found])
    store.batches.move("b", BatchState.READY)
    store.batches.hold("b", True)
    store.close()


def start(home: Path) -> float:
    """Seconds until the window's own loop answers a second start."""
    from PySide6.QtCore import QCoreApplication

    from app.ui.system.single import knock

    _ = QCoreApplication.instance() or QCoreApplication([])
    environment = {
        **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        "POSTFLIGHT_HOME": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    began = time.monotonic()
    with subprocess.Popen([sys.executable, "-P", "-m", "app"], env=environment) as program:
        while not knock(home, [], 500):
            time.sleep(0.01)
        seconds = time.monotonic() - began
        program.terminate()  # it closes its queue well, as when a person quits
    return seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for files in (0, FILES):
            home = Path(folder) / str(files)
            fill(home, files)
            start(home)  # compiles what was never compiled
            times = sorted(start(home) for _ in range(RUNS))
            shown = ", ".join(f"{seconds:.2f}" for seconds in times)
            print(f"{files:>7} files: {shown} s")


if __name__ == "__main__":
    main()
