"""The pieces of the details: values to copy, the ladder of stages, what a developer needs."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from app.domain.model import FileLine, FileStatus
from app.domain.states import NEEDS_PERSON, FileState
from app.ui import text
from app.ui.files import words as file_words
from app.ui.files.menu import copy
from app.ui.files.words import Around
from app.ui.language import said, t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import Picture, Role, label
from app.ui.look.meters import Bar
from app.ui.look.parts import Kind

_BARE: Final = "QTextEdit { border: none; background: transparent; padding: 0; }"


class Words(QTextEdit):
    """Selectable text as high as it needs to be; words without a space are broken anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.setStyleSheet(_BARE)
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)

    def show_text(self, words: str) -> None:
        """Leaves a selection alone while the words are the same."""
        if words != self.toPlainText():
            self.setPlainText(words)
            self._fit()

    def sizeHint(self) -> QSize:
        return QSize(120, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.height())

    def resizeEvent(self, e: QResizeEvent, /) -> None:
        super().resizeEvent(e)
        self._fit()

    def focusOutEvent(self, e: QFocusEvent, /) -> None:
        super().focusOutEvent(e)
        cursor = self.textCursor()
        cursor.clearSelection()
        self.setTextCursor(cursor)

    def _fit(self) -> None:
        self.document().setTextWidth(self.viewport().width())
        height = max(round(self.document().size().height()), self.fontMetrics().height())
        if height != self.height():
            self.setFixedHeight(height)


class Value(QWidget):
    """A titled text with a button that copies it; without a text it is not there."""

    def __init__(self, copies: bool = True) -> None:
        super().__init__()
        self._plain = ""
        self._title = label(Role.DIM)
        self.words = Words()
        self.button = parts.tool(Icon.COPY)
        self.button.clicked.connect(lambda: copy(self._plain))
        self.button.setVisible(copies)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.S)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._title, 0, 0)
        grid.addWidget(self.words, 1, 0)
        grid.addWidget(self.button, 0, 1, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.setColumnStretch(0, 1)

    def call(self, title: str, copying: str) -> None:
        self._title.setText(title)
        self.words.setAccessibleName(title)
        parts.name(self.button, copying)

    def show_text(self, words: str, plain: str = "") -> None:
        """`plain` is what is copied, where it is not the text itself."""
        self._plain = plain or words
        self.words.show_text(words)
        self.setVisible(bool(words))


class StateNote(QWidget):
    """Picture, word, bar, what happened, and what can be done about it."""

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture(Icon.CLOCK, 20)
        self.word = label(Role.HEADLINE)
        self.bar = Bar()
        self.says, self.hint = Words(), Words()
        top = parts.row(self._picture, self.word, None)
        self.setLayout(parts.column(top, self.bar, self.says, self.hint, spacing=theme.XS))

    def show_state(self, line: FileLine, status: FileStatus, around: Around) -> None:
        self._picture.show_icon(*file_words.look(line, around))
        self.word.setText(file_words.word(line, around))
        share = file_words.share(line, around)
        self.bar.setVisible(share is not None)
        self.bar.show_progress(share or 0.0)
        self.says.show_text(file_words.says(line, around))
        hint = said(status.fault.hint) if status.fault and line.state in NEEDS_PERSON else ""
        self.hint.show_text(hint)
        for words in (self.says, self.hint):
            words.setVisible(bool(words.toPlainText()))


_STAGES: Final = ("found", "checked", "sent", "registered", "delivered")
# How many stages lie behind a file in a state; None: it shows in what is known of it.
_BEHIND: Final = {
    FileState.QUEUED: 1,
    FileState.PREPARING: 1,
    FileState.SENDING: 2,
    FileState.SENT: 3,
    FileState.CONFIRMED: 5,
    FileState.SKIPPED: 2,
}
_ACTIVE: Final = frozenset({FileState.PREPARING, FileState.SENDING, FileState.SENT})


class Ladder(QWidget):
    """Found, checked, sent, registered, delivered: how far this file has come."""

    def __init__(self) -> None:
        super().__init__()
        self._behind = 0
        self._here: tuple[Icon, Tint] | None = None
        self._pictures = [Picture(Icon.MINUS, 16, Tint.DIM) for _ in _STAGES]
        self._labels = [label(Role.BODY) for _ in _STAGES]
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.XS)
        for picture, words in zip(self._pictures, self._labels, strict=True):
            box.addLayout(parts.row(picture, words, None))

    @property
    def behind(self) -> int:
        """How many stages are done."""
        return self._behind

    def retranslate(self) -> None:
        titles = (t("Found"), t("Checked"), t("Sent"), t("Registered"), t("Delivered"))
        for number, (words, title) in enumerate(zip(self._labels, titles, strict=True)):
            words.setText(title)
            done = number < self._behind
            # Read aloud with its state: the picture beside it says nothing to the ear.
            words.setAccessibleName(
                t("{stage}: done", stage=title) if done else t("{stage}: not yet", stage=title)
            )
            words.setEnabled(done or (number == self._behind and self._here is not None))

    def show_status(self, status: FileStatus) -> None:
        self._behind = _BEHIND.get(status.state) or _reached(status)
        self._here = None
        if status.state in NEEDS_PERSON:
            self._here = (Icon.BANG, Tint.WARN)
        elif status.state in _ACTIVE:
            self._here = (Icon.PULSE, Tint.ACCENT)
        for number, picture in enumerate(self._pictures):
            if number < self._behind:
                picture.show_icon(Icon.TICK, Tint.GOOD)
            elif number == self._behind and self._here is not None:
                picture.show_icon(*self._here)
            else:
                picture.show_icon(Icon.MINUS, Tint.DIM)
        self.retranslate()


