"""One editor for each field a service declares: its words above, the input, what is wrong below."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLayout,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from app.domain import words
from app.domain.errors import Fault
from app.services.base import Field
from app.speech.catalogue import later
from app.ui.language import said, t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.inputs import Combo, FileLine, Say, SecretLine, pem_files
from app.ui.look.labels import Picture, Role, label
from app.ui.look.parts import Translated, restyle

_CHOICES: Final = {"yes": later("Yes"), "no": later("No")}


def capital(sentence: str) -> str:
    """A sentence of its own from words that the command line puts behind an option."""
    return sentence[:1].upper() + sentence[1:]


def two(first: str, second: str) -> str:
    """Two sentences, one after the other."""
    return t("{first} {second}", first=first, second=second) if second else first


def whole(fault: Fault) -> str:
    """What happened, and what can be done."""
    return two(said(fault.title), said(fault.hint))


def choice_word(choice: str) -> str:
    if choice in _CHOICES:
        return t(_CHOICES[choice])
    return words.kind(choice) if choice[:1].isdigit() or choice == "lidar" else choice


class FieldBox(Translated, QWidget):
    """`value` is the option's text. `say_wrong` shows a sentence in the place of the help."""

    changed = Signal()
    left = Signal()  # the person is done with it for now

    def __init__(self, title: Say, help: Say, optional: bool = False) -> None:
        super().__init__()
        self._title, self._help, self._optional = title, help, optional
        self._wrong: Say | None = None
        self._label = label(Role.BODY)
        self._bang = Picture(Icon.BANG, 16, Tint.BAD)
        self._beneath = label(Role.DIM)
        self._beneath.setWordWrap(True)
        self._beneath.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)

    def _put_together(self, *inputs: QWidget | QLayout | None) -> None:
        beneath = parts.row(spacing=theme.S - 2)
        beneath.addWidget(self._bang, 0, Qt.AlignmentFlag.AlignTop)
        beneath.addWidget(self._beneath, 1)
        self.setLayout(parts.column(self._label, parts.row(*inputs), beneath, spacing=theme.XS))
        self._label.setBuddy(self.input)

    @property
    def input(self) -> QWidget:
        """Where the keyboard goes."""
        raise NotImplementedError

    def value(self) -> str:
        raise NotImplementedError

    def set_value(self, value: str) -> None:
        raise NotImplementedError

    @property
    def wrong(self) -> str:
        return self._wrong() if self._wrong else ""

    def say_wrong(self, wrong: Say | None) -> None:
        self._wrong = wrong
        if bool(self.input.property("fault")) != (wrong is not None):
            self.input.setProperty("fault", wrong is not None)
            restyle(self.input)
        self._tell()

    def retranslate(self) -> None:
        title = self._title()
        self._label.setText(t("{title} (optional)", title=title) if self._optional else title)
        self.input.setAccessibleName(title)
        self._tell()

    def _tell(self) -> None:
        said_beneath = self.wrong or self._help()
        self._bang.setVisible(bool(self.wrong))
        self._beneath.setText(said_beneath)
        self._beneath.setVisible(bool(said_beneath))
        self.input.setAccessibleDescription(said_beneath)

    def _edited(self) -> None:
        self.say_wrong(None)
        self.changed.emit()


class TextBox(FieldBox):
    """A line of text. `placeholder` shows what one looks like."""

    def __init__(
        self, title: Say, help: Say, optional: bool = False, placeholder: str = ""
    ) -> None:
        super().__init__(title, help, optional)
        self._line = QLineEdit()
        self._line.setPlaceholderText(placeholder)
        self._line.textEdited.connect(self._edited)
        self._line.editingFinished.connect(self.left)
        self._put_together(self._line)
        self.retranslate()

    @property
    def input(self) -> QLineEdit:
        return self._line

    def value(self) -> str:
        return self._line.text().strip()

    def set_value(self, value: str) -> None:
        self._line.setText(value)

    def fix(self) -> None:
        """To be read and copied, not to be changed."""
        self._line.setReadOnly(True)


