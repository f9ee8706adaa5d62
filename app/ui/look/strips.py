"""Coloured strips inside a page: a word of warning with its remedy, and a question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app.ui.language import t
from app.ui.look import icons, parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import Picture
from app.ui.look.parts import Kind, Role, Translated

_RADIUS = 8
_SHOWN_MS = 1600


class Strip(QWidget):
    """A title, words under it, and buttons at the right, on the soft colour of a tint."""

    def __init__(self, icon: Icon, tint: Tint, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tint = tint
        self._picture = Picture(icon, 20, tint)
        self.title = parts.label(Role.BODY)
        self.words = parts.label(Role.DIM)
        for text in (self.title, self.words):
            text.setWordWrap(True)
        self.title.setFont(theme.font(semibold=True))
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(theme.S)
        text = parts.column(self.title, self.words, spacing=2)
        box = parts.row(self._picture, text, self._buttons, spacing=theme.M, margins=theme.M)
        box.setStretch(1, 1)
        self.setLayout(box)

    def say(self, title: str, words: str = "") -> None:
        self.title.setText(title)
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)

    def show_icon(self, icon: Icon, tint: Tint) -> None:
        self._tint = tint
        self._picture.show_icon(icon, tint)
        self.update()

    def add(self, button: QWidget) -> None:
        self._buttons.addWidget(button)

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = icons.colour(self._tint)
        if not now.strong:
            edge = theme.mix(_soft(self._tint), edge, 0.35)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(_soft(self._tint))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)


def _soft(tint: Tint) -> QColor:
    now = theme.tokens()
    soft = {Tint.GOOD: now.good_soft, Tint.WARN: now.warn_soft, Tint.BAD: now.bad_soft}
    return soft.get(tint, now.accent_soft)


@dataclass(frozen=True, slots=True)
class Question:
    """`yes` is what the dangerous button says, `keep` the harmless one."""

    title: str
    words: str
    yes: str
    keep: str


class Confirm(Translated, Strip):
    """Asks once, inside the page; hidden until then. The harmless button has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Icon.BANG, Tint.BAD, parent)
        self._make: Callable[[], Question] | None = None
        self._act: Callable[[], None] | None = None
        self.keep = parts.button(Kind.PLAIN)
        self.yes = parts.button(Kind.DANGER)
        self.keep.clicked.connect(self.close_question)
        self.yes.clicked.connect(self._agreed)
        self.add(self.keep)
        self.add(self.yes)
        self.hide()

    def ask(self, make: Callable[[], Question], act: Callable[[], None]) -> None:
        """`make` is called again when the language changes. `act` may ask the next question."""
        self._make, self._act = make, act
        self.retranslate()
        self.show()
        self.keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_question(self) -> None:
        self._make = self._act = None
        self.hide()

    def retranslate(self) -> None:
        if self._make is None:
            return
        question = self._make()
        self.say(question.title, question.words)
        self.yes.setText(question.yes)
        self.keep.setText(question.keep)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_question()
        else:
            super().keyPressEvent(event)

    def _agreed(self) -> None:
        act = self._act
        self.close_question()
        if act is not None:
            act()


class CopyButton(Translated, QWidget):
    """Puts a text on the clipboard and shows for a moment that it is there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._tool: QToolButton = parts.tool(Icon.COPY)
        self._tool.clicked.connect(self._copy)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOWN_MS)
        self._timer.timeout.connect(self._back)
        self.setLayout(parts.row(self._tool, spacing=0))
        self.retranslate()

    def show_text(self, text: str) -> None:
        self._text = text
        self.setEnabled(bool(text))

    def retranslate(self) -> None:
        parts.name(self._tool, t("Copied") if self._timer.isActive() else t("Copy"))

    def click(self) -> None:
        self._tool.click()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
        self._tool.setIcon(icons.icon(Icon.TICK, Tint.GOOD))
        self._timer.start()
        self.retranslate()

    def _back(self) -> None:
        self._tool.setIcon(icons.icon(Icon.COPY))
        self.retranslate()
