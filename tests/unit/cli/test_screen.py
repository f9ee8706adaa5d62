"""What the terminal shows: lists, summaries and bars, read back as text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import screen
from app.domain.errors import Fault
from app.domain.model import Batch, Counts, FileStatus, Job, MediaFile
from app.domain.states import BatchState, FileState, JobState
from app.engine.engine import Snapshot
from app.engine.meter import Pulse

BATCH = Batch(
    "3f2a91", "14 Jun [pm]", "Harbour East", "flighthub2", (Path("card"),), BatchState.RUNNING
)
COUNTS = Counts(
    total=1960, delivered=1214, failed=2, waiting=744, bytes_total=61 * 10**9, bytes_stored=10**9
)
SENDING = Snapshot(BATCH, COUNTS, Pulse(500_000_000, 10**9, 6.2e6, 6.0e6), (), ("u1",))


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_the_line_beside_a_bar_says_how_far_how_fast_and_how_long() -> None:
    told = screen.told(SENDING, 38_400_000_000)
    assert told == (
        "1214 of 1960 files · 38.4 GB of 61.0 GB · 6.2 MB/s · about 63 min left · 2 not sent"
    )
    scanning = replace(SENDING, batch=replace(BATCH, state=BatchState.SCANNING))
    assert screen.told(scanning, 0) == "reading the folder, 1960 files so far"
    finishing = replace(SENDING, batch=replace(BATCH, state=BatchState.FINISHING))
    assert "takes it over" in screen.told(finishing, 0)
    assert screen.told(SENDING, 0, "Waiting for the network.") == "Waiting for the network."


def test_a_summary_names_what_is_left_and_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    reason = Fault("files-need-you", "2 files need you.", "Each says why.", "id 7")
    batch = replace(BATCH, state=BatchState.ATTENTION, reason=reason)
    job = Job(BATCH.id, "3dgs", "m", JobState.WORKING, 40)
    screen.summary(replace(SENDING, batch=batch, jobs=(job,)), ["2 entries left out."], 60.0)
    heard = capsys.readouterr()
    said = heard.out
    assert "14 Jun [pm] to Harbour East (FlightHub 2): needs you" in said
    assert "1214 delivered, 2 not sent, 744 waiting" in said
    assert "3DGS reconstruction: working, 40 %" in said
    assert "resource_uuid: u1" in said and "2 entries left out." in said
    assert "2 files need you." in heard.err and "(id 7)" in heard.err


def test_trouble_is_cut_after_ten_and_tells_the_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault = Fault("file-refused", "The file is empty.", "Look at it.")
    statuses = [
        FileStatus(
            MediaFile(n, "b", f"DJI_{n:04}.JPG", Path("x"), "x", 0, 0),
            FileState.FAILED,
            None,
            "",
            1,
            fault,
        )
        for n in range(13)
    ]
    screen.trouble(statuses, "3f2a91")
    said = capsys.readouterr().out
    assert said.count("The file is empty.") == 10
    assert "and 3 more: postflight show 3f2a91" in said
    assert "postflight retry 3f2a91" in said and "--accept-missing" in said


def test_a_long_batch_is_shown_in_part_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    media = MediaFile(1, "b", "DJI_0001.JPG", Path("x"), "x", 0, 0)
    status = FileStatus(media, FileState.QUEUED, None, "", 1, None)
    screen.show(replace(SENDING, counts=Counts(total=3)), [status] * 2, [])
    assert "and 1 more: --json lists all" in capsys.readouterr().out
    screen.show(replace(SENDING, counts=Counts(total=2)), [status] * 2, [])
    assert " more" not in capsys.readouterr().out


def test_empty_lists_say_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    screen.batches([])
    screen.connections([])
    said = capsys.readouterr().out
    assert "postflight upload" in said and "postflight connection add" in said


def test_a_paused_batch_is_listed_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    reason = Fault("offline", "FlightHub 2 cannot be reached.")
    screen.batches([replace(SENDING, batch=replace(BATCH, state=BatchState.PAUSED, reason=reason))])
    assert "Paused: FlightHub 2 cannot be reached." in capsys.readouterr().out
