"""The result of a connection test: each leg, and what to do about the one that failed."""

from __future__ import annotations

from enum import Enum
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, QTimerEvent
from PySide6.QtGui import QGuiApplication, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QStackedLayout, QWidget

from app.domain.errors import Fault
from app.engine.doctor import LEGS, Leg
from app.speech.catalogue import later
from app.ui.connections.fields import capital
from app.ui.language import said, t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import Picture, Role, label
from app.ui.look.parts import Kind, Translated

_SIZE: Final = 20
_FRAME_MS: Final = 40
_TITLES: Final = {
    "settings": later("Settings"),
    "name": later("Name of the server"),
    "connection": later("Way to the server"),
    "clock": later("Clock"),
    "sign-in": later("Sign-in"),
    "project": later("Destination"),
    "storage keys": later("Storage"),
}


class LegState(Enum):
    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


class Spinner(QWidget):
    """Turns while it is seen; stands still where the system asks for reduced motion."""

    def __init__(self) -> None:
        super().__init__()
        self._angle = 0
        self._timer = 0
        self.setFixedSize(_SIZE, _SIZE)

    def sizeHint(self) -> QSize:
        return QSize(_SIZE, _SIZE)

    def showEvent(self, event: QShowEvent, /) -> None:
        super().showEvent(event)
        if theme.moves() and not self._timer:
            self._timer = self.startTimer(_FRAME_MS)

    def hideEvent(self, event: QHideEvent, /) -> None:
        super().hideEvent(event)
        if self._timer:
            self.killTimer(self._timer)
            self._timer = 0

    def timerEvent(self, event: QTimerEvent, /) -> None:
        self._angle = (self._angle + 12) % 360
        self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(self.rect()).adjusted(3, 3, -3, -3)
        painter.setPen(QPen(now.line, 2.2))
        painter.drawEllipse(ring)
        pen = QPen(now.accent, 2.2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(ring, -self._angle * 16, 100 * 16)


class LegRow(Translated, QWidget):
    """One leg. `state` follows from `wait`, `run` and `show_leg`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.state = LegState.WAITING
        self._leg: Leg | None = None
        self._picture = Picture(Icon.MINUS, _SIZE, Tint.DIM)
        self._mark = QStackedLayout()
        self._mark.addWidget(self._picture)
        self._mark.addWidget(Spinner())
        self._title, self._words = label(Role.BODY), label(Role.DIM)
        self._fault, self._hint, self._details = (
            label(role) for role in (Role.BODY, Role.DIM, Role.DIM)
        )
        for text in (self._words, self._fault, self._hint, self._details):
            text.setWordWrap(True)
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._fold = parts.button(Kind.PLAIN, Icon.CHEVRON_DOWN)
        self._fold.setCheckable(True)
        self._fold.toggled.connect(self._unfold)
        self._copy = parts.button(Kind.PLAIN, Icon.COPY)
        self._copy.clicked.connect(self._copied)
        self._put_together()
        self.retranslate()

    def _put_together(self) -> None:
        mark = QWidget()
        mark.setLayout(self._mark)
        mark.setFixedSize(_SIZE, _SIZE)
        self._buttons = QWidget()
        self._buttons.setLayout(
            parts.row(self._fold, self._copy, None, margins=(0, theme.XS, 0, 0))
        )
        words = parts.column(
            self._title,
            self._words,
            self._fault,
            self._hint,
            self._buttons,
            self._details,
            spacing=2,
        )
        box = parts.row(spacing=theme.M)
        box.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        box.addLayout(words, 1)
        self.setLayout(box)

    @property
    def fault(self) -> Fault | None:
        return self._leg.fault if self._leg else None

    def wait(self) -> None:
        self._set(LegState.WAITING, None)

    def run(self) -> None:
        self._set(LegState.RUNNING, None)

    def show_leg(self, leg: Leg) -> None:
        self._set(LegState.FAILED if leg.fault else LegState.PASSED, leg)

    def _set(self, state: LegState, leg: Leg | None) -> None:
        self.state, self._leg = state, leg
        self._fold.setChecked(False)
        self._mark.setCurrentIndex(1 if state is LegState.RUNNING else 0)
        icon, tint = {
            LegState.PASSED: (Icon.TICK_CIRCLE, Tint.GOOD),
            LegState.FAILED: (Icon.BANG, Tint.BAD),
        }.get(state, (Icon.MINUS, Tint.DIM))
        self._picture.show_icon(icon, tint)
        self.retranslate()

    def retranslate(self) -> None:
        fault = self.fault
        self._title.setText(t(_TITLES[self.name]))
        self._words.setText(self._said())
        self._words.setVisible(fault is None)
        self._fault.setText(said(fault.title) if fault else "")
        self._fault.setVisible(fault is not None)
        self._hint.setText(said(fault.hint) if fault else "")
        self._hint.setVisible(bool(self._hint.text()))
        self._details.setText(fault.details if fault else "")
        self._fold.setText(t("Details"))
        self._fold.setVisible(bool(self._details.text()))
        self._copy.setText(t("Copy for support"))
        self._buttons.setVisible(fault is not None)
        self._unfold(self._fold.isChecked())
        self.setAccessibleName(t("{leg}: {words}", leg=self._title.text(), words=self.words))

    @property
    def words(self) -> str:
        """What was seen, or what went wrong."""
        return self._fault.text() or self._words.text()

    def _said(self) -> str:
        if self._leg is not None:
            return capital(said(self._leg.words))
        return t("Being tried …") if self.state is LegState.RUNNING else t("Not tried yet")

    def _unfold(self, shown: bool) -> None:
        self._details.setVisible(shown and bool(self._details.text()))

    def report(self) -> str:
        """What support wants to know, on a few lines."""
        fault = self.fault
        if fault is None:
            return ""
        lines = (self._title.text(), said(fault.title), said(fault.hint), fault.details, fault.code)
        return "\n".join(line for line in lines if line)

    def _copied(self) -> None:
        QGuiApplication.clipboard().setText(self.report())


class LegList(Translated, QWidget):
    """`begin`, then `passed` for each leg, then `finish`; may be begun again at any time."""

    def __init__(self) -> None:
        super().__init__()
        self._settings = LegRow("settings")
        self._rows = {name: LegRow(name) for name in LEGS}
        self._summary = label(Role.BODY)
        self._summary.setWordWrap(True)
        self._running = False
        rows = (self._settings, *self._rows.values())
        self.setLayout(parts.column(*rows, self._summary, spacing=theme.M))
        self._settings.hide()
        self.retranslate()

    @property
    def rows(self) -> tuple[LegRow, ...]:
        return tuple(self._rows.values())

    @property
    def running(self) -> bool:
        return self._running

    @property
    def failed(self) -> LegRow | None:
        rows = (self._settings, *self._rows.values())
        return next((row for row in rows if row.state is LegState.FAILED), None)

    @property
    def summary(self) -> str:
        return self._summary.text()

    def begin(self) -> None:
        self._running = True
        self._settings.wait()
        self._settings.hide()
        for row in self.rows:
            row.wait()
        self.rows[0].run()
        self.retranslate()

    def passed(self, leg: Leg) -> None:
        row = self._rows.get(leg.name, self._settings)
        if row is self._settings:
            row.show()
            self.rows[0].wait()
        row.show_leg(leg)
        if leg.fault is None and (after := self._after(leg.name)) is not None:
            after.run()

    def finish(self) -> None:
        self._running = False
        for row in self.rows:
            if row.state is LegState.RUNNING:
                row.wait()
        self.retranslate()

    def _after(self, name: str) -> LegRow | None:
        at = LEGS.index(name) + 1 if name in LEGS else len(LEGS)
        return self._rows[LEGS[at]] if at < len(LEGS) else None

    def retranslate(self) -> None:
        whole = not self._running and all(row.state is LegState.PASSED for row in self.rows)
        self._summary.setText(t("Everything works: flights can go there.") if whole else "")
        self._summary.setVisible(whole)
