"""The power goes: of the database only what was synced is left, and that is enough.

platter.c keeps a copy of each database file as it was at its last sync; after a kill these copies
take the files' places. POSTFLIGHT_NIGHTLY=1 does it to every service.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.practice.calls import Call, Moment
from tests.crash.conftest import NIGHTLY, Lay
from tests.crash.siege import Blow, Siege
from tests.crash.test_at_calls import LARGE
from tests.helpers.program import ROOT
from tests.helpers.workbench import SERVICES

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None,
    reason="syncs are watched with LD_PRELOAD and gcc, on Linux only",
)

PUT = {"flighthub2": Call.S3_PUT, "cloud-api": Call.S3_PUT, "metastudio": Call.MS_PUT}
CONFIRM = {
    "flighthub2": Call.FH_CALLBACK,
    "cloud-api": Call.CA_CALLBACK,
    "metastudio": Call.MS_COMPLETE,
}
_AT_ONCE = 4  # files, and parts
# Too large to go by the handful, which is written down together, up to 0.1 s later.
ALONE = {f"DCIM/DJI_{number:04}.JPG": 600_000 for number in range(16)}


@pytest.fixture(scope="module")
def platter(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = tmp_path_factory.mktemp("platter") / "platter.so"
    source = Path(__file__).with_name("platter.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", made, source], check=True)
    return str(made)


def lose_power(home: Path) -> None:
    """A file that was never synced is empty afterwards."""
    for live in (home / "postflight.db", home / "postflight.db-wal"):
        kept = live.with_name(f"{live.name}.platter")
        if kept.exists():
            shutil.copyfile(kept, live)
        elif live.exists():
            live.write_bytes(b"")


def powered(siege: Siege, platter: str) -> Siege:
    """From now on; the connection that is there was synced when its program ended."""
    database = siege.program.home / "postflight.db"
    shutil.copyfile(database, database.with_name("postflight.db.platter"))
    siege.program.environment["LD_PRELOAD"] = platter
    siege.after_kill = lose_power
    return siege


def test_what_matters_is_synced_before_the_program_goes_on(platter: str, tmp_path: Path) -> None:
    environment = {**os.environ, "LD_PRELOAD": platter, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "tests.crash.ledger", str(tmp_path)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    syncs = json.loads(ended.stdout)
    durable = {"part", "second part", "stored", "asked", "answered", "confirmed", "job asked"}
    assert {name for name, count in syncs.items() if count} == durable, syncs


@pytest.mark.parametrize("service", SERVICES if NIGHTLY else ["cloud-api"])
def test_stored_files_and_callbacks_outlive_the_power(lay: Lay, platter: str, service: str) -> None:
    siege = powered(lay(service, count=0, others=ALONE), platter)
    assert siege.strike(Blow(PUT[service], Moment.ARRIVED, 11)), siege
    assert len(siege.records[-1].done) >= 12 - _AT_ONCE, "stored files were forgotten"
    assert siege.strike(Blow(CONFIRM[service], Moment.DONE)), siege
    siege.deliver()


def test_finished_parts_outlive_the_power(lay: Lay, platter: str) -> None:
    siege = powered(lay("cloud-api", count=0, others=LARGE), platter)
    assert siege.strike(Blow(Call.S3_PART, Moment.ARRIVED, 8)), siege
    assert len(siege.records[-1].done) >= 9 - _AT_ONCE, "finished parts were forgotten"
    siege.deliver()


def test_a_started_job_outlives_the_power(lay: Lay, platter: str) -> None:
    siege = powered(lay("flighthub2", "--reconstruct", "3d"), platter)
    assert siege.strike(Blow(Call.FH_START, Moment.DONE)), siege
    siege.deliver()
