"""The titles above the file table: click to sort, again for the other way, again for neither."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView

from app.ui.files.cells import title
from app.ui.files.delegate import PAD, hover
from app.ui.files.rows import Column
from app.ui.look import icons, theme
from app.ui.look.icons import Icon

_ARROW: Final = 14
_HEIGHT: Final = 34
_RIGHT: Final = (Column.SIZE, Column.TIME)


class FileHeader(QHeaderView):
    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setSectionsClickable(True)
        self.setSortIndicatorClearable(True)
        self.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortIndicatorShown(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(40)
        self.setFixedHeight(_HEIGHT)
        self.setMouseTracking(True)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int, /) -> None:  # noqa: N803
        column, now = Column(logicalIndex), theme.tokens()
        painter.save()
        at = self.viewport().mapFromGlobal(self.cursor().pos())
        pointed = self.underMouse() and rect.contains(at)
        if pointed:
            painter.fillRect(rect, hover(now))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, now.line)
        sorted_by = self.sortIndicatorSection() == logicalIndex
        painter.setPen(now.text if sorted_by else now.dim)
        painter.setFont(theme.font(theme.DIM, semibold=sorted_by))
        self._paint_title(painter, rect, column, sorted_by)
        painter.restore()

    def _paint_title(self, painter: QPainter, rect: QRect, column: Column, sorted_by: bool) -> None:
        metrics = painter.fontMetrics()
        left = PAD if column is Column.NAME else theme.S
        inside = rect.adjusted(left, 0, -(PAD if column in _RIGHT else theme.S), 0)
        room = inside.width() - (_ARROW + theme.XS if sorted_by else 0)
        words = metrics.elidedText(title(column), Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(words)
        # Over figures the words end where the figures end; the arrow stands before them.
        start = inside.right() + 1 - width if column in _RIGHT else inside.left()
        painter.drawText(
            QRect(start, rect.top(), width + 1, rect.height()), Qt.AlignmentFlag.AlignVCenter, words
        )
        if sorted_by:
            across = start - _ARROW - theme.XS if column in _RIGHT else start + width + theme.XS
            self._paint_arrow(painter, QPoint(across, rect.center().y() - _ARROW // 2 + 1))

    def _paint_arrow(self, painter: QPainter, at: QPoint) -> None:
        up = self.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder
        ratio = painter.device().devicePixelRatio()
        arrow = icons.pixmap(
            Icon.CHEVRON_UP if up else Icon.CHEVRON_DOWN, _ARROW, theme.tokens().text, ratio
        )
        painter.drawPixmap(at, arrow)
