"""The settings: one column of sections; each change holds at once."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from app.paths import Paths
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import parts, theme
from app.ui.look.columns import scrolled
from app.ui.look.labels import Role, label
from app.ui.look.parts import Translated
from app.ui.settings.advanced import Advanced
from app.ui.settings.general import General, Power
from app.ui.settings.network import Network


class SettingsPage(Translated, QWidget):
    """`paths`: where the logs are, for diagnostics; None finds them as the program does."""

    def __init__(self, controller: Controller, paths: Paths | None = None) -> None:
        super().__init__()
        self._title, self._note = label(Role.TITLE), label(Role.DIM)
        self._note.setWordWrap(True)
        self.general, self.network = General(controller), Network(controller)
        self.power = Power(controller)
        self.advanced = Advanced(controller, paths or Paths.find())
        head = parts.column(self._title, self._note, spacing=theme.XS)
        sections = (self.general, self.network, self.power, self.advanced)
        page = scrolled(parts.column(head, *sections, None, spacing=theme.XL))
        self.setLayout(parts.column(page, spacing=0))
        self.setFocusProxy(self.general.language)
        self.retranslate()

    def showEvent(self, event: QShowEvent, /) -> None:
        super().showEvent(event)
        self.network.look_up_sign_in()

    def retranslate(self) -> None:
        self._title.setText(t("Settings"))
        self._note.setText(t("Each change holds at once. A dot marks what you changed."))
