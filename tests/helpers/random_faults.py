"""A share of all calls goes wrong at random, by faults that pass."""

from __future__ import annotations

import random
import threading
from collections import Counter

from app.practice.calls import BYTES, Call
from app.practice.faults import Fault, FaultPlan, parse_faults

_EVERYWHERE = (
    "status=500", "status=502", "status=503", "status=429,wait=0", "cut-before", "cut-after",
    "cut-answer", "truncate", "stall=0.05",
)  # fmt: skip
_WITH_BYTES = ("damage", "wrong-etag")
_SILENT = frozenset({Call.S3_PUT, Call.S3_PART, Call.MS_PUT})


class RandomFaults(FaultPlan):
    """Hits each call with a fixed chance."""

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
