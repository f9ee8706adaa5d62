"""The table of a batch's files: selection, keyboard, context menu, and a place that holds still."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QTableView

from app.domain.states import FileState
from app.ui import states
from app.ui.controller import Controller
from app.ui.files.cells import Index
from app.ui.files.delegate import PAD, ROW, FileDelegate, state_width
from app.ui.files.header import FileHeader
from app.ui.files.menu import FileMenu
from app.ui.files.model import Column, FileModel
from app.ui.files.note import FileNote
from app.ui.files.rows import spans
from app.ui.language import t
from app.ui.look import theme
from app.ui.look.parts import Translated

_SELECT: Final = (
    QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
)
_WIDE: Final = 720  # narrower than this the table has no column TIME
_MEDIUM: Final = 560  # and than this no SIZE
_NARROW: Final = 400  # and than this only NAME and STATE
_LARGE: Final = 2000  # selected rows
_NAME: Final = 270  # a drone's usual file name
_SAYS: Final = 150  # "100 %, 999.9 MB/s" without a bar


@dataclass(slots=True)
class _Place:
    """What was where before rows came or went."""

    anchors: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])  # id, height
    selected: set[int] | None = None  # only where Qt forgets it
    current: int = 0


class FileTable(Translated, QTableView):
    details_wanted = Signal()
    chosen = Signal()  # another selection, or another file under the keyboard
    all_wanted = Signal()  # the note over an empty list asks for all files

    def __init__(self, model: FileModel, controller: Controller) -> None:
        super().__init__()
        self._files = model
        self._place = _Place()
        self._heavy: set[int] | None = None
        self._delegate = FileDelegate(model)
        self.menu = FileMenu(controller, model, self)
        self._note = FileNote(model, self.viewport())
        self._note.all_wanted.connect(self.all_wanted)
        self._dress()
        # Before Qt's own selection hears of it.
        model.layoutAboutToBeChanged.connect(self._lighten)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self._listen()
        self._add_actions()
        self.retranslate()

    def _dress(self) -> None:
        header = FileHeader()
        self.setHorizontalHeader(header)
        header.sortIndicatorChanged.connect(self._sorted)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.verticalHeader().setMinimumSectionSize(ROW)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumSize(240, 5 * ROW)

    def _listen(self) -> None:
        model = self._files
        model.shifting.connect(self._remember)
        model.modelAboutToBeReset.connect(self._remember_selection)
        model.shifted.connect(self._restore)
        model.layoutChanged.connect(self._burden)
        for change in (model.rowsInserted, model.rowsRemoved, model.modelReset, model.told):
            change.connect(self._note.tell)
        self.selectionModel().selectionChanged.connect(self.chosen)
        self.doubleClicked.connect(self.details_wanted)

    def _add_actions(self) -> None:
        self.details_action = self._action("Return", "Enter")
        self.details_action.triggered.connect(self._ask_details)
        self.retry_action = self._action("R")
        self.retry_action.triggered.connect(lambda: self.menu.retry(self.selected_ids()))
        self.skip_action = self._action("S")
        self.skip_action.triggered.connect(lambda: self.menu.skip(self.selected_ids()))
        self.all_action = self._action(QKeySequence.StandardKey.SelectAll)
        self.all_action.triggered.connect(self.selectAll)
        self.copy_action = self._action(QKeySequence.StandardKey.Copy)
        self.copy_action.triggered.connect(lambda: self.menu.copy_paths(self.selected_ids()))

    def _action(self, *keys: str | QKeySequence.StandardKey) -> QAction:
        made = QAction(self)
        if isinstance(keys[0], str):
            made.setShortcuts([QKeySequence(key) for key in keys])
        else:
            made.setShortcuts(keys[0])
        made.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.addAction(made)
        return made

    def actions_for_help(self) -> list[QAction]:
        return [
            self.details_action,
            self.retry_action,
            self.skip_action,
            self.all_action,
            self.copy_action,
        ]

    def retranslate(self) -> None:
        self.setAccessibleName(t("Files"))
        self.details_action.setText(t("Details"))
        self.retry_action.setText(t("Retry the selected files"))
        self.skip_action.setText(t("Skip the selected files"))
        self.all_action.setText(t("Select all"))
        self.copy_action.setText(t("Copy paths"))
        self._files.retranslate()
        self._note.tell()
        self._fit()
        self.viewport().update()

    # -- what is selected ------------------------------------------------------------------------

    def selected_ids(self) -> list[int]:
        """In the order shown."""
        selection = self.selectionModel().selection()
        found = (selection.at(number) for number in range(selection.count()))
        ranges = sorted((part.top(), part.bottom()) for part in found)
        return [file_id for top, bottom in ranges for file_id in self._files.ids(top, bottom)]

    def current_id(self) -> int | None:
        index = self.currentIndex()
        return self._files.line(index.row()).id if index.isValid() else None

    def _ask_details(self) -> None:
        if self.currentIndex().isValid():
            self.details_wanted.emit()

    def keyboardSearch(self, search: str, /) -> None:
        """Letters are shortcuts here; the search field finds names."""

    # -- a place that holds still ----------------------------------------------------------------

    def _remember(self) -> None:
        place = self._place = _Place(current=self.current_id() or 0)
        value, pointed = self.verticalScrollBar().value(), self._delegate.pointed.hovered
        count = self._files.rowCount()
        if pointed < 0 and not value:
            return
        first = value // ROW
        last = min(first + self.viewport().height() // ROW + 1, count - 1)
        rows = list(range(first, last + 1))
        if 0 <= pointed < count:
            rows.insert(0, pointed)
        place.anchors = [(self._files.line(row).id, row * ROW - value) for row in rows]

    def _lighten(self) -> None:
        """Qt follows each cell of a large selection, unless all is selected: ids are faster."""
        selection = self.selectionModel().selection()
        chosen = (selection.at(number) for number in range(selection.count()))
        count = sum(part.height() for part in chosen)
        if _LARGE < count < self._files.rowCount():
            self._heavy = set(self.selected_ids())
            self.selectionModel().clearSelection()

    def _burden(self) -> None:
        heavy, self._heavy = self._heavy, None
        if heavy is not None:
            self._select_again(heavy, self.current_id() or 0)

    def _remember_selection(self) -> None:
        self._place.selected = set(self.selected_ids())

    def _restore(self) -> None:
        place, self._place = self._place, _Place()
        if place.selected is not None:
            self._select_again(place.selected, place.current)
        for file_id, height in place.anchors:
            rows = self._files.rows_of([file_id])
            if rows:
                self.verticalScrollBar().setValue(rows[0] * ROW - height)
                break
        self._point()

    def _select_again(self, ids: set[int], current: int) -> None:
        chosen = QItemSelection()
        last = len(Column) - 1
        for top, bottom in spans(self._files.rows_of(ids)):
            chosen.select(self._files.index(top, 0), self._files.index(bottom, last))
        model = self.selectionModel()
        rows = self._files.rows_of([current])
        if rows:
            index = self._files.index(rows[0], 0)
            model.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        model.select(chosen, _SELECT)
        self.chosen.emit()

    def select_only(self, file_id: int) -> None:
        rows = self._files.rows_of([file_id])
        if rows:
            self.setCurrentIndex(self._files.index(rows[0], 0))

    def _sorted(self, section: int, order: Qt.SortOrder) -> None:
        self._files.sort(section, order)

    def sort_by(self, column: Column | None) -> None:
        """As a click on its title; None: the order of the scan."""
        header = self.horizontalHeader()
        order = header.sortIndicatorOrder()
        if column is None:
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        elif header.sortIndicatorSection() == column and order is Qt.SortOrder.AscendingOrder:
            header.setSortIndicator(column, Qt.SortOrder.DescendingOrder)
        else:
            header.setSortIndicator(column, Qt.SortOrder.AscendingOrder)

    # -- pointer and keyboard --------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        self._files.hold(True)
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent, /) -> None:
        super().mouseReleaseEvent(event)
        self._files.hold(False)

    def mouseMoveEvent(self, event: QMouseEvent, /) -> None:
        super().mouseMoveEvent(event)
        self._point(event.position().toPoint())

    def viewportEvent(self, event: QEvent, /) -> bool:
        if event.type() in (QEvent.Type.Leave, QEvent.Type.HoverLeave):
            self._point_at(-1)
        return super().viewportEvent(event)

    def _point(self, at: QPoint | None = None) -> None:
        if at is None:
            if not self.viewport().underMouse():
                return
            at = self.viewport().mapFromGlobal(self.cursor().pos())
        self._point_at(self.rowAt(at.y()))

    def _point_at(self, row: int) -> None:
        before, self._delegate.pointed.hovered = self._delegate.pointed.hovered, row
        if before != row:
            self._repaint_row(before)
            self._repaint_row(row)

    def _repaint_row(self, row: int) -> None:
        if row >= 0:
            top = row * ROW - self.verticalScrollBar().value()
            self.viewport().update(0, top, self.viewport().width(), ROW)

    def scrollContentsBy(self, dx: int, dy: int, /) -> None:
        super().scrollContentsBy(dx, dy)
        self._point()

    def currentChanged(self, current: Index, previous: Index, /) -> None:
        super().currentChanged(current, previous)
        self._repaint_row(previous.row())
        self._repaint_row(current.row())
        self.chosen.emit()

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._files.rowCount():
            index = self._files.index(max(0, self.rowAt(0)), 0)
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(index, flag)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent, /) -> None:
        ids = self.selected_ids()
        if not ids:
            return
        at = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            room = self.visualRect(self.currentIndex())
            at = self.viewport().mapToGlobal(QPoint(room.left() + PAD, room.bottom()))
        self._files.hold(True)
        menu = self.menu.build(ids, self.details_wanted.emit)
        menu.aboutToHide.connect(lambda: self._files.hold(False))
        menu.popup(at)
        event.accept()

    # -- looks -----------------------------------------------------------------------------------

    def paintEvent(self, e: QPaintEvent, /) -> None:
        pointed = self._delegate.pointed
        pointed.current = self.currentIndex().row() if self.hasFocus() else -1
        super().paintEvent(e)

    def showEvent(self, event: QShowEvent, /) -> None:
        super().showEvent(event)
        self._files.watch(True)

    def hideEvent(self, event: QHideEvent, /) -> None:
        super().hideEvent(event)
        self._files.watch(False)
        self._files.hold(False)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._fit()
        self._note.setGeometry(self.viewport().rect())

    def changeEvent(self, event: QEvent, /) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        """All columns fit the width: what there is no room for is left out."""
        width = self.viewport().width()
        shown = {
            Column.TIME: width >= _WIDE,
            Column.SIZE: width >= _MEDIUM,
            Column.SAYS: width >= _NARROW,
        }
        metrics = self.fontMetrics()
        words = [states.file_word(state) for state in FileState]
        words += [t("No network"), t("Renewing access")]
        widths = {
            Column.SIZE: metrics.horizontalAdvance("999.9 MB") + theme.S + PAD,
            Column.STATE: state_width(metrics, words),
            Column.TIME: metrics.horizontalAdvance("12/30/2026, 12:59 PM") + theme.S + PAD,
        }
        for column, visible in shown.items():
            self.setColumnHidden(column, not visible)
        fixed = sum(room for column, room in widths.items() if shown.get(column, True))
        rest = max(width - fixed, 80)
        name = max(rest // 2, min(_NAME, rest - _SAYS))
        widths[Column.NAME] = name if shown[Column.SAYS] else rest
        widths[Column.SAYS] = rest - widths[Column.NAME]
        for column, room in widths.items():
            self.setColumnWidth(column, room)
        self._delegate.pointed.last = max(c for c in Column if not self.isColumnHidden(c))
