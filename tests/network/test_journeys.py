"""Deliveries over a link that is bad for real: slow and lossy, asleep for an hour, without address.

The kernel shapes the loopback of a network namespace of its own, and so this runs on Linux as
root. POSTFLIGHT_NIGHTLY=1 makes the bad time ten minutes, as reliability.md asks; else it is short.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import fields
from itertools import pairwise
from typing import Any

import pytest

from tests.helpers.program import ROOT
from tests.network import link
from tests.network.journey import Journey, Look

NIGHTLY = os.environ.get("POSTFLIGHT_NIGHTLY") == "1"  # read before a test cleans it away
BAD_TIME = 600 if NIGHTLY else 22
RATE = 64_000  # of `slow-and-lossy`
ONE_CUT = 2.0  # seconds until every file has felt it

pytestmark = [
    pytest.mark.skipif(bool(link.why_not()), reason=link.why_not()),
    pytest.mark.timeout(BAD_TIME + 300),
]


def travelled(service: str, trouble: str, seconds: float) -> Journey:
    command = link.inside("-m", "tests.network.journey", service, trouble, str(seconds))
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=seconds + 240,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    told: dict[str, Any] = json.loads(ended.stdout)
    looks = [Look(**look) for look in told.pop("looks")]
    assert set(told) | {"looks"} == {item.name for item in fields(Journey)}
    return Journey(**told, looks=looks)


def check_delivered(trip: Journey) -> None:
    assert trip.violations == []
    assert trip.state == "delivered", trip.reason
    assert trip.failed == 0 and trip.arrived
    assert set(trip.times_registered.values()) == {1}


def check_monotonic(trip: Journey) -> None:
    """What has arrived goes back only where "trying again" was said, by then or just before.

    One cut ends every connection, but each file finds out at its own time.
    """
    for before, after in pairwise(trip.looks):
        said = next(look for look in trip.looks if look.at > before.at - ONE_CUT)
        assert after.there >= before.there or after.waits > said.waits, (said, before, after)


def check_honest(trip: Journey, most: float) -> None:
    """No estimate is made of more bytes a second than the link carries, asleep or awake."""
    for look in trip.looks:
        if look.bad and look.steady is not None:
            assert look.steady <= most, look


def test_a_slow_and_lossy_link_is_monotonic_and_ends_delivered() -> None:
    trip = travelled("cloud-api", "slow-and-lossy", BAD_TIME)
    check_delivered(trip)
    check_monotonic(trip)
    check_honest(trip, 2 * RATE)
    assert trip.seconds >= BAD_TIME
    assert trip.parts_sent_twice == [], "parts that were confirmed were sent again"
    # Not each wait is the link's: a kept connection that the server closed meanwhile is no way for
    # a POST, which is not repeated unasked.
    assert len(trip.waits) <= 2, "a slow link is no reason to begin anew"
    bad = [look for look in trip.looks if look.bad]
    assert bad[-1].there > BAD_TIME * RATE / 8, "it hardly moved"
    if NIGHTLY:
        estimates = [look.left for look in bad if look.at > 240 and look.left]
        assert max(estimates) < 2.5 * min(estimates), "the estimate went wild"


@pytest.mark.parametrize("service", ["cloud-api", "metastudio"])
def test_after_an_hour_of_sleep_it_goes_on(service: str) -> None:
    trip = travelled(service, "closed-lid", 2)
    check_delivered(trip)
    check_monotonic(trip)
    check_honest(trip, 2_000_000)
    assert service == "metastudio" or trip.grants == 2, "keys that ended were not renewed, or twice"


def test_an_address_that_goes_away_and_comes_back() -> None:
    trip = travelled("flighthub2", "other-network", 4)
    check_delivered(trip)
    check_monotonic(trip)
