"""The field of a connection that says where media goes, with the service's own list beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QPushButton, QSizePolicy

from app.services.base import Project
from app.ui.connections.fields import FieldBox
from app.ui.language import nt, t
from app.ui.look import parts
from app.ui.look.inputs import Combo, Say
from app.ui.look.parts import Kind


class DestinationBox(FieldBox):
    """Where media goes: chosen from the service's own list, or typed."""

    wanted = Signal()  # the list

    def __init__(self, title: Say, help: Say, optional: bool = False) -> None:
        super().__init__(title, help, optional)
        self._asking = False
        self._found: int | None = None
        self._combo = Combo()
        self._combo.setEditable(True)
        self._combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        completer = QCompleter(self._combo.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self._combo.setCompleter(completer)
        self._combo.activated.connect(self._edited)
        self.line.textEdited.connect(self._edited)
        self.line.editingFinished.connect(self.left)
        self._choose = parts.button(Kind.PLAIN)
        self._choose.clicked.connect(self.wanted)
        self._put_together(self._combo, self._choose)
        self.retranslate()

    @property
    def input(self) -> QComboBox:
        return self._combo

    @property
    def line(self) -> QLineEdit:
        made = self._combo.lineEdit()
        if made is None:
            raise RuntimeError("the combo is not editable")
        return made

    @property
    def button(self) -> QPushButton:
        return self._choose

    def value(self) -> str:
        text = self._combo.currentText()
        at = self._combo.findText(text, Qt.MatchFlag.MatchExactly)
        return str(self._combo.itemData(at)) if at >= 0 else text.strip()

    def set_value(self, value: str) -> None:
        at = self._combo.findData(value)
        if at >= 0:
            self._combo.setCurrentIndex(at)
        else:
            self._combo.setEditText(value)

    def ask(self) -> None:
        """The list is on its way."""
        self._asking = True
        self.say_wrong(None)
        self.retranslate()

    def offer(self, projects: Sequence[Project]) -> None:
        """Fills the list; what was typed stays if it is on it, and a single one is taken."""
        value = self.value()
        self._asking, self._found = False, len(projects)
        self._combo.clear()
        for project in projects:
            shown = t("{title} ({id})", title=project.title, id=project.id)
            self._combo.addItem(project.id if project.title == project.id else shown, project.id)
        self._combo.setCurrentIndex(-1)
        self._combo.setEditText("")
        self.set_value(value or (projects[0].id if len(projects) == 1 else ""))
        self.retranslate()
        if value != self.value():
            self.changed.emit()
        elif len(projects) > 1 and self._choose.hasFocus():
            self._combo.setFocus(Qt.FocusReason.OtherFocusReason)
            self._combo.showPopup()

    def refuse(self, wrong: Say) -> None:
        self._asking = False
        self.say_wrong(wrong)
        self.retranslate()

    def forget(self) -> None:
        """What was on its way is not wanted any more."""
        self._asking = False
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.line.setAccessibleName(self._title())
        self._choose.setEnabled(not self._asking)
        if self._asking:
            self._choose.setText(t("Asking …"))
        else:
            self._choose.setText(t("Choose …") if self._found is None else t("Refresh list"))

    def _tell(self) -> None:
        super()._tell()
        if self._wrong is None and self._found is not None:
            self._beneath.setVisible(True)
            self._beneath.setText(
                nt("{n} to choose from", "{n} to choose from", self._found)
                if self._found
                else t("The service names none. Type its id.")
            )
