"""The kinds of reconstruction FlightHub 2 knows; imports nothing that speaks to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.services.flighthub2_wire import Started, StartedModel


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of reconstruction. `least` and `most` count files (contracts: flighthub2 3.6)."""

    name: str
    number: int  # `model_type`
    least: int
    most: int

    @property
    def option(self) -> str:
        return f"parameters-{self.name}"

    @property
    def parameter(self) -> str:
        return f"parameter_{self.name}"

    def started(self, answer: Started) -> StartedModel | None:
        members = {
            "2d": answer.model_2d,
            "3d": answer.model_3d,
            "3dgs": answer.model_3dgs,
            "lidar": answer.model_lidar,
        }
        return members[self.name]


KINDS = (
    Kind("2d", 1, 5, 20_000),
    Kind("3d", 2, 5, 20_000),
    Kind("3dgs", 3, 10, 4_000),
    Kind("lidar", 4, 5, 20_000),
)

JOBS = tuple(kind.name for kind in KINDS)
