"""Shares and sentences of batches: true, never going back for a trifle, and in words first."""

from __future__ import annotations

from dataclasses import replace

from app.domain.errors import Fault
from app.domain.model import Batch, Counts
from app.domain.states import BatchState
from app.engine.meter import Pulse
from app.ui.batches import progress
from app.ui.batches.progress import Ratchet, Reach, Turn
from app.ui.look.icons import Icon, Tint
from tests.ui.batch_kit import batch, snapshot

_REST = Pulse(0, 0, 0.0, None)
_OFFLINE = Fault("offline", "The network is gone.", "It goes on by itself.")


def counts(stored: int, delivered: int = 0, total: int = 1000) -> Counts:
    return Counts(total=10, delivered=delivered, waiting=10 - delivered, bytes_total=total,
                  bytes_delivered=stored, bytes_stored=stored)  # fmt: skip


def test_what_was_left_out_is_not_expected_to_arrive() -> None:
    some = Counts(total=10, delivered=8, dropped=2, bytes_total=1000, bytes_delivered=700,
                  bytes_stored=700, bytes_dropped=300)  # fmt: skip
    made = snapshot(batch(), some)
    assert progress.share_of(made) == 1.0
    assert progress.confirmed_of(made) == 1.0


def test_nobody_knows_the_share_while_the_folder_is_read() -> None:
    assert progress.share_of(snapshot(batch(BatchState.SCANNING))) is None


def test_a_batch_of_no_bytes_does_not_divide_by_zero() -> None:
    nothing = Counts()
    assert progress.share_of(snapshot(batch(), nothing)) == 0.0
    assert progress.share_of(snapshot(batch(BatchState.DELIVERED), nothing)) == 1.0


def test_a_bar_stands_still_for_a_trifle() -> None:
    bars = Ratchet()
    assert bars.step(snapshot(batch(), counts(500))) == Reach(0.5)
    assert bars.step(snapshot(batch(), counts(490))) == Reach(0.5)
    assert bars.step(snapshot(batch(), counts(510))) == Reach(0.51)


def test_a_bar_that_really_goes_back_says_so_until_it_has_caught_up() -> None:
    bars = Ratchet()
    bars.step(snapshot(batch(), counts(800)))
    assert bars.step(snapshot(batch(), counts(100))) == Reach(0.1, resending=True)
    assert bars.step(snapshot(batch(), counts(700))) == Reach(0.7, resending=True)
    assert bars.step(snapshot(batch(), counts(800))) == Reach(0.8)


def test_a_pause_lets_go_of_what_was_on_the_wire_without_a_word() -> None:
    bars = Ratchet()
    bars.step(snapshot(batch(), counts(400), Pulse(400, 0, 0.0, None)))
    assert bars.step(snapshot(batch(BatchState.PAUSED, held=True), counts(400))) == Reach(0.4)
    assert bars.step(snapshot(batch(), counts(450))) == Reach(0.45)


def test_the_headline_says_how_far_and_how_long() -> None:
    made = snapshot(batch(), Counts(total=1960, delivered=1200, skipped=14, bytes_total=61 * 10**9))
    said = progress.headline(made, "FlightHub 2", True, Reach(0.63), "about 55 min")
    assert said == "1,214 of 1,960 files · 38.4 of 61.0 GB · about 55 min"


def test_an_amount_names_its_unit_once_and_all_of_it_only_once() -> None:
    assert progress.amount_of(13_400_000, 16_300_000) == "13.4 of 16.3 MB"
    assert progress.amount_of(900_000, 16_300_000) == "900 kB of 16.3 MB"
    assert progress.amount_of(16_300_000, 16_300_000) == "16.3 MB"


def test_the_headline_names_the_pause_and_that_it_is_not_complete_yet() -> None:
    held = snapshot(batch(held=True))
    assert progress.headline(held, "F", True, Reach(0.5), "").startswith("Pausing… · 4 of 10 files")
    paused = snapshot(batch(BatchState.PAUSED, held=True))
    assert progress.headline(paused, "F", False, Reach(0.5), "").startswith("Paused · ")


def test_the_headline_says_resending_only_when_it_does() -> None:
    made = snapshot(batch())
    assert "resending" in progress.headline(made, "F", True, Reach(0.1, resending=True), "")
    assert "resending" not in progress.headline(made, "F", True, Reach(0.1), "")


