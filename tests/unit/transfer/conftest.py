"""A mover, and one rclone server for all tests of this folder."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from app.domain.ports import Route, Tuning
from app.transfer.lanes import Lanes
from app.transfer.mover import Mover
from tests.helpers.clock import HandClock
from tests.helpers.rclone import RcloneServer
from tests.unit.transfer.kit import BUCKET, MIB


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RcloneServer]:
    folder = tmp_path_factory.mktemp("rclone")
    root = folder / "buckets"
    root.mkdir()
    with RcloneServer(root, folder / "empty.conf") as server:
        server.bucket(BUCKET)
        yield server


class WalkingClock(HandClock):
    def now(self) -> float:
        return time.time() + super().now()


@pytest.fixture(scope="session")
def clock() -> HandClock:
    """Shared, so tests only move it forward and count from its `now`. It goes on by itself, or
    in a long session it would be wrong by the servers' dates."""
    return WalkingClock(0.0)


@pytest.fixture
def mover(clock: HandClock) -> Iterator[Mover]:
    """Sends everything above 6 MiB in parts of 5 MiB, two at once.

    New for each test: it remembers what servers did, and another test's server may get the port.
    """
    made = Mover(
        Route(),
        lanes=Lanes.of(Tuning(parts_at_once=2)),
        part_size=5 * MIB,
        single_up_to=6 * MIB,
        clock=clock,
    )
    yield made
    made.close()


@pytest.fixture
def silent_server() -> Iterator[Callable[[], str]]:
    """Answers the address of a server that accepts connections and then does nothing at all."""
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        yield lambda: f"http://127.0.0.1:{listener.getsockname()[1]}"
