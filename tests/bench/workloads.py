"""What is sent to measure: a video, photos, small files, and very many of a middle size."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True)
class Workload:
    name: str
    files: int
    size: int  # bytes each
    ending: str = "JPG"

    @property
    def bytes(self) -> int:
        return self.files * self.size

    def write(self, folder: Path) -> Path:
        """Its folder; files that are there already stay. No two of them are alike."""
        home = folder / self.name
        noise = os.urandom(min(self.size, 16 * MIB))
        for number in range(self.files):
            path = home / "DCIM" / f"{100 + number // 1000}MEDIA" / f"DJI_{number:06}.{self.ending}"
            if path.exists() and path.stat().st_size == self.size:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.write(number.to_bytes(8, "big") + noise[8:])
                while (left := self.size - file.tell()) > 0:
                    file.write(file.tell().to_bytes(8, "big") + noise[8:left])
        return home


WORKLOADS = {
    made.name: made
    for made in (
        Workload("W1", 1, 2048 * MIB, "MP4"),
        Workload("W2", 300, 12 * MIB),
        Workload("W3", 5_000, 64 * 1024),
        Workload("W4", 20_000, 300_000),
        # How cost grows with the number of files.
        Workload("G1", 1_000, 4_096),
        Workload("G2", 10_000, 4_096),
        Workload("G3", 100_000, 4_096),
    )
}
