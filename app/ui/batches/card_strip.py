"""The verdict on a card in words: clear to erase, or not yet and why."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.domain.clearance import Clearance
from app.speech import verdicts
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
        lines = [verdicts.reason(*item, nt) for item in found.reasons()[1:]]
        lines += verdicts.remarks(found, nt)
        lines.append(t("read again {when}", when=text.moment(at)))
        words = " · ".join(lines)
        if named := _named(found):
            words = f"{named}\n{words}"
        self.say(verdicts.headline(found, nt), words)


def _named(found: Clearance) -> str:
    names = [item.path for item in found.unsafe[:_NAMES]]
    left = len(found.unsafe) - len(names)
    if left > 0:
        names.append(nt("{n} more", "{n} more", left))
    return ", ".join(names)
