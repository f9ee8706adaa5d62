"""The details of the selected file, or of all selected files together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.domain.model import FileLine, FileStatus
from app.domain.states import FileState
from app.ui import language, states, text
from app.ui.controller import Controller
from app.ui.files.drawer_parts import Ladder, StateNote, Support, Value
from app.ui.files.model import FileModel
from app.ui.files.preview import Preview
from app.ui.files.words import name_of, printable
from app.ui.language import nt, t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon
from app.ui.look.labels import EmptyNote, Picture, Role, label
from app.ui.look.parts import Translated

_NARROWEST: Final = 320 + theme.L  # and the margin at its right
_SOON: Final = 500  # milliseconds


class Drawer(Translated, QWidget):
    """Live: it reads the file again when the feed names it, and follows its bytes."""

    close_wanted = Signal()

    def __init__(
        self, controller: Controller, model: FileModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._ids: list[int] = []
        self.file = _FilePage(controller, model)
        self.many = _ManyPage(model)
        self._none = EmptyNote(Icon.DRAWER)
        self._title = label(Role.HEADLINE)
        self._close = parts.tool(Icon.CANCEL)
        self._close.clicked.connect(self.close_wanted)
        self._pages = QStackedWidget()
        for page in (self._none, self.file, self.many):
            self._pages.addWidget(page)
        top = parts.row(self._title, None, self._close, margins=(theme.L, theme.S, theme.S, 0))
        card = parts.Card()
        box: QVBoxLayout = parts.column(top, self._pages, spacing=theme.S)
        box.setStretch(1, 1)
        card.setLayout(box)
        self.setLayout(parts.column(card, margins=(0, theme.L, theme.L, theme.L)))
        self.setMinimumWidth(_NARROWEST)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON)
        self._soon.timeout.connect(self._refresh)
        controller.feed.files_changed.connect(self._on_changed)
        controller.feed.batch_changed.connect(self._on_tick)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(_NARROWEST, 480)

    def retranslate(self) -> None:
        self.setAccessibleName(t("Details"))
        self._title.setText(t("Details"))
        parts.name(self._close, t("Close details"))
        self._none.say(t("No file selected"), t("Choose a file to see all about it."))
        self.many.show_files(self._ids)

    def show_files(self, ids: Sequence[int]) -> None:
        self._ids = list(ids)
        self._refresh()

    def _refresh(self) -> None:
        if len(self._ids) == 1 and self.file.show_file(self._ids[0]):
            self._pages.setCurrentWidget(self.file)
        elif len(self._ids) > 1:
            self.many.show_files(self._ids)
            self._pages.setCurrentWidget(self.many)
        else:
            self._pages.setCurrentWidget(self._none)

    def _on_changed(self, batch_id: str, ids: frozenset[int]) -> None:
        if batch_id != self._model.batch_id or not self.isVisible() or ids.isdisjoint(self._ids):
            return
        if len(self._ids) == 1:
            self._refresh()
        else:
            # From the list's own rows, which are read a moment later; and they may be many.
            self._soon.start()

    def _on_tick(self, batch_id: str) -> None:
        if batch_id == self._model.batch_id and self.isVisible() and len(self._ids) == 1:
            self.file.follow()


class _Page(QScrollArea):
    """Scrolls up and down only."""

    def __init__(self) -> None:
        super().__init__()
        self.body = QWidget()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(self.body)
        self.body.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self.body.setMaximumWidth(self.viewport().width())


class _FilePage(Translated, _Page):
    def __init__(self, controller: Controller, model: FileModel) -> None:
        super().__init__()
        self._controller = controller
        self._model = model
        self._status: FileStatus | None = None
        self.preview = Preview()
        self.name, self.folder, self.weight = Value(), Value(), Value()
        self.state = StateNote()
        self.ladder = Ladder()
        self.md5, self.etag, self.key = Value(), Value(), Value()
        self.attempts, self.changed = Value(copies=False), Value(copies=False)
        self.support = Support()
        self._put_together()
        self.retranslate()

    def _put_together(self) -> None:
        first = (self.preview, self.name, self.state, self.ladder, parts.line())
        values = (self.folder, self.weight, self.md5, self.etag, self.key)
        last = (self.attempts, self.changed, self.support, None)
        self.body.setLayout(
            parts.column(
                *first,
                *values,
                *last,
                spacing=theme.M,
                margins=(theme.L, theme.XS, theme.L, theme.L),
            )
        )

    def retranslate(self) -> None:
        for value, title, copying in (
            (self.name, t("Name"), t("Copy name")),
            (self.folder, t("Folder"), t("Copy folder")),
            (self.weight, t("Size"), t("Copy size")),
            (self.md5, "MD5", t("Copy checksum")),
            (self.etag, t("Etag of the storage"), t("Copy etag")),
            (self.key, t("Object key"), t("Copy object key")),
            (self.attempts, t("Attempts"), ""),
            (self.changed, t("Last change"), ""),
        ):
            value.call(title, copying)
        self.support.retranslate()
        self.ladder.retranslate()
        if self._status is not None:
            self._show(self._status)

    def show_file(self, file_id: int) -> bool:
        """Reads it again. False for one that is no longer known."""
        self._status = self._controller.status(file_id)
        if self._status is not None:
            self._show(self._status)
        return self._status is not None

    def _show(self, status: FileStatus) -> None:
        file, receipt = status.file, status.receipt
        line = self._line(status)
        there = status.state is not FileState.GONE and file.size > 0
        self.preview.show_file(file.source, there)
        self.preview.setAccessibleName(t("Preview of {name}", name=name_of(line)))
        self.name.show_text(name_of(line))
        self.folder.show_text(printable(str(file.source.parent)))
        self.weight.show_text(_exact(file.size), plain=str(file.size))
        self.md5.show_text(status.md5)
        self.etag.show_text(receipt.etag if receipt else "")
        self.key.show_text(receipt.key if receipt else "")
        self.attempts.show_text(str(status.attempts) if status.attempts else "")
        self.changed.show_text(text.moment(line.changed_at) if line.changed_at else "")
        self.ladder.show_status(status)
        self.support.show_status(status, line.changed_at)
        self.follow()

    def follow(self) -> None:
        """What changes from tick to tick."""
        if self._status is not None:
            self.state.show_state(self._line(self._status), self._status, self._model.around)

    def _line(self, status: FileStatus) -> FileLine:
        """As the list knows it, in the state it is in now."""
        known = self._model.known(status.file.id)
        words = status.fault.title if status.fault else status.words
        return FileLine(
            status.file.id,
            status.file.path,
            status.file.size,
            status.state,
            words,
            known.changed_at if known else 0.0,
        )


class _ManyPage(_Page):
    def __init__(self, model: FileModel) -> None:
        super().__init__()
        self._model = model
        self.count = label(Role.TITLE)
        self.weight = label(Role.BODY)
        self.states: dict[FileState, QWidget] = {}
        self._box = parts.column(spacing=theme.S, margins=theme.L)
        self._labels = {state: label(Role.BODY) for state in FileState}
        self._put_together()

    def _put_together(self) -> None:
        self._box.addWidget(self.count)
        self._box.addWidget(self.weight)
        self._box.addSpacing(theme.S)
        for state, words in self._labels.items():
            row = QWidget()
            row.setLayout(parts.row(Picture(states.FILE_LOOKS[state][0], 18), words, None))
            self.states[state] = row
            self._box.addWidget(row)
        self._box.addStretch(1)
        self.body.setLayout(self._box)

    def show_files(self, ids: Sequence[int]) -> None:
        sums = self._model.sums(ids)
        self.count.setText(nt("{n} file selected", "{n} files selected", sum(sums.states.values())))
        self.weight.setText(text.size(sums.size))
        for state, row in self.states.items():
            count = sums.states.get(state, 0)
            row.setVisible(bool(count))
            self._labels[state].setText(
                t("{state}: {n}", state=states.file_word(state), n=language.number(count))
            )


def _exact(size: int) -> str:
    return nt("{size} ({n} byte)", "{size} ({n} bytes)", size, size=text.size(size))
