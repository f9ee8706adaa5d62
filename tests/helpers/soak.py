"""Many small files to one service while a share of all calls goes wrong at random."""

from __future__ import annotations

import asyncio
import hashlib
import random
import sys
import threading
from collections import Counter
from pathlib import Path

from app.domain.states import BatchState
from app.practice.calls import BYTES, Call
from app.practice.faults import Fault, FaultPlan, parse_faults
from tests.helpers.workbench import Workbench

_PLACES = (1, 10, 25, 50, 75, 100)  # per cent of the files, where memory is looked at
_REMEMBERED = 1_000  # calls in the journal, so that it does not pass for a leak
_EVERYWHERE = (
    "status=500", "status=502", "status=503", "status=429,wait=0", "cut-before", "cut-after",
    "cut-answer", "truncate", "stall=0.05",
)  # fmt: skip
_WITH_BYTES = ("damage", "wrong-etag")
_SILENT = frozenset({Call.S3_PUT, Call.S3_PART, Call.MS_PUT})


class RandomFaults(FaultPlan):
    """Hits each call with a fixed chance, by a fault that passes."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__()
        self._share = share
        self._rng = random.Random(seed)
        self._chance = threading.Lock()
        self.hits: Counter[str] = Counter()

    def take(self, call: Call, path: str) -> Fault | None:
        with self._chance:
            if self._rng.random() >= self._share:
                return None
            choice = _EVERYWHERE + (_WITH_BYTES if call in BYTES else ())
            what = self._rng.choice(choice + (("damage-silent",) if call in _SILENT else ()))
            self.hits[what] += 1
        return parse_faults(f"{call.value}:{what}")[0]


class Soak:
    """`write`, `run`, then `check`; `memory` holds KiB by per cent of the files."""

    def __init__(self, bench: Workbench, faults: RandomFaults, service: str) -> None:
        self._bench = bench
        self._faults = faults
        self._service = service
        self._digests: list[str] = []
        self._batch = ""
        self.memory: dict[int, int] = {}
        bench.cloud.journal.keep(_REMEMBERED)

    def write(self, card: Path, files: int, seed: int) -> None:
        """Files of up to 2 KB, a thousand in a folder."""
        rng = random.Random(seed)
        for number in range(files):
            folder = card / "DCIM" / f"{100 + number // 1000}MEDIA"
            folder.mkdir(parents=True, exist_ok=True)
            content = rng.randbytes(rng.randint(200, 2_000))
            (folder / f"DJI_{number:06}.JPG").write_bytes(content)
            self._digests.append(hashlib.md5(content).hexdigest())
        self._batch = self._bench.add(self._service, card)

    async def run(self) -> None:
        watch = asyncio.create_task(self._watch())
        await self._bench.run(self._batch)
        watch.cancel()
        self._look(100)

    async def _watch(self) -> None:
        places = list(_PLACES[:-1])
        while places:
            counts = self._bench.app.engine.counts(self._batch)
            if counts.total and counts.delivered * 100 >= places[0] * len(self._digests):
                self._look(places.pop(0))
            await asyncio.sleep(0.05)

    def _look(self, place: int) -> None:
        if sys.platform == "linux":
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.memory[place] = pages * 4

    def check(self) -> None:
        """Delivered at one go, byte for byte, each told once, no contract broken."""
        bench, cloud = self._bench, self._bench.cloud
        snapshot = bench.app.engine.snapshot(self._batch)
        said = bench.complaints(self._batch)
        assert snapshot.batch.state is BatchState.DELIVERED, (said[:20], self.told())
        arrived = [path.read_bytes() for _, path in cloud.arrivals(self._service)]
        digests = [hashlib.md5(content).hexdigest() for content in arrived]
        assert sorted(digests) == sorted(self._digests)
        times = Counter(entry.times for entry in cloud.registrations(self._service))
        assert times == {1: len(self._digests)}
        assert cloud.violations == []

    def told(self) -> str:
        hits = self._faults.hits
        return f"{hits.total()} faults: " + ", ".join(f"{k} {n}" for k, n in sorted(hits.items()))
