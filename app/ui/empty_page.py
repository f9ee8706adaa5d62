"""What a window without a chosen batch shows: where to drop, cards found, and the way to try it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.ui import text
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import ElidedLabel, EmptyNote, Picture, Role, label
from app.ui.look.parts import Card, Kind, Translated
from app.ui.system import cards

_CARD_WIDTH: Final = 440
_MOST_CARDS: Final = 3  # the sidebar has all of them


class EmptyPage(Translated, QWidget):
    choose_folder = Signal()
    choose_files = Signal()
    add_connection = Signal()
    try_practice = Signal()
    send_folder = Signal(object)  # Path

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._destination = ""
        self._cards: list[cards.Card] = []
        self._practising = False
        self._note = EmptyNote(Icon.DROP)
        self._folder = parts.button(Kind.PRIMARY, Icon.FOLDER_OPEN)
        self._files = parts.button(Kind.PLAIN)
        self._connect = parts.button(Kind.PRIMARY, Icon.PLUG)
        self._try = parts.button(Kind.PLAIN)
        for made, signal in (
            (self._folder, self.choose_folder),
            (self._files, self.choose_files),
            (self._connect, self.add_connection),
            (self._try, self.try_practice),
        ):
            made.clicked.connect(signal)
            self._note.add(made)
        self._found = QVBoxLayout()
        self._found.setSpacing(theme.S)
        self._last = label(Role.DIM)
        self._last.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._last.setWordWrap(True)
        self._put_together()
        controller.feed.batches_changed.connect(self._tell_last)
        controller.connections_changed.connect(self.retranslate)
        self.retranslate()

    def _put_together(self) -> None:
        inside = QWidget()
        box = parts.column(None, self._note, self._found, spacing=0, margins=theme.L)
        box.addStretch(1)
        box.addWidget(self._last)
        inside.setLayout(box)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self.setLayout(parts.column(area, spacing=0, margins=theme.L + theme.S))

    def show_destination(self, name: str) -> None:
        self._destination = name
        self.retranslate()

    def show_cards(self, found: Sequence[cards.Card]) -> None:
        self._cards = list(found)
        self._fill_cards()

    def show_practising(self, on: bool) -> None:
        """In the practice cloud there is nothing to try any more."""
        self._practising = on
        self.retranslate()

    def retranslate(self) -> None:
        connected = bool(self._controller.connections())
        self._folder.setText(t("Choose folder"))
        self._files.setText(t("Choose files"))
        self._connect.setText(t("Add a connection"))
        self._try.setText(t("Try it without an account"))
        self._folder.setVisible(connected)
        self._files.setVisible(connected)
        self._connect.setVisible(not connected)
        self._try.setVisible(not self._practising)
        self.setFocusProxy(self._folder if connected else self._connect)
        self._tell_note(connected)
        self._fill_cards()
        self._tell_last()

    def _tell_note(self, connected: bool) -> None:
        self._note.show_icon(Icon.DROP if connected else Icon.PLUG)
        if not connected:
            self._note.say(
                t("Where should your flights go?"),
                t(
                    "Add the account your photos go to, or try Postflight with a practice cloud on"
                    " this computer: nothing leaves it."
                ),
            )
        elif self._destination:
            self._note.say(
                t("Drop a flight here"),
                t(
                    "A folder, a card or single files: Postflight sends them to {name} and tells"
                    " you when everything arrived.",
                    name=self._destination,
                ),
            )
        else:
            self._note.say(t("Drop a flight here"), t("Choose above where it goes."))

    def _fill_cards(self) -> None:
        while (item := self._found.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        if not self._controller.connections():
            return
        for card in self._cards[:_MOST_CARDS]:
            self._found.addWidget(self._card_row(card), 0, Qt.AlignmentFlag.AlignHCenter)

    def _card_row(self, card: cards.Card) -> QWidget:
        name, room = ElidedLabel(Role.BODY), label(Role.DIM)
        name.setText(card.name)
        room.setText(
            t("{free} free of {size}", free=text.size(card.free), size=text.size(card.size))
        )
        send = parts.button(Kind.PLAIN)
        send.setText(t("Send"))
        send.setAccessibleName(t("Send the flights on {name}", name=card.name))
        root: Path = card.photos_folder or card.root
        send.clicked.connect(lambda: self.send_folder.emit(root))
        made = Card()
        words = parts.column(name, room, spacing=0)
        made.setLayout(
            parts.row(
                Picture(Icon.CARD, 24, Tint.ACCENT), words, None, send,
                spacing=theme.M, margins=(theme.L, theme.M, theme.M, theme.M),
            )
        )  # fmt: skip
        made.setFixedWidth(round(_CARD_WIDTH * theme.scale()))
        return made

    def _tell_last(self) -> None:
        ended = self._controller.engine.last_delivered()
        self._last.setVisible(ended is not None)
        if ended is None:
            return
        counts = self._controller.engine.counts(ended.id)
        self._last.setText(
            t(
                "Last: {title}, {when}: {tally}",
                title=ended.title,
                when=text.moment(ended.finished_at or ended.created_at),
                tally=text.tally(counts),
            )
        )

    def paintEvent(self, event: QPaintEvent, /) -> None:
        pen = QPen(frame_colour(), 1.5, Qt.PenStyle.DashLine)
        pen.setDashPattern([6, 5])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        edge = QRectF(self.rect()).adjusted(theme.L, theme.L, -theme.L, -theme.L)
        painter.drawRoundedRect(edge, theme.M, theme.M)


def frame_colour() -> QColor:
    """A quiet frame that stands out from its ground equally in the light and in the dark."""
    now = theme.tokens()
    return now.edge if now.strong else theme.mix(now.window, now.edge, 0.4 if now.dark else 0.55)
