"""A question or a list inside the window, above a dimmed page; Esc closes it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.ui.look import parts, theme
from app.ui.look.labels import Role, label
from app.ui.look.parts import Card, Kind, Translated

_WIDTH = 480

Say = Callable[[], str]


class Sheet(Translated, QWidget):
    """Fill `body`, add buttons, then `open`. Deletes itself when it was answered or closed.

    All words come as functions: they are asked again when the language changes.
    """

    closed = Signal()

    def __init__(
        self, parent: QWidget, title: Say, words: Say | None = None, width: int = _WIDTH
    ) -> None:
        super().__init__(parent)
        self._host, self._width = parent, width
        self._before = QApplication.focusWidget()
        self._title, self._words = title, words
        self._said: list[tuple[QPushButton, Say]] = []
        self._heading, self._told = label(Role.TITLE), label(Role.BODY)
        for text in (self._heading, self._told):
            text.setWordWrap(True)
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.S)
        self._buttons = parts.row(None)
        self._card = Card()
        self._card.setLayout(
            parts.column(
                self._heading, self._told, self.body, self._buttons,
                spacing=theme.L, margins=theme.XL,
            )
        )  # fmt: skip
        self._told.setVisible(words is not None)  # now that it is no window of its own any more
        box = QVBoxLayout(self)
        box.addWidget(self._card, 0, Qt.AlignmentFlag.AlignCenter)
        parent.installEventFilter(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.retranslate()

    def retranslate(self) -> None:
        self._heading.setText(self._title())
        self._told.setText(self._words() if self._words else "")
        self._card.setAccessibleName(self._heading.text())
        self._card.setAccessibleDescription(self._told.text())
        for made, words in self._said:
            made.setText(words())

    def add_button(self, words: Say, kind: Kind = Kind.PLAIN) -> QPushButton:
        """From left to right; each of them also closes the sheet."""
        made = parts.button(kind)
        made.setText(words())
        made.clicked.connect(self.close)
        self._said.append((made, words))
        self._buttons.addWidget(made)
        return made

    def open(self) -> None:
        self._fit()
        self.show()
        self.raise_()
        last = self._said[-1][0] if self._said else self
        last.setFocus(Qt.FocusReason.PopupFocusReason)

    def _fit(self) -> None:
        """Over the whole window, the card never wider than that."""
        self.resize(self._host.size())
        wanted = round(self._width * theme.scale())
        self._card.setFixedWidth(min(wanted, max(0, self._host.width() - 2 * theme.XL)))

    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._fit()
        return False

    def event(self, event: QEvent, /) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride:
            # No key works on the page below while something is asked above it.
            event.accept()
            return True
        return super().event(event)

    def focusNextPrevChild(self, next: bool, /) -> bool:
        """Tab stays inside: what lies under the sheet waits."""
        inside = [
            widget
            for widget in self._card.findChildren(QWidget)
            if widget.focusPolicy() & _TAB and widget.isVisible() and widget.isEnabled()
        ]
        if not inside:
            return True
        now = QApplication.focusWidget()
        at = inside.index(now) if now in inside else -1
        inside[(at + (1 if next else -1)) % len(inside)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        event.accept()

    def closeEvent(self, event: QEvent, /) -> None:
        self._host.removeEventFilter(self)
        self.closed.emit()
        self.deleteLater()
        if self._before is not None and isValid(self._before):
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        super().closeEvent(event)  # pyright: ignore[reportArgumentType]

    def paintEvent(self, event: QPaintEvent, /) -> None:
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 110))

    def minimumSizeHint(self) -> QSize:
        """Never makes the window larger than the person made it."""
        return QSize(0, 0)


_TAB = Qt.FocusPolicy.TabFocus
