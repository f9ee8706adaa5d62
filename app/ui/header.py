"""The strip on top: where a drop goes, whether the line is up, and what is on at the moment."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
)

from app.domain.preferences import Preferences
from app.ui import text
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.icons import Icon, Tint
from app.ui.look.labels import Picture, Role, as_it_is, label
from app.ui.look.parts import Translated
from app.ui.system.power import Finish

_ADD = ""  # the entry that leads to the connections
_NARROWEST, _WIDEST = 120, 300  # of the choice of a destination, however long their names are
_MOST_TERSE = 4


class _Destination(QComboBox):
    """Leaves out the end of a name that does not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(_NARROWEST)
        self.setMaximumWidth(round(_WIDEST * theme.scale()))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def paintEvent(self, event: QPaintEvent, /) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        option.currentText = self.fontMetrics().elidedText(  # pyright: ignore[reportAttributeAccessIssue]
            self.currentText(), Qt.TextElideMode.ElideRight, room.width()
        )
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


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
        self._terse = 0
        self._to = label(Role.DIM)
        self._destination = _Destination()
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
        self._box = parts.row(
            self._to, self._destination, None,
            self._line_picture, self._line_words, self._speed_words, self._limit, self._cup,
            self._finish, self._settings, self._help, self._menu,
            spacing=theme.S, margins=(theme.L, theme.S, theme.M, theme.S),
        )  # fmt: skip
        self.setLayout(self._box)

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
        self._fit()

    def show_speed(self, bytes_per_second: float) -> None:
        self._speed = bytes_per_second
        self._fit()

    def show_awake(self, held: bool) -> None:
        self._awake = held
        self._fit()

    def show_finish(self, finish: Finish) -> None:
        """What happens to the computer when everything is sent."""
        self._finish_choice = finish
        self.retranslate()

    def retranslate(self) -> None:
        self._to.setText(t("Send to"))
        self._destination.setItemText(self._destination.count() - 1, t("Add a connection …"))
        parts.name(self._destination, t("Where the next drop goes"))
        parts.name(self._settings, t("Settings"))
        parts.name(self._help, t("Keyboard shortcuts"))
        parts.name(self._menu, t("Menu"))
        parts.name(self._cup, t("This computer is kept awake while files are being sent"))
        self._fit()

    # -- how much of it there is room for --------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """The window may be as narrow as the person likes: words go, pictures stay."""
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        """All the words, or as many as there is room for, the least needed gone first."""
        for self._terse in range(_MOST_TERSE + 1):
            self._tell_line()
            self._tell_speed()
            self._tell_limit()
            self._tell_finish()
            self._to.setVisible(self._terse < _MOST_TERSE)
            if self._wanted() <= self.width():
                break

    def _wanted(self) -> int:
        self._box.invalidate()
        return self._box.sizeHint().width()

    def _tell_line(self) -> None:
        shown = self._online is not None
        up = bool(self._online)
        words = t("Online") if up else t("No network")
        self._line_picture.setVisible(shown)
        self._line_picture.show_icon(
            Icon.NETWORK if up else Icon.NETWORK_OFF, Tint.GOOD if up else Tint.WARN
        )
        parts.name(self._line_picture, words)
        self._line_words.setText(words)
        # That there is no network is worth more room than that there is one.
        self._line_words.setVisible(shown and self._terse < (1 if up else _MOST_TERSE))

    def _tell_speed(self) -> None:
        self._speed_words.setVisible(self._speed >= 1)
        self._speed_words.setText(t("↑ {speed}", speed=text.speed(self._speed)))
        self._speed_words.setAccessibleName(t("Sending {speed}", speed=text.speed(self._speed)))

    def _tell_limit(self) -> None:
        self._limit.setVisible(self._limited)
        if not self._limited:
            return
        preferences = self._controller.preferences
        speed = text.speed(preferences.limit)
        words = t("Limit {speed}", speed=speed)
        if preferences.limit_hours is not None:
            words = t("Limit {speed} at times", speed=speed)
        self._limit.setText(words if self._terse < 2 else "")
        self._limit.setAccessibleName(words)
        hint = t("Postflight sends no faster than this; change it in Settings")
        self._limit.setToolTip(as_it_is(f"{words}\n{hint}"))

    def _tell_finish(self) -> None:
        words = {
            Finish.STAY: "",
            Finish.SLEEP: t("then sleep"),
            Finish.SHUT_DOWN: t("then shut down"),
            Finish.QUIT: t("then quit"),
        }[self._finish_choice]
        self._finish.setText(words)
        self._finish.setVisible(bool(words) and self._terse < 3)
        self._cup.setVisible(self._awake)
