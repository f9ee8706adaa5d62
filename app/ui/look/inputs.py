"""Inputs that forms and settings share: a calm choice, a secret, a file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QWidget

from app.ui.language import t
from app.ui.look import parts
from app.ui.look.icons import Icon
from app.ui.look.parts import Kind

Say = Callable[[], str]


class Combo(QComboBox):
    """A choice that does not change when a page is scrolled over it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class SecretLine(QLineEdit):
    """Shows dots unless asked; `forget` leaves nothing to undo."""

    def __init__(self) -> None:
        super().__init__()
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self.eye = parts.tool(Icon.EYE)
        self.eye.setCheckable(True)
        self.eye.toggled.connect(self._show)
        self._show(False)

    def _show(self, shown: bool) -> None:
        self.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)

    def name_eye(self) -> None:
        parts.name(self.eye, t("Show what is typed"))

    def forget(self) -> None:
        # clear() would keep the text in the undo history.
        self.setText("")
        self.eye.setChecked(False)


class FileLine(QWidget):
    """A path that is typed or chosen in the system's own dialog."""

    edited = Signal()
    finished = Signal()

    def __init__(self, filters: Say) -> None:
        super().__init__()
        self._filters = filters
        self.line = QLineEdit()
        self.line.textEdited.connect(self.edited)
        self.line.editingFinished.connect(self.finished)
        self.button = parts.button(Kind.PLAIN)
        self.button.clicked.connect(self._choose)
        self.setLayout(parts.row(self.line, self.button))
        self.setFocusProxy(self.line)

    def retranslate(self) -> None:
        self.button.setText(t("Choose file …"))

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.line.accessibleName())
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self._filters(), f"{t('All files')} (*)"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.take)
        dialog.open()

    def take(self, path: str) -> None:
        self.line.setText(path)
        self.edited.emit()
        self.finished.emit()


def pem_files() -> str:
    return f"{t('Certificates')} (*.pem *.crt *.cer)"
