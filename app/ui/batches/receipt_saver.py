"""Asks where the receipt shall go and writes it there, in a thread."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget
from shiboken6 import isValid

from app import __version__
from app.domain.model import Batch
from app.ui.controller import Controller
from app.ui.language import t

_ODD: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_LONGEST: Final = 80  # characters of the title in a file's name


class ReceiptSaver(QObject):
    """What goes wrong is said through the controller's `problem`."""

    saved = Signal(str, str)  # batch, path

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller

    def ask(self, batch: Batch, parent: QWidget) -> QFileDialog:
        """Opens the system's own dialog and returns at once."""
        folder = Path(_documents())
        dialog = QFileDialog(parent, t("Save the receipt"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([t("Receipt to read and print ({pattern})", pattern="*.html"),
                               t("Receipt to check later ({pattern})", pattern="*.json"),
                               t("Table of all files ({pattern})", pattern="*.csv")])  # fmt: skip
        dialog.setDefaultSuffix("html")
        dialog.setDirectory(str(folder))
        dialog.selectFile(file_name(batch.title))

        def chose_form(chosen: str) -> None:
            dialog.setDefaultSuffix(_suffix(chosen))

        def chose_file(name: str) -> None:
            self.save(batch.id, Path(name))

        dialog.filterSelected.connect(chose_form)
        dialog.fileSelected.connect(chose_file)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def save(self, batch_id: str, target: Path) -> None:
        self._controller.start(self._save(batch_id, target))

    async def _save(self, batch_id: str, target: Path) -> None:
        app = self._controller.app

        def work() -> None:
            # Only who saves a receipt waits for its import.
            from app.evidence import receipt

            form = receipt.format_of(target) or receipt.Format.HTML
            evidence = receipt.collect(app.store, batch_id, app.clock, __version__)
            receipt.save(evidence, form, target)

        await self._controller.engine.control(work)
        if isValid(self):  # else the page went meanwhile
            self.saved.emit(batch_id, str(target))


def file_name(title: str) -> str:
    """A name every system takes, made of the batch's title."""
    plain = " ".join(_ODD.sub(" ", title).split())[:_LONGEST].strip(" .")
    return f"{t('Receipt {title}', title=plain or 'Postflight')}.html"


def _suffix(name_filter: str) -> str:
    return name_filter.rpartition("*.")[2].rstrip(")")


def _documents() -> str:
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
