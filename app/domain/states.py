"""The states of batches, files and jobs, and the two tables of moves between them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class FileState(StrEnum):
    QUEUED = "queued"
    PREPARING = "preparing"
    SENDING = "sending"
    SENT = "sent"
    CONFIRMED = "confirmed"
    SKIPPED = "skipped"
    FAILED = "failed"
    GONE = "gone"
    DROPPED = "dropped"


class BatchState(StrEnum):
    SCANNING = "scanning"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHING = "finishing"
    ATTENTION = "attention"
    DELIVERED = "delivered"
    EMPTY = "empty"
    CANCELLED = "cancelled"


class JobState(StrEnum):
    """Work in the cloud after us; only ever copied from the service's answers."""

    ASKING = "asking"  # written before the start call, so that a lost answer is looked for first
    WAITING = "waiting"
    WORKING = "working"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


# What a file in a state may become. store/moves.py is the only writer and its UPDATE names these
# sources, so that reading the table tells the whole story. After a crash the states of MOVING go
# back to `queued`; every other state stays what it was.
FILE_MOVES: Final[dict[FileState, frozenset[FileState]]] = {
    FileState.QUEUED: frozenset(
        {FileState.PREPARING, FileState.FAILED, FileState.GONE, FileState.DROPPED}
    ),
    FileState.PREPARING: frozenset(
        {
            FileState.SENDING,
            FileState.SKIPPED,
            FileState.QUEUED,
            FileState.FAILED,
            FileState.GONE,
            FileState.DROPPED,
        }
    ),
    # To `skipped` out of a handful, which is `sending` as a whole before the service is asked.
    FileState.SENDING: frozenset(
        {
            FileState.SENT,
            FileState.SKIPPED,
            FileState.QUEUED,
            FileState.FAILED,
            FileState.GONE,
            FileState.DROPPED,
        }
    ),
    # Back to `queued` when the service replaced the remote group and needs all files in one.
    FileState.SENT: frozenset(
        {FileState.CONFIRMED, FileState.FAILED, FileState.QUEUED, FileState.DROPPED}
    ),
    FileState.CONFIRMED: frozenset({FileState.QUEUED, FileState.SENT}),
    FileState.FAILED: frozenset({FileState.QUEUED, FileState.SENT, FileState.DROPPED}),
    FileState.GONE: frozenset({FileState.QUEUED, FileState.DROPPED}),
    FileState.SKIPPED: frozenset(),
    FileState.DROPPED: frozenset(),
}

BATCH_MOVES: Final[dict[BatchState, frozenset[BatchState]]] = {
    BatchState.SCANNING: frozenset({BatchState.READY, BatchState.EMPTY, BatchState.CANCELLED}),
    BatchState.READY: frozenset({BatchState.RUNNING, BatchState.CANCELLED}),
    BatchState.RUNNING: frozenset(
        {BatchState.PAUSED, BatchState.FINISHING, BatchState.ATTENTION, BatchState.CANCELLED}
    ),
    BatchState.PAUSED: frozenset({BatchState.RUNNING, BatchState.CANCELLED}),
    # Back to `running` when the service misses files that it had acknowledged.
    BatchState.FINISHING: frozenset(
        {
            BatchState.DELIVERED,
            BatchState.ATTENTION,
            BatchState.PAUSED,
            BatchState.RUNNING,
            BatchState.CANCELLED,
        }
    ),
    BatchState.ATTENTION: frozenset({BatchState.RUNNING, BatchState.CANCELLED}),
    BatchState.DELIVERED: frozenset(),
    BatchState.EMPTY: frozenset({BatchState.CANCELLED}),
    BatchState.CANCELLED: frozenset(),
}

MOVING: Final = frozenset({FileState.PREPARING, FileState.SENDING})
OPEN: Final = frozenset({FileState.QUEUED, FileState.SENT}) | MOVING
NEEDS_PERSON: Final = frozenset({FileState.FAILED, FileState.GONE})
SETTLED: Final = frozenset({FileState.CONFIRMED, FileState.SKIPPED, FileState.DROPPED})

# A batch in one of these goes on with `resume`.
UNFINISHED: Final = frozenset(
    {
        BatchState.SCANNING,
        BatchState.READY,
        BatchState.RUNNING,
        BatchState.PAUSED,
        BatchState.FINISHING,
    }
)

# Nothing more is sent for a batch in one of these.
ENDED: Final = frozenset({BatchState.DELIVERED, BatchState.EMPTY, BatchState.CANCELLED})

JOB_ENDED: Final = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.STOPPED})


def sources_of(target: FileState) -> frozenset[FileState]:
    """The states a file may be in when it moves to `target`."""
    return frozenset(state for state, targets in FILE_MOVES.items() if target in targets)


def batch_sources_of(target: BatchState) -> frozenset[BatchState]:
    """The states a batch may be in when it moves to `target`."""
    return frozenset(state for state, targets in BATCH_MOVES.items() if target in targets)
