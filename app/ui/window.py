"""The one window: takes drops anywhere, holds flights or practice, asks before it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QShowEvent,
)
from PySide6.QtWidgets import QCheckBox, QMainWindow, QStackedWidget

from app.domain.preferences import Closing, Preferences
from app.ui.actions import Actions
from app.ui.controller import Controller
from app.ui.drop_overlay import paths_of
from app.ui.help_sheet import open_help
from app.ui.language import nt, t
from app.ui.look import icons
from app.ui.look.parts import Kind, Translated
from app.ui.look.sheet import Sheet
from app.ui.practice import PracticeStage
from app.ui.workspace import Page, Workspace

_WIDTH, _HEIGHT = 1180, 760
# What a person chooses in the practice cloud's settings for the window and not for the practice.
_OF_THE_WINDOW = ("language", "theme", "closing", "notify", "updates", "keep_awake")


class _Remember(Translated, QCheckBox):
    def __init__(self) -> None:
        super().__init__()
        self.retranslate()

    def retranslate(self) -> None:
        self.setText(t("Do not ask again"))


class Window(Translated, QMainWindow):
    """`quit_wanted` is for whoever runs the loop: await `close_stage`, then close the rest."""

    quit_wanted = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.controller = controller
        self.tray_available = False
        self._leaving = False
        self._shown_before = False
        self._stage: PracticeStage | None = None
        self._leaving_stage = asyncio.Lock()  # who quits in the middle of it waits for its end
        self.flights = Workspace(controller)
        self._now = self.flights
        self._places = QStackedWidget()
        self._places.addWidget(self.flights)
        self.setCentralWidget(self._places)
        self.actions_ = Actions(self)
        self._connect_actions()
        self._welcome(self.flights)
        self.setWindowIcon(icons.app_icon())
        self.resize(_WIDTH, _HEIGHT)
        self.setMinimumSize(720, 480)
        self._restore()
        self.retranslate()

    @property
    def workspace(self) -> Workspace:
        """What is in the window now: the flights, or the practice cloud."""
        return self._now

    def retranslate(self) -> None:
        title = "Postflight"
        if self._stage is not None:
            title = t("Postflight: practice cloud")
        self.setWindowTitle(title)
        self.actions_.retranslate()

    def _welcome(self, workspace: Workspace) -> None:
        workspace.header.set_menu(self.actions_.menu)
        workspace.help_wanted.connect(self.show_help)
        workspace.try_practice.connect(lambda: self.practise())
        workspace.leave_practice.connect(self.leave_practice)

    def _connect_actions(self) -> None:
        actions = self.actions_
        actions.choose_folder.triggered.connect(lambda: self.workspace.choose_folder())
        actions.choose_files.triggered.connect(lambda: self.workspace.choose_files())
        actions.paste.triggered.connect(self.paste)
        actions.pause.triggered.connect(self._pause_or_resume)
        actions.pause_all.triggered.connect(self._pause_or_resume_all)
        for action, page in (
            (actions.drop, Page.DROP),
            (actions.history, Page.HISTORY),
            (actions.connections, Page.CONNECTIONS),
            (actions.settings, Page.SETTINGS),
        ):
            action.triggered.connect(partial(self._go, page))
        actions.next_batch.triggered.connect(lambda: self.workspace.step(1))
        actions.previous_batch.triggered.connect(lambda: self.workspace.step(-1))
        actions.help.triggered.connect(self.show_help)
        actions.quit.triggered.connect(self.quit)

    def _go(self, page: Page, checked: bool = False) -> None:
        self.workspace.go(page)

    # -- sending ---------------------------------------------------------------------------------

    def open_folders(self, folders: Sequence[Path]) -> None:
        """From the command line, the dock, or a second start; comes to the front in any case."""
        self.come_forward()
        self.flights.send(folders)

    def come_forward(self) -> None:
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def paste(self) -> None:
        paths = [p for p in paths_of(QGuiApplication.clipboard().mimeData()) if p.exists()]
        if paths:
            self.workspace.send(paths)
        else:
            self.workspace.messages.news(
                "paste", lambda: t("There is no file or folder on the clipboard.")
            )

    def _pause_or_resume(self) -> None:
        batch_id = self.workspace.batch
        if batch_id is None:
            return
        controller = self.workspace.controller
        if controller.engine.batch(batch_id).held or not controller.engine.runs(batch_id):
            controller.resume(batch_id)
        else:
            controller.pause(batch_id)

    def _pause_or_resume_all(self) -> None:
        controller = self.workspace.controller
        if all(batch.held for batch in controller.engine.in_line()):
            controller.resume_all()
        else:
            controller.pause_all()

    # -- drags -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent, /) -> None:
        super().showEvent(event)
        # Before any widget sees them: a search field would take a folder for text.
        self.windowHandle().removeEventFilter(self)
        self.windowHandle().installEventFilter(self)
        self.setAcceptDrops(True)
        if not self._shown_before:
            self._shown_before = True
            self.workspace.take_focus()

    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        match event:
            case QDragEnterEvent():
                return self._drag_came(event)
            case QDragMoveEvent():
                return self._drag_moves(event)
            case QDropEvent():
                return self._dropped(event)
            case QDragLeaveEvent():
                was_ours = self.workspace.overlay.isVisible()
                self.workspace.overlay.end()
                return was_ours
            case _:
                return False

    def _drag_came(self, event: QDragEnterEvent) -> bool:
        mime = event.mimeData()
        if event.source() or not (mime.hasUrls() or mime.hasText()):
            return False  # a batch dragged in its list
        names = [item.name for item in self.workspace.controller.connections()]
        self.workspace.overlay.begin(paths_of(mime), names, self.workspace.header.destination)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        return True

    def _drag_moves(self, event: QDragMoveEvent) -> bool:
        overlay = self.workspace.overlay
        if not overlay.isVisible():
            return False
        overlay.hover(event.position())
        event.setDropAction(Qt.DropAction.CopyAction)
        event.setAccepted(overlay.wrong is None)
        return True

    def _dropped(self, event: QDropEvent) -> bool:
        overlay = self.workspace.overlay
        if not overlay.isVisible():
            return False
        paths, wrong, connection = paths_of(event.mimeData()), overlay.wrong, overlay.connection
        overlay.end()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.setAccepted(wrong is None)
        if wrong is not None:
            self.workspace.refuse(wrong)
        else:
            self.workspace.send(paths, connection)
        return True

    # -- practice --------------------------------------------------------------------------------

    def practise(self, folder: Path | None = None) -> None:
        """The practice cloud takes the place of the flights, which go on behind it."""
        if self._stage is not None:
            return
        self._stage = PracticeStage(folder)
        practice = self._stage.controller
        practice.prefer(_with_window(practice.preferences, self.controller.preferences))
        practice.preferences_changed.connect(self._chosen_in_practice)
        self._now = Workspace(self._stage.controller, practising=True)
        self._welcome(self._now)
        self._places.addWidget(self._now)
        self._places.setCurrentWidget(self._now)
        self._now.take_focus()
        self._stage.start()
        self.retranslate()

    def _chosen_in_practice(self, chosen: Preferences) -> None:
        """Holds at once and stays when the practice cloud is left."""
        self.controller.prefer(_with_window(self.controller.preferences, chosen))

    def leave_practice(self) -> None:
        self.controller.start(self.close_stage())

    async def close_stage(self) -> None:
        """Back to the flights; what the practice cloud kept is deleted."""
        async with self._leaving_stage:
            stage, practice = self._stage, self.workspace
            if stage is None:
                return
            self._stage, self._now = None, self.flights
            self._places.setCurrentWidget(self.flights)
            self._places.removeWidget(practice)
            self.flights.take_focus()
            await stage.close()
            practice.deleteLater()
            self.retranslate()

    # -- help, closing, quitting -----------------------------------------------------------------

    def show_help(self) -> None:
        workspace = self.workspace

        def groups() -> list[tuple[str, Sequence[QAction]]]:
            files = workspace.batch_page.panel.actions_for_help()
            return [*self.actions_.groups(), (t("Files"), files)]

        open_help(self, groups)

    def closeEvent(self, event: QCloseEvent, /) -> None:
        if self._leaving:
            event.accept()
            return
        event.ignore()
        closing = self.controller.preferences.closing
        if not self.controller.line.busy:
            self.quit()
        elif closing is Closing.TRAY:
            self._go_on_behind()
        elif closing is Closing.QUIT:
            self.quit()
        else:
            self._ask_about_closing()

    def _go_on_behind(self) -> None:
        """Without a tray a hidden window could not be found again."""
        if self.tray_available:
            self.hide()
        else:
            self.showMinimized()

    def _ask_about_closing(self) -> None:
        waiting = sum(
            self.controller.engine.counts(batch.id).waiting
            for batch in self.controller.engine.in_line()
        )
        sheet = Sheet(
            self,
            lambda: t("Keep sending in the background?"),
            lambda: nt(
                "{n} file is on its way. After quitting it continues where it stopped.",
                "{n} files are on their way. After quitting they continue where they stopped.",
                waiting,
            ),
        )
        remember = _Remember()
        sheet.body.addWidget(remember)

        def decide(closing: Closing) -> None:
            if remember.isChecked():
                self.controller.prefer(replace(self.controller.preferences, closing=closing))
            if closing is Closing.QUIT:
                self.quit()
            else:
                self._go_on_behind()

        sheet.add_button(lambda: t("Stay here"))
        sheet.add_button(lambda: t("Quit")).clicked.connect(lambda: decide(Closing.QUIT))
        keep = sheet.add_button(lambda: t("Keep sending"), Kind.PRIMARY)
        keep.clicked.connect(lambda: decide(Closing.TRAY))
        sheet.open()

    def quit(self) -> None:
        """Stops sending and keeps every place; the window goes at once, the rest follows."""
        if self._leaving:
            return
        self._leaving = True
        self._remember()
        self.setEnabled(False)
        self.hide()
        self.quit_wanted.emit()

    def _remember(self) -> None:
        place = bytes(self.saveGeometry().toBase64().data()).decode("ascii")
        self.controller.prefer(replace(self.controller.preferences, window=place))

    def _restore(self) -> None:
        place = self.controller.preferences.window
        if place:
            self.restoreGeometry(QByteArray.fromBase64(place.encode("ascii")))


def _with_window(own: Preferences, other: Preferences) -> Preferences:
    """`own` with the other's choices for the window."""
    return replace(own, **{name: getattr(other, name) for name in _OF_THE_WINDOW})
