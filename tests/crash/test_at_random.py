"""Killed at random moments, once or several times in a row, also while it goes on again.

The seed is printed, and follows from the one in pytest's first line. POSTFLIGHT_NIGHTLY=1 lays
many more sieges.
"""

from __future__ import annotations

import random

import pytest

from tests.crash.conftest import NIGHTLY, Lay
from tests.crash.siege import random_moment
from tests.crash.test_at_calls import LARGE, OPTIONS
from tests.helpers.workbench import SERVICES


@pytest.mark.parametrize("siege_number", range(10 if NIGHTLY else 1))
@pytest.mark.parametrize("service", SERVICES)
def test_a_flight_is_killed_at_random(lay: Lay, service: str, siege_number: int) -> None:
    rng = random.Random(seed := random.getrandbits(32))
    print(f"seed {seed}")  # noqa: T201
    siege = lay(service, *OPTIONS.get(service, ()), count=12)
    siege.cloud.settings.upload_rate = 150_000
    for _ in range(rng.randint(3, 6) if NIGHTLY else 2):
        siege.strike_at(*random_moment(rng))
    siege.cloud.settings.upload_rate = None
    siege.deliver()


@pytest.mark.skipif(not NIGHTLY, reason="POSTFLIGHT_NIGHTLY=1 runs it")
@pytest.mark.parametrize("siege_number", range(6))
def test_a_file_in_parts_is_killed_at_random(lay: Lay, siege_number: int) -> None:
    rng = random.Random(seed := random.getrandbits(32))
    print(f"seed {seed}")  # noqa: T201
    siege = lay("cloud-api", count=2, others=LARGE)
    siege.cloud.settings.upload_rate = 16_000_000
    for _ in range(rng.randint(3, 6)):
        siege.strike_at(rng.uniform(0, 1.5), True)
    siege.cloud.settings.upload_rate = None
    siege.deliver()
