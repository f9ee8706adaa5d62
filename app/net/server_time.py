"""What time it is at a server: learnt from its answers, for signatures and the ends of keys."""

from __future__ import annotations

import email.utils
import threading

from app.domain.ports import Clock


class ServerTime:
    """One server's; thread-safe. A computer's clock may be off, and may be put right any time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: float | None = None

    @property
    def offset(self) -> float | None:
        """Seconds the server is ahead of us, from its last Date header; None: not told."""
        return self._offset

    def now(self) -> float:
        """UTC seconds there, as far as it is known."""
        return self._clock.now() + (self._offset or 0.0)

    def learn(self, date: str) -> None:
        """From an answer that has just come."""
        told = http_date(date)
        if told is not None:
            self._offset = told - self._clock.now()


class ServerTimes:
    """One for each server, by its name; thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._by_host: dict[str, ServerTime] = {}

    def of(self, host: str) -> ServerTime:
        with self._lock:
            return self._by_host.setdefault(host, ServerTime(self._clock))


def http_date(text: str) -> float | None:
    """UTC seconds of an HTTP date, None when it is none; a missing zone means UTC."""
    told = email.utils.parsedate_tz(text)
    if told is None:
        return None
    try:
        return float(email.utils.mktime_tz((*told[:9], told[9] or 0)))
    except (ValueError, OverflowError):
        return None
