"""Paints the rows of the file table; there is no widget in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.domain.model import FileLine
from app.domain.states import NEEDS_PERSON
from app.ui import text
from app.ui.files import words as file_words
from app.ui.files.model import Column, FileModel
from app.ui.look import icons, theme
from app.ui.look.colours import Tokens, mix
from app.ui.look.icons import Icon, Tint
from app.ui.look.stylesheet import track

Index = QModelIndex | QPersistentModelIndex

ROW: Final = 32
PAD: Final = theme.M
_ICON: Final = 16
_BAR: Final = 6
_BAR_WIDTH: Final = 88
_FOLDER: Final = 48  # less room than this shows no folder
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MIDDLE: Final = Qt.TextElideMode.ElideMiddle
_END: Final = Qt.TextElideMode.ElideRight
_ONE_LINE: Final = Qt.TextFlag.TextSingleLine.value


@dataclass(slots=True)
class Pointed:
    """Which rows are under the pointer and under the keyboard; -1 for none."""

    hovered: int = -1
    current: int = -1
    last: Column = Column.TIME  # the last column that is shown


@dataclass(slots=True)
class _Fonts:
    of: QFont
    usual: QFontMetrics
    small: QFont
    small_metrics: QFontMetrics


class FileDelegate(QStyledItemDelegate):
    def __init__(self, model: FileModel) -> None:
        super().__init__(model)
        self._model = model
        self.pointed = Pointed()
        self._fonts: _Fonts | None = None

    def sizeHint(self, option: QStyleOptionViewItem, index: Index, /) -> QSize:
        return QSize(PAD * 4, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index, /) -> None:
        style = _Style.of(option, self._known_fonts(option))
        row, column = index.row(), Column(index.column())
        rect = style.rect
        now = theme.tokens()
        painter.save()
        self._paint_ground(painter, style, now, row)
        painter.setFont(style.fonts.of)
        inside = rect.adjusted(PAD if column is Column.NAME else theme.S, 0, -theme.S, 0)
        if column in (Column.SIZE, Column.TIME):
            inside.setRight(rect.right() - PAD)
        self._paint_cell(painter, style, inside, now, self._model.line(row), column)
        if row == self.pointed.current:
            _paint_ring(painter, rect, now, column, self.pointed.last)
        painter.restore()

    def _known_fonts(self, option: QStyleOptionViewItem) -> _Fonts:
        font: QFont = option.font  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        known = self._fonts
        if known is None or known.of != font:
            small = theme.font(theme.DIM)
            usual = QFontMetrics(font)  # pyright: ignore[reportUnknownArgumentType]
            known = self._fonts = _Fonts(QFont(font), usual, small, QFontMetrics(small))  # pyright: ignore[reportUnknownArgumentType]
        return known

    def _paint_ground(self, painter: QPainter, style: _Style, now: Tokens, row: int) -> None:
        if style.selected:
            painter.fillRect(style.rect, now.accent_soft)
        elif row == self.pointed.hovered:
            painter.fillRect(style.rect, hover(now))

    def _paint_cell(
        self,
        painter: QPainter,
        style: _Style,
        rect: QRect,
        now: Tokens,
        line: FileLine,
        column: Column,
    ) -> None:
        around = self._model.around
        match column:
            case Column.NAME:
                _paint_name(painter, style, rect, now, line)
            case Column.SIZE:
                _write(painter, rect, text.size(line.size), now.text, _RIGHT)
            case Column.STATE:
                icon, tint = file_words.look(line, around)
                left = _paint_icon(painter, rect, icon, icons.colour(tint))
                word = file_words.word(line, around)
                ink = icons.colour(tint) if tint in (Tint.WARN, Tint.BAD) else now.text
                _write(painter, left, style.fonts.usual.elidedText(word, _END, left.width()), ink)
            case Column.SAYS:
                self._paint_says(painter, style, rect, now, line)
            case Column.TIME:
                _write(painter, rect, file_words.when(line), now.dim, _RIGHT)

    def _paint_says(
        self, painter: QPainter, style: _Style, rect: QRect, now: Tokens, line: FileLine
    ) -> None:
        share = file_words.share(line, self._model.around)
        if share is not None and rect.width() >= 2 * _BAR_WIDTH:
            bar = QRectF(rect.left(), rect.center().y() - _BAR / 2 + 1, _BAR_WIDTH, _BAR)
            _paint_bar(painter, bar, share, now)
            rect = rect.adjusted(_BAR_WIDTH + theme.M, 0, 0, 0)
        words = file_words.says(line, self._model.around)
        loud = share is not None or line.state in NEEDS_PERSON
        shown = style.fonts.usual.elidedText(words, _END, rect.width())
        _write(painter, rect, shown, now.text if loud else now.dim)


@dataclass(frozen=True, slots=True)
class _Style:
    """What is read of Qt's option, whose fields have no types."""

    rect: QRect
    selected: bool
    fonts: _Fonts

    @staticmethod
    def of(option: QStyleOptionViewItem, fonts: _Fonts) -> _Style:
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        selected = bool(state & QStyle.StateFlag.State_Selected)  # pyright: ignore[reportUnknownArgumentType]
        return _Style(rect, selected, fonts)  # pyright: ignore[reportUnknownArgumentType]


