"""A soak in small: 300 files while 5 of 100 calls go wrong. tests/bench/soak.py does 20,000."""

from __future__ import annotations

import random
from pathlib import Path

from tests.helpers.soak import RandomFaults, Soak
from tests.helpers.workbench import workbench


async def test_many_faults_lose_nothing(service: str, tmp_path: Path) -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")  # noqa: T201
    faults = RandomFaults(0.05, seed)
    with workbench(tmp_path, faults=faults) as bench:
        soak = Soak(bench, faults, service)
        soak.write(tmp_path / "card", 300, seed)
        await soak.run()
        soak.check()
        assert faults.hits.total() >= 10, soak.told()
