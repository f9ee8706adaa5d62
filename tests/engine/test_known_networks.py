"""What was learned of a network is there when the next run begins on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.domain.states import BatchState
from app.engine.known_networks import visiting
from app.net.whereabouts import network_of_now
from app.transfer.lanes import MOST_FILES, MOST_PARTS, Lane, Lanes
from tests.helpers.flights import write_flight
from tests.helpers.workbench import Workbench, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


def test_the_network_of_now_names_a_network_and_no_single_computer() -> None:
    name = network_of_now()
    assert name == "" or name.endswith(("/24", "/64"))
    assert name == network_of_now()


async def test_a_run_begins_with_what_was_learned_there(bench: Workbench, tmp_path: Path) -> None:
    lanes = bench.app.lanes
    bench.app.store.networks.learned(f"{network_of_now()} 127.0.0.1", 9, 5)
    write_flight(tmp_path / "card", 3, 1_000, 1_000)
    snapshot = await bench.run(bench.add("flighthub2", tmp_path / "card"))
    assert snapshot.batch.state is BatchState.DELIVERED
    assert lanes.network.endswith(" 127.0.0.1")
    assert (lanes.files.limit, lanes.parts.limit) == (9, 5)
    assert bench.app.store.networks.at_once(lanes.network) == (9, 5), "too short to learn anything"


def test_what_a_run_found_out_is_kept_for_the_next_one(bench: Workbench) -> None:
    now = [0.0]
    files = Lane("files", MOST_FILES, clock=lambda: now[0])
    lanes, networks = Lanes(files, Lane("parts", MOST_PARTS)), bench.app.store.networks
    with visiting(lanes, networks, bench.connection("flighthub2")):
        for _ in range(400):  # each that goes gets as much through as the others
            with ExitStack() as going:
                for _ in range(files.limit):
                    going.enter_context(files.request(1_000))
                    files.moved(10_000)
                now[0] += 0.1
    assert networks.at_once(lanes.network) == (MOST_FILES, 0)


def test_what_is_not_known_leaves_what_was_and_old_networks_are_forgotten(
    bench: Workbench,
) -> None:
    networks = bench.app.store.networks
    networks.learned("here", 9, 5)
    networks.learned("here", 0, 6)
    assert networks.at_once("here") == (9, 6)
    assert networks.at_once("elsewhere") == (0, 0)
    for number in range(200):
        networks.learned(f"hotel {number}", 4, 4)
    assert networks.at_once("hotel 199") == (4, 4)
    assert networks.at_once("here") == (0, 0)
