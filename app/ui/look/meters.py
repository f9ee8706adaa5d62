"""What shows how far and how fast: the thin bar and the line of the last speeds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimerEvent
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPainterPath, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from app.ui.look import icons, theme
from app.ui.look.colours import mix
from app.ui.look.icons import Tint
from app.ui.look.stylesheet import track

HEIGHT: Final = 8
_WHOLE: Final = 1000
_STRIPE: Final = 10
_FRAME_MS: Final = 40


class Bar(QProgressBar):
    """How much is done (0 to 1), and of that how much the service has confirmed.

    A progress bar to screen readers, though all of it is painted here.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._done: float | None = 0.0
        self._confirmed: float | None = None
        self._tint = Tint.ACCENT
        self._shift = 0.0
        self._timer = 0
        self.setRange(0, _WHOLE)
        self.setValue(0)
        self.setTextVisible(False)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_progress(self, done: float | None, confirmed: float | None = None) -> None:
        """None: nobody can say how far. `confirmed` is drawn full, the rest of `done` lighter."""
        self._done = None if done is None else min(1.0, max(0.0, done))
        self._confirmed = None if confirmed is None else min(1.0, max(0.0, confirmed))
        # Qt's own bar paints at once, and with it all of the window that waits to be painted.
        self.setUpdatesEnabled(False)
        if self._done is None:
            self.setRange(0, 0)
        else:
            self.setRange(0, _WHOLE)
            self.setValue(round(self._done * _WHOLE))
        self.setUpdatesEnabled(True)
        self._move()
        self.update()

    def set_tint(self, tint: Tint) -> None:
        """DIM while paused, WARN while it waits for a person, GOOD once all has arrived."""
        self._tint = tint
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, HEIGHT)

    def showEvent(self, event: QShowEvent, /) -> None:
        super().showEvent(event)
        self._move()

    def hideEvent(self, event: QHideEvent, /) -> None:
        super().hideEvent(event)
        self._move()

    def timerEvent(self, event: QTimerEvent, /) -> None:
        if event.timerId() != self._timer:
            super().timerEvent(event)
            return
        self._shift = (self._shift + 0.6) % (2 * _STRIPE)
        self.update()

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now = theme.tokens()
        ground, full = track(now), icons.colour(self._tint)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        frame = QRectF(self.rect())
        shape.addRoundedRect(frame, frame.height() / 2, frame.height() / 2)
        painter.setClipPath(shape)
        painter.fillRect(frame, ground)
        lighter = mix(ground, full, 0.5)
        if self._done is None:
            self._paint_stripes(painter, mix(ground, full, 0.45))
        elif self._confirmed is None:
            self._paint_part(painter, self._done, full)
        else:
            self._paint_part(painter, self._done, lighter)
            self._paint_part(painter, min(self._done, self._confirmed), full)
        if now.strong:
            painter.setClipping(False)
            painter.setPen(QPen(now.line, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 3.5, 3.5)

    def _paint_part(self, painter: QPainter, share: float, colour: QColor) -> None:
        if not share:
            return
        # The first byte shows as a whole dot, not as a sliver.
        width = max(float(self.height()), self.width() * share)
        left = 0.0 if self.isLeftToRight() else self.width() - width
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        radius = self.height() / 2
        painter.drawRoundedRect(QRectF(left, 0, width, self.height()), radius, radius)

    def _paint_stripes(self, painter: QPainter, colour: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        height = float(self.height())
        left = self._shift - 2 * _STRIPE - height
        while left < self.width():
            stripe = QPainterPath(QPointF(left, height))
            stripe.lineTo(left + height, 0)
            stripe.lineTo(left + height + _STRIPE, 0)
            stripe.lineTo(left + _STRIPE, height)
            stripe.closeSubpath()
            painter.drawPath(stripe)
            left += 2 * _STRIPE

    def _move(self) -> None:
        wanted = self._done is None and self.isVisible() and theme.moves()
        if wanted and not self._timer:
            self._timer = self.startTimer(_FRAME_MS)
        elif not wanted and self._timer:
            self.killTimer(self._timer)
            self._timer = 0


class Sparkline(QWidget):
    """The last speeds as a line, the newest at the right; as high as the fastest of them."""

    def __init__(self, keep: int = 60, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._speeds: deque[float] = deque(maxlen=max(2, keep))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def add(self, speed: float) -> None:
        self._speeds.append(max(0.0, speed))
        self.update()

    def show_speeds(self, speeds: Iterable[float]) -> None:
        """Instead of what was there before; of too many, the last."""
        self._speeds.clear()
        self._speeds.extend(max(0.0, speed) for speed in speeds)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 28)

    def paintEvent(self, event: QPaintEvent, /) -> None:
        top = max(self._speeds, default=0.0)
        if len(self._speeds) < 2 or not top:
            return
        now = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self._line(top)
        area = QPainterPath(line)
        area.lineTo(line.currentPosition().x(), self.height())
        area.lineTo(line.elementAt(0).x, self.height())
        painter.fillPath(area, now.accent_soft)
        pen = QPen(now.accent, 1.5)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.strokePath(line, pen)

    def _line(self, top: float) -> QPainterPath:
        room = QRectF(self.rect()).adjusted(1, 2, -1, -1)
        step = room.width() / ((self._speeds.maxlen or 2) - 1)
        # New ones come in at the right, also while there are few.
        left = room.right() - step * (len(self._speeds) - 1)
        line = QPainterPath()
        for index, speed in enumerate(self._speeds):
            point = QPointF(left + index * step, room.bottom() - room.height() * speed / top)
            if index:
                line.lineTo(point)
            else:
                line.moveTo(point)
        return line
