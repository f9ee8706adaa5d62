"""What lies over the file table while no file is shown: why, and the way to all of them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.domain.states import BatchState
from app.ui.files.model import FileModel, Filter
from app.ui.language import t
from app.ui.look import parts
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import EmptyNote
from app.ui.look.parts import Kind

_ROOMY: Final = 260  # pixels, less shows words only
_ICONS: Final = {
    Filter.MOVING: Icon.ARROW_UP,
    Filter.WAITING: Icon.CLOCK,
    Filter.NEEDS_YOU: Icon.TICK_CIRCLE,
    Filter.SKIPPED: Icon.SKIP,
    Filter.DONE: Icon.CLOUD,
}


class FileNote(EmptyNote):
    all_wanted = Signal()

    def __init__(self, model: FileModel, parent: QWidget) -> None:
        super().__init__(Icon.FOLDER, parent=parent)
        self._model = model
        self._all = parts.button(Kind.PLAIN)
        self._all.clicked.connect(self.all_wanted)
        self.add(self._all)
        self.hide()

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._picture.setVisible(event.size().height() >= _ROOMY)

    def tell(self) -> None:
        """Again, whenever rows came or went or the language is another one."""
        model = self._model
        empty = not model.rowCount() and model.batch_id is not None and not model.reading
        if empty:
            self._say()
        self.setVisible(empty)

    def _say(self) -> None:
        model = self._model
        nothing = not model.total
        self._all.setText(t("Show all files"))
        self._all.setVisible(not nothing)
        if nothing:
            self._say_nothing_yet()
        elif model.needle:
            self.show_icon(Icon.SEARCH)
            self.say(
                t("Nothing found"),
                t("No file's name or folder holds “{words}”.", words=model.typed)
                if model.filter is Filter.ALL
                else t("No file in this view holds “{words}”.", words=model.typed),
            )
        else:
            fine = model.filter is Filter.NEEDS_YOU
            self.show_icon(_ICONS[model.filter], Tint.GOOD if fine else Tint.ACCENT)
            self.say(*_words(model.filter))

    def _say_nothing_yet(self) -> None:
        scans = self._model.batch_state is BatchState.SCANNING
        if scans and not self._model.under_way:
            self.show_icon(Icon.CLOCK)
            self.say(
                t("The folder is not read yet"), t("Files appear here once the batch is under way.")
            )
        elif scans:
            self.show_icon(Icon.LENS)
            self.say(t("Reading the folder"), t("Files appear here as they are found."))
        else:
            self.show_icon(Icon.FOLDER)
            self.say(t("No files"), t("Nothing in this batch is to be sent."))


def _words(which: Filter) -> tuple[str, str]:
    return {
        Filter.MOVING: (t("Nothing is moving"), t("Files on their way are shown here.")),
        Filter.WAITING: (t("No file waits"), t("Every file has had its turn.")),
        Filter.NEEDS_YOU: (t("No file needs you"), t("Postflight goes on by itself.")),
        Filter.SKIPPED: (
            t("No file was skipped"),
            t("Files that are there already, and those you leave out, are shown here."),
        ),
        Filter.DONE: (
            t("Nothing is delivered yet"),
            t("A file comes here once it is stored, checked and registered."),
        ),
    }[which]
