"""How far a batch is: shares for bars, and the sentences that stand above them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from app.domain.model import Batch, Counts
from app.domain.states import ENDED, BatchState
from app.engine.engine import Snapshot
from app.ui import text
from app.ui.language import nt, number, said, t
from app.ui.look.icons import Icon, Tint
from app.ui.states import batch_look, batch_word, waits_for_card

BETWEEN: Final = " · "  # facts side by side, the same in every language
_JITTER: Final = 0.02  # a bar stands still for falls smaller than this

_GOING: Final = frozenset({BatchState.RUNNING, BatchState.FINISHING})
_EARLY: Final = frozenset({BatchState.SCANNING, BatchState.READY})
_OWN_WORD: Final = ENDED | {BatchState.ATTENTION}
_HARMLESS: Final = frozenset({"stopped", "interrupted"})


def word_of(batch: Batch, runs: bool) -> str:
    """The state in a word, with the person's own pause before all else."""
    if batch.held and batch.state not in _OWN_WORD:
        return t("Pausing…") if runs else t("Paused")
    if batch.state in _EARLY and not runs and not waits_for_card(batch):
        return t("Waiting")
    return batch_word(batch)


def look_of(batch: Batch, runs: bool) -> tuple[Icon, Tint]:
    if batch.held and batch.state not in _OWN_WORD:
        return Icon.PAUSE, Tint.DIM
    if batch.state in _EARLY and not runs and not waits_for_card(batch):
        return (Icon.BANG, Tint.WARN) if blocked(batch) else (Icon.CLOCK, Tint.DIM)
    return batch_look(batch)


def blocked(batch: Batch) -> bool:
    """Whether something other than the person's own pause keeps it from going on."""
    if batch.reason is None or batch.state in ENDED:
        return False
    if batch.state is BatchState.ATTENTION:
        return True
    return batch.reason.code not in _HARMLESS and not batch.held


def waits_for_turn(batch: Batch, runs: bool) -> bool:
    """Nothing keeps it back but the batches before it."""
    early = batch.state in _EARLY or batch.state is BatchState.PAUSED
    return early and not runs and not batch.held and not blocked(batch)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a batch of the line waits for; without a title it is the next one."""

    title: str = ""

    def words(self) -> tuple[str, ...]:
        """For a card of the list, the longest first."""
        if self.title:
            return (t("After {title}", title=self.title), t("Waits for its turn"))
        return (t("Starts by itself"),)

    def sentence(self) -> str:
        if self.title:
            return t("Waits for its turn, after {title}", title=self.title)
        return t("Starts by itself in a moment")


def turn_of(batch: Batch, line: Sequence[Batch], runs: Callable[[str], bool]) -> Turn | None:
    """None for a batch that does not wait for others. `line`: the open ones in their order."""
    if not waits_for_turn(batch, runs(batch.id)):
        return None
    before = list(takewhile(lambda other: other.id != batch.id, line))
    going = [b for b in before if runs(b.id) or waits_for_turn(b, runs=False)]
    going = going or [b for b in line if runs(b.id)]
    return Turn(going[-1].title if going else "")


def wanted(counts: Counts) -> int:
    """Bytes that are to arrive: all but what the person left out."""
    return counts.bytes_total - counts.bytes_dropped


def arrived(counts: Counts) -> int:
    """Files the service has, whether from this batch or from before."""
    return counts.delivered + counts.skipped


def expected(counts: Counts) -> int:
    return counts.total - counts.dropped


def not_sent(counts: Counts) -> int:
    return counts.failed + counts.dropped + counts.waiting


def share_of(snapshot: Snapshot) -> float | None:
    """Bytes stored or on their way, of all; None while nobody knows how much there will be."""
    batch, counts = snapshot.batch, snapshot.counts
    if batch.state is BatchState.SCANNING:
        return None
    if batch.state is BatchState.DELIVERED:
        return 1.0
    whole = wanted(counts)
    if not whole:
        return 1.0 if batch.state is BatchState.FINISHING else 0.0
    return min(1.0, (counts.bytes_stored + snapshot.pulse.moving) / whole)


def confirmed_of(snapshot: Snapshot) -> float:
    """Bytes whose files the service has acknowledged, of all."""
    counts = snapshot.counts
    if arrived(counts) >= expected(counts):
        return 1.0
    whole = wanted(counts)
    return counts.bytes_delivered / whole if whole else 0.0


def remaining(snapshot: Snapshot) -> float | None:
    """Seconds, where an honest estimate can be made."""
    if snapshot.batch.state is not BatchState.RUNNING or snapshot.batch.held:
        return None
    left = wanted(snapshot.counts) - snapshot.counts.bytes_stored - snapshot.pulse.moving
    return snapshot.pulse.remaining(left)


@dataclass(frozen=True, slots=True)
class Reach:
    share: float | None
    resending: bool = False


class Ratchet:
    """Keeps bars from going back for a trifle, and says when they really do."""

    def __init__(self) -> None:
        self._best: dict[str, float] = {}

    def step(self, snapshot: Snapshot) -> Reach:
        share, batch = share_of(snapshot), snapshot.batch
        if share is None or batch.state in ENDED:
            self._best.pop(batch.id, None)
            return Reach(share)
        best = self._best.get(batch.id, 0.0)
        if share < best - _JITTER:
            if batch.state in _GOING:
                return Reach(share, resending=True)
            best = share
        self._best[batch.id] = max(best, share)
        return Reach(self._best[batch.id])

    def forget(self, batch_id: str) -> None:
        self._best.pop(batch_id, None)


def headline(
    snapshot: Snapshot,
    service: str,
    runs: bool,
    step: Reach,
    about: str,
    turn: Turn | None = None,
) -> str:
    """The first sentence of a batch's page. `about` is the remaining time in words, or empty."""
    batch, counts = snapshot.batch, snapshot.counts
    match batch.state:
        case BatchState.SCANNING if runs and not batch.held:
            return nt(
                "Reading the folder, {n} file so far",
                "Reading the folder, {n} files so far",
                counts.total,
            )
        case BatchState.FINISHING if not batch.held:
            return nt(
                "{n} file is stored and registered, {service} is finishing",
                "{n} files are stored and registered, {service} is finishing",
                arrived(counts),
                service=service,
            )
        case BatchState.DELIVERED:
            done = nt("{n} file delivered", "{n} files delivered", arrived(counts))
            return BETWEEN.join((done, text.size(wanted(counts))))
        case BatchState.EMPTY:
            return t("Nothing to send was found")
        case _:
            first = turn.sentence() if turn else _first(snapshot, runs)
            return BETWEEN.join(filter(None, (first, *_facts(snapshot, step), about)))


