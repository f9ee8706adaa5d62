"""Speeds and remaining time, from a clock that the test moves."""

from __future__ import annotations

from app.engine.meter import Meter


class Hand:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_speed_is_an_average_of_the_last_seconds() -> None:
    hand = Hand()
    meter = Meter(hand)
    meter.sample()
    for _ in range(60):
        hand.now += 1
        meter.add(1, 1000)
        pulse = meter.sample()
    assert round(pulse.speed) == 1000 and pulse.moving == 60_000
    for _ in range(20):
        hand.now += 1
        pulse = meter.sample()
    assert pulse.speed == 0


def test_an_estimate_comes_only_after_a_while_and_only_while_it_moves() -> None:
    hand = Hand()
    meter = Meter(hand)
    meter.sample()
    hand.now += 5
    meter.add(1, 5000)
    assert meter.sample().remaining(1000) is None
    hand.now += 20
    meter.add(1, 20_000)
    assert meter.sample().remaining(10_000) == 10.0
    assert meter.sample().remaining(0) is None


def test_bytes_of_a_failed_file_are_taken_back_and_of_a_stored_one_kept() -> None:
    meter = Meter(Hand())
    meter.file(1).moved(500)
    meter.file(2).moved(300)
    assert meter.moving()[1] == 500
    meter.settle(1, counts=False)
    meter.settle(2, counts=True)
    pulse = meter.sample()
    assert (pulse.moving, pulse.sent) == (0, 300)
