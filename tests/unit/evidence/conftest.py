"""A store with one batch in it, made by hand: every state a receipt has to tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import Fault
from app.domain.model import Batch, Connection, Found, Job, NewFile, Proof, Receipt
from app.domain.placement import Addressing, Grant, Storage
from app.domain.states import BatchState, JobState
from app.evidence.facts import Evidence, collect
from app.store.store import Store
from tests.helpers.clock import HandClock

BATCH = "3f2a91bc" + 24 * "0"
MD5 = "0cc175b9c0f1b6a831c399e269772661"  # of the letter a
SHA256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"  # of it too
REFUSED = Fault("file-refused", "The file is empty.", "", "/home/anna/card/empty.JPG")
NAMES = ("DCIM/DJI_0001.JPG", "DCIM/DJI_0002.JPG", "DCIM/=cmd.JPG", "DCIM/skipped.JPG", "waits.JPG")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[Store]:
    opened = Store(tmp_path, clock)
    yield opened
    opened.close()


@pytest.fixture
def card(tmp_path: Path) -> Path:
    return tmp_path / "anna" / "card"


@pytest.fixture
def filled(store: Store, card: Path, clock: HandClock) -> Store:
    """Two delivered, one in parts, one skipped, one refused, one waiting."""
    store.connections.save(
        Connection(
            "Harbour",
            "flighthub2",
            "https://anna:hidden-password@es-flight.example/x/hidden-door",
            {"project": "0123-project", "reconstruct": "3d", "odd": "hidden-option"},
        )
    )
    store.batches.add(
        Batch(
            BATCH, "Field <3> & \"co\" 北面", "Harbour", "flighthub2", (card,),
            BatchState.SCANNING, created_at=clock.now() - 60,
        )
    )  # fmt: skip
    refused = replace(REFUSED, hint=f"Look into {card}/DCIM.")
    files = [NewFile(found(name), name.rpartition("/")[2], "media") for name in NAMES]
    files.append(NewFile(found("DCIM/empty.JPG", 0), "empty.JPG", "media", refused))
    store.files.add(BATCH, files)
    storage = Storage("https://s3.example:9000", "r", "bucket-1", Addressing.PATH)
    grant = store.grants.add(Grant(BATCH, "media", "group-1", "p/", "hidden-memo", storage))
    taken = store.files.take(BATCH, 4)
    for number, file in enumerate(taken[:3]):
        key = f"top/group-1/{file.name}"
        store.files.placed(file.id, grant.id, "", key)
        etag = MD5.upper() if number != 1 else f"{MD5}-2"
        proof = Proof.PARTS if number == 1 else Proof.ETAG
        receipt = Receipt(etag, MD5, key, f"remote-{number}", SHA256, proof, True)
        store.files.stored(file.id, receipt)
        clock.move(1)
        store.files.confirmed([file.id])
    store.files.skipped(taken[3].id, "already on the server", "")
    store.batches.note(BATCH, f"Something in {card}/DCIM stands out; token=hidden-token")
    store.batches.save_job(Job(BATCH, "3d", "job-1", JobState.WORKING, 40, "meshing"))
    return store


@pytest.fixture
def evidence(filled: Store, clock: HandClock) -> Evidence:
    return collect(filled, BATCH, clock, "9.9")


def found(path: str, size: int = 1) -> Found:
    return Found(0, Path(path), path, size, 7)
