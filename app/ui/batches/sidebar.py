"""The left side of the window: cards in the machine, batches, and the way to other pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.ui import text
from app.ui.batches.list import BatchList
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import ElidedLabel, Picture, as_it_is
from app.ui.look.parts import Kind, Role, Translated
from app.ui.system.cards import Card

_LEAST: Final = 220
_USUAL: Final = 272
_ICON: Final = 18


class Sidebar(Translated, QWidget):
    chosen = Signal(str)
    asked = Signal(str, object)  # a batch and a Wish for its page, which was chosen just before
    send_folder = Signal(Path)
    new_wanted = Signal()
    history_wanted = Signal()
    connections_wanted = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = BatchList(controller)
        self._cards: list[Card] = []
        self._card_rows: list[_CardRow] = []
        self._cards_title, self._batches_title = _section(), _section()
        self._no_cards, self._no_batches = _quiet(), _quiet()
        self.new = parts.tool(Icon.PLUS)
        self.history = _link(Icon.HISTORY)
        self.connections = _link(Icon.PLUG)
        self._card_box = QVBoxLayout()
        self._card_box.setSpacing(theme.XS)
        self._put_together()
        self._connect(controller)
        self.retranslate()
        self.list.load()
        self._say_empty()

    def _put_together(self) -> None:
        batches = parts.row(self._batches_title, None, self.new)
        inner = (theme.M, theme.M, theme.M, theme.S)
        box: QVBoxLayout = parts.column(
            self._cards_title,
            self._no_cards,
            self._card_box,
            batches,
            self._no_batches,
            self.list,
            parts.line(),
            self.history,
            self.connections,
            spacing=theme.XS,
            margins=inner,
        )
        box.insertSpacing(3, theme.S)
        box.setStretchFactor(self.list, 1)
        # With an empty list, the room goes between it and the links.
        self._filler = QWidget()
        self._filler.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        box.insertWidget(box.indexOf(self.list) + 1, self._filler)
        self.setLayout(box)
        self.setMinimumWidth(_LEAST)

    def _connect(self, controller: Controller) -> None:
        self.list.chosen.connect(self.chosen)
        self.list.asked.connect(self._asked)
        self.new.clicked.connect(self.new_wanted)
        self.history.clicked.connect(self.history_wanted)
        self.connections.clicked.connect(self.connections_wanted)
        model = self.list.batches
        model.rowsInserted.connect(self._say_empty)
        model.rowsRemoved.connect(self._say_empty)

    def sizeHint(self) -> QSize:
        return QSize(_USUAL, 480)

    def retranslate(self) -> None:
        self.setAccessibleName(t("Cards and batches"))
        self._cards_title.setText(t("Cards"))
        self._batches_title.setText(t("Batches"))
        self._no_cards.setText(t("Put a card in, and it appears here."))
        self._no_batches.setText(t("Nothing to send yet. Drop a folder on the window."))
        parts.name(self.new, t("New batch"))
        self.history.setText(t("History"))
        self.connections.setText(t("Connections"))

    def show_chosen(self, batch_id: str | None) -> None:
        """Marks the batch on the page, or none."""
        self.list.select(batch_id or "")

    def show_cards(self, cards: Sequence[Card]) -> None:
        """All cards that are there now, as CardWatch tells them."""
        self._cards = list(cards)
        for row in self._card_rows:
            self._card_box.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._card_rows = [_CardRow(card) for card in self._cards]
        for row in self._card_rows:
            row.send_folder.connect(self.send_folder)
            self._card_box.addWidget(row)
        self._no_cards.setVisible(not self._cards)

    def _asked(self, batch_id: str, wish: object) -> None:
        self.chosen.emit(batch_id)
        self.asked.emit(batch_id, wish)

    def _say_empty(self) -> None:
        empty = not self.list.batches.rowCount()
        self._no_batches.setVisible(empty)
        self._filler.setVisible(empty)
        self.list.setVisible(not empty)


class _CardRow(Translated, QWidget):
    send_folder = Signal(Path)

    def __init__(self, card: Card) -> None:
        super().__init__()
        self._card = card
        self._rooms = ("", "")
        self._name = ElidedLabel(Role.BODY)
        self._room = ElidedLabel(Role.DIM, mode=Qt.TextElideMode.ElideRight)
        self._send = parts.button(Kind.PLAIN)
        self._send.clicked.connect(lambda: self.send_folder.emit(card.photos_folder or card.root))
        words = parts.column(self._name, self._room, spacing=0)
        box = parts.row(Picture(Icon.CARD, 20, Tint.ACCENT), words, self._send)
        box.setStretch(1, 1)
        self.setLayout(box)
        self.retranslate()

    def retranslate(self) -> None:
        card = self._card
        self._name.setText(card.name)
        free, size = text.size(card.free), text.size(card.size)
        self._rooms = (
            t("{free} free of {size}", free=free, size=size),
            t("{free} free", free=free),
        )
        self._fit()
        self._send.setText(t("Send"))
        self._send.setAccessibleName(t("Send the photos of {card}", card=card.name))

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """In a narrow window only what matters most."""
        full, short = self._rooms
        fits = self._room.fontMetrics().horizontalAdvance(full) <= self._room.width()
        self._room.setText(full if fits else short)
        self.setToolTip(as_it_is(full))


def _section() -> QLabel:
    made = parts.label(Role.DIM)
    made.setFont(theme.font(theme.DIM, semibold=True))
    made.setMinimumHeight(28)
    made.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return made


def _quiet() -> QLabel:
    made = parts.label(Role.DIM)
    made.setWordWrap(True)
    return made


def _link(icon: Icon) -> QToolButton:
    made = parts.tool(icon)
    made.setIconSize(QSize(_ICON, _ICON))
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return made
