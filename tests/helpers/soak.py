"""Many small files to one service while a share of all calls goes wrong at random."""

from __future__ import annotations

import asyncio
import hashlib
import random
import sys
from collections.abc import Callable
from pathlib import Path

from app import bootstrap
from app.domain.states import BatchState, FileState
from app.engine.engine import Order
from app.practice.cloud import PracticeAccount
from tests.helpers.far_cloud import Report

PLACES = (1, 10, 25, 50, 75, 100)  # per cent of the files, where memory is looked at


class Soak:
    """`write`, `run`, then `check`. The memory looked at is this process's, not the cloud's."""

    def __init__(self, app: bootstrap.App, account: PracticeAccount) -> None:
        self._app = app
        self._account = account
        self._digests: list[str] = []
        self._batch = ""

    def write(self, card: Path, files: int, seed: int) -> None:
        """Files of up to 2 KB, a thousand in a folder."""
        rng = random.Random(seed)
        for number in range(files):
            folder = card / "DCIM" / f"{100 + number // 1000}MEDIA"
            folder.mkdir(parents=True, exist_ok=True)
            content = rng.randbytes(rng.randint(200, 2_000))
            (folder / f"DJI_{number:06}.JPG").write_bytes(content)
            self._digests.append(hashlib.md5(content).hexdigest())
        self._batch = self._app.engine.add(Order(self._account.name, (card,))).id

    async def run(self, tell: Callable[[int, int], None] = lambda place, kib: None) -> None:
        """`tell` hears per cent and KiB."""
        watch = asyncio.create_task(self._watch(tell))
        await self._app.engine.run([self._batch])
        watch.cancel()
        tell(100, _kib())

    async def _watch(self, tell: Callable[[int, int], None]) -> None:
        places = list(PLACES[:-1])
        while places:
            counts = self._app.engine.counts(self._batch)
            if counts.total and counts.delivered * 100 >= places[0] * len(self._digests):
                tell(places.pop(0), _kib())
            await asyncio.sleep(0.05)

    def check(self, report: Report) -> None:
        """Delivered at one go, byte for byte, each told once, no contract broken."""
        engine = self._app.engine
        batch = engine.batch(self._batch)
        wrong = [f for f in engine.files(self._batch) if f.state is not FileState.CONFIRMED]
        assert batch.state is BatchState.DELIVERED, (batch.reason, wrong[:20], report.faults)
        assert report.digests == sorted(self._digests)
        assert report.told == {"1": len(self._digests)}
        assert report.violations == []


def _kib() -> int:
    """Memory this process holds; 0 where it cannot be asked."""
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4
