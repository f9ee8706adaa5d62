"""A person's hand at the form of a connection: it types and clicks."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app import bootstrap
from app.domain.errors import Fault
from app.domain.model import Connection
from app.ui.connections.fields import FieldBox
from app.ui.connections.form import ConnectionForm
from app.ui.connections.legs import LegState
from app.ui.controller import Controller
from tests.helpers.workbench import Workbench
from tests.ui.batch_kit import until

SERVICES = ("flighthub2", "cloud-api", "metastudio")


class Hand:
    """Types and clicks as a person does, at one form."""

    def __init__(self, qtbot: QtBot, form: ConnectionForm) -> None:
        self.qtbot, self.form = qtbot, form
        self.saved: list[tuple[str, Fault | None]] = []
        form.saved.connect(lambda name, fault: self.saved.append((name, fault)))

    def type(self, key: str, text: str) -> None:
        self.into(self.form.boxes[key], text)

    def secret(self, text: str) -> None:
        self.into(self.form.secret, text)

    def into(self, box: FieldBox, text: str) -> None:
        widget = box.input
        line = widget.lineEdit() if isinstance(widget, QComboBox) else widget
        assert isinstance(line, QLineEdit)
        line.setFocus()
        line.selectAll()
        self.qtbot.keyClick(line, Qt.Key.Key_Delete)
        if text.isascii():
            self.qtbot.keyClicks(line, text)
        else:
            composed = QInputMethodEvent()
            composed.setCommitString(text)
            QApplication.sendEvent(line, composed)

    def click(self, widget: QWidget) -> None:
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def wrong(self) -> dict[str, str]:
        every = [*self.form.boxes.items(), ("secret", self.form.secret)]
        return {key: box.wrong for key, box in every if box.wrong}

    def states(self) -> list[LegState]:
        return [row.state for row in self.form.legs.rows]

    async def test(self) -> None:
        self.click(self.form.test_button)
        await until(lambda: not self.form.legs.running)


class Forms:
    def __init__(self, qtbot: QtBot, controller: Controller) -> None:
        self.qtbot, self.controller = qtbot, controller

    def open(self, service: str, old: Connection | None = None) -> Hand:
        form = ConnectionForm(self.controller, bootstrap.spec_of(service), old)
        self.qtbot.addWidget(form)
        form.resize(700, 900)
        form.show()
        return Hand(self.qtbot, form)

    def typed(self, bench: Workbench, service: str) -> Hand:
        """All of a practice account but its destination, as it is typed."""
        account, hand = bench.connection(service), self.open(service)
        spec = bootstrap.spec_of(service)
        hand.type("name", f"Mine at {service}")
        hand.type("url", account.url)
        for key, value in account.options.items():
            if key != spec.destination:
                hand.type(key, value)
        hand.secret(bench.app.secrets.get(account.name) or "")
        return hand


def buttons(inside: QWidget) -> dict[str, QPushButton]:
    """By their words."""
    return {button.text(): button for button in inside.findChildren(QPushButton)}


def by_keyboard(page: QWidget) -> Iterator[QWidget]:
    """What Tab reaches inside of the page, in its order."""
    first = page.nextInFocusChain()
    widget = first
    for _ in range(2000):
        if widget is None:
            return
        tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if tab and widget.isVisibleTo(page) and page.isAncestorOf(widget):
            yield widget
        widget = widget.nextInFocusChain()
        if widget is first:
            return