def _first(snapshot: Snapshot, runs: bool) -> str:
    """How the batch is, where that goes without saying for one that is sent."""
    batch, counts = snapshot.batch, snapshot.counts
    if batch.state is BatchState.ATTENTION and counts.failed:
        return need_you(counts)
    usual = batch.state is BatchState.RUNNING and not batch.held
    return "" if usual else word_of(batch, runs)


def _facts(snapshot: Snapshot, step: Reach) -> list[str]:
    counts = snapshot.counts
    facts: list[str] = []
    if counts.total:
        facts.append(files_of(counts))
    if whole := wanted(counts):
        facts.append(amount_of((step.share or 0.0) * whole, whole))
    if step.resending:
        facts.append(t("resending"))
    elif registers(snapshot):
        facts.append(t("registering the last files"))
    return facts


def registers(snapshot: Snapshot) -> bool:
    """All bytes are up, and the service hears of the last files."""
    counts = snapshot.counts
    stored = counts.bytes_stored >= wanted(counts) > 0
    sends = snapshot.batch.state is BatchState.RUNNING and not snapshot.batch.held
    return sends and stored and arrived(counts) < expected(counts)


def amount_of(done: float, whole: float) -> str:
    """38.4 of 61.0 GB: a unit that both have is written once, and so is all of it."""
    some, total = text.size(done), text.size(whole)
    if some == total:
        return total
    number_, _, unit = some.partition(" ")
    if unit and total.endswith(f" {unit}"):
        some = number_
    return t("{done} of {total}", done=some, total=total)


def files_of(counts: Counts) -> str:
    return nt(
        "{done} of {n} file",
        "{done} of {n} files",
        expected(counts),
        done=number(arrived(counts)),
    )


def need_you(counts: Counts) -> str:
    return nt("{n} file needs you", "{n} files need you", counts.failed)


def sentences(
    snapshot: Snapshot, resending: bool = False, turn: Turn | None = None
) -> tuple[str, ...]:
    """For a card of the list: the longest first, all true; the first that fits is shown."""
    batch, counts = snapshot.batch, snapshot.counts
    if turn is not None:
        return _waiting(counts, turn)
    match batch.state:
        case BatchState.SCANNING if not blocked(batch):
            if not counts.total:
                return (t("The folder is not read yet"), t("Not read yet"))
            return (nt("{n} file found", "{n} files found", counts.total),)
        case BatchState.DELIVERED:
            return _delivered(snapshot)
        case BatchState.EMPTY:
            return (t("Nothing to send was found"), t("Nothing to send"))
        case BatchState.ATTENTION if counts.failed:
            return (need_you(counts),)
        case BatchState.RUNNING:
            return _running(snapshot, resending)
        case _:
            return _resting(snapshot)


def _waiting(counts: Counts, turn: Turn) -> tuple[str, ...]:
    words = turn.words()
    if not counts.total:
        return words
    files = files_of(counts) if arrived(counts) else text.files(counts.total)
    return (BETWEEN.join((files, words[0])), *words, files)


def _delivered(snapshot: Snapshot) -> tuple[str, ...]:
    files = text.files(arrived(snapshot.counts))
    if snapshot.batch.finished_at is None:
        return (files,)
    when = text.moment(snapshot.batch.finished_at)
    return (t("{files}, {when}", files=files, when=when), files)


def _running(snapshot: Snapshot, resending: bool) -> tuple[str, ...]:
    files = files_of(snapshot.counts)
    short = t("{done} of {total}", done=number(arrived(snapshot.counts)),
              total=number(expected(snapshot.counts)))  # fmt: skip
    if resending:
        return (t("{files}, resending", files=files), t("resending"))
    if registers(snapshot):
        return (t("{files}, registering", files=files), files, short)
    seconds = remaining(snapshot)
    if seconds is None:
        return (files, short)
    about = text.about(seconds)
    return (t("{files}, {about}", files=files, about=about), files, short)


def _resting(snapshot: Snapshot) -> tuple[str, ...]:
    batch, counts = snapshot.batch, snapshot.counts
    if batch.reason is not None and blocked(batch):
        return (said(batch.reason.title), files_of(counts))
    if not arrived(counts) and batch.state not in ENDED:
        files, size = text.files(counts.total), text.size(wanted(counts))
        return (t("{files}, {size}", files=files, size=size), files)
    return (files_of(counts),)
