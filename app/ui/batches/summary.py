"""The end of a batch in figures, with what proves it: ids, receipt, and what was not sent."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.model import Batch
from app.domain.states import BatchState
from app.engine.engine import Snapshot
from app.ui import text
from app.ui.batches.card_check import CardState
from app.ui.batches.card_strip import CardStrip
from app.ui.batches.progress import BETWEEN, arrived, blocked, expected, not_sent
from app.ui.controller import Controller
from app.ui.language import nt, number, said, t
from app.ui.look import icons, parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import ElidedLabel, Picture, as_it_is
from app.ui.look.parts import Kind, Role, Translated
from app.ui.look.strips import CopyButton
from app.ui.states import BATCH_LOOKS
from app.ui.system import places

SUMMED_UP: Final = frozenset(
    {BatchState.DELIVERED, BatchState.ATTENTION, BatchState.CANCELLED, BatchState.EMPTY}
)
_NOTES: Final = 8  # the last ones; the receipt has them all


class Summary(Translated, parts.Card):
    """Hidden until a batch is shown that has come to an end, or waits for the person at it.

    One line of figures; ids and notes are folded away where the list needs the room.
    """

    not_sent_wished = Signal()
    receipt_wished = Signal()
    verify_wished = Signal()
    stop_wished = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._snapshot: Snapshot | None = None
        self._saved: dict[str, Path] = {}
        self._cards: dict[str, CardState] = {}
        self._roomy = False
        self._unfolded: dict[str, bool] = {}  # as the person wants it
        self._picture = Picture(Icon.TICK_CIRCLE, 20, Tint.GOOD)
        self._title = ElidedLabel(Role.HEADLINE, mode=Qt.TextElideMode.ElideRight)
        self._words = parts.label(Role.DIM)
        self._words.setWordWrap(True)
        self.figures = ElidedLabel(Role.FIGURES, mode=Qt.TextElideMode.ElideRight)
        self._receipt = parts.button(Kind.PLAIN, Icon.RECEIPT)
        self.verify = parts.button(Kind.PLAIN, Icon.CARD)
        self.verify.clicked.connect(self.verify_wished)
        self.card = CardStrip()
        self.card.stop_wished.connect(self.stop_wished)
        self._not_sent = parts.button(Kind.PLAIN, Icon.FILTER)
        self.more = parts.button(Kind.QUIET, Icon.CHEVRON_DOWN)
        self._receipt.clicked.connect(self.receipt_wished)
        self._not_sent.clicked.connect(self.not_sent_wished)
        self.more.clicked.connect(self._turn_over)
        self._ids = _Ids()
        self._address = parts.button(Kind.QUIET, Icon.EXTERNAL)
        self._address.clicked.connect(self._open_address)
        self._url = ""
        self._file = _Saved()
        self._notes = parts.label(Role.DIM)
        self._notes.setWordWrap(True)
        self._put_together()
        self.hide()
        self.retranslate()

    def _put_together(self) -> None:
        titles = parts.column(self._title, self._words, self.figures, spacing=2)
        head = parts.row(
            self._picture, titles, self._not_sent, self.verify, self._receipt, self.more
        )
        head.setStretch(1, 1)
        self._folded = QWidget()
        self._folded.setLayout(
            parts.column(
                parts.row(self._ids, None, self._address, spacing=theme.M),
                self._notes,
                spacing=theme.S,
                margins=(28, 0, 0, theme.XS),
            )
        )
        margins = (theme.M, theme.S, theme.S, theme.S)
        self.setLayout(
            parts.column(
                head, self.card, self._file, self._folded, spacing=theme.XS, margins=margins
            )
        )

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.retranslate()

    def show_saved(self, batch_id: str, path: Path) -> None:
        """The receipt of this batch was written there."""
        self._saved[batch_id] = path
        self.retranslate()

    def show_card(self, batch_id: str, state: CardState | None) -> None:
        """How far the batch's card is read again, or what came of it."""
        if state is None:
            self._cards.pop(batch_id, None)
        else:
            self._cards[batch_id] = state
        self.retranslate()

    def set_roomy(self, roomy: bool) -> None:
        """Whether ids and notes are there unless the person folds them away."""
        if roomy != self._roomy:
            self._roomy = roomy
            self._show_fold()

    def retranslate(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        self.setVisible(snapshot.batch.state in SUMMED_UP)
        if snapshot.batch.state not in SUMMED_UP:
            return
        icon, tint = BATCH_LOOKS[snapshot.batch.state]
        self._picture.show_icon(icon, tint)
        self._show_words(snapshot)
        self._receipt.setText(t("Receipt…"))
        left = not_sent(snapshot.counts)
        self._not_sent.setText(nt("Show {n} not sent", "Show {n} not sent", left))
        # A batch that waits for the person has its buttons beside the reason.
        ended = not blocked(snapshot.batch)
        self._receipt.setVisible(ended and snapshot.counts.total > 0)
        self._not_sent.setVisible(ended and left > 0)
        self._file.show_path(self._saved.get(snapshot.batch.id))
        self._show_card(snapshot.batch)
        self._show_far_end(snapshot)
        self._show_fold()

    def _show_card(self, batch: Batch) -> None:
        state = self._cards.get(batch.id) if batch.deleted_at is None else None
        reading = state is not None and state.clearance is None
        self.verify.setText(t("Verify the card"))
        self.verify.setToolTip(t("Reads the card again and says whether it may be erased"))
        self.verify.setEnabled(not reading)
        self.verify.setVisible(batch.state is BatchState.DELIVERED and batch.deleted_at is None)
        self.card.show_state(state)

    def _show_words(self, snapshot: Snapshot) -> None:
        title = _title(snapshot, self._controller.spec(snapshot.batch).title)
        words = _words(snapshot)
        for label, said_ in ((self._title, title), (self._words, words)):
            label.setText(said_)
            label.setVisible(bool(said_))
        self._picture.setVisible(bool(title or words))
        self.figures.setText(BETWEEN.join(_facts(snapshot)))
        self.figures.setVisible(snapshot.counts.total > 0)

    def _show_far_end(self, snapshot: Snapshot) -> None:
        batch = snapshot.batch
        self._ids.show_ids(self._controller.spec(batch).group_name, snapshot.remote)
        known = {item.name: item.url for item in self._controller.connections()}
        self._url = known.get(batch.connection, "")
        web = self._url.startswith(("http://", "https://"))
        self._address.setText(urlsplit(self._url).netloc if web else "")
        self._address.setVisible(web and batch.state is not BatchState.EMPTY)
        parts.name(self._address, t("Open {address} in the browser", address=self._url))
        notes = self._controller.engine.notes(batch.id)[-_NOTES:]
        self._notes.setText("\n".join(said(note) for note in notes))
        self._notes.setVisible(bool(notes))

    # -- what can be folded away -----------------------------------------------------------------

    @property
    def unfolded(self) -> bool:
        batch_id = self._snapshot.batch.id if self._snapshot else ""
        return self._unfolded.get(batch_id, self._roomy)

    def _turn_over(self) -> None:
        if self._snapshot is not None:
            self._unfolded[self._snapshot.batch.id] = not self.unfolded
            self._show_fold()

    def _show_fold(self) -> None:
        inside = (self._ids, self._address, self._notes)
        some = any(not widget.isHidden() for widget in inside)
        self._folded.setVisible(some and self.unfolded)
        self.more.setVisible(some)
        self.more.setText(t("Less") if self.unfolded else t("More"))
        self.more.setIcon(icons.icon(Icon.CHEVRON_UP if self.unfolded else Icon.CHEVRON_DOWN))
        self.more.setToolTip(t("Ids and notes of the service"))

    def _open_address(self) -> None:
        places.open_url(self._url)


def _title(snapshot: Snapshot, service: str) -> str:
    """Empty where the headline of the page or the reason above says the same."""
    match snapshot.batch.state:
        case BatchState.DELIVERED if not_sent(snapshot.counts):
            return t("Delivered to {service}, with exceptions", service=service)
        case BatchState.DELIVERED:
            return t("Everything is delivered to {service}", service=service)
        case BatchState.ATTENTION if not snapshot.counts.failed:
            return t("All files are there")
        case BatchState.CANCELLED:
            return t("This batch was cancelled")
        case _:
            return ""


def _words(snapshot: Snapshot) -> str:
    batch = snapshot.batch
    if batch.state is BatchState.EMPTY:
        return said(batch.reason.hint) if batch.reason else ""
    if batch.state is BatchState.CANCELLED and arrived(snapshot.counts):
        return t("What had arrived stays at the service.")
    return ""


def _facts(snapshot: Snapshot) -> list[str]:
    """The most important first; what is nothing is not said."""
    counts, batch = snapshot.counts, snapshot.batch
    left = not_sent(counts)
    facts = [nt("{n} sent", "{n} sent", counts.delivered)]
    if counts.skipped:
        facts.append(nt("{n} skipped", "{n} skipped", counts.skipped))
    if left:
        facts.append(nt("{n} not sent", "{n} not sent", left))
    done, total = number(arrived(counts)), number(expected(counts))
    facts.append(t("registered {done} of {total}", done=done, total=total))
    facts.append(text.size(counts.bytes_stored))
    if batch.finished_at is not None:
        seconds = max(0.0, batch.finished_at - batch.created_at)
        facts.append(text.duration(seconds))
        if seconds and counts.bytes_delivered:
            facts.append(text.speed(counts.bytes_delivered / seconds))
        facts.append(t("finished {when}", when=text.moment(batch.finished_at)))
    return facts


class _Ids(QWidget):
    """What the service calls this batch, to copy; the newest of several."""

    def __init__(self) -> None:
        super().__init__()
        self._name = parts.label(Role.DIM)
        self._id = ElidedLabel(Role.FIGURES)
        self._copy = CopyButton()
        box: QHBoxLayout = parts.row(self._name, self._id, self._copy)
        box.setStretch(1, 1)
        self.setLayout(box)

    def show_ids(self, group_name: str, ids: tuple[str, ...]) -> None:
        self.setVisible(bool(group_name and ids))
        if not ids:
            return
        self._name.setText(group_name)
        self._id.setText(ids[-1])
        self._copy.show_text(ids[-1])
        self.setToolTip(as_it_is("\n".join(ids)))


class _Saved(Translated, QWidget):
    """Where the receipt went, and the way there."""

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self._words = ElidedLabel(Role.BODY)
        self._show = parts.button(Kind.QUIET, Icon.FOLDER_OPEN)
        self._show.clicked.connect(self._reveal)
        box: QVBoxLayout | QHBoxLayout = parts.row(
            Picture(Icon.RECEIPT, 18, Tint.GOOD), self._words, self._show
        )
        box.setStretch(1, 1)
        self.setLayout(box)
        self.hide()
        self.retranslate()

    def show_path(self, path: Path | None) -> None:
        self._path = path
        self.setVisible(path is not None)
        self.retranslate()

    def retranslate(self) -> None:
        self._show.setText(t("Show"))
        if self._path is not None:
            self._words.setText(t("The receipt is saved: {name}", name=self._path.name))

    def _reveal(self) -> None:
        if self._path is not None:
            places.reveal(self._path)
