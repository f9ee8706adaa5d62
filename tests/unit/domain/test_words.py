"""Sizes, times and counts as a pilot reads them."""

from __future__ import annotations

import pytest

from app.domain import words
from app.domain.model import Counts


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (546, "546 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_400, "999 kB"),
        (999_600, "1.0 MB"),
        (11_240_000, "11.2 MB"),
        (61_000_000_000, "61.0 GB"),
        (5_200_000_000_000_000, "5200 TB"),
    ],
)
def test_sizes_are_decimal_with_three_digits_at_most(count: int, said: str) -> None:
    assert words.size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (3.26, "3.3 s"),
        (42.4, "42 s"),
        (60, "1 min"),
        (3300, "55 min"),
        (5340, "89 min"),
        (5400, "1 h 30 min"),
        (9000, "2 h 30 min"),
        (7300, "2 h 00 min"),
    ],
)
def test_times_are_rounded_to_what_is_believable(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_no_speed_is_a_dash() -> None:
    assert (words.speed(0.3), words.speed(6_200_000)) == ("–", "6.2 MB/s")


def test_only_what_is_there_is_counted() -> None:
    assert words.tally(Counts(total=3, delivered=3)) == "3 delivered"
    counts = Counts(total=15, delivered=1, skipped=2, failed=3, waiting=4, dropped=5)
    assert words.tally(counts) == "1 delivered, 2 skipped, 3 not sent, 4 waiting, 5 left out"


def test_one_file_is_one_file() -> None:
    assert (words.files(1), words.files(2)) == ("1 file", "2 files")
    assert [words.kind(name) for name in ("2d", "3dgs", "lidar")] == ["2D", "3DGS", "LiDAR"]