def hover(now: Tokens) -> QColor:
    return mix(now.surface, now.text if now.strong else now.edge, 0.25 if now.strong else 0.1)


def state_width(metrics: QFontMetrics, words: list[str]) -> int:
    """The room the column STATE needs for the longest of `words`."""
    longest = max((metrics.horizontalAdvance(word) for word in words), default=0)
    return longest + _ICON + 3 * theme.S + theme.XS


def _paint_name(painter: QPainter, style: _Style, rect: QRect, now: Tokens, line: FileLine) -> None:
    rect = _paint_icon(painter, rect, file_words.kind(line.path), now.dim)
    name, fonts = file_words.name_of(line), style.fonts
    _write(painter, rect, fonts.usual.elidedText(name, _MIDDLE, rect.width()), now.text)
    used = fonts.usual.horizontalAdvance(name) + theme.S + theme.XS
    left = rect.width() - used
    folder = file_words.folder_of(line)
    if folder and left >= _FOLDER:
        painter.setFont(fonts.small)
        shown = fonts.small_metrics.elidedText(folder, _MIDDLE, left)
        _write(painter, rect.adjusted(used, 0, 0, 0), shown, now.dim)


def _paint_icon(painter: QPainter, rect: QRect, icon: Icon, ink: QColor) -> QRect:
    """The room left for words."""
    ratio = painter.device().devicePixelRatio()
    top = rect.top() + (rect.height() - _ICON) // 2
    painter.drawPixmap(rect.left(), top, icons.pixmap(icon, _ICON, ink, ratio))
    return rect.adjusted(_ICON + theme.S, 0, 0, 0)


def _paint_bar(painter: QPainter, bar: QRectF, share: float, now: Tokens) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(now.line, 1) if now.strong else Qt.PenStyle.NoPen)
    painter.setBrush(track(now))
    painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
    if share > 0:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.accent)
        done = QRectF(bar.left(), bar.top(), max(_BAR, bar.width() * share), bar.height())
        painter.drawRoundedRect(done, _BAR / 2, _BAR / 2)


def _paint_ring(painter: QPainter, rect: QRect, now: Tokens, column: Column, last: Column) -> None:
    """One frame around the row, of which each cell paints its part."""
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(now.accent, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    left = 1 if column is Column.NAME else -PAD
    right = -1 if column is last else PAD
    painter.drawRoundedRect(QRectF(rect).adjusted(left, 1, right, -1), theme.XS, theme.XS)


def _write(
    painter: QPainter, rect: QRect, words: str, ink: QColor, side: Qt.AlignmentFlag = _LEFT
) -> None:
    painter.setPen(ink)
    painter.drawText(rect, side.value | _ONE_LINE, words)
