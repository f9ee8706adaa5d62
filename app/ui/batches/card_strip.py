"""The verdict on a card in words: clear to erase, or not yet and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.domain.clearance import Clearance, Why
from app.ui import text
from app.ui.batches.card_check import CardState
from app.ui.language import nt, t
from app.ui.look import parts
from app.ui.look.icons import Icon, Tint
from app.ui.look.parts import Kind, Translated
from app.ui.look.strips import Strip

_NAMES: Final = 3  # files that are named; the list has them all


class CardStrip(Translated, Strip):
    """Hidden until a card was read again, or is being read."""

    stop_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Icon.CARD, Tint.ACCENT, parent)
        self._state: CardState | None = None
        self.stop = parts.button(Kind.PLAIN, Icon.STOP)
        self.stop.clicked.connect(self.stop_wished)
        self.add(self.stop)
        self.hide()
        self.retranslate()

    def show_state(self, state: CardState | None) -> None:
        self._state = state
        self.setVisible(state is not None)
        self.retranslate()

    def retranslate(self) -> None:
        self.stop.setText(t("Stop"))
        state = self._state
        if state is None:
            return
        self.stop.setVisible(state.clearance is None)
        if state.clearance is None:
            self.show_icon(Icon.CARD, Tint.ACCENT)
            done, total = text.size(state.done), text.size(state.total)
            self.say(t("Reading the card again"), t("{done} of {total}", done=done, total=total))
        else:
            self._show_verdict(state.clearance, state.at)

    def _show_verdict(self, found: Clearance, at: float) -> None:
        if found.clear:
            self.show_icon(Icon.TICK_CIRCLE, Tint.GOOD)
        else:
            self.show_icon(Icon.BANG, Tint.WARN)
        lines = [reason(*item) for item in found.reasons()[1:]] + _more(found)
        lines.append(t("read again {when}", when=text.moment(at)))
        words = " · ".join(lines)
        if named := _named(found):
            words = f"{named}\n{words}"
        self.say(headline(found), words)


def headline(found: Clearance) -> str:
    if found.clear:
        return nt(
            "Clear to erase: {n} file is safe", "Clear to erase: {n} files are safe", found.safe
        )
    worst = next(iter(found.reasons()), (Why.EMPTY, 0))
    return t("Not yet: {reason}", reason=reason(*worst))


def reason(why: Why, count: int) -> str:
    return _REASONS[why](count)


_REASONS: Final[Mapping[Why, Callable[[int], str]]] = {
    Why.DELETED: lambda n: t("what was delivered has been deleted at the service"),
    Why.CANCELLED: lambda n: t("this batch was cancelled"),
    Why.EMPTY: lambda n: t("this batch has no files"),
    Why.UNFINISHED: lambda n: t("the service has not taken over the whole batch yet"),
    Why.NOT_SENT: lambda n: nt("{n} file was not sent", "{n} files were not sent", n),
    Why.DROPPED: lambda n: nt("{n} file was left out", "{n} files were left out", n),
    Why.CHANGED: lambda n: nt(
        "{n} file is not what was sent", "{n} files are not what was sent", n
    ),
    Why.ADDITIONAL: lambda n: nt("{n} file is in no batch", "{n} files are in no batch", n),
    Why.UNREADABLE: lambda n: nt("{n} file cannot be read", "{n} files cannot be read", n),
    Why.UNREGISTERED: lambda n: nt(
        "{n} file is not registered yet", "{n} files are not registered yet", n
    ),
    Why.UNPROVED: lambda n: nt(
        "{n} file was delivered without proof", "{n} files were delivered without proof", n
    ),
    Why.ABSENT: lambda n: nt(
        "{n} file of the batch is not in this folder",
        "{n} files of the batch are not in this folder",
        n,
    ),
}


def _more(found: Clearance) -> list[str]:
    lines: list[str] = []
    if found.recognised:
        lines.append(
            nt("the service had {n} file already, with the same MD5",
               "the service had {n} files already, with the same MD5", found.recognised)
        )  # fmt: skip
    if found.elsewhere:
        lines.append(
            nt("{n} more file was delivered in another batch or place",
               "{n} more files were delivered in another batch or place", found.elsewhere)
        )  # fmt: skip
    if found.from_memory:
        lines.append(
            t("This computer would not read all of it past its memory. To be sure, take the card "
              "out, put it in again and verify once more.")
        )  # fmt: skip
    return lines


def _named(found: Clearance) -> str:
    names = [item.path for item in found.unsafe[:_NAMES]]
    left = len(found.unsafe) - len(names)
    if left > 0:
        names.append(nt("{n} more", "{n} more", left))
    return ", ".join(names)