def test_remaining_time_is_given_only_where_the_pulse_gives_one() -> None:
    assert progress.remaining(snapshot(batch())) is None
    steady = Pulse(100, 100, 10.0, 10.0)
    assert progress.remaining(snapshot(batch(), None, steady)) == 40.0
    held = snapshot(batch(held=True), None, steady)
    assert progress.remaining(held) is None


def test_a_card_says_the_same_in_fewer_words_where_there_is_less_room() -> None:
    said = progress.sentences(snapshot(batch(), None, Pulse(0, 0, 1.0, 1.0)))
    assert said == ("4 of 10 files, about 8 min", "4 of 10 files", "4 of 10")


def test_a_card_says_why_its_batch_waits() -> None:
    paused = batch(BatchState.PAUSED, reason=_OFFLINE)
    assert progress.sentences(snapshot(paused))[0] == "The network is gone."
    assert progress.look_of(paused, False) == (Icon.BANG, Tint.WARN)


def line_of(*batches: Batch) -> list[Batch]:
    return [replace(one, id=one.title) for one in batches]


def flight(title: str, state: BatchState = BatchState.SCANNING, *, held: bool = False) -> Batch:
    return replace(batch(state, held=held), title=title)


def test_a_batch_that_waits_names_the_one_before_it() -> None:
    line = line_of(
        flight("Crane", BatchState.ATTENTION),
        flight("Breakwater", BatchState.RUNNING),
        flight("Pier", held=True),
        flight("Lighthouse"),
        flight("Quay"),
    )
    turns = [progress.turn_of(one, line, "Breakwater".__eq__) for one in line]
    assert turns == [None, None, None, Turn("Breakwater"), Turn("Lighthouse")]


def test_a_batch_put_before_the_one_under_way_still_waits_for_it() -> None:
    line = line_of(flight("Quay"), flight("Breakwater", BatchState.RUNNING))
    assert progress.turn_of(line[0], line, "Breakwater".__eq__) == Turn("Breakwater")


def test_the_next_batch_starts_by_itself() -> None:
    (alone,) = line_of(flight("Quay"))
    assert progress.turn_of(alone, [alone], lambda _: False) == Turn()
    made = snapshot(flight("Quay"), Counts())
    assert progress.sentences(made, turn=Turn()) == ("Starts by itself",)


def test_a_batch_that_waits_says_so_instead_of_nothing_found() -> None:
    made, turn = snapshot(flight("Quay"), Counts()), Turn("Pier")
    assert progress.sentences(made, turn=turn) == ("After Pier", "Waits for its turn")
    words = progress.headline(made, "F", False, Reach(0.0), "", turn)
    assert words == "Waits for its turn, after Pier"
    found = progress.sentences(snapshot(flight("Quay")), turn=turn)
    assert found[0] == "4 of 10 files · After Pier"


def test_while_the_last_files_are_registered_it_says_so() -> None:
    stored = Counts(total=10, delivered=7, bytes_total=1000, bytes_stored=1000)
    made = snapshot(batch(), stored)
    assert progress.sentences(made)[0] == "7 of 10 files, registering"
    words = progress.headline(made, "F", True, Reach(1.0), "")
    assert words == "7 of 10 files · 1.0 kB · registering the last files"
    assert not progress.registers(snapshot(batch()))


def test_the_persons_own_pause_needs_no_explanation() -> None:
    paused = batch(BatchState.PAUSED, held=True, reason=_OFFLINE)
    assert not progress.blocked(paused)
    assert progress.word_of(paused, False) == "Paused"
    assert progress.word_of(batch(held=True), True) == "Pausing…"
    assert progress.look_of(paused, False) == (Icon.PAUSE, Tint.DIM)


def test_a_batch_that_was_only_stopped_waits() -> None:
    stopped = batch(BatchState.PAUSED, reason=Fault("stopped", "Stopped."))
    assert not progress.blocked(stopped)
    assert progress.word_of(stopped, False) == "Waiting"
    assert progress.word_of(batch(BatchState.SCANNING), False) == "Waiting"
    assert progress.word_of(batch(BatchState.SCANNING), True) == "Reading the folder"
