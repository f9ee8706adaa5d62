"""The connections: which there are, a new one, a change, a farewell."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from app import bootstrap
from app.domain.errors import Fault, UsageError
from app.domain.model import Connection
from app.domain.states import ENDED
from app.services.base import ServiceSpec
from app.ui.connections.fields import capital, two
from app.ui.connections.form import ConnectionForm
from app.ui.controller import Controller
from app.ui.language import nt, said, t
from app.ui.look import parts, theme
from app.ui.look.columns import scrolled
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import ElidedLabel, EmptyNote, Picture, Role, label
from app.ui.look.parts import Card, Kind, Translated

# In the order in which the services are offered.
_PICTURES: Final = (Icon.DRONE, Icon.CLOUD, Icon.LAYERS)
_ICONS: Final = MappingProxyType(
    {spec.id: picture for spec, picture in zip(bootstrap.SPECS, _PICTURES, strict=False)}
)


def icon_of(service: str) -> Icon:
    return _ICONS.get(service, Icon.CLOUD)


class ConnectionCard(Translated, Card):
    """One connection; asks in its own place before it is removed."""

    edit = Signal(str)

    def __init__(self, controller: Controller, connection: Connection) -> None:
        super().__init__()
        self._controller, self.connection = controller, connection
        self._name = ElidedLabel(Role.HEADLINE)
        self._about, self._destination = ElidedLabel(Role.DIM), ElidedLabel(Role.DIM)
        self.edit_button = parts.button(Kind.PLAIN, Icon.EDIT)
        self.edit_button.clicked.connect(lambda: self.edit.emit(connection.name))
        self.remove_button = parts.tool(Icon.TRASH)
        self.remove_button.clicked.connect(self._ask)
        self._question = label(Role.BODY)
        self._question.setWordWrap(True)
        self.really_button = parts.button(Kind.DANGER, Icon.TRASH)
        self.really_button.clicked.connect(lambda: controller.remove_connection(connection.name))
        self.keep_button = parts.button(Kind.PLAIN)
        self.keep_button.clicked.connect(self._keep)
        self._put_together()
        self.retranslate()

    def _put_together(self) -> None:
        words = parts.column(self._name, self._about, self._destination, spacing=2)
        top = parts.row(spacing=theme.M)
        top.addWidget(Picture(icon_of(self.connection.service), 40, Tint.ACCENT, soft=True))
        top.addLayout(words, 1)
        top.addWidget(self.edit_button)
        top.addWidget(self.remove_button)
        self._confirm = QWidget()
        self._confirm.setLayout(
            parts.column(
                parts.line(),
                self._question,
                parts.row(None, self.keep_button, self.really_button),
                spacing=theme.M,
                margins=(0, theme.M, 0, 0),
            )
        )
        self._confirm.hide()
        self.setLayout(
            parts.column(
                top, self._confirm, spacing=0, margins=(theme.L, theme.L, theme.M, theme.L)
            )
        )

    def retranslate(self) -> None:
        name, options = self.connection.name, self.connection.options
        self._name.setText(name)
        host = urlsplit(self.connection.url).netloc or self.connection.url
        service = self.connection.service
        self._destination.hide()
        try:
            spec = bootstrap.spec_of(service)
        except UsageError:  # from another version of Postflight
            self.edit_button.setEnabled(False)
        else:
            service = spec.title
            self._tell_destination(spec, options.get(spec.destination, ""))
        self._about.setText(t("{service} at {host}", service=service, host=host))
        self.edit_button.setText(t("Change"))
        self.edit_button.setAccessibleName(t("Change {name}", name=name))
        parts.name(self.remove_button, t("Remove {name}", name=name))
        self._question.setText(self._what_goes())
        self.keep_button.setText(t("Keep it"))
        self.really_button.setText(t("Remove connection"))

    def _tell_destination(self, spec: ServiceSpec, value: str) -> None:
        field = next((one for one in spec.fields if one.key == spec.destination), None)
        if field is not None and value:
            self._destination.setText(
                t("{field} {value}", field=capital(said(field.title)), value=value)
            )
            self._destination.show()

    def _what_goes(self) -> str:
        words = t(
            "Remove this connection and its secret? Batches that went there stay in the history."
        )
        waiting = sum(
            batch.connection == self.connection.name and batch.state not in ENDED
            for batch in self._controller.engine.in_line()
        )
        if not waiting:
            return words
        warning = nt(
            "{n} batch that is not finished cannot go on without it.",
            "{n} batches that are not finished cannot go on without it.",
            waiting,
        )
        return two(words, warning)

    def _ask(self) -> None:
        self.retranslate()
        self._confirm.show()
        self.keep_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _keep(self) -> None:
        self._confirm.hide()
        self.remove_button.setFocus(Qt.FocusReason.OtherFocusReason)


class ServiceCard(Translated, Card):
    """A service to choose, with a click anywhere or by its button."""

    def __init__(self, spec: ServiceSpec) -> None:
        super().__init__()
        self.spec = spec
        self._title, self._words = label(Role.HEADLINE), label(Role.DIM)
        self._words.setWordWrap(True)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.button = parts.button(Kind.PLAIN)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        row = parts.row(spacing=theme.L, margins=theme.L)
        row.addWidget(Picture(icon_of(spec.id), 40, Tint.ACCENT, soft=True))
        row.addLayout(parts.column(self._title, self._words, spacing=2), 1)
        row.addWidget(self.button)
        self.setLayout(row)
        self.retranslate()

    def mouseReleaseEvent(self, event: QMouseEvent, /) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.button.click()

    def retranslate(self) -> None:
        self._title.setText(self.spec.title)
        self._words.setText(said(self.spec.words))
        self.button.setText(t("Connect"))
        self.button.setAccessibleName(t("Connect to {service}", service=self.spec.title))
        self.button.setAccessibleDescription(self._words.text())


class ConnectionsPage(Translated, QWidget):
    saved = Signal(str)
    try_practice = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self.form: ConnectionForm | None = None
        self.cards: list[ConnectionCard] = []
        self._kept: tuple[str, Fault] | None = None  # a secret that no keyring took
        self._make_list()
        self._make_chooser()
        self._make_notice()
        self._stack = QStackedLayout(self)
        for page in (self._list, self._chooser, self._notice):
            self._stack.addWidget(page)
        controller.connections_changed.connect(self.refill)
        self.refill()
        self.retranslate()
        self._go(self._list)

    # -- the list --------------------------------------------------------------------------------

    def _make_list(self) -> None:
        self._title = label(Role.TITLE)
        self.add_button = parts.button(Kind.PRIMARY, Icon.PLUS)
        self.add_button.clicked.connect(self.add)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(theme.M)
        self._empty = EmptyNote(Icon.PLUG)
        self.first_button = parts.button(Kind.PRIMARY, Icon.PLUS)
        self.first_button.clicked.connect(self.add)
        self.practice_button = parts.button(Kind.PLAIN)
        self.practice_button.clicked.connect(self.try_practice)
        self._empty.add(self.first_button)
        self._empty.add(self.practice_button)
        head = parts.row(self._title, None, self.add_button)
        inside = parts.column(head, self._cards, None, spacing=theme.L)
        self._list = QWidget()
        self._full = scrolled(inside)
        self._list.setLayout(parts.column(self._empty, self._full, spacing=0))

    def refill(self) -> None:
        """The list as it is now; what is open beside it stays open."""
        for card in self.cards:
            card.hide()
            card.deleteLater()
        self.cards = [
            ConnectionCard(self._controller, item) for item in self._controller.connections()
        ]
        for card in self.cards:
            card.edit.connect(self.edit)
            self._cards.addWidget(card)
        self._empty.setVisible(not self.cards)
        self._full.setVisible(bool(self.cards))
        if self._stack_at(self._list):
            self._aim()

    # -- choosing a service ----------------------------------------------------------------------

    def _make_chooser(self) -> None:
        self._back = parts.tool(Icon.CHEVRON_LEFT)
        self._back.clicked.connect(self.show_list)
        self._choose = label(Role.TITLE)
        self.services = [ServiceCard(spec) for spec in bootstrap.SPECS]
        for card in self.services:
            card.button.clicked.connect(partial(self._add_to, card.spec))
        head = parts.row(self._back, self._choose, None)
        self._chooser = scrolled(parts.column(head, *self.services, None, spacing=theme.M))

    # -- when there is no keyring ----------------------------------------------------------------

    def _make_notice(self) -> None:
        self._notice = EmptyNote(Icon.KEY, tint=Tint.WARN)
        self.done_button = parts.button(Kind.PRIMARY)
        self.done_button.clicked.connect(self._noticed)
        self._notice.add(self.done_button)

    def _noticed(self) -> None:
        kept, self._kept = self._kept, None
        self.show_list()
        if kept is not None:
            self.saved.emit(kept[0])

    # -- where the person is ---------------------------------------------------------------------

    def add(self) -> None:
        self._close_form()
        self._go(self._chooser)

    def edit(self, name: str) -> None:
        connection = self._controller.app.store.connections.get(name)
        self._open_form(bootstrap.spec_of(connection.service), connection)

    def show_list(self) -> None:
        self._close_form()
        self._go(self._list)

    def _add_to(self, spec: ServiceSpec) -> None:
        self._open_form(spec, None)

    def _open_form(self, spec: ServiceSpec, connection: Connection | None) -> None:
        self._close_form()
        self.form = ConnectionForm(self._controller, spec, connection)
        self.form.cancelled.connect(self.show_list if connection else self.add)
        self.form.saved.connect(self._saved)
        self._stack.addWidget(self.form)
        self._go(self.form)

    def _close_form(self) -> None:
        if self.form is None:
            return
        form, self.form = self.form, None
        form.close_form()
        self._stack.removeWidget(form)
        form.hide()
        form.deleteLater()

    def _saved(self, name: str, fault: Fault | None) -> None:
        if fault is None:
            self.show_list()
            self.saved.emit(name)
            return
        self._kept = (name, fault)
        self._close_form()
        self.retranslate()
        self._go(self._notice)

    def _stack_at(self, page: QWidget) -> bool:
        return self._stack.currentWidget() is page

    def _go(self, page: QWidget) -> None:
        self._stack.setCurrentWidget(page)
        self._aim()

    def _aim(self) -> None:
        """The keyboard goes to what is most likely wanted."""
        if self.form is not None:
            target: QWidget = self.form
        elif self._stack_at(self._chooser):
            target = self.services[0].button
        elif self._stack_at(self._notice):
            target = self.done_button
        else:
            target = self.add_button if self.cards else self.first_button
        self.setFocusProxy(target)
        if self.isVisible():
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        self._title.setText(t("Connections"))
        self.add_button.setText(t("Add connection"))
        self.first_button.setText(t("Add connection"))
        self.practice_button.setText(t("Try it without an account"))
        self._empty.say(
            t("Where should your flights go?"),
            t(
                "Connect Postflight to your cloud once; then every card you drop here goes there."
                " Or look around first: the practice cloud runs on this computer only."
            ),
        )
        parts.name(self._back, t("Back"))
        self._choose.setText(t("Choose a service"))
        self.done_button.setText(t("Got it"))
        if self._kept is not None:
            name, fault = self._kept
            self._notice.say(
                t("{name} is saved, but its secret only for this run", name=name),
                t(
                    "{reason} Once Postflight is closed, the secret has to be entered again."
                    " To have it kept, set up or unlock a keyring, then save the connection anew.",
                    reason=said(fault.title),
                ),
            )
