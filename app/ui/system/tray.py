"""What the pilot sees of Postflight without its window: tray, taskbar, dock and notices."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from app.ui.language import t
from app.ui.look.icons import app_icon
from app.ui.system.notices import Kind, Merger, Shown

_CALM_MS: Final = 1000
_SHOWN_MS: Final = 10_000
_MOST_WORDS: Final = 120  # characters; Windows cuts a tooltip at 127
_OPENS: Final = (
    QSystemTrayIcon.ActivationReason.Trigger,
    QSystemTrayIcon.ActivationReason.DoubleClick,
)


@dataclass(frozen=True, slots=True)
class _Look:
    percent: int | None
    attention: bool
    words: str
    badge: int


def _window_in_front() -> bool:
    return QApplication.activeWindow() is not None


class Tray(QObject):
    """Works without a tray, too: then only the taskbar's icon and badge follow. `icon` is there
    for tests. Call `close` before the application ends."""

    show_wanted = Signal()
    pause_wanted = Signal()
    resume_wanted = Signal()
    quit_wanted = Signal()
    activated_notice = Signal(str)  # the key of the notice that was clicked

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        icon: QSystemTrayIcon | None = None,
        in_front: Callable[[], bool] = _window_in_front,
        calm_ms: int = _CALM_MS,
        quiet_ms: int = 60 * _CALM_MS,
    ) -> None:
        super().__init__(parent)
        self._key = ""
        self._notifying = True
        self._look = _Look(None, False, "", 0)
        self._next: _Look | None = None
        self._calm = QTimer(self, singleShot=True, interval=calm_ms)
        self._calm.timeout.connect(self._calmed)
        self._merger = Merger(self._show, in_front, quiet_ms, self)
        self._tray = icon or QSystemTrayIcon()
        self._menu = self._build_menu()
        self._tray.setContextMenu(self._menu)
        self._tray.activated.connect(self._clicked)
        self._tray.messageClicked.connect(self._notice_clicked)
        self.retranslate()
        self._paint()
        # Without a tray this waits until there is one.
        self._tray.show()

    @property
    def available(self) -> bool:
        """Asked of the system each time: a desktop's tray may come after us."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def offer(self, *, pause: bool, resume: bool) -> None:
        """What the menu lets the pilot do now."""
        self._pause.setVisible(pause)
        self._resume.setVisible(resume)

    def set_notifying(self, on: bool) -> None:
        """The pilot's preference."""
        self._notifying = on
        if not on:
            self._merger.clear()

    def set_state(
        self, progress: float | None, attention: bool, words: str = "", badge: int = 0
    ) -> None:
        """`progress` from 0 to 1 or None; `badge` is the number of things that need the pilot.
        Cheap to call often: icons change once a second at most, and only by whole percents."""
        percent = None if progress is None else min(100, max(0, math.floor(progress * 100)))
        self._next = _Look(percent, attention, words, badge)
        if not self._calm.isActive():
            self._calmed()

    def notify(self, key: str, title: str, words: str, kind: Kind = Kind.NEWS) -> None:
        """One notice of the system, unless the window is in front. `key` (a batch's id) comes back
        with the click, and notices of the same key within a minute become one."""
        if self._notifying:
            self._merger.add(Shown(key, title, words, kind))

    def retranslate(self) -> None:
        self._open.setText(t("Show Postflight"))
        self._pause.setText(t("Pause all"))
        self._resume.setText(t("Resume all"))
        self._quit.setText(t("Quit"))

    def close(self) -> None:
        """Safe to repeat; Windows shows the icon of a program that forgets it until it is
        touched."""
        self._calm.stop()
        self._next = None
        self._merger.clear()
        self._tray.hide()
        self._badge(0)

    def _build_menu(self) -> QMenu:
        menu = QMenu()
        self._open = QAction(menu)
        self._pause = QAction(menu)
        self._resume = QAction(menu)
        self._quit = QAction(menu)
        # macOS would move it to the application menu, where one is already.
        self._quit.setMenuRole(QAction.MenuRole.NoRole)
        for action, wanted in (
            (self._open, self.show_wanted),
            (self._pause, self.pause_wanted),
            (self._resume, self.resume_wanted),
            (self._quit, self.quit_wanted),
        ):
            action.triggered.connect(lambda _checked=False, wanted=wanted: wanted.emit())
        menu.addActions([self._open, self._pause, self._resume])
        menu.addSeparator()
        menu.addAction(self._quit)
        self._pause.setVisible(False)
        self._resume.setVisible(False)
        return menu

    def _calmed(self) -> None:
        wanted, self._next = self._next, None
        if wanted is None or wanted == self._look:
            return
        was, self._look = self._look, wanted
        if (was.percent, was.attention) != (wanted.percent, wanted.attention):
            self._paint()
        elif was.words != wanted.words:
            self._tip()
        if was.badge != wanted.badge:
            self._badge(wanted.badge)
        self._calm.start()

    def _paint(self) -> None:
        look = self._look
        drawn = app_icon(None if look.percent is None else look.percent / 100, look.attention)
        self._tray.setIcon(drawn)
        QApplication.setWindowIcon(drawn)
        self._tip()

    def _tip(self) -> None:
        words = self._look.words
        if len(words) > _MOST_WORDS:
            words = words[: _MOST_WORDS - 1] + "…"
        self._tray.setToolTip(_bare(words) or "Postflight")

    def _badge(self, number: int) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setBadgeNumber(number)

    def _show(self, notice: Shown) -> None:
        self._key = notice.key
        picture = app_icon(None, notice.kind is Kind.ATTENTION)
        self._tray.showMessage(_bare(notice.title), _bare(notice.words), picture, _SHOWN_MS)

    def _notice_clicked(self) -> None:
        self.show_wanted.emit()
        if self._key:
            self.activated_notice.emit(self._key)

    def _clicked(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # On macOS a click opens the menu, and nothing more.
        if sys.platform != "darwin" and reason in _OPENS:
            self.show_wanted.emit()


def _bare(text: str) -> str:
    """Desktops of Linux read notices as HTML, and some fetch its pictures; others show them as
    they are, so that nothing can be escaped."""
    return text.replace("<", "‹") if sys.platform == "linux" else text
