"""A soak: thousands of small files, and 2 of 100 calls go wrong. Run it by hand, with `--help`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.helpers.soak import RandomFaults, Soak  # noqa: E402
from tests.helpers.workbench import SERVICES, workbench  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1, help="of the faults and of the files")
    parser.add_argument("--faults", type=float, default=0.02, help="share of the calls")
    given = parser.parse_args()
    faults = RandomFaults(given.faults, given.seed)
    with tempfile.TemporaryDirectory() as folder, workbench(Path(folder), faults=faults) as bench:
        soak = Soak(bench, faults, given.service)
        soak.write(Path(folder) / "card", given.files, given.seed)
        began = time.monotonic()
        asyncio.run(soak.run())
        seconds = time.monotonic() - began
        soak.check()
    for place, memory in soak.memory.items():
        print(f"{place:>4} %: {memory:,} KiB")
    print(f"{given.service}: {given.files} files in {seconds:.0f} s, {soak.told()}")


if __name__ == "__main__":
    main()
