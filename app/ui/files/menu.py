"""What can be done with the selected files, as the context menu and the keys do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.domain.model import FileStatus
from app.domain.states import ENDED, NEEDS_PERSON, FileState
from app.ui.controller import Controller
from app.ui.files.model import FileModel
from app.ui.language import nt, t
from app.ui.look import icons, parts
from app.ui.look.icons import Icon
from app.ui.system.places import reveal

_MAY_BE_SKIPPED: Final = NEEDS_PERSON | {FileState.QUEUED}
_PIECE: Final = 100  # paths read at once


@dataclass(frozen=True, slots=True)
class _Able:
    """Which of the selected files something can be done with."""

    retry: list[int]
    skip: list[int]


class FileMenu(QObject):
    def __init__(self, controller: Controller, model: FileModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._controller = controller
        self._model = model
        self._host = parent
        self._copied: list[str] = []
        self._to_copy: list[int] = []
        self._copying = QTimer(self)
        self._copying.setInterval(0)
        self._copying.timeout.connect(self._copy_on)

    # -- what it does ----------------------------------------------------------------------------

    def retry(self, ids: Sequence[int]) -> None:
        """Those which need it; the others stay as they are."""
        able = self._able(ids)
        if able.retry and self._model.batch_id is not None:
            self._controller.retry(self._model.batch_id, able.retry)

    def skip(self, ids: Sequence[int]) -> None:
        able = self._able(ids)
        if able.skip and self._model.batch_id is not None:
            self._controller.skip(self._model.batch_id, able.skip)

    def copy_paths(self, ids: Sequence[int]) -> None:
        """Where they lie on this computer, a line each. Many are read in pieces."""
        self._copied, self._to_copy = [], list(ids)
        self._copy_on()
        if self._to_copy:
            self._copying.start()

    def _copy_on(self) -> None:
        now, self._to_copy = self._to_copy[:_PIECE], self._to_copy[_PIECE:]
        statuses = (self._controller.status(file_id) for file_id in now)
        self._copied += [str(status.file.source) for status in statuses if status]
        if not self._to_copy:
            self._copying.stop()
            if self._copied:
                copy("\n".join(self._copied))

    # -- the menu --------------------------------------------------------------------------------

    def build(self, ids: Sequence[int], details: Callable[[], None]) -> QMenu:
        """For these files; it deletes itself once it was closed."""
        menu = parts.menu(self._host)
        able = self._able(ids)
        status = self._controller.status(ids[0]) if len(ids) == 1 else None
        retry, skip = len(able.retry), len(able.skip)
        _entry(menu, Icon.DRAWER, t("Details"), details)
        menu.addSeparator()
        _entry(
            menu,
            Icon.RETRY,
            nt("Retry {n} file", "Retry {n} files", retry) if retry else t("Retry"),
            lambda: self.retry(ids),
            bool(retry),
        )
        _entry(
            menu,
            Icon.SKIP,
            nt("Skip {n} file", "Skip {n} files", skip) if skip else t("Skip"),
            lambda: self.skip(ids),
            bool(skip),
        )
        menu.addSeparator()
        self._add_places(menu, ids, status)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _add_places(self, menu: QMenu, ids: Sequence[int], status: FileStatus | None) -> None:
        there = status is not None and status.state is not FileState.GONE
        etag = status.receipt.etag if status and status.receipt else ""
        _entry(
            menu,
            Icon.FOLDER_OPEN,
            t("Show in folder"),
            lambda: reveal(status.file.source) if status else None,
            there,
        )
        _entry(
            menu,
            Icon.COPY,
            nt("Copy path", "Copy {n} paths", len(ids)),
            lambda: self.copy_paths(ids),
        )
        _entry(menu, Icon.COPY, t("Copy etag"), lambda: copy(etag), bool(etag))

    def _able(self, ids: Sequence[int]) -> _Able:
        if self._model.batch_state in ENDED:
            return _Able([], [])
        model = self._model
        return _Able(model.among(ids, NEEDS_PERSON), model.among(ids, _MAY_BE_SKIPPED))


def copy(words: str) -> None:
    QApplication.clipboard().setText(words)


def _entry(
    menu: QMenu, icon: Icon, words: str, work: Callable[[], None], enabled: bool = True
) -> QAction:
    made = QAction(icons.icon(icon), words, menu)
    made.triggered.connect(lambda: work())
    made.setEnabled(enabled)
    menu.addAction(made)
    return made