def _reached(status: FileStatus) -> int:
    """What a file that stopped somewhere has behind it."""
    if status.receipt is not None:
        return 3
    return 2 if status.md5 else 1


class Support(QWidget):
    """The service's own words, codes and ids: nothing a pilot needs, all that a developer asks."""

    def __init__(self) -> None:
        super().__init__()
        self._title = label(Role.DIM)
        self.words = Words()
        self.button = parts.button(Kind.PLAIN, Icon.COPY)
        self.button.clicked.connect(lambda: copy(self.report))
        self.report = ""
        self.setLayout(
            parts.column(
                parts.line(),
                self._title,
                self.words,
                parts.row(self.button, None),
                spacing=theme.S,
            )
        )

    def retranslate(self) -> None:
        self._title.setText(t("For support"))
        self.words.setAccessibleName(t("For support"))
        self.button.setText(t("Copy for support"))

    def show_status(self, status: FileStatus, changed_at: float) -> None:
        fault = status.fault
        shown = [line for line in (fault.code, fault.details) if line] if fault else []
        self.words.show_text("\n".join(shown))
        self.words.setVisible(bool(shown))
        self.report = report(status, changed_at)


def report(status: FileStatus, changed_at: float) -> str:
    """In English, whatever the window speaks: developers search for these words."""
    fault, receipt = status.fault, status.receipt
    lines = [
        ("file", status.file.path),
        ("batch", status.file.batch),
        ("size", f"{status.file.size} bytes"),
        ("state", status.state.value),
        ("attempts", str(status.attempts)),
        ("changed", text.moment(changed_at) if changed_at else ""),
        ("md5", status.md5),
        ("etag", receipt.etag if receipt else ""),
        ("object key", receipt.key if receipt else ""),
        ("remote id", receipt.remote_id if receipt else ""),
        ("words", status.words),
        ("code", fault.code if fault else ""),
        ("title", fault.title if fault else ""),
        ("details", fault.details if fault else ""),
    ]
    return "\n".join(f"{title}: {value}" for title, value in lines if value)
