"""Settings of the window itself, and when this computer may sleep."""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtWidgets import QCheckBox

from app.domain.preferences import Closing, Language, Preferences, Theme
from app.ui.controller import Controller
from app.ui.language import t
from app.ui.look import parts
from app.ui.settings.section import EnumCombo, Row, Section


def nothing() -> str:
    return ""


class General(Section):
    """Language, looks, what closing the window does, and what the person is told."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self.language = EnumCombo(
            {
                Language.SYSTEM: lambda: t("As the system"),
                # Each in its own words: whoever cannot read the window finds it.
                Language.ENGLISH: lambda: "English",
                Language.CHINESE: lambda: "简体中文",
            }
        )
        self.theme = EnumCombo(
            {
                Theme.SYSTEM: lambda: t("As the system"),
                Theme.LIGHT: lambda: t("Light"),
                Theme.DARK: lambda: t("Dark"),
            }
        )
        self.closing = EnumCombo(
            {
                Closing.ASK: lambda: t("Ask what to do"),
                Closing.TRAY: lambda: t("Go on sending in the background"),
                Closing.QUIT: lambda: t("Quit, and go on next time"),
            }
        )
        self.notify = QCheckBox()
        self.language.picked.connect(self.sets("language"))
        self.theme.picked.connect(self.sets("theme"))
        self.closing.picked.connect(self.sets("closing"))
        self.notify.clicked.connect(self.sets("notify"))
        self.updates = QCheckBox()
        self.updates.clicked.connect(self.sets("updates"))
        self._make_rows()
        self.retranslate()
        self.refresh()

    def _make_rows(self) -> None:
        self.add(
            Row(lambda: t("Language"), parts.row(self.language, None), self.language, nothing),
            "language",
        )
        self.add(Row(lambda: t("Theme"), parts.row(self.theme, None), self.theme, nothing), "theme")
        self.add(
            Row(
                lambda: t("Closing the window"),
                parts.row(self.closing, None),
                self.closing,
                lambda: t("While something is being sent. Nothing is lost either way."),
            ),
            "closing",
        )
        self.add(
            Row(
                lambda: t("Notifications"),
                self.notify,
                self.notify,
                lambda: t("From the system, never more often than needed."),
            ),
            "notify",
        )
        feed = self._controller.app.updates.feed
        if not feed:  # a switch that nothing follows would promise what nobody keeps
            return
        self.add(
            Row(
                lambda: t("Updates"),
                self.updates,
                self.updates,
                lambda: t(
                    "Asks {host} once a day, never while something is being sent. Nothing is"
                    " downloaded.",
                    host=urlsplit(feed.url).hostname or "",
                ),
            ),
            "updates",
        )

    def title(self) -> str:
        return t("General")

    def show_preferences(self, preferences: Preferences) -> None:
        self.language.pick(preferences.language)
        self.theme.pick(preferences.theme)
        self.closing.pick(preferences.closing)
        self.notify.setChecked(preferences.notify)
        self.updates.setChecked(preferences.updates)

    def retranslate(self) -> None:
        super().retranslate()
        for combo in (self.language, self.theme, self.closing):
            combo.retranslate()
        self.notify.setText(t("Tell me when a batch is done or needs me"))
        self.updates.setText(t("Tell me when there is a newer Postflight"))


class Power(Section):
    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self.awake = QCheckBox()
        self.awake.clicked.connect(self.sets("keep_awake"))
        self.add(
            Row(
                lambda: t("Sleep"),
                self.awake,
                self.awake,
                lambda: t("Only while bytes are moving; the screen may turn off."),
            ),
            "keep_awake",
        )
        self.retranslate()
        self.refresh()

    def title(self) -> str:
        return t("Power")

    def show_preferences(self, preferences: Preferences) -> None:
        self.awake.setChecked(preferences.keep_awake)

    def retranslate(self) -> None:
        super().retranslate()
        self.awake.setText(t("Keep this computer awake while it sends"))
