"""Paints one batch of the list: title, state, how far in one sentence, and a thin bar."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.batches.model import LOOK, BatchLook
from app.ui.look import icons, theme
from app.ui.look.colours import mix
from app.ui.look.icons import Tint
from app.ui.look.stylesheet import track

_PAD: Final = theme.M - 2  # between a card's edge and its words
_GAP: Final = 3  # between two cards, above and below
_ICON: Final = 16
_BAR: Final = 4
_RADIUS: Final = 8

_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_State = QStyle.StateFlag


class BatchCard(QStyledItemDelegate):
    """As high as its lines of text need; an ended batch has no bar."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        title, small = QFontMetrics(_title_font()), QFontMetrics(_small_font())
        look = index.data(LOOK)
        bar = _BAR + 5 if isinstance(look, BatchLook) and look.open else 0
        lines = title.height() + 1 + small.height() + 2 + small.height()
        return QSize(120, lines + bar + 2 * (_PAD - 2) + 2 * _GAP)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        look = index.data(LOOK)
        if not isinstance(look, BatchLook):
            return
        # PySide's stubs know the option's members only as those of its bases.
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        state: _State = option.state  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = rect.adjusted(0, _GAP, 0, -_GAP)
        _paint_ground(painter, card, state)
        _paint_words(painter, card.adjusted(_PAD, _PAD - 2, -_PAD, 2 - _PAD), look)
        painter.restore()


def _title_font() -> QFont:
    return theme.font(semibold=True)


def _small_font() -> QFont:
    return theme.font(theme.DIM)


def _paint_ground(painter: QPainter, card: QRect, state: _State) -> None:
    now = theme.tokens()
    chosen, hovered = bool(state & _State.State_Selected), bool(state & _State.State_MouseOver)
    focused = chosen and bool(state & _State.State_HasFocus)
    ground, edge = now.surface, now.line
    if chosen:
        ground, edge = now.accent_soft, now.accent
    elif hovered:
        ground = mix(now.surface, now.edge, 0.08)
    width = 2.0 if focused or (chosen and now.strong) else 1.0
    painter.setPen(QPen(edge, width))
    painter.setBrush(ground)
    inset = width / 2
    painter.drawRoundedRect(QRectF(card).adjusted(inset, inset, -inset, -inset), _RADIUS, _RADIUS)


def _paint_words(painter: QPainter, room: QRect, look: BatchLook) -> None:
    now = theme.tokens()
    title, small = QFontMetrics(_title_font()), QFontMetrics(_small_font())
    line = QRect(room.left(), room.top(), room.width(), title.height())
    painter.setFont(_title_font())
    painter.setPen(now.text)
    shown = title.elidedText(look.title, Qt.TextElideMode.ElideRight, line.width())
    painter.drawText(line, _LEFT, shown)
    painter.setFont(_small_font())
    line = QRect(room.left(), line.bottom() + 2, room.width(), small.height())
    _paint_state(painter, line, look, small)
    top = line.bottom() + 1
    if look.open:
        bar = QRectF(room.left(), top + 4, room.width(), _BAR)
        _paint_bar(painter, bar, look)
        top += _BAR + 5
    line = QRect(room.left(), top + 2, room.width(), small.height())
    painter.setPen(now.text if look.tint is not Tint.DIM else now.dim)
    painter.drawText(line, _LEFT, fitting(look.sentences, small, line.width()))


def _paint_state(painter: QPainter, line: QRect, look: BatchLook, metrics: QFontMetrics) -> None:
    """Picture and word of the state at the left, the connection takes what is left."""
    ratio = painter.device().devicePixelRatio()
    side = min(_ICON, line.height())
    picture = icons.pixmap(look.icon, side, icons.colour(look.tint), ratio)
    painter.drawPixmap(line.left(), line.top() + (line.height() - side) // 2, picture)
    left = line.left() + side + 5
    painter.setPen(icons.colour(look.tint))
    word = metrics.elidedText(look.word, Qt.TextElideMode.ElideRight, line.right() - left)
    painter.drawText(QRect(left, line.top(), line.right() - left, line.height()), _LEFT, word)
    left += metrics.horizontalAdvance(word) + theme.S
    room = line.right() - left
    if room > metrics.horizontalAdvance("mmm…"):
        painter.setPen(theme.tokens().dim)
        shown = metrics.elidedText(look.connection, Qt.TextElideMode.ElideRight, room)
        where = QRect(left, line.top(), room + 1, line.height())
        painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)


def _paint_bar(painter: QPainter, bar: QRectF, look: BatchLook) -> None:
    ground, full = track(theme.tokens()), icons.colour(look.tint)
    painter.setPen(Qt.PenStyle.NoPen)
    _paint_part(painter, bar, 1.0, mix(ground, full, 0.3) if look.share is None else ground)
    if look.share:
        _paint_part(painter, bar, look.share, mix(ground, full, 0.5))
    if look.share and (done := min(look.share, look.confirmed)):
        _paint_part(painter, bar, done, full)


def _paint_part(painter: QPainter, bar: QRectF, share: float, colour: QColor) -> None:
    painter.setBrush(colour)
    part = QRectF(bar.left(), bar.top(), max(bar.height(), bar.width() * share), bar.height())
    painter.drawRoundedRect(part, bar.height() / 2, bar.height() / 2)


def fitting(sentences: tuple[str, ...], metrics: QFontMetrics, room: int) -> str:
    """The first that fits; where none does, the last one cut off at its end."""
    for sentence in sentences:
        if metrics.horizontalAdvance(sentence) <= room:
            return sentence
    return metrics.elidedText(sentences[-1], Qt.TextElideMode.ElideRight, room)
