"""Killed at every boundary of every call: before it is carried out, before its answer, after it.

In CI each service goes through one chain of kills. POSTFLIGHT_NIGHTLY=1 adds one flight for every
call and moment, early and late.
"""

from __future__ import annotations

import pytest

from app.practice.calls import Call, Moment
from tests.crash.conftest import NIGHTLY, Lay
from tests.crash.siege import Blow

ARRIVED, DONE, ANSWERED = Moment

# In the order of a delivery, so that each blow finds its call in what the last one left to do.
CHAINS = {
    "flighthub2": [
        Blow(Call.FH_TOKEN, DONE),
        Blow(Call.S3_PUT, ARRIVED, 1),
        Blow(Call.S3_PUT, DONE, 1),
        Blow(Call.FH_CALLBACK, ARRIVED),
        Blow(Call.FH_CALLBACK, DONE),
        Blow(Call.FH_RESOURCE, DONE),
        Blow(Call.FH_START, ARRIVED),
        Blow(Call.FH_START, DONE),
        Blow(Call.FH_RUNNING, ANSWERED),
    ],
    "cloud-api": [
        Blow(Call.CA_STS, DONE),
        Blow(Call.CA_TINY, ARRIVED),
        Blow(Call.CA_FAST, ANSWERED),
        Blow(Call.S3_PUT, DONE),
        Blow(Call.S3_PUT, ANSWERED, 1, 0.01),
        Blow(Call.CA_CALLBACK, ARRIVED),
        Blow(Call.CA_CALLBACK, DONE),
        Blow(Call.CA_GROUP, DONE),
    ],
    "metastudio": [
        Blow(Call.MS_CREATE_ASSET, DONE),
        Blow(Call.MS_CREATE_FILE, DONE),
        Blow(Call.MS_PUT, ARRIVED),
        Blow(Call.MS_PUT, DONE, 1),
        Blow(Call.MS_PUT, ANSWERED, 1, 0.01),
        Blow(Call.MS_COMPLETE, ARRIVED),
        Blow(Call.MS_COMPLETE, DONE),
    ],
}
OPTIONS = {"flighthub2": ("--reconstruct", "3d")}

LARGE = {"DCIM/flight.MP4": 66 * 1024 * 1024}
PARTS = [
    Blow(Call.S3_INITIATE, DONE),
    Blow(Call.S3_PART, ARRIVED, 1),
    Blow(Call.S3_PART, DONE, 1),
    Blow(Call.S3_PART, ANSWERED, 2, 0.01),
    Blow(Call.S3_COMPLETE, ARRIVED),
    Blow(Call.S3_COMPLETE, DONE),
]


@pytest.mark.parametrize("service", CHAINS)
def test_one_flight_is_killed_at_one_call_after_the_other(lay: Lay, service: str) -> None:
    siege = lay(service, *OPTIONS.get(service, ()))
    for blow in CHAINS[service]:
        assert siege.strike(blow), f"{siege}: no {blow}"
    siege.deliver()


def test_a_file_in_parts_is_killed_at_one_call_after_the_other(lay: Lay) -> None:
    siege = lay("cloud-api", count=1, others=LARGE)
    for blow in PARTS:
        assert siege.strike(blow), f"{siege}: no {blow}"
    siege.deliver()


@pytest.mark.skipif(not NIGHTLY, reason="POSTFLIGHT_NIGHTLY=1 runs it")
def test_keys_that_may_only_write_cost_a_completed_file_once_more(lay: Lay) -> None:
    """Nobody can say whether the storage completed it, so it is sent again and told once."""
    siege = lay("cloud-api", count=1, others=LARGE)
    siege.cloud.settings.reads = False
    assert siege.strike(Blow(Call.S3_COMPLETE, DONE)), siege
    siege.deliver(resent=True)


def test_routes_are_killed_at_one_call_after_the_other(lay: Lay) -> None:
    siege = lay("flighthub2", count=2, others={f"DCIM/route {n}.kmz": 9_000 for n in range(3)})
    for blow in (
        Blow(Call.FH_STS, DONE),
        Blow(Call.FH_FINISH, ARRIVED),
        Blow(Call.FH_FINISH, DONE),
        Blow(Call.FH_FINISH, ANSWERED),
    ):
        assert siege.strike(blow), f"{siege}: no {blow}"
    siege.deliver()


EVERY = [
    (service, Blow(call, moment, passing))
    for service, chain in CHAINS.items()
    for call in dict.fromkeys(blow.call for blow in chain)
    for moment in Moment
    for passing in (0, 3)
]


@pytest.mark.skipif(not NIGHTLY, reason="POSTFLIGHT_NIGHTLY=1 runs it")
@pytest.mark.parametrize(("service", "blow"), EVERY, ids=lambda value: str(value))
def test_every_moment_of_every_call(lay: Lay, service: str, blow: Blow) -> None:
    """Late blows find no such call where a flight makes only one: then nothing was to be seen."""
    siege = lay(service, *OPTIONS.get(service, ()))
    siege.strike(blow)
    siege.deliver()
