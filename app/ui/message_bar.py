"""The one line at the bottom: the most important thing to know now, and one button for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from app.ui.language import nt, t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import Picture, Role, label
from app.ui.look.parts import Kind, Translated, restyle


class Weight(IntEnum):
    """How loud a message is; a louder one stands before a quieter one."""

    NEWS = 1
    WAITS = 2
    NEEDS_YOU = 3
    TROUBLE = 4


_LOOKS = {
    Weight.NEWS: (Icon.INFO, Tint.ACCENT, "news"),
    Weight.WAITS: (Icon.CLOUD_OFF, Tint.DIM, "waits"),
    Weight.NEEDS_YOU: (Icon.BANG, Tint.WARN, "warn"),
    Weight.TROUBLE: (Icon.BANG, Tint.BAD, "bad"),
}


@dataclass(frozen=True, slots=True)
class Message:
    """`words` and `action` make the sentence anew when the language changes."""

    weight: Weight
    words: Callable[[], str]
    action: Callable[[], str] | None = None
    act: Callable[[], None] | None = None
    passing: bool = True  # the person may wave it away
    waved: Callable[[], None] | None = None  # hears that they did


class MessageBar(Translated, QFrame):
    """Messages by cause: a second one of the same cause replaces the first. Hidden when empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("part", "message")
        # Not Fixed or Maximum: those cut what wraps onto more lines than Qt guessed.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._messages: dict[str, Message] = {}
        self._spoken = ""
        self._picture = Picture(Icon.INFO, 20, Tint.ACCENT)
        self._words: QLabel = label(Role.BODY)
        self._words.setWordWrap(True)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = label(Role.DIM)
        self._action = parts.button(Kind.PLAIN)
        self._action.clicked.connect(self._acted)
        self._close = parts.tool(Icon.CANCEL)
        self._close.clicked.connect(self._waved_away)
        self.setLayout(
            parts.row(
                self._picture, self._words, self._more, self._action, self._close,
                spacing=theme.M, margins=(theme.L, theme.S, theme.M, theme.S),
            )
        )  # fmt: skip
        self.retranslate()

    def say(self, cause: str, message: Message) -> None:
        if self._messages.get(cause) != message:
            self._messages.pop(cause, None)
            self._messages[cause] = message
            self.retranslate()

    def clear(self, cause: str) -> None:
        if self._messages.pop(cause, None) is not None:
            self.retranslate()

    def causes(self) -> list[str]:
        return list(self._messages)

    @property
    def text(self) -> str:
        return self._words.text() if self._messages else ""

    def retranslate(self) -> None:
        self.setVisible(bool(self._messages))
        if not self._messages:
            self._spoken = ""
            return
        message = self._messages[self._loudest()]
        icon, tint, look = _LOOKS[message.weight]
        self._picture.show_icon(icon, tint)
        self._words.setText(message.words())
        more = len(self._messages) - 1
        self._more.setText(nt("and {n} more message", "and {n} more messages", more))
        self._more.setVisible(more > 0)
        self._action.setVisible(message.action is not None)
        if message.action is not None:
            self._action.setText(message.action())
        self._close.setVisible(message.passing)
        parts.name(self._close, t("Hide this message"))
        if self.property("look") != look:
            self.setProperty("look", look)
            restyle(self)
        self._speak()

    def _speak(self) -> None:
        """Screen readers hear a new sentence, each once."""
        words = self._words.text()
        if words != self._spoken:
            self._spoken = words
            self._words.setAccessibleName(words)
            QAccessible.updateAccessibility(QAccessibleEvent(self._words, QAccessible.Event.Alert))

    def _loudest(self) -> str:
        """Of equally loud ones the newest."""
        return max(reversed(self._messages), key=lambda cause: self._messages[cause].weight)

    def _acted(self) -> None:
        message = self._messages[self._loudest()]
        if message.act is not None:
            message.act()

    def _waved_away(self) -> None:
        cause = self._loudest()
        message = self._messages[cause]
        self.clear(cause)
        if message.waved is not None:
            message.waved()
