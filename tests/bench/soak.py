"""A soak: thousands of small files, and 2 of 100 calls go wrong. Run it by hand, with `--help`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.helpers.far_cloud import app_beside, far_cloud  # noqa: E402
from tests.helpers.soak import Soak  # noqa: E402
from tests.helpers.workbench import SERVICES  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1, help="of the faults and of the files")
    parser.add_argument("--faults", type=float, default=0.02, help="share of the calls")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            far_cloud(folder / "cloud", given.faults, given.seed) as cloud,
            closing(app_beside(folder, cloud.accounts)) as app,
        ):
            account = next(item for item in cloud.accounts if item.service == given.service)
            soak = Soak(app, account)
            soak.write(folder / "card", given.files, given.seed)
            began = time.monotonic()

            def tell(place: int, kib: int) -> None:
                seconds = time.monotonic() - began
                print(f"{place:>4} %: {seconds:6.0f} s {kib:9,} KiB", flush=True)

            asyncio.run(soak.run(tell))
            report = cloud.report(given.service)
            soak.check(report)
    faults = ", ".join(f"{name} {count}" for name, count in sorted(report.faults.items()))
    print(f"{given.service}: {given.files} files delivered, {sum(report.faults.values())} faults")
    print(f"  {faults}")


if __name__ == "__main__":
    main()
