"""Decides what the message bar says: looks at the batches and merges what it finds by cause."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.domain.errors import Fault
from app.domain.model import Batch
from app.domain.states import BatchState
from app.ui.controller import Controller
from app.ui.language import nt, said, t
from app.ui.message_bar import Message, MessageBar, Weight

_QUIET = frozenset({"stopped", "interrupted"})


class Messages(QObject):
    """Speaks through the bar. `needing` is told how many files and batches need the person."""

    show_batch = Signal(str)  # the person wants to see this batch
    show_trouble = Signal(str)  # ... and in it only what needs them
    needing = Signal(int)

    def __init__(self, controller: Controller, bar: MessageBar) -> None:
        super().__init__(bar)
        self._controller = controller
        self._bar = bar
        self._known: set[str] = set()
        controller.feed.batches_changed.connect(self.look)
        controller.feed.batch_changed.connect(self._look_at_waits)
        controller.problem.connect(self.problem)
        self.look()

    def problem(self, fault: Fault) -> None:
        """Something the person asked for did not work."""
        self._bar.say("problem", Message(Weight.TROUBLE, lambda: _sentence(fault)))

    def news(self, cause: str, words: Callable[[], str]) -> None:
        self._bar.say(cause, Message(Weight.NEWS, words))

    def look(self) -> None:
        """All batches anew: after any of them changed its state."""
        batches = self._controller.engine.in_line()
        self._say_attention([b for b in batches if b.state is BatchState.ATTENTION])
        self._say_paused([b for b in batches if _paused(b)])
        for batch in batches:
            self._look_at_waits(batch.id)
        for batch_id in self._known - {batch.id for batch in batches}:
            self._bar.clear(f"waits {batch_id}")
        self._known = {batch.id for batch in batches}

    def _say_attention(self, batches: list[Batch]) -> None:
        files = sum(self._controller.engine.counts(batch.id).failed for batch in batches)
        self.needing.emit(files + sum(1 for b in batches if not _files_need_you(b)))
        if not batches:
            self._bar.clear("attention")
            return
        first = batches[0]
        if not files:
            self._say_reason("attention", first)
            return

        def words() -> str:
            if len(batches) == 1:
                return nt(
                    "{n} file of {title} needs you.", "{n} files of {title} need you.", files,
                    title=first.title,
                )  # fmt: skip
            return nt(
                "{n} file needs you, in {batches} batches.",
                "{n} files need you, in {batches} batches.",
                files,
                batches=len(batches),
            )

        def show() -> None:
            self.show_trouble.emit(first.id)

        message = Message(Weight.NEEDS_YOU, words, lambda: t("Show"), show, passing=False)
        self._bar.say("attention", message)

    def _say_paused(self, batches: list[Batch]) -> None:
        if batches:
            self._say_reason("paused", batches[0])
        else:
            self._bar.clear("paused")

    def _say_reason(self, cause: str, batch: Batch) -> None:
        reason = batch.reason
        if reason is None:
            self._bar.clear(cause)
            return

        def show() -> None:
            self.show_batch.emit(batch.id)

        def words() -> str:
            return t("{title}: {sentence}", title=batch.title, sentence=_sentence(reason))

        message = Message(Weight.NEEDS_YOU, words, lambda: t("Show"), show, passing=False)
        self._bar.say(cause, message)

    def _look_at_waits(self, batch_id: str) -> None:
        """Files between two attempts, merged: however many wait, it is one sentence."""
        waits = self._controller.feed.waits(batch_id)
        cause = f"waits {batch_id}"
        if not waits or not self._controller.engine.runs(batch_id):
            self._bar.clear(cause)
            return
        fault, count = list(waits.values())[-1], len(waits)

        def words() -> str:
            return nt(
                "{n} file waits: {sentence}", "{n} files wait: {sentence}", count,
                sentence=_sentence(fault),
            )  # fmt: skip

        self._bar.say(cause, Message(Weight.WAITS, words, passing=False))


def _sentence(fault: Fault) -> str:
    return f"{said(fault.title)} {said(fault.hint)}".strip()


def _paused(batch: Batch) -> bool:
    """By a reason that the person should read, and not by their own wish."""
    reason = batch.reason
    waits = batch.state in (BatchState.PAUSED, BatchState.SCANNING)
    return waits and not batch.held and reason is not None and reason.code not in _QUIET


def _files_need_you(batch: Batch) -> bool:
    return batch.reason is not None and batch.reason.code == "files-need-you"
