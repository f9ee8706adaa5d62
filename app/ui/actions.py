"""What can be done from menus and by keyboard, as actions that the window lists on `?`."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.speech.catalogue import later
from app.ui.language import t
from app.ui.look import icons, parts
from app.ui.look.icons import Icon
from app.ui.system.power import Finish

_FINISH_WORDS = {
    Finish.STAY: later("Stay on"),
    Finish.SLEEP: later("Sleep"),
    Finish.SHUT_DOWN: later("Shut down"),
    Finish.QUIT: later("Quit Postflight"),
}


class Actions:
    """Made once for the window; `retranslate` writes the words of all of them."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._words: list[tuple[QAction | QMenu, str]] = []
        self.choose_folder = self._new(later("Choose folder …"), "Ctrl+O", Icon.FOLDER_OPEN)
        self.choose_files = self._new(later("Choose files …"), "Ctrl+Shift+O", Icon.FILE)
        self.paste = self._new(later("Send what is on the clipboard"), "Ctrl+V", Icon.COPY)
        self.pause = self._new(later("Pause or resume this batch"), "Ctrl+P", Icon.PAUSE)
        self.pause_all = self._new(later("Pause or resume everything"), "Ctrl+Shift+P")
        self.drop = self._new(later("New batch"), "Ctrl+N", Icon.DROP)
        self.history = self._new(later("History"), "Ctrl+Shift+H", Icon.HISTORY)
        self.connections = self._new(later("Connections"), "Ctrl+K", Icon.PLUG)
        self.settings = self._new(later("Settings"), "Ctrl+,", Icon.GEAR)
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.next_batch = self._new(later("Next batch"), "Ctrl+PgDown")
        self.previous_batch = self._new(later("Previous batch"), "Ctrl+PgUp")
        self.help = self._new(later("Keyboard shortcuts"), "?", Icon.KEYBOARD)
        self.help.setShortcuts([QKeySequence("?"), QKeySequence("F1")])
        self.quit = self._new(later("Quit"), "Ctrl+Q", Icon.POWER)
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.finish = {finish: self._new(words) for finish, words in _FINISH_WORDS.items()}
        group = QActionGroup(window)
        for action in self.finish.values():
            action.setCheckable(True)
            group.addAction(action)
        self.finish[Finish.STAY].setChecked(True)
        self.menu = self._build_menu()
        self.retranslate()

    def retranslate(self) -> None:
        for item, words in self._words:
            if isinstance(item, QMenu):
                item.setTitle(t(words))
            else:
                item.setText(t(words))

    def groups(self) -> list[tuple[str, list[QAction]]]:
        """For the sheet of shortcuts."""
        return [
            (t("Sending"), [self.choose_folder, self.choose_files, self.paste, self.drop]),
            (t("Batches"), [self.pause, self.pause_all, self.next_batch, self.previous_batch]),
            (
                t("Window"),
                [self.history, self.connections, self.settings, self.help, self.quit],
            ),
        ]

    def _new(self, words: str, shortcut: str = "", icon: Icon | None = None) -> QAction:
        made = QAction(self._window)
        if shortcut:
            made.setShortcut(QKeySequence(shortcut))
        made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        made.setIcon(icons.icon(icon) if icon is not None else QIcon())
        self._window.addAction(made)
        self._words.append((made, words))
        return made

    def _build_menu(self) -> QMenu:
        menu = parts.menu(self._window)
        for action in (self.choose_folder, self.choose_files, self.paste):
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction(self.pause_all)
        finish = parts.menu(menu)
        self._words.append((finish, later("When everything is sent")))
        for action in self.finish.values():
            finish.addAction(action)
        menu.addMenu(finish)
        menu.addSeparator()
        for action in (self.history, self.connections, self.settings, self.help):
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction(self.quit)
        return menu