class SecretBox(FieldBox):
    def __init__(self, title: Say, help: Say, kept: bool) -> None:
        """`kept`: there is one already, which an empty text leaves as it is."""
        super().__init__(title, help)
        self._kept = kept
        self._line = SecretLine()
        self._line.textEdited.connect(self._edited)
        self._line.editingFinished.connect(self.left)
        self._put_together(self._line, self._line.eye)
        self.retranslate()

    @property
    def input(self) -> SecretLine:
        return self._line

    def value(self) -> str:
        return self._line.text().strip()

    def set_value(self, value: str) -> None:
        self._line.setText(value)

    def forget(self) -> None:
        self._line.forget()

    def retranslate(self) -> None:
        super().retranslate()
        self._line.name_eye()
        self._line.setPlaceholderText(t("Unchanged") if self._kept else "")


class ChoiceBox(FieldBox):
    """One of a few; nothing chosen leaves it to the service."""

    def __init__(self, field: Field, title: Say, help: Say) -> None:
        super().__init__(title, help, optional=not field.required)
        self._field = field
        self._combo = Combo()
        self._combo.addItem("", "")
        for choice in field.choices:
            self._combo.addItem(choice, str(choice))
        self._combo.activated.connect(self._edited)
        self._put_together(self._combo)
        self.retranslate()

    @property
    def input(self) -> QComboBox:
        return self._combo

    def value(self) -> str:
        return str(self._combo.currentData() or "")

    def set_value(self, value: str) -> None:
        self._combo.setCurrentIndex(max(0, self._combo.findData(value)))

    def retranslate(self) -> None:
        super().retranslate()
        self._combo.setItemText(0, t("As usual"))
        for at, choice in enumerate(self._field.choices, 1):
            self._combo.setItemText(at, choice_word(choice))


class ManyBox(FieldBox):
    """Any of a few, as the comma-separated list that the option is."""

    def __init__(self, field: Field, title: Say, help: Say) -> None:
        super().__init__(title, help, optional=not field.required)
        self._boxes = {str(choice): QCheckBox() for choice in field.choices}
        for box in self._boxes.values():
            box.clicked.connect(self._edited)
        row = parts.row(*self._boxes.values(), None, spacing=theme.M)
        self._put_together(row)
        self.retranslate()

    @property
    def input(self) -> QCheckBox:
        return next(iter(self._boxes.values()))

    @property
    def boxes(self) -> dict[str, QCheckBox]:
        return dict(self._boxes)

    def value(self) -> str:
        return ",".join(choice for choice, box in self._boxes.items() if box.isChecked())

    def set_value(self, value: str) -> None:
        chosen = {part.strip().lower() for part in value.split(",")}
        for choice, box in self._boxes.items():
            box.setChecked(choice in chosen)

    def retranslate(self) -> None:
        super().retranslate()
        for choice, box in self._boxes.items():
            box.setText(choice_word(choice))
            box.setAccessibleName(t("{title}: {choice}", title=self._title(), choice=box.text()))


class FileBox(FieldBox):
    def __init__(self, title: Say, help: Say) -> None:
        super().__init__(title, help, optional=True)
        self._file = FileLine(pem_files)
        self._file.edited.connect(self._edited)
        self._file.finished.connect(self.left)
        self._put_together(self._file)
        self.retranslate()

    @property
    def input(self) -> QLineEdit:
        return self._file.line

    def value(self) -> str:
        return self._file.line.text().strip()

    def set_value(self, value: str) -> None:
        self._file.line.setText(value)

    def retranslate(self) -> None:
        super().retranslate()
        self._file.retranslate()


def editor(field: Field) -> FieldBox:
    """The editor that fits the field, whatever service it belongs to."""

    def title() -> str:
        return capital(said(field.title))

    def help() -> str:
        return capital(said(field.help))

    if field.many:
        return ManyBox(field, title, help)
    if field.choices:
        return ChoiceBox(field, title, help)
    return TextBox(title, help, optional=not field.required)
