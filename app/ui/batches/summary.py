"""The end of a batch in figures, with what proves it: ids, receipt, and what was not sent."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.domain.states import BatchState
from app.engine.engine import Snapshot
from app.ui import text
from app.ui.batches.progress import arrived, expected, not_sent
from app.ui.controller import Controller
from app.ui.language import nt, number, said, t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import ElidedLabel, Picture
from app.ui.look.parts import Kind, Role, Translated
from app.ui.look.strips import CopyButton
from app.ui.states import BATCH_LOOKS
from app.ui.system import places

SUMMED_UP: Final = frozenset(
    {BatchState.DELIVERED, BatchState.ATTENTION, BatchState.CANCELLED, BatchState.EMPTY}
)
_COLUMNS: Final = 4
_NOTES: Final = 8  # the last ones; the receipt has them all


class Summary(Translated, parts.Card):
    """Hidden until a batch is shown that has come to an end, or waits for the person at it."""

    not_sent_wished = Signal()
    receipt_wished = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._snapshot: Snapshot | None = None
        self._saved: dict[str, Path] = {}
        self._picture = Picture(Icon.TICK_CIRCLE, 36, Tint.GOOD, soft=True)
        self._title = parts.label(Role.HEADLINE)
        self._words = parts.label(Role.DIM)
        for words in (self._title, self._words):
            words.setWordWrap(True)
        self._receipt = parts.button(Kind.PLAIN, Icon.RECEIPT)
        self._not_sent = parts.button(Kind.PLAIN, Icon.FILTER)
        self._receipt.clicked.connect(self.receipt_wished)
        self._not_sent.clicked.connect(self.not_sent_wished)
        self._tiles = _Tiles()
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
        titles = parts.column(self._title, self._words, spacing=2)
        head = parts.row(self._picture, titles, self._not_sent, self._receipt, spacing=theme.M)
        head.setStretch(1, 1)
        far = parts.row(self._ids, None, self._address, spacing=theme.M)
        self.setLayout(
            parts.column(
                head, self._file, self._tiles, far, self._notes, spacing=theme.M, margins=theme.L
            )
        )

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.retranslate()

    def show_saved(self, batch_id: str, path: Path) -> None:
        """The receipt of this batch was written there."""
        self._saved[batch_id] = path
        self.retranslate()

    def retranslate(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        self.setVisible(snapshot.batch.state in SUMMED_UP)
        if snapshot.batch.state not in SUMMED_UP:
            return
        icon, tint = BATCH_LOOKS[snapshot.batch.state]
        self._picture.show_icon(icon, tint)
        self._title.setText(_title(snapshot, self._controller.spec(snapshot.batch).title))
        words = _words(snapshot)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._receipt.setText(t("Receipt…"))
        self._receipt.setVisible(snapshot.counts.total > 0)
        left = not_sent(snapshot.counts)
        self._not_sent.setText(nt("Show {n} not sent", "Show {n} not sent", left))
        self._not_sent.setVisible(left > 0)
        self._tiles.show_facts(_facts(snapshot))
        self._tiles.setVisible(snapshot.counts.total > 0)
        self._file.show_path(self._saved.get(snapshot.batch.id))
        self._show_far_end(snapshot)

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

    def _open_address(self) -> None:
        places.open_url(self._url)


def _title(snapshot: Snapshot, service: str) -> str:
    match snapshot.batch.state:
        case BatchState.DELIVERED if not_sent(snapshot.counts):
            return t("Delivered to {service}, with exceptions", service=service)
        case BatchState.DELIVERED:
            return t("Everything is delivered to {service}", service=service)
        case BatchState.ATTENTION if snapshot.counts.failed:
            left = snapshot.counts.failed
            return nt("All but {n} file is there", "All but {n} files are there", left)
        case BatchState.ATTENTION:
            return t("All files are there")
        case BatchState.CANCELLED:
            return t("This batch was cancelled")
        case _:
            return t("Nothing to send was found")


def _words(snapshot: Snapshot) -> str:
    batch = snapshot.batch
    if batch.state is BatchState.EMPTY:
        return said(batch.reason.hint) if batch.reason else ""
    if batch.state is BatchState.DELIVERED:
        return t("Stored, checked and registered.")
    if batch.state is BatchState.CANCELLED and arrived(snapshot.counts):
        return t("What had arrived stays at the service.")
    return ""


def _facts(snapshot: Snapshot) -> list[tuple[str, str]]:
    counts, batch = snapshot.counts, snapshot.batch
    registered = t("{done} of {total}", done=number(arrived(counts)),
                   total=number(expected(counts)))  # fmt: skip
    facts = [
        (t("Sent"), text.files(counts.delivered)),
        (t("Skipped"), text.files(counts.skipped)),
        (t("Not sent"), text.files(not_sent(counts))),
        (t("Registered"), registered),
        (t("Size"), text.size(counts.bytes_stored)),
    ]
    if batch.finished_at is not None:
        seconds = max(0.0, batch.finished_at - batch.created_at)
        facts.append((t("Time taken"), text.duration(seconds)))
        if seconds and counts.bytes_delivered:
            facts.append((t("Average speed"), text.speed(counts.bytes_delivered / seconds)))
        facts.append((t("Finished"), text.moment(batch.finished_at)))
    return facts


class _Tiles(QWidget):
    """Figures with what they are under them, four in a row."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.XL)
        self._grid.setVerticalSpacing(theme.M)
        self._labels: list[tuple[QLabel, QLabel]] = []
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)

    def show_facts(self, facts: list[tuple[str, str]]) -> None:
        while len(self._labels) < len(facts):
            self._add()
        for index, (figure, name) in enumerate(self._labels):
            shown = index < len(facts)
            figure.setVisible(shown)
            name.setVisible(shown)
            if shown:
                name.setText(facts[index][0])
                figure.setText(facts[index][1])
                figure.setAccessibleName(f"{facts[index][0]}: {facts[index][1]}")

    def _add(self) -> None:
        index = len(self._labels)
        figure, name = parts.label(Role.FIGURES), parts.label(Role.DIM)
        cell = parts.column(name, figure, spacing=1)
        self._grid.addLayout(cell, index // _COLUMNS, index % _COLUMNS)
        self._labels.append((figure, name))


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
        self.setToolTip("\n".join(ids))


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
