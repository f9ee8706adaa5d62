"""Settings hardly anybody needs: how much at once, the log, and a file for support."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QDate, QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QSpinBox
from shiboken6 import isValid

from app.domain.errors import Fault, PostflightError
from app.domain.preferences import LogLevel, Preferences
from app.evidence import diagnostics
from app.paths import Paths
from app.transfer.lanes import MOST_FILES, MOST_PARTS
from app.ui import text
from app.ui.connections.fields import whole
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import parts
from app.ui.look.icons import Icon, Tint
from app.ui.look.inputs import Combo
from app.ui.look.parts import Kind
from app.ui.settings.general import nothing
from app.ui.settings.section import EnumCombo, Row, Section
from app.ui.system import places

_PARTS: Final = tuple(size * 1_000_000 for size in (8, 16, 32, 64, 128, 256))


class Advanced(Section):
    def __init__(self, controller: Controller, paths: Paths) -> None:
        super().__init__(controller)
        self._paths = paths
        self.files, self.parts = _count(MOST_FILES), _count(MOST_PARTS)
        self.part_size = Combo()
        self.part_size.addItem("", 0)
        for size in _PARTS:
            self.part_size.addItem("", size)
        self.log_level = EnumCombo(
            {
                LogLevel.USUAL: lambda: t("What matters"),
                LogLevel.DETAILED: lambda: t("Everything, for support"),
            }
        )
        self.save_button = parts.button(Kind.PLAIN, Icon.ZIP)
        self.logs_button = parts.button(Kind.PLAIN, Icon.FOLDER_OPEN)
        self.show_button = parts.button(Kind.PLAIN, Icon.FOLDER_OPEN)
        self.show_button.hide()
        self._saved: Path | None = None
        self._make_rows()
        self._connect()
        self.retranslate()
        self.refresh()

    def _make_rows(self) -> None:
        self.add(
            Row(lambda: t("Files at once"), parts.row(self.files, None), self.files, _next_start),
            "files_at_once",
        )
        self.add(
            Row(lambda: t("Parts at once"), parts.row(self.parts, None), self.parts, _next_start),
            "parts_at_once",
        )
        self.add(
            Row(
                lambda: t("Size of a part"),
                parts.row(self.part_size, None),
                self.part_size,
                _next_start,
            ),
            "part_size",
        )
        log = parts.column(parts.row(self.log_level, None), parts.row(self.logs_button, None))
        self.add(Row(lambda: t("Log"), log, self.log_level, nothing), "log_level")
        self.diagnostics_row = self.add(
            Row(
                lambda: t("Diagnostics"),
                parts.row(self.save_button, self.show_button, None),
                self.save_button,
                lambda: t(
                    "A ZIP file for support. Secrets, photos, places and the names of your files"
                    " are left out; all of it is plain text to look through."
                ),
            )
        )

    def _connect(self) -> None:
        self.files.valueChanged.connect(self.sets("files_at_once"))
        self.parts.valueChanged.connect(self.sets("parts_at_once"))
        self.part_size.activated.connect(self._take_part_size)
        self.log_level.picked.connect(self.sets("log_level"))
        self.logs_button.clicked.connect(lambda: places.open_folder(self._paths.logs))
        self.save_button.clicked.connect(self.ask)
        self.show_button.clicked.connect(self._show_saved)

    def _take_part_size(self) -> None:
        self.prefer({"part_size": int(self.part_size.currentData())})

    def title(self) -> str:
        return t("Advanced")

    def show_preferences(self, preferences: Preferences) -> None:
        for spin, value in (
            (self.files, preferences.files_at_once),
            (self.parts, preferences.parts_at_once),
        ):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)
        if self.part_size.findData(preferences.part_size) < 0:  # set by another version
            self.part_size.addItem("", preferences.part_size)
            self.retranslate()
        self.part_size.setCurrentIndex(self.part_size.findData(preferences.part_size))
        self.log_level.pick(preferences.log_level)

    def retranslate(self) -> None:
        super().retranslate()
        for spin in (self.files, self.parts):
            spin.setSpecialValueText(t("Automatic"))
        self.part_size.setItemText(0, t("Automatic"))
        for at in range(1, self.part_size.count()):
            self.part_size.setItemText(at, text.size(self.part_size.itemData(at)))
        self.log_level.retranslate()
        self.logs_button.setText(t("Open folder of logs"))
        self.save_button.setText(t("Save diagnostics …"))
        self.show_button.setText(t("Show in folder"))

    # -- diagnostics -----------------------------------------------------------------------------

    def ask(self) -> QFileDialog:
        """Opens the system's own dialog and returns at once."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        today = QDate.currentDate().toString(Qt.DateFormat.ISODate)
        dialog = QFileDialog(self, t("Save diagnostics"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([f"{t('ZIP files')} (*.zip)"])
        dialog.setDefaultSuffix("zip")
        dialog.setDirectory(folder)
        dialog.selectFile(f"postflight-diagnostics-{today}.zip")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen(name: str) -> None:
            self.save(Path(name))

        dialog.fileSelected.connect(chosen)
        dialog.open()
        return dialog

    def save(self, target: Path) -> None:
        app = self._controller.app

        def work() -> None:
            diagnostics.write(self._paths, app.store, target, app.clock)

        async def write() -> None:
            fault: Fault | None = None
            try:
                await self._controller.engine.control(work)
            except PostflightError as error:
                fault = error.fault()
            if isValid(self):
                self._written(target, fault)

        self.save_button.setEnabled(False)
        self.show_button.hide()
        self.diagnostics_row.say(lambda: t("Being written …"), Tint.DIM)
        self._controller.start(write())

    def _written(self, target: Path, fault: Fault | None) -> None:
        self.save_button.setEnabled(True)
        if fault is not None:
            self.diagnostics_row.say(lambda: whole(fault))
            return
        self._saved = target
        self.show_button.show()
        self.diagnostics_row.say(
            lambda: t("Saved as {file}. Look through it before you pass it on.", file=target.name),
            Tint.GOOD,
        )

    def _show_saved(self) -> None:
        if self._saved is not None:
            places.reveal(self._saved)


def _count(most: int) -> QSpinBox:
    made = parts.spin()
    made.setRange(0, most)
    made.setKeyboardTracking(False)
    made.setMinimumWidth(140)
    return made


def _next_start() -> str:
    return t("Holds from the next start of Postflight.")
