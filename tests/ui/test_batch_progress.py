"""Shares and sentences of batches: true, never going back for a trifle, and in words first."""

from __future__ import annotations

from app.domain.errors import Fault
from app.domain.model import Counts
from app.domain.states import BatchState
from app.engine.meter import Pulse
from app.ui.batches import progress
from app.ui.batches.progress import Ratchet, Reach
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
    assert said == "1,214 of 1,960 files · 38.4 GB of 61.0 GB · about 55 min"


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
