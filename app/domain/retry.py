"""When to try again: error and attempt in, a wait or the end out."""

from __future__ import annotations

import random
from dataclasses import dataclass

from app.domain.errors import PostflightError, Retry, ServerBusy

_SPREAD = 0.1  # of a wait that the server asked for: those refused together come back one by one


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits double from `first` to `longest` seconds; `tries` counts attempts without progress."""

    tries: int = 12
    first: float = 0.5
    longest: float = 64.0
    now_tries: int = 4  # for causes that are put right at once: keys, the clock, a lost upload

    def wait(self, error: PostflightError, attempt: int, rng: random.Random) -> float | None:
        """Seconds to wait after attempt `attempt` of the error's kind, or None to give up.

        `attempt` starts at 1. A wait the server asked for wins and is never shortened; one of 0
        asks for nothing, and is no leave to come back at once. Others are jittered by up to half,
        so that files refused together do not come back together.
        """
        if error.retry is Retry.NOW:
            return 0.0 if attempt < self.now_tries else None
        if error.retry is not Retry.LATER or attempt >= self.tries:
            return None
        if isinstance(error, ServerBusy) and error.wait is not None and error.wait > 0:
            return error.wait * (1 + _SPREAD * rng.random())
        doubled = min(self.first * 2.0 ** min(attempt - 1, 60), self.longest)
        return doubled * (0.5 + rng.random() / 2)
