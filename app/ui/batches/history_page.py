"""The history: all batches that have ended, to be searched, opened again, or forgotten."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QPainter, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.ui.batches.history_model import ID, Column, HistoryModel
from app.ui.batches.questions import removing
from app.ui.controller import Controller
from app.ui.language import nt, t
from app.ui.look import icons, parts, theme
from app.ui.look.colours import mix
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import EmptyNote
from app.ui.look.parts import Kind, Role, Translated
from app.ui.look.strips import Confirm

_ROW: Final = 36
_ICON: Final = 16
_TYPED_MS: Final = 120
_SEARCH: Final = 300
_TITLE: Final = 168  # pixels that a title has before the others have any
_WIDTHS: Final = {
    Column.CONNECTION: 124,
    Column.SERVICE: 112,
    Column.FILES: 148,
    Column.SIZE: 76,
    Column.FINISHED: 144,
    Column.STATE: 108,
}
# What is left out first where there is little room: all of it stands on the batch's page.
_LEAVE_OUT: Final = (Column.SERVICE, Column.SIZE, Column.CONNECTION, Column.FILES)


class HistoryPage(Translated, QWidget):
    """Reads nothing before it is shown for the first time."""

    chosen = Signal(str)

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._asked = False
        self._marked = False
        self.history = HistoryModel(controller, self)
        self._title = parts.label(Role.TITLE)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(_SEARCH)
        self._lens = QAction(icons.icon(Icon.SEARCH, Tint.DIM), "", self)
        self.search.addAction(self._lens, QLineEdit.ActionPosition.LeadingPosition)
        self.table = _Table(self.history)
        self.confirm = Confirm()
        self.open = parts.button(Kind.PRIMARY, Icon.FOLDER_OPEN)
        self.remove = parts.button(Kind.PLAIN, Icon.TRASH)
        self._none = EmptyNote(Icon.HISTORY)
        self._no_match = EmptyNote(Icon.SEARCH)
        self._stack = QStackedWidget()
        for page in (self.table, self._none, self._no_match):
            self._stack.addWidget(page)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPED_MS)
        self._put_together()
        self._connect()
        self.setFocusProxy(self.table)
        self.retranslate()
        self._show_state()

    def _put_together(self) -> None:
        top = parts.row(self._title, None, self.search)
        low = parts.row(None, self.remove, self.open)
        box: QVBoxLayout = parts.column(
            top, self.confirm, self._stack, low, spacing=theme.M, margins=theme.XL
        )
        box.setStretchFactor(self._stack, 1)
        self.setLayout(box)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._typed.start)
        self._typed.timeout.connect(lambda: self.history.search(self.search.text()))
        self.table.activated.connect(self._open)
        self.table.remove_wished.connect(self._ask_remove)
        self.open.clicked.connect(self._open)
        self.remove.clicked.connect(self._ask_remove)
        self.table.selectionModel().selectionChanged.connect(self._show_state)
        for signal in (
            self.history.modelReset,
            self.history.rowsInserted,
            self.history.rowsRemoved,
        ):
            signal.connect(self._show_state)
            signal.connect(self._mark_first)

    def _mark_first(self) -> None:
        """Once, so that Enter and the buttons mean something when the page is opened."""
        if not self._marked and self.history.rowCount():
            self._marked = True
            self.table.selectRow(0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._asked:
            self._asked = True
            self.history.load()

    def retranslate(self) -> None:
        self._title.setText(t("History"))
        self.search.setPlaceholderText(t("Search title, connection, service"))
        self.search.setAccessibleName(t("Search the history"))
        self.table.setAccessibleName(t("Batches that have ended"))
        self.open.setText(t("Open"))
        self._none.say(
            t("No batch has ended yet"),
            t("Once a flight is delivered it is listed here, with its receipt."),
        )
        self._no_match.say(
            t("No batch matches"), t("Try fewer words, or another part of the title.")
        )
        self.history.retranslate()
        self._show_state()

    def selected(self) -> list[str]:
        """Ids of the rows that are marked."""
        return [index.data(ID) for index in self.table.selectionModel().selectedRows()]

    def _show_state(self) -> None:
        some = self.history.rowCount() > 0
        empty = self._no_match if self.history.known else self._none
        self._stack.setCurrentWidget(self.table if some else empty)
        self.search.setVisible(bool(self.history.known))
        marked = len(self.selected())
        self.remove.setText(
            nt("Remove {n} batch from history", "Remove {n} batches from history", marked)
            if marked > 1
            else t("Remove from history")
        )
        for button in (self.open, self.remove):
            button.setVisible(some)
        self.open.setEnabled(marked == 1)
        self.remove.setEnabled(marked > 0)
        if not marked:
            self.confirm.close_question()

    def _open(self) -> None:
        if len(marked := self.selected()) == 1:
            self.chosen.emit(marked[0])

    def _ask_remove(self) -> None:
        marked = self.selected()

        def act() -> None:
            for batch_id in marked:
                self._controller.remove(batch_id)

        if marked:
            self.confirm.ask(lambda: removing(len(marked)), act)


class _Table(QTableView):
    """Painted by a delegate; Enter and a double click open, Delete asks to remove."""

    remove_wished = Signal()

    def __init__(self, model: HistoryModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(_Cells(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_ROW)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(64)
        columns.setStyleSheet("QHeaderView::section { background: transparent; }")
        columns.setSectionResizeMode(Column.TITLE, QHeaderView.ResizeMode.Stretch)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """All columns fit the width; the title takes what is left over."""
        scale = theme.scale()
        widths = {column: round(width * scale) for column, width in _WIDTHS.items()}
        room = self.viewport().width() - round(_TITLE * scale) - sum(widths.values())
        for column in _LEAVE_OUT:
            self.setColumnHidden(column, room < 0)
            room += widths[column] if room < 0 else 0
        for column, width in widths.items():
            self.setColumnWidth(column, width)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Qt's own "activated" leaves Enter out on macOS, where it means renaming.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated.emit(self.currentIndex())
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_wished.emit()
        else:
            super().keyPressEvent(event)


class _Cells(QStyledItemDelegate):
    """A whole row is marked, never a single cell of it."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(80, _ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        # PySide's stubs know the option's members only as those of its bases.
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        now = theme.tokens()
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, now.accent_soft)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, mix(now.surface, now.edge, 0.08))
        painter.setPen(QPen(now.line, 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if index.column() == Column.TITLE and state & QStyle.StateFlag.State_HasFocus:
            painter.fillRect(QRect(rect.left(), rect.top() + 4, 3, rect.height() - 8), now.accent)
        _paint_words(painter, rect.adjusted(theme.S, 0, -theme.S, 0), index)
        painter.restore()


def _paint_words(
    painter: QPainter, room: QRect, index: QModelIndex | QPersistentModelIndex
) -> None:
    now = theme.tokens()
    picture = index.data(Qt.ItemDataRole.DecorationRole)
    if isinstance(picture, QIcon):
        side = QRect(room.left(), room.top() + (room.height() - _ICON) // 2, _ICON, _ICON)
        picture.paint(painter, side)
        room = room.adjusted(_ICON + 6, 0, 0, 0)
    title = index.column() == Column.TITLE
    painter.setFont(theme.font(semibold=title))
    painter.setPen(now.text if title or index.column() == Column.STATE else now.dim)
    align = index.data(Qt.ItemDataRole.TextAlignmentRole)
    words = str(index.data() or "")
    shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, align, shown)
