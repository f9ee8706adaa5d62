"""Covers the window while something is dragged over it: what it is, and where it will go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.errors import Fault
from app.domain.ports import Cancel
from app.engine.glance import Glance
from app.ui import text
from app.ui.controller import Controller
from app.ui.language import nt, said, t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import ElidedLabel, Picture, Role, label
from app.ui.look.parts import Card, Translated, restyle

_MOST_TILES = 6


def paths_of(mime: QMimeData) -> list[Path]:
    """The files and folders of this computer in a drag or on the clipboard, each once."""
    found = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    if not found and mime.hasText():
        lines = [line.strip().strip('"') for line in mime.text().splitlines()]
        found = [Path(line) for line in lines if line and Path(line).is_absolute()]
    return list(dict.fromkeys(path for path in found if str(path) not in ("", ".")))


class DropOverlay(Translated, QWidget):
    """Shown over the whole window. `wrong` is why this drop would not be taken, else None."""

    def __init__(self, controller: Controller, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._controller = controller
        self._paths: list[Path] = []
        self._connections: list[str] = []
        self._chosen = ""
        self._seen = Glance()
        self._cancel: Cancel | None = None
        self._picture = Picture(Icon.DROP, 88, Tint.ACCENT, soft=True)
        self._where = label(Role.TITLE)
        self._what = label(Role.HEADLINE)
        self._hint = label(Role.DIM)
        self._tiles = QHBoxLayout()
        self._tiles.setSpacing(theme.M)
        self._put_together()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        self.retranslate()

    def _put_together(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.XXL, theme.XXL, theme.XXL, theme.XXL)
        box.setSpacing(theme.M)
        box.addStretch(2)
        box.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addSpacing(theme.S)
        for words in (self._where, self._what, self._hint):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            words.setWordWrap(True)
            box.addWidget(words)
        box.addStretch(1)
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addLayout(self._tiles, 10)
        centred.addStretch(1)
        box.addLayout(centred)
        box.addStretch(1)

    # -- what the window tells -------------------------------------------------------------------

    @property
    def paths(self) -> list[Path]:
        return self._paths

    @property
    def connection(self) -> str:
        return self._chosen

    @property
    def wrong(self) -> Fault | None:
        if not self._paths:
            return Fault("no-files", t("That is no file or folder of this computer."), "")
        return self._seen.wrong

    def begin(self, paths: Sequence[Path], connections: Sequence[str], chosen: str) -> None:
        """A drag came in. `chosen` is where it goes unless a tile is chosen; may be empty."""
        self.end()
        self._paths, self._connections, self._chosen = list(paths), list(connections), chosen
        self._seen = Glance()
        if self._paths:
            self._cancel = self._controller.glance(self._paths, self._told)
        self._fill_tiles()
        self.setGeometry(self._host.rect())
        self.retranslate()
        self.show()
        self.raise_()

    def hover(self, at: QPointF) -> None:
        """Over a tile, that one is chosen; anywhere else the choice stays."""
        found = self._tile_at(at.toPoint())
        if found is not None and found.connection != self._chosen:
            self._chosen = found.connection
            self._mark_tiles()
            self.retranslate()

    def end(self) -> None:
        """The drag left or fell: nothing is looked at any more."""
        if self._cancel is not None:
            self._cancel.set()
            self._cancel = None
        self.hide()

    # -- what it shows ---------------------------------------------------------------------------

    def retranslate(self) -> None:
        wrong = self.wrong
        self._picture.show_icon(
            Icon.BANG if wrong else Icon.DROP, Tint.WARN if wrong else Tint.ACCENT
        )
        if wrong is not None:
            self._where.setText(said(wrong.title))
            self._what.setText("")
            self._hint.setText(said(wrong.hint))
        else:
            self._where.setText(
                t("Send to {name}", name=self._chosen)
                if self._chosen
                else t("Drop it, then choose where it goes")
            )
            self._what.setText(described(self._paths, self._seen))
            self._hint.setText(self._more())
        for words in (self._what, self._hint):
            words.setVisible(bool(words.text()))
        for tile in self._all_tiles():
            tile.setVisible(wrong is None)
        self.update()

    def _more(self) -> str:
        if not self._seen.whole:
            return t("counting …")
        return t("Or let go over another connection.") if len(self._connections) > 1 else ""

    def _told(self, seen: Glance) -> None:
        if self._cancel is not None:
            self._seen = seen
            self.retranslate()

    def _fill_tiles(self) -> None:
        while (item := self._tiles.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        if len(self._connections) < 2:
            return
        for name in self._connections[:_MOST_TILES]:
            self._tiles.addWidget(_Tile(name, self._controller))
        self._mark_tiles()

    def _all_tiles(self) -> list[_Tile]:
        items = [self._tiles.itemAt(n) for n in range(self._tiles.count())]
        widgets = [item.widget() for item in items if item is not None]
        return [widget for widget in widgets if isinstance(widget, _Tile)]

    def _mark_tiles(self) -> None:
        for tile in self._all_tiles():
            tile.mark(tile.connection == self._chosen)

    def _tile_at(self, at: QPoint) -> _Tile | None:
        return next((tile for tile in self._all_tiles() if tile.geometry().contains(at)), None)

    def paintEvent(self, event: QPaintEvent, /) -> None:
        now = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), now.window)
        pen = QPen(now.warn if self.wrong else now.accent, 2, Qt.PenStyle.DashLine)
        pen.setDashPattern([6, 5])
        painter.setPen(pen)
        edge = QRectF(self.rect()).adjusted(theme.L, theme.L, -theme.L, -theme.L)
        painter.drawRoundedRect(edge, theme.M, theme.M)


class _Tile(Card):
    """One connection to let go over."""

    def __init__(self, connection: str, controller: Controller) -> None:
        super().__init__()
        self.connection = connection
        known = {item.name: item for item in controller.connections()}
        self._name = ElidedLabel(Role.BODY)
        self._name.setText(connection)
        service = label(Role.DIM)
        if connection in known:
            service.setText(controller.spec(known[connection]).title)
        self.setLayout(parts.column(self._name, service, spacing=theme.XS, margins=theme.L))
        self.setMinimumWidth(120)
        self.setMaximumWidth(240)

    def mark(self, chosen: bool) -> None:
        self.setProperty("chosen", chosen)
        font = self._name.font()
        font.setBold(chosen)
        self._name.setFont(font)
        restyle(self)


def described(paths: Sequence[Path], seen: Glance) -> str:
    """What is about to be sent: its name, how many files of which kind, and how much."""
    if not paths:
        return ""
    name = paths[0].name or str(paths[0])
    if len(paths) > 1:
        name = nt("{n} thing", "{n} things", len(paths))
    if not seen.files:
        return name
    kinds = [
        nt("{n} photo", "{n} photos", seen.photos) if seen.photos else "",
        nt("{n} video", "{n} videos", seen.videos) if seen.videos else "",
        nt("{n} file of flight data", "{n} files of flight data", seen.flight_data)
        if seen.flight_data
        else "",
        nt("{n} other file", "{n} other files", seen.other) if seen.other else "",
    ]
    listed = t(", ").join(kind for kind in kinds if kind)
    return t("{name}: {files}, {size}", name=name, files=listed, size=text.size(seen.size))
