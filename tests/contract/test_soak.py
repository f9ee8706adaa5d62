"""A soak in small: 200 files while 12 of 100 calls go wrong. tests/bench/soak.py does 20,000."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

from tests.helpers.far_cloud import app_beside, far_cloud
from tests.helpers.soak import Soak


async def test_many_faults_lose_nothing(service: str, tmp_path: Path) -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")  # noqa: T201
    with (
        far_cloud(tmp_path / "cloud", 0.12, seed) as cloud,
        closing(app_beside(tmp_path, cloud.accounts)) as app,
    ):
        soak = Soak(app, next(item for item in cloud.accounts if item.service == service))
        soak.write(tmp_path / "card", 200, seed)
        await soak.run()
        report = cloud.report(service)
        soak.check(report)
        assert sum(report.faults.values()) >= 10, report.faults
