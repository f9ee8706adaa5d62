"""The strip on top: where a drop goes, whether the line is up, and what is on at the moment."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QMenu, QSizePolicy, QToolButton

from app.domain.preferences import Preferences
from app.ui import text
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import Picture, Role, label
from app.ui.look.parts import Translated
from app.ui.system.power import Finish

_ADD = ""  # the entry that leads to the connections


class Header(Translated, QFrame):
    destination_chosen = Signal(str)
    add_connection = Signal()
    settings_wanted = Signal()
    help_wanted = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.setProperty("part", "header")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._controller = controller
        self._online: bool | None = None
        self._speed, self._awake, self._limited = 0.0, False, False
        self._to = label(Role.DIM)
        self._destination = QComboBox()
        self._destination.setMinimumWidth(180)
        self._destination.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._destination.activated.connect(self._picked)
        self._to.setBuddy(self._destination)
        self._line_picture = Picture(Icon.NETWORK, 18, Tint.GOOD)
        self._line_words = label(Role.DIM)
        self._speed_words = label(Role.FIGURES)
        self._limit = parts.button(parts.Kind.QUIET, Icon.LIMIT)
        self._limit.clicked.connect(self.settings_wanted)
        self._cup = Picture(Icon.CUP, 18, Tint.DIM)
        self._finish = label(Role.DIM)
        self._finish_choice = Finish.STAY
        self._settings = parts.tool(Icon.GEAR)
        self._settings.clicked.connect(self.settings_wanted)
        self._help = parts.tool(Icon.QUESTION)
        self._help.clicked.connect(self.help_wanted)
        self._menu = parts.tool(Icon.MORE)
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._put_together()
        controller.connections_changed.connect(self.refill)
        controller.preferences_changed.connect(self.show_preferences)
        self.refill()
        self.show_preferences(controller.preferences)
        self.retranslate()

    def _put_together(self) -> None:
        self.setLayout(
            parts.row(
                self._to, self._destination, None,
                self._line_picture, self._line_words, self._speed_words, self._limit, self._cup,
                self._finish, self._settings, self._help, self._menu,
                spacing=theme.S, margins=(theme.L, theme.S, theme.M, theme.S),
            )
        )  # fmt: skip

    def set_menu(self, menu: QMenu) -> None:
        self._menu.setMenu(menu)

    @property
    def destination(self) -> str:
        """The chosen connection's name, empty when there is none."""
        return str(self._destination.currentData() or "")

    def choose(self, name: str) -> None:
        at = self._destination.findData(name)
        if name and at >= 0:
            self._destination.setCurrentIndex(at)

    def refill(self) -> None:
        """The connections changed: the choice stays where it still exists."""
        wanted = self.destination or self._controller.preferences.connection
        self._destination.clear()
        for connection in self._controller.connections():
            self._destination.addItem(connection.name, connection.name)
        self._destination.addItem("", _ADD)
        self.choose(wanted)
        self.retranslate()

    def _picked(self, index: int) -> None:
        if self._destination.itemData(index) == _ADD:
            self._destination.setCurrentIndex(0)
            self.add_connection.emit()
        else:
            self.destination_chosen.emit(self.destination)

    # -- what is on ------------------------------------------------------------------------------

    def show_preferences(self, preferences: Preferences) -> None:
        self._limited = preferences.limit > 0
        self.retranslate()

    def show_line(self, online: bool | None) -> None:
        """None: the system does not say."""
        self._online = online
        self._tell_line()

    def show_speed(self, bytes_per_second: float) -> None:
        self._speed = bytes_per_second
        self._tell_speed()

    def show_awake(self, held: bool) -> None:
        self._awake = held
        self._cup.setVisible(held)

    def show_finish(self, finish: Finish) -> None:
        """What happens to the computer when everything is sent."""
        self._finish_choice = finish
        self.retranslate()

    def retranslate(self) -> None:
        self._finish.setText(
            {
                Finish.STAY: "",
                Finish.SLEEP: t("then sleep"),
                Finish.SHUT_DOWN: t("then shut down"),
                Finish.QUIT: t("then quit"),
            }[self._finish_choice]
        )
        self._finish.setVisible(self._finish_choice is not Finish.STAY)
        self._to.setText(t("Send to"))
        self._destination.setItemText(self._destination.count() - 1, t("Add a connection …"))
        parts.name(self._destination, t("Where the next drop goes"))
        parts.name(self._settings, t("Settings"))
        parts.name(self._help, t("Keyboard shortcuts"))
        parts.name(self._menu, t("Menu"))
        parts.name(self._cup, t("This computer is kept awake while files are being sent"))
        self._cup.setVisible(self._awake)
        self._limit.setVisible(self._limited)
        if self._limited:
            preferences = self._controller.preferences
            words = t("Limit {speed}", speed=text.speed(preferences.limit))
            if preferences.limit_hours is not None:
                words = t("Limit {speed} at times", speed=text.speed(preferences.limit))
            self._limit.setText(words)
            self._limit.setToolTip(t("Postflight sends no faster than this; change it in Settings"))
        self._tell_line()
        self._tell_speed()

    def _tell_line(self) -> None:
        shown = self._online is not None
        self._line_picture.setVisible(shown)
        self._line_words.setVisible(shown)
        up = bool(self._online)
        self._line_picture.show_icon(
            Icon.NETWORK if up else Icon.NETWORK_OFF, Tint.GOOD if up else Tint.WARN
        )
        self._line_words.setText(t("Online") if up else t("No network"))

    def _tell_speed(self) -> None:
        self._speed_words.setVisible(self._speed >= 1)
        self._speed_words.setText(t("↑ {speed}", speed=text.speed(self._speed)))
        self._speed_words.setAccessibleName(t("Sending {speed}", speed=text.speed(self._speed)))
