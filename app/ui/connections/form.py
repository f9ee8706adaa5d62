"""The form of one connection, made of nothing but the fields its service declares."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from app import bootstrap
from app.domain.errors import Fault, SecretsError
from app.domain.model import Connection
from app.engine.doctor import Leg
from app.services.base import Field, Project, ServiceSpec, WrongOption
from app.ui.connections.destination import DestinationBox
from app.ui.connections.fields import FieldBox, FileBox, SecretBox, TextBox, capital, editor, whole
from app.ui.connections.legs import LegList
from app.ui.controller import Controller
from app.ui.language import said, t
from app.ui.look import parts, theme
from app.ui.look.columns import narrow, scrolled
from app.ui.look.icons import Icon, Tint, icon
from app.ui.look.labels import Picture, Role, label
from app.ui.look.parts import Kind, Translated

_NAME, _URL = "name", "url"  # the keys of what every connection has


class ConnectionForm(Translated, QWidget):
    """Adds a connection of `spec`'s service, or changes `connection`. Call `close_form` when the
    page is left for good: the secret is forgotten and no answer is waited for any more."""

    saved = Signal(str, object)  # name, and a Fault when the secret is kept only for this run
    cancelled = Signal()

    def __init__(
        self, controller: Controller, spec: ServiceSpec, connection: Connection | None = None
    ) -> None:
        super().__init__()
        self._controller, self._spec, self._old = controller, spec, connection
        self._taken = {item.name.casefold() for item in controller.connections()}
        self._test = self._ask = 0  # numbers of the latest ones: older answers are not wanted
        self._saving = False
        self.secret = SecretBox(
            lambda: capital(said(spec.secret)), self._secret_help, kept=connection is not None
        )
        self.boxes = self._make_boxes()
        self.legs = LegList()
        self._title = label(Role.TITLE)
        self._back = parts.tool(Icon.CHEVRON_LEFT)
        self._fold = parts.button(Kind.PLAIN, Icon.CHEVRON_DOWN)
        self._fold.setCheckable(True)
        self._advanced = QWidget()
        self._trouble = label(Role.BODY)
        self._trouble_bang = Picture(Icon.BANG, 20, Tint.BAD)
        self.cancel_button = parts.button(Kind.PLAIN)
        self.test_button = parts.button(Kind.PLAIN, Icon.PULSE)
        self.save_button = parts.button(Kind.PRIMARY)
        self._put_together()
        self._connect()
        self._fill()
        self.retranslate()

    def _make_boxes(self) -> dict[str, FieldBox]:
        """By key, in the order of the form but for the secret."""
        spec = self._spec
        boxes: dict[str, FieldBox] = {
            _NAME: TextBox(lambda: t("Name"), self._name_help),
            _URL: TextBox(lambda: t("Address"), lambda: "", placeholder=spec.address_hint),
        }
        for field in sorted(spec.fields, key=self._rank):
            boxes[field.key] = self._box(field)
        boxes[bootstrap.CA_FILE.key] = FileBox(
            lambda: capital(said(bootstrap.CA_FILE.title)),
            lambda: capital(said(bootstrap.CA_FILE.help)),
        )
        return boxes

    def _rank(self, field: Field) -> int:
        """Who signs in, then where to, then what happens there."""
        if field.key == self._spec.destination:
            return 1
        return 2 if field.choices else 0

    def _box(self, field: Field) -> FieldBox:
        if field.key != self._spec.destination:
            return editor(field)
        box = DestinationBox(
            lambda: capital(said(field.title)),
            lambda: capital(said(field.help)),
            optional=not field.required,
        )
        box.wanted.connect(self.ask_destinations)
        return box

    @property
    def destination(self) -> DestinationBox | None:
        box = self.boxes.get(self._spec.destination)
        return box if isinstance(box, DestinationBox) else None

    # -- how it is laid out ----------------------------------------------------------------------

    def _put_together(self) -> None:
        self._card = parts.Card()
        self._card.setLayout(parts.column(self.legs, margins=theme.L))
        self._card.hide()
        self._trouble.setWordWrap(True)
        self._trouble.hide()
        self._trouble_bang.hide()
        self._scroll = scrolled(self._column(), (theme.XL, theme.S, theme.XL, theme.XL))
        head = parts.row(self._back, self._title, None)
        trouble = parts.row(self._trouble_bang, self._trouble)
        trouble.setStretch(1, 1)
        foot = parts.row(self.cancel_button, None, self.test_button, self.save_button)
        self.setLayout(
            parts.column(
                narrow(head, (theme.XL, theme.XL, theme.XL, theme.S)),
                self._scroll,
                parts.line(),
                narrow(
                    parts.column(trouble, foot, spacing=theme.S),
                    (theme.XL, theme.M, theme.XL, theme.M),
                ),
                spacing=0,
            )
        )
        self.setFocusProxy(self.boxes[_URL if self._old else _NAME].input)

    def _column(self) -> QVBoxLayout:
        folded = {field.key for field in self._spec.fields if field.advanced}
        folded.add(bootstrap.CA_FILE.key)
        after = {field.key for field in self._spec.fields if self._rank(field)}
        plain = {key: box for key, box in self.boxes.items() if key not in folded}
        advanced = [self.boxes[key] for key in self.boxes if key in folded]
        self._advanced.setLayout(parts.column(*advanced, spacing=theme.L))
        self._advanced.hide()
        return parts.column(
            *(box for key, box in plain.items() if key not in after),
            self.secret,
            *(box for key, box in plain.items() if key in after),
            parts.row(self._fold, None),
            self._advanced,
            self._card,
            None,
            spacing=theme.L,
        )

    def _connect(self) -> None:
        self._back.clicked.connect(self.cancelled)
        self.cancel_button.clicked.connect(self.cancelled)
        self.test_button.clicked.connect(self.test)
        self.save_button.clicked.connect(self.save)
        self._fold.toggled.connect(self._unfold)
        for key, box in self._all():
            box.changed.connect(self._edited)
            box.left.connect(lambda key=key: self._look_at(key))

    def _all(self) -> list[tuple[str, FieldBox]]:
        return [*self.boxes.items(), ("", self.secret)]

    def _fill(self) -> None:
        name = self.boxes[_NAME]
        if self._old is None:
            name.set_value(self._free_name())
            return
        name.set_value(self._old.name)
        if isinstance(name, TextBox):
            name.fix()
        self.boxes[_URL].set_value(self._old.url)
        for key, value in self._old.options.items():
            if key in self.boxes:
                self.boxes[key].set_value(value)
        self._fold.setChecked(any(self.boxes[key].value() for key in self._folded()))

    def _unfold(self, shown: bool) -> None:
        self._advanced.setVisible(shown)
        self._fold.setIcon(icon(Icon.CHEVRON_UP if shown else Icon.CHEVRON_DOWN))

    def _folded(self) -> list[str]:
        return [key for key, box in self.boxes.items() if self._advanced.isAncestorOf(box)]

    def _free_name(self) -> str:
        title, number = self._spec.title, 1
        name = title
        while name.casefold() in self._taken:
            number += 1
            name = f"{title} {number}"
        return name

    def _name_help(self) -> str:
        return t("The name stays: flights that were sent know it.") if self._old else ""

    def _secret_help(self) -> str:
        if self._old:
            return t("Kept in the system's keyring. Leave it empty to keep the one that is there.")
        return t("Goes to the system's keyring and nowhere else.")

    def retranslate(self) -> None:
        title = self._spec.title
        if self._old:
            self._title.setText(t("Change {name}", name=self._old.name))
        else:
            self._title.setText(t("Connect to {service}", service=title))
        parts.name(self._back, t("Back"))
        self._fold.setText(t("Advanced"))
        self.cancel_button.setText(t("Cancel"))
        self._tell_buttons()

    def _tell_buttons(self) -> None:
        running = self.legs.running
        self.test_button.setEnabled(not running and not self._saving)
        self.test_button.setText(t("Testing …") if running else t("Test connection"))
        self.save_button.setEnabled(not self._saving)
        self.save_button.setText(t("Saving …") if self._saving else t("Save"))

    # -- what is in it ---------------------------------------------------------------------------

    def connection(self) -> Connection:
        """As it stands in the form, right or wrong."""
        values = {key: box.value() for key, box in self.boxes.items()}
        name, url = values.pop(_NAME), values.pop(_URL).rstrip("/")
        if url and "://" not in url:
            url = f"https://{url}"
        options = {key: value for key, value in values.items() if value}
        return Connection(name, self._spec.id, url, MappingProxyType(options))

    def _wrong(self) -> dict[str, WrongOption]:
        connection = self.connection()
        found = {wrong.key: wrong for wrong in reversed(bootstrap.wrong_settings(connection))}
        if self._old is None and connection.name.casefold() in self._taken:
            found[_NAME] = WrongOption(connection.name, key=_NAME)
        return found

    def _sentence(self, wrong: WrongOption) -> str:
        if wrong.key == _NAME:
            taken = wrong.title.casefold() in self._taken
            return t("Another connection has this name.") if taken else said(wrong.title)
        if not self.boxes[wrong.key].value():
            return t("This is needed.")
        return said(wrong.words) if wrong.words else t("This cannot be used as it is.")

    def _say(self, wrong: WrongOption) -> None:
        self.boxes[wrong.key].say_wrong(lambda: self._sentence(wrong))

    def _check(self, without: Sequence[str] = ()) -> bool:
        """Says beneath each field what is wrong with it; the keyboard goes to the first."""
        found = {key: wrong for key, wrong in self._wrong().items() if key not in without}
        for key, box in self.boxes.items():
            if key in found:
                self._say(found[key])
            elif key not in without:
                box.say_wrong(None)
        lacks_secret = self._old is None and not self.secret.value()
        self.secret.say_wrong((lambda: t("This is needed.")) if lacks_secret else None)
        if any(key in found for key in self._folded()):
            self._fold.setChecked(True)
        first = next((box for _, box in self._in_order() if box.wrong and box.isEnabled()), None)
        if first is not None and (found or lacks_secret):
            first.input.setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll.ensureWidgetVisible(first)
        return not found and not lacks_secret

    def _in_order(self) -> list[tuple[str, FieldBox]]:
        return sorted(
            self._all(), key=lambda item: item[1].mapTo(self, item[1].rect().topLeft()).y()
        )

    def _look_at(self, key: str) -> None:
        """Of a field that was just filled in; an empty one may be filled in later."""
        if key in self.boxes and self.boxes[key].value() and key in (found := self._wrong()):
            self._say(found[key])

    def _edited(self) -> None:
        """Results were about what stood there before."""
        self._test += 1
        self.legs.finish()
        self._card.hide()
        self._say_trouble(None)
        self._tell_buttons()

    def _say_trouble(self, fault: Fault | None) -> None:
        words = whole(fault) if fault else ""
        self._trouble.setText(words)
        self._trouble.setVisible(fault is not None)
        self._trouble_bang.setVisible(fault is not None)

    # -- what it asks for ------------------------------------------------------------------------

    def ask_destinations(self) -> None:
        box = self.destination
        if box is None or not self._check(without=(_NAME, self._spec.destination)):
            return
        self._ask += 1
        number, asked = self._ask, self.connection()
        options = {key: v for key, v in asked.options.items() if key != self._spec.destination}
        asked = Connection(asked.name, asked.service, asked.url, MappingProxyType(options))

        def done(projects: Sequence[Project]) -> None:
            if self._current(number == self._ask):
                box.offer(projects)

        def failed(fault: Fault) -> None:
            if self._current(number == self._ask):
                box.refuse(lambda: whole(fault))

        box.ask()
        self._controller.projects(asked, self.secret.value(), done, failed)

    def test(self) -> None:
        """Without saving; a further test leaves an earlier one alone."""
        if not self._check():
            return
        self._test += 1
        number = self._test

        def passed(leg: Leg) -> None:
            if self._current(number == self._test):
                self.legs.passed(leg)

        def done() -> None:
            if self._current(number == self._test):
                self.legs.finish()
                self._tell_buttons()
                self._show_legs()

        self.legs.begin()
        self._card.show()
        self._tell_buttons()
        self._show_legs()
        self._controller.test_connection(self.connection(), self.secret.value(), passed, done)

    def _show_legs(self) -> None:
        # The card has no place yet in the moment in which it is shown.
        QTimer.singleShot(
            0, self._card, lambda: self._scroll.ensureWidgetVisible(self._card, 0, 16)
        )

    def save(self) -> None:
        if self._saving or not self._check():
            return
        connection = self.connection()

        def done(fault: Fault | None) -> None:
            kept = fault is None or fault.code == SecretsError.code
            if kept:
                self._controller.connections_changed.emit()
            if not isValid(self):
                return
            self._saving = False
            self._tell_buttons()
            if kept:
                self.close_form()
                self.saved.emit(connection.name, fault)
            else:
                self._say_trouble(fault)

        self._saving = True
        self._say_trouble(None)
        self._tell_buttons()
        self._controller.save_connection(connection, self.secret.value(), done)

    def _current(self, wanted: bool) -> bool:
        """Whether an answer still finds the form that asked for it."""
        return wanted and isValid(self)

    def close_form(self) -> None:
        self._test += 1
        self._ask += 1
        self.secret.forget()
