"""What all of one run of one batch share, and how a file of it is handed to the mover."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.model import Prepared
from app.domain.ports import PartLedger, Progress
from app.engine.cards import Cards
from app.engine.context import Context
from app.engine.grants import Grants
from app.engine.meter import Meter
from app.engine.stop import Stop
from app.services.base import Service
from app.transfer.transfer import Transfer

if TYPE_CHECKING:
    from app.transfer.mover import Mover


@dataclass(frozen=True, slots=True)
class Errand:
    context: Context
    service: Service
    mover: Mover
    grants: Grants
    meter: Meter
    stop: Stop
    cards: Cards
    # Files that a server failed for, one after the other.
    in_a_row: list[int] = field(default_factory=list[int])

    def transfer(self, prepared: Prepared, ledger: PartLedger, progress: Progress) -> Transfer:
        return Transfer(
            file=prepared.file,
            md5=prepared.digests.md5 if prepared.digests else None,
            sha256=prepared.digests.sha256 if prepared.digests else "",
            ledger=ledger,
            progress=progress,
            cancel=self.stop.cancel,
        )
