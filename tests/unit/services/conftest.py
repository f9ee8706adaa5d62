"""The servers that the tests of the Cloud API and of FlightHub 2 speak to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.helpers.scripted import ScriptedServer
from tests.unit.services.cloud_api_kit import HOUSES, Houses
from tests.unit.services.flighthub2_kit import Desk


@pytest.fixture(scope="module")
def houses() -> Iterator[None]:
    """The Cloud API's server, the one that every `desk` of its kit talks to."""
    made = Houses()
    HOUSES.append(made)
    with made.server:
        yield
    HOUSES.clear()


@pytest.fixture(scope="module")
def desks() -> Iterator[Callable[[], Desk]]:
    """One FlightHub 2 for the whole file; each test gets a desk of its own behind it."""
    post: list[Desk] = []
    with ScriptedServer(lambda seen: post[0].answer(seen)) as server:
        yield lambda: Desk(server, post)


@pytest.fixture
def desk(desks: Callable[[], Desk]) -> Iterator[Desk]:
    made = desks()
    yield made
    made.http.close()
