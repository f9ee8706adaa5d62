"""A question or a list inside the window, above a dimmed page; Esc closes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from app.ui.look import parts, theme
from app.ui.look.labels import Role, label
from app.ui.look.parts import Card, Kind

_WIDTH = 480


class Sheet(QWidget):
    """Fill `body`, add buttons, then `open`. Deletes itself when it was answered or closed."""

    closed = Signal()

    def __init__(self, parent: QWidget, title: str, words: str = "", width: int = _WIDTH) -> None:
        super().__init__(parent)
        self._host = parent
        self._before = QApplication.focusWidget()
        heading, told = label(Role.TITLE), label(Role.BODY)
        heading.setText(title)
        heading.setWordWrap(True)
        told.setText(words)
        told.setWordWrap(True)
        told.setVisible(bool(words))
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.S)
        self._buttons = parts.row(None)
        self._card = Card()
        self._card.setLayout(
            parts.column(heading, told, self.body, self._buttons, spacing=theme.L, margins=theme.XL)
        )
        self._card.setFixedWidth(width)
        self._card.setAccessibleName(title)
        self._card.setAccessibleDescription(words)
        box = QVBoxLayout(self)
        box.addWidget(self._card, 0, Qt.AlignmentFlag.AlignCenter)
        parent.installEventFilter(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def add_button(self, words: str, kind: Kind = Kind.PLAIN) -> QPushButton:
        """From left to right; each of them also closes the sheet."""
        made = parts.button(kind)
        made.setText(words)
        made.clicked.connect(self.close)
        self._buttons.addWidget(made)
        return made

    def open(self) -> None:
        self.resize(self._host.size())
        self.show()
        self.raise_()
        buttons = self.findChildren(QPushButton)
        (buttons[-1] if buttons else self).setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        if event.type() is QEvent.Type.Resize:
            self.resize(self._host.size())
        return False

    def focusNextPrevChild(self, next: bool, /) -> bool:
        """Tab stays inside: what lies under the sheet waits."""
        inside = [w for w in self._card.findChildren(QWidget) if w.focusPolicy() & _TAB]
        if not inside:
            return True
        now = QApplication.focusWidget()
        at = inside.index(now) if now in inside else -1
        inside[(at + (1 if next else -1)) % len(inside)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        # Anything else ends here and reaches no shortcut of the page below.
        event.accept()

    def closeEvent(self, event: QEvent, /) -> None:
        self._host.removeEventFilter(self)
        self.closed.emit()
        self.deleteLater()
        if self._before is not None:
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        super().closeEvent(event)  # pyright: ignore[reportArgumentType]

    def paintEvent(self, event: QPaintEvent, /) -> None:
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 110))

    def minimumSizeHint(self) -> QSize:
        """Never makes the window larger than the person made it."""
        return QSize(0, 0)


_TAB = Qt.FocusPolicy.TabFocus
