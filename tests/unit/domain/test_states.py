"""The two tables of moves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

import pytest

from app.domain import states
from app.domain.states import BATCH_MOVES, FILE_MOVES, BatchState, FileState

State = TypeVar("State", bound=StrEnum)


def reached(moves: Mapping[State, frozenset[State]], start: State) -> set[State]:
    seen, waiting = {start}, [start]
    while waiting:
        for target in moves[waiting.pop()] - seen:
            seen.add(target)
            waiting.append(target)
    return seen


def test_every_state_has_a_row() -> None:
    assert set(FILE_MOVES) == set(FileState)
    assert set(BATCH_MOVES) == set(BatchState)


def test_every_state_can_be_reached_from_the_first() -> None:
    assert reached(FILE_MOVES, FileState.QUEUED) == set(FileState)
    assert reached(BATCH_MOVES, BatchState.SCANNING) == set(BatchState)


@pytest.mark.parametrize("state", FileState)
def test_no_file_gets_stuck(state: FileState) -> None:
    ends = {FileState.CONFIRMED, FileState.SKIPPED, FileState.DROPPED}
    assert reached(FILE_MOVES, state) & ends


@pytest.mark.parametrize("state", BatchState)
def test_no_batch_gets_stuck(state: BatchState) -> None:
    assert reached(BATCH_MOVES, state) & {BatchState.DELIVERED, BatchState.CANCELLED}


def test_nothing_moves_to_itself() -> None:
    assert all(state not in targets for state, targets in FILE_MOVES.items())
    assert all(state not in targets for state, targets in BATCH_MOVES.items())


def test_a_file_is_confirmed_only_after_its_bytes_were_stored() -> None:
    assert states.sources_of(FileState.CONFIRMED) == {FileState.SENT}
    assert states.sources_of(FileState.SKIPPED) == states.MOVING


def test_a_file_is_stored_by_sending_or_because_only_its_registration_is_redone() -> None:
    assert states.sources_of(FileState.SENT) == {
        FileState.SENDING,
        FileState.FAILED,
        FileState.CONFIRMED,
    }


def test_a_batch_is_delivered_only_by_finishing() -> None:
    assert states.batch_sources_of(BatchState.DELIVERED) == {BatchState.FINISHING}


def test_sources_are_the_table_read_backwards() -> None:
    for target in FileState:
        for source in FileState:
            listed = target in FILE_MOVES[source]
            assert (source in states.sources_of(target)) == listed
    for target in BatchState:
        for source in BatchState:
            listed = target in BATCH_MOVES[source]
            assert (source in states.batch_sources_of(target)) == listed


def test_what_a_crash_leaves_moving_may_go_back_to_the_queue() -> None:
    assert states.sources_of(FileState.QUEUED) >= states.MOVING


def test_each_file_is_open_settled_or_a_persons_and_never_two_of_them() -> None:
    groups = [states.OPEN, states.SETTLED, states.NEEDS_PERSON]
    assert frozenset().union(*groups) == set(FileState)
    assert sum(len(group) for group in groups) == len(FileState)


def test_every_unfinished_batch_can_be_cancelled() -> None:
    assert states.batch_sources_of(BatchState.CANCELLED) >= states.UNFINISHED
    assert BatchState.DELIVERED not in states.UNFINISHED


def test_a_delivered_or_cancelled_batch_stays_so() -> None:
    assert not BATCH_MOVES[BatchState.DELIVERED]
    assert not BATCH_MOVES[BatchState.CANCELLED]
