"""What each state looks like: one picture and one tint beside the word of domain/words.py."""

from __future__ import annotations

from typing import Final

from app.domain.errors import CardGone
from app.domain.model import Batch
from app.domain.states import BatchState, FileState, JobState
from app.domain.words import BATCH_WORDS, FILE_WORDS
from app.ui.language import said, t
from app.ui.look.icons import Icon, Tint

FILE_LOOKS: Final[dict[FileState, tuple[Icon, Tint]]] = {
    FileState.QUEUED: (Icon.CLOCK, Tint.DIM),
    FileState.PREPARING: (Icon.LENS, Tint.ACCENT),
    FileState.SENDING: (Icon.ARROW_UP, Tint.ACCENT),
    FileState.SENT: (Icon.LINK, Tint.ACCENT),
    FileState.CONFIRMED: (Icon.TICK_CIRCLE, Tint.GOOD),
    FileState.SKIPPED: (Icon.SKIP, Tint.DIM),
    FileState.FAILED: (Icon.BANG, Tint.WARN),
    FileState.GONE: (Icon.CARD_OFF, Tint.WARN),
    FileState.DROPPED: (Icon.SKIP, Tint.DIM),
}

BATCH_LOOKS: Final[dict[BatchState, tuple[Icon, Tint]]] = {
    BatchState.SCANNING: (Icon.LENS, Tint.ACCENT),
    BatchState.READY: (Icon.CLOCK, Tint.DIM),
    BatchState.RUNNING: (Icon.ARROW_UP, Tint.ACCENT),
    BatchState.PAUSED: (Icon.PAUSE, Tint.DIM),
    BatchState.FINISHING: (Icon.LINK, Tint.ACCENT),
    BatchState.ATTENTION: (Icon.BANG, Tint.WARN),
    BatchState.DELIVERED: (Icon.TICK_CIRCLE, Tint.GOOD),
    BatchState.EMPTY: (Icon.SKIP, Tint.DIM),
    BatchState.CANCELLED: (Icon.CANCEL_CIRCLE, Tint.DIM),
}

JOB_LOOKS: Final[dict[JobState, tuple[Icon, Tint]]] = {
    JobState.ASKING: (Icon.CLOCK, Tint.DIM),
    JobState.WAITING: (Icon.CLOCK, Tint.DIM),
    JobState.WORKING: (Icon.CUBE, Tint.ACCENT),
    JobState.SUCCEEDED: (Icon.TICK_CIRCLE, Tint.GOOD),
    JobState.FAILED: (Icon.BANG, Tint.BAD),
    JobState.STOPPED: (Icon.STOP, Tint.DIM),
    JobState.UNKNOWN: (Icon.QUESTION, Tint.DIM),
}


def file_word(state: FileState) -> str:
    return said(FILE_WORDS[state])


def batch_word(batch: Batch) -> str:
    """One that waits for its turn after a quit is not "paused" in the eyes of a person."""
    if waits_for_card(batch):
        return t("Card removed")
    if batch.state is BatchState.PAUSED and not batch.held and _only_stopped(batch):
        return t("Waiting")
    return said(BATCH_WORDS[batch.state])


def batch_look(batch: Batch) -> tuple[Icon, Tint]:
    if waits_for_card(batch):
        return Icon.CARD_OFF, Tint.WARN
    if batch.state is BatchState.PAUSED and not batch.held:
        return (Icon.CLOCK, Tint.DIM) if _only_stopped(batch) else (Icon.BANG, Tint.WARN)
    return BATCH_LOOKS[batch.state]


def waits_for_card(batch: Batch) -> bool:
    """It goes on by itself when the card is back."""
    gone = batch.reason is not None and batch.reason.code == CardGone.code
    return gone and not batch.held and batch.state in (BatchState.PAUSED, BatchState.SCANNING)


def _only_stopped(batch: Batch) -> bool:
    return batch.reason is None or batch.reason.code in ("stopped", "interrupted")
