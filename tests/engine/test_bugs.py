"""A bug in one place ends the run loudly and leaves nothing hanging and nothing lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.domain.states import FileState
from app.engine.engine import Engine, Listeners
from app.services.base import Service
from tests.helpers.flights import write_flight
from tests.helpers.workbench import workbench


class Broken:
    """A real service with a bug in one of its verbs."""

    def __init__(self, service: Service, verb: str) -> None:
        self._service = service
        self._verb = verb

    def __getattr__(self, name: str) -> Any:
        if name == self._verb:
            raise ZeroDivisionError(name)
        return getattr(self._service, name)


@pytest.mark.parametrize("verb", ["open", "place", "confirm", "finish"])
async def test_a_bug_is_raised_and_the_other_batch_comes_to_rest(verb: str, tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        write_flight(tmp_path / "card", 12, 1000, 3000)
        bad, good = (
            bench.add("flighthub2", tmp_path / "card"),
            bench.add("metastudio", tmp_path / "card"),
        )
        app = bench.app
        engine = Engine(
            app.engine._context,
            Listeners(),
            lambda c: Broken(app.service(c), verb) if "Flight" in c.name else app.service(c),  # type: ignore[arg-type]
            app._mover,
        )
        async with asyncio.timeout(30):
            with pytest.raises(ZeroDivisionError, match=verb):
                await engine.run([bad, good])
        app.store.recover()
        for batch_id in (bad, good):
            moving = {FileState.PREPARING, FileState.SENDING}
            assert not moving & {item.state for item in bench.statuses(batch_id)}
        await bench.run(bad, good)
        for batch_id in (bad, good):
            assert bench.app.engine.snapshot(batch_id).counts.delivered == 12
        assert bench.cloud.violations == []
