"""Part sizes."""

from __future__ import annotations

import pytest

from app.transfer.pacing import MIB, MOST_PARTS, part_count, part_size

GIB = 1024 * MIB


def test_usual_files_go_in_parts_of_8_mib() -> None:
    assert part_size(100 * MIB) == 8 * MIB
    assert part_size(70 * GIB) == 8 * MIB


@pytest.mark.parametrize("size", [80 * GIB, 500 * GIB, 5000 * GIB, 9_000 * 8 * MIB + 1])
def test_parts_of_huge_files_grow_by_whole_mib_and_stay_below_the_most(size: int) -> None:
    part = part_size(size)
    assert part % MIB == 0
    assert part_count(size, part) <= MOST_PARTS
    assert part_count(size, part - MIB) > MOST_PARTS


def test_no_part_is_smaller_than_storages_accept() -> None:
    assert part_size(100 * MIB, 1) == 5 * MIB
    assert part_size(100 * MIB, 6 * MIB) == 6 * MIB


def test_a_wanted_size_still_grows_for_a_huge_file() -> None:
    assert part_count(500 * GIB, part_size(500 * GIB, 5 * MIB)) <= MOST_PARTS


def test_the_last_part_may_be_short_and_an_empty_file_is_one_part() -> None:
    assert part_count(11 * MIB, 5 * MIB) == 3
    assert part_count(10 * MIB, 5 * MIB) == 2
    assert part_count(0, 5 * MIB) == 1
