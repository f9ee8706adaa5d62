"""Words and pictures of the window that nobody clicks."""

from __future__ import annotations

from enum import StrEnum
from html import escape
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui.look import icons, theme
from app.ui.look.icons import Icon, Tint

_NOTE_WIDTH: Final = 440


class Role(StrEnum):
    """What a text is for; size, weight and colour follow from it."""

    TITLE = "title"
    HEADLINE = "headline"
    BODY = "body"
    DIM = "dim"
    FIGURES = "figures"


def label(role: Role = Role.BODY) -> QLabel:
    """Shows its text as it is: a file named <b> stays a file named <b>."""
    made = QLabel()
    _cast(made, role)
    return made


def as_it_is(text: str) -> str:
    """For tooltips and dialogs, which take what looks like HTML for HTML and would fetch its
    pictures: the text itself, whoever wrote it."""
    if "<" not in text:
        return text
    lines = "<br>".join(map(escape, text.split("\n")))
    return f"<qt>{lines}</qt>"


def _cast(made: QLabel, role: Role) -> None:
    made.setProperty("role", role.value)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role is Role.FIGURES:
        made.setFont(theme.figures(made.font()))


class ElidedLabel(QLabel):
    """Leaves out the middle (or the end) of what does not fit; then the tooltip has all of it."""

    def __init__(
        self,
        role: Role = Role.BODY,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        _cast(self, role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def setText(self, text: str, /) -> None:
        super().setText(text)
        self._tell()

    def shown(self) -> str:
        """What there is room for now."""
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), self._mode, room)

    def minimumSizeHint(self) -> QSize:
        few = self.fontMetrics().horizontalAdvance("mm…mm")
        full = super().minimumSizeHint()
        return QSize(min(few, full.width()), full.height())

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._tell()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            self.alignment().value | Qt.TextFlag.TextSingleLine.value,
            self.palette(),
            self.isEnabled(),
            self.shown(),
            self.foregroundRole(),
        )

    def _tell(self) -> None:
        self.setToolTip("" if self.shown() == self.text() else as_it_is(self.text()))


class Picture(QWidget):
    """An icon of a fixed size, in the theme's colour of the moment; `soft` puts a disc behind."""

    def __init__(
        self, which: Icon, size: int = 20, tint: Tint = Tint.TEXT, soft: bool = False
    ) -> None:
        super().__init__()
        self._icon = which
        self._tint = tint
        self._soft = soft
        self.setFixedSize(size, size)

    def show_icon(self, which: Icon, tint: Tint = Tint.TEXT) -> None:
        self._icon, self._tint = which, tint
        self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        painter = QPainter(self)
        room = self.rect()
        if self._soft:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_behind(self._tint))
            painter.drawEllipse(room)
            inset = room.width() // 4
            room = room.adjusted(inset, inset, -inset, -inset)
        mode = QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled
        icons.icon(self._icon, self._tint).paint(painter, room, Qt.AlignmentFlag.AlignCenter, mode)


def _behind(tint: Tint) -> QColor:
    now = theme.tokens()
    soft = {Tint.GOOD: now.good_soft, Tint.WARN: now.warn_soft, Tint.BAD: now.bad_soft}
    return soft.get(tint, now.accent_soft)


class EmptyNote(QWidget):
    """What a page says while it has nothing to show, and what to do about it."""

    def __init__(
        self,
        icon: Icon,
        title: str = "",
        words: str = "",
        tint: Tint = Tint.ACCENT,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._picture = Picture(icon, 72, tint, soft=True)
        self._title = label(Role.HEADLINE)
        self._words = label(Role.DIM)
        for text in (self._title, self._words):
            text.setWordWrap(True)
            text.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            width = round(_NOTE_WIDTH * theme.scale())
            text.setMaximumWidth(width)
            text.setMinimumWidth(width // 2)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(theme.S)
        self._put_together()
        self.say(title, words)

    def _put_together(self) -> None:
        centre = Qt.AlignmentFlag.AlignHCenter
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.XL, theme.XL, theme.XL, theme.XL)
        box.setSpacing(theme.S)
        box.addStretch(1)
        box.addWidget(self._picture, 0, centre)
        box.addSpacing(theme.S)
        for text in (self._title, self._words):
            # A centred word-wrapped label alone would be as narrow as its longest word.
            line = QHBoxLayout()
            line.addStretch(1)
            line.addWidget(text, 1000)
            line.addStretch(1)
            box.addLayout(line)
        box.addSpacing(theme.S)
        actions = QHBoxLayout()
        actions.addStretch(1)
        actions.addLayout(self._actions)
        actions.addStretch(1)
        box.addLayout(actions)
        box.addStretch(1)

    def say(self, title: str, words: str) -> None:
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)

    def show_icon(self, icon: Icon, tint: Tint = Tint.ACCENT) -> None:
        self._picture.show_icon(icon, tint)

    def add(self, action: QWidget) -> None:
        """Puts a button under the words, right of those already there."""
        self._actions.addWidget(action)
