"""Tells in the message bar of a newer Postflight: while nothing is sent, and never in a dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.domain.preferences import Preferences
from app.domain.release import Release
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.message_bar import Message, MessageBar, Weight
from app.ui.relay import Relay
from app.ui.system import places

CAUSE: Final = "update"
_FIRST: Final = 20_000  # milliseconds: the person has come for something else
_AGAIN: Final = 15 * 60_000  # a window may stay open for weeks, and be busy whenever it looks


class UpdateWatch(QObject):
    """One for the program, on the bar of the flights; close it before the bar goes."""

    def __init__(
        self,
        controller: Controller,
        bar: MessageBar,
        *,
        first: int = _FIRST,
        again: int = _AGAIN,
        open_page: Callable[[str], object] = places.open_url,
    ) -> None:
        super().__init__(controller)
        self._controller, self._bar = controller, bar
        self._updates = controller.app.updates
        self._open_page = open_page
        self._again = again
        self._closed = False
        self._said = ""  # the version in the bar
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.look)
        controller.preferences_changed.connect(self._preferred)
        if self._updates.possible:
            self._timer.start(first)

    def close(self) -> None:
        """An answer that is still on its way is not heard any more."""
        self._timer.stop()
        self._closed = True

    def look(self) -> None:
        """Says what is known and asks when it is time; a batch that moves is left alone."""
        self._timer.start(self._again)
        if self._controller.line.busy:
            return
        self._say()
        preferences = self._controller.preferences
        if self._updates.due(preferences):
            self._controller.prefer(self._updates.asking(preferences))
            self._updates.in_thread(Relay(self._answered))

    def _answered(self, found: Release | None) -> None:
        if self._closed:
            return
        controller = self._controller
        controller.prefer(self._updates.answered(controller.preferences, found))
        if not controller.line.busy:  # else the next look says it
            self._say()

    def _say(self) -> None:
        preferences = self._controller.preferences
        found = self._updates.known(preferences)
        if found is None or self._updates.hidden(preferences):
            return
        if self._said == found.version and CAUSE in self._bar.causes():
            return
        self._said, mine = found.version, self._updates.version

        def show() -> None:
            self._open_page(found.page)

        def hide() -> None:
            self._controller.prefer(self._updates.hide(self._controller.preferences, found))

        message = Message(
            Weight.NEWS,
            lambda: t("Postflight {new} is out; this is {mine}.", new=found.version, mine=mine),
            lambda: t("What is new"),
            show,
            waved=hide,
        )
        self._bar.say(CAUSE, message)

    def _preferred(self, preferences: Preferences) -> None:
        if not self._updates.wanted(preferences):
            self._bar.clear(CAUSE)
