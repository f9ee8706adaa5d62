"""Watches that the window's loop goes on: how long one step of it computes, or stands still."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, field
from statistics import median
from types import FrameType, TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

BEAT = 5  # milliseconds
LONGEST = 0.050  # seconds that one step may take on a machine that has time
_LOOK = 0.004  # seconds between two looks of the watchdog
_STEPS = 8  # of each stack that are shown
_LATE = 0.020  # a watchdog that slept longer shows that the machine was busy with others


@dataclass(frozen=True, slots=True)
class Place:
    """Where the main thread was: the frame itself, its line, and the way there."""

    frame: int
    stack: tuple[str, ...]  # innermost first

    @property
    def ours(self) -> bool:
        """It waits in what we wrote ourselves: for the database, for a lock, a socket or a file."""
        return any(name in self.stack[0] for name in _BLOCKING) and "/app/" in "".join(self.stack)


_BLOCKING = (
    "/app/", "/socket.py", "/ssl.py", "/threading.py", "/pathlib.py", "/shutil.py", "/queue.py",
    "/subprocess.py", "/concurrent/", "/tempfile.py", "/logging/",
)  # fmt: skip


@dataclass(slots=True)
class Gap:
    """Between two beats."""

    wall: float
    computed: float
    stood: float = 0.0  # the longest time without a step in one and the same call of ours
    places: list[Place] = field(default_factory=list[Place])

    def __str__(self) -> str:
        words = f"wall {self.wall * 1000:.0f} ms, computed {self.computed * 1000:.0f} ms, "
        words += f"stood still {self.stood * 1000:.0f} ms"
        last = ""
        for place in self.places:
            own = [step for step in place.stack if "/app/" in step or "/tests/" in step]
            shown = " < ".join(step.rpartition("/")[2] for step in own[:_STEPS])
            words += "" if shown == last else f"\n    {shown or place.stack[0]}"
            last = shown
        return words


def whole_repaint(window: QWidget) -> float:
    """Seconds of computing that this machine needs now to paint all of `window`, with all that
    slows it: a busy neighbour, a tracer. What one step may take is measured against it."""
    times: list[float] = []
    for _ in range(9):
        start = time.thread_time()
        window.grab()
        times.append(time.thread_time() - start)
    return median(times)


class Heartbeat:
    """Enter it on the loop's thread. A busy machine or a thread that holds Python's lock makes
    beats late without any fault of the loop's, so wall time alone proves nothing."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []  # only those that were long in some way
        self.beats = 0
        self.worst_computed = 0.0
        self.worst_stood = 0.0
        self._timer = QTimer(interval=BEAT)
        self._timer.timeout.connect(self._beat)
        self._main = threading.get_ident()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._last = (time.monotonic(), time.thread_time())
        self._places: list[Place] = []
        self._stood = 0.0
        self._watchdog = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._last = (time.monotonic(), time.thread_time())
        self._timer.start()
        self._watchdog.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._timer.stop()
        self._over.set()
        self._watchdog.join()

    def longer_than(self, seconds: float) -> list[Gap]:
        return [g for g in self.gaps if g.computed > seconds or g.stood > seconds]

    def _beat(self) -> None:
        now, used = time.monotonic(), time.thread_time()
        with self._lock:
            gap = Gap(now - self._last[0], used - self._last[1], self._stood, self._places)
            self._last, self._places, self._stood = (now, used), [], 0.0
        self.beats += 1
        self.worst_computed = max(self.worst_computed, gap.computed)
        self.worst_stood = max(self.worst_stood, gap.stood)
        if gap.computed > LONGEST / 2 or gap.stood > LONGEST / 2:
            self.gaps.append(gap)

    def _watch(self) -> None:
        """Looks only at its own thread's expense; it never stops the main thread."""
        before, standing, since = time.monotonic(), None, 0.0
        while not self._over.wait(_LOOK):
            now = time.monotonic()
            punctual, before = now - before < _LATE, now
            with self._lock:
                late = now - self._last[0] > LONGEST / 2
            place = self._where() if late else None
            if place is None:
                standing = None
                continue
            if not punctual or standing is None or standing != place:
                standing, since = place, now
            with self._lock:
                self._places.append(place)
                if place.ours:
                    self._stood = max(self._stood, now - since)

    def _where(self) -> Place | None:
        frame: FrameType | None = sys._current_frames().get(self._main)
        if frame is None:
            return None
        first, stack = id(frame), list[str]()
        while frame is not None:
            code = frame.f_code
            stack.append(f"{code.co_filename}:{frame.f_lineno} {code.co_qualname}")
            frame = frame.f_back
        return Place(first, tuple(stack))
