"""What every part of the engine works with, handed over as one value."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.domain.events import Event
from app.domain.ports import Clock, Secrets, Tuning
from app.domain.retry import RetryPolicy
from app.engine.attempts import Attempts
from app.engine.mounted import Tops, camera_roots
from app.engine.pools import Pools
from app.engine.weather import Looks, Weather
from app.store.store import Store
from app.transfer.lanes import Lanes


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait where no answer says so; seconds."""

    policy: RetryPolicy = field(default_factory=RetryPolicy)
    looks: Looks = field(default_factory=Looks)
    import_first: float = 0.3  # after the first look, which is at once
    import_longest: float = 15.0
    import_stalled: float = 900.0  # without any progress of the service's import
    job_first: float = 2.0
    job_longest: float = 30.0
    doubt: float = 10.0  # after a lost answer: the server may still be at work on the call
    gather: float = 20.0  # how long stored files wait for company in one registration
    card: float = 2.0  # until the system knows that a card was pulled; before, it says odd things


@dataclass(frozen=True, slots=True)
class Context:
    store: Store
    pools: Pools
    secrets: Secrets
    clock: Clock
    rng: random.Random
    publish: Callable[[Event], None]
    patience: Patience = field(default_factory=Patience)
    monotonic: Callable[[], float] = time.monotonic
    card_roots: Tops = camera_roots  # where a card may be that left its place
    lanes: Lanes = field(default_factory=lambda: Lanes.of(Tuning()))  # the mover's too
    weather: Weather | None = None  # of the run that works with it

    @property
    def attempts(self) -> Attempts:
        return Attempts(self.patience.policy, self.rng, self.weather)
