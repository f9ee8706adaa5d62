"""The stores that can be started here, one of each for all tests, and what tests share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.ports import Route, Tuning
from app.transfer.lanes import Lanes
from app.transfer.mover import Mover
from tests.helpers.stores import ceph, swift
from tests.helpers.stores.store import Store
from tests.unit.transfer.kit import MIB

_NIGHTLY = os.environ.get("POSTFLIGHT_NIGHTLY") == "1"
# CI installs the packages as root: there a store that is missing is a failure and no skip.
_MUST = bool(os.environ.get("CI")) and sys.platform == "linux" and os.geteuid() == 0


def _why_not(name: str) -> str:
    """Why the store cannot be started here; "" when it can."""
    if sys.platform != "linux":
        return f"{name} runs on Linux only"
    if name == "ceph" and not _NIGHTLY:
        return "Ceph is for POSTFLIGHT_NIGHTLY=1"
    module = {"swift": swift, "ceph": ceph}[name]
    lacking = module.lacks()
    if lacking:
        packages = " ".join(module.PACKAGES)
        return f"apt-get install --no-install-recommends {packages} (no {', '.join(lacking)})"
    return ""


def _started(name: str, factory: pytest.TempPathFactory) -> Iterator[Store]:
    why_not = _why_not(name)
    if why_not and _MUST and not why_not.endswith("POSTFLIGHT_NIGHTLY=1"):
        pytest.fail(f"CI must have {name}: {why_not}")
    if why_not:
        pytest.skip(why_not)
    make: Callable[[Path], Store] = {"swift": swift.Swift, "ceph": ceph.Ceph}[name]
    running = make(factory.mktemp(name) / name)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def swift_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from _started("swift", tmp_path_factory)


@pytest.fixture(scope="session")
def ceph_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from _started("ceph", tmp_path_factory)


@pytest.fixture(params=["swift", "ceph"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each store in turn."""
    return request.getfixturevalue(f"{request.param}_store")


@pytest.fixture
def mover() -> Iterator[Mover]:
    """Sends everything above 6 MiB in parts of 5 MiB, two at once."""
    made = Mover(
        Route(), lanes=Lanes.of(Tuning(parts_at_once=2)), part_size=5 * MIB, single_up_to=6 * MIB
    )
    yield made
    made.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process for all that need a store: where tests run in several, each would start one."""
    for item in items:
        if "stores" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("stores"))
