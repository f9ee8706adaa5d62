"""Why a batch does not go on, said once, with all that can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QWidget

from app.domain.errors import CardGone, Fault, passes_by_itself
from app.domain.states import BatchState
from app.engine.engine import Snapshot
from app.ui.batches import wishes
from app.ui.batches.progress import not_sent
from app.ui.batches.wishes import Wish
from app.ui.language import nt, said, t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import as_it_is
from app.ui.look.parts import Kind
from app.ui.look.strips import Strip

_WORDS: Final = 150  # pixels that the words always have
_COUNTED: Final = "files-need-you"
_MAIN: Final = (Wish.RETRY, Wish.CHECK, Wish.RESUME)


class Reason(Strip):
    """The remedy is always there; of the other buttons, those there is room for."""

    wished = Signal(object)  # Wish
    not_sent_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Icon.BANG, Tint.WARN, parent)
        self._remedies = {wish: self._made(Kind.PRIMARY, wish) for wish in _MAIN}
        self._accept = self._made(Kind.PLAIN, Wish.ACCEPT)
        self._receipt = self._made(Kind.PLAIN, Wish.RECEIPT)
        self._not_sent = parts.button(Kind.PLAIN, Icon.FILTER)
        self._not_sent.clicked.connect(self.not_sent_wished)
        self._others: Final = (self._accept, self._not_sent, self._receipt)
        for made in (*self._remedies.values(), *self._others):
            self.add(made)
        self._wanted: frozenset[QPushButton] = frozenset()

    def _made(self, kind: Kind, wish: Wish) -> QPushButton:
        made = parts.button(kind, wishes.ICONS[wish])
        made.clicked.connect(lambda: self.wished.emit(wish))
        return made

    def show_snapshot(self, snapshot: Snapshot, remedy: Wish, can: frozenset[Wish]) -> None:
        reason, counts = snapshot.batch.reason, snapshot.counts
        if reason is not None:
            self._say(reason)
        for wish, made in self._remedies.items():
            made.setVisible(wish is remedy)
            made.setText(wishes.words(wish, counts))
        self._accept.setText(wishes.words(Wish.ACCEPT, counts))
        self._receipt.setText(t("Receipt…"))
        left = not_sent(counts)
        self._not_sent.setText(nt("Show {n} not sent", "Show {n} not sent", left))
        waits = snapshot.batch.state is BatchState.ATTENTION
        wanted: dict[QPushButton, bool] = {
            self._accept: Wish.ACCEPT in can,
            self._not_sent: waits and left > 0,
            self._receipt: waits and Wish.RECEIPT in can,
        }
        self._wanted = frozenset(made for made, shown in wanted.items() if shown)
        self._fit()

    def _say(self, reason: Fault) -> None:
        passes = passes_by_itself(reason.code)
        words = said(reason.hint)
        if passes and not words:
            words = t("It keeps its place and goes on by itself.")
        if reason.code == _COUNTED and words:
            # How many files need the person stands in the headline above.
            self.say(words)
        else:
            self.say(said(reason.title), words)
        usual = Icon.CARD_OFF if reason.code == CardGone.code else Icon.BANG
        self.show_icon(Icon.CLOUD_OFF if passes else usual, Tint.WARN)
        self.setToolTip(as_it_is(reason.details))

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """What is left out stands in the batch's menu, or is a filter of the list."""
        room = self.width() - round(_WORDS * theme.scale()) - 4 * theme.M
        width: Callable[[QPushButton], int] = lambda made: made.sizeHint().width() + theme.S  # noqa: E731
        room -= sum(width(made) for made in self._remedies.values() if not made.isHidden())
        for made in self._others:
            room -= width(made) if made in self._wanted else 0
            made.setVisible(made in self._wanted and room >= 0)
