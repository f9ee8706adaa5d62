"""Settings of the way out: the speed limit, the proxy, certificates to trust."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

from PySide6.QtWidgets import QLineEdit
from shiboken6 import isValid

from app import bootstrap
from app.domain.errors import Fault, PostflightError, UsageError
from app.domain.model import Connection
from app.domain.preferences import Preferences
from app.ui.connections.fields import whole
from app.ui.controller import Controller
from app.ui.language import said, t
from app.ui.look import parts
from app.ui.look.icons import Icon, Tint
from app.ui.look.inputs import FileLine, SecretLine, pem_files
from app.ui.look.labels import as_it_is
from app.ui.look.parts import Kind
from app.ui.settings.general import nothing
from app.ui.settings.limit import Limit, LimitHours, hours_help
from app.ui.settings.section import Row, Section

T = TypeVar("T")

_MOST: Final = 120  # characters of a proxy's user name that make sense


class Network(Section):
    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._one_at_a_time = asyncio.Lock()  # the test must see the secret typed before it
        self._user_known = False
        self._sign_in_typed = False
        self._testing = False
        self._shown = Preferences()
        self.limit, self.hours = Limit(), LimitHours()
        self.proxy = QLineEdit()
        self.proxy.setPlaceholderText("http://host:port")
        self.test_button = parts.button(Kind.PLAIN, Icon.PULSE)
        self.user, self.password = QLineEdit(), SecretLine()
        self.user.setMaxLength(_MOST)
        self.ca_file = FileLine(pem_files)
        self._make_rows()
        self._connect()
        self.retranslate()
        self.refresh()

    def _make_rows(self) -> None:
        proxy = parts.row(self.proxy, self.test_button)
        user = parts.row(self.user, self.password, self.password.eye)
        self.add(Row(lambda: t("Speed limit"), self.limit, self.limit.on, nothing), "limit")
        self.add(
            Row(
                lambda: t("Hours of the limit"),
                self.hours,
                self.hours.on,
                lambda: hours_help(self.preferences),
            ),
            "limit_hours",
        )
        self.proxy_row = self.add(
            Row(
                lambda: t("Proxy"),
                proxy,
                self.proxy,
                lambda: t("Empty: the one of the system, if it has one."),
            ),
            "proxy",
        )
        self.user_row = self.add(
            Row(
                lambda: t("Sign-in at the proxy"),
                user,
                self.user,
                lambda: t("Only if the proxy asks for it. Kept in the system's keyring."),
            )
        )
        self.ca_row = self.add(
            Row(
                lambda: t("Certificate file"),
                self.ca_file,
                self.ca_file.line,
                lambda: t("Trusted for every connection, besides what the system trusts (PEM)."),
            ),
            "ca_file",
        )

    def _connect(self) -> None:
        self.limit.changed.connect(lambda: self.prefer({"limit": self.limit.limit}))
        self.hours.changed.connect(lambda: self.prefer({"limit_hours": self.hours.hours}))
        self.proxy.textEdited.connect(lambda: self.proxy_row.say(None))
        self.proxy.editingFinished.connect(self._take_proxy)
        self.test_button.clicked.connect(self.test)
        for line in (self.user, self.password):
            line.textEdited.connect(lambda: self.user_row.say(None))
            line.editingFinished.connect(self._take_sign_in)
        self.ca_file.edited.connect(lambda: self.ca_row.say(None))
        self.ca_file.finished.connect(self._take_ca_file)
        self._controller.connections_changed.connect(self._tell_test)

    def title(self) -> str:
        return t("Network")

    def show_preferences(self, preferences: Preferences) -> None:
        self.limit.show_limit(preferences.limit)
        self.hours.show_hours(preferences.limit_hours, preferences.limit > 0)
        # What is typed and cannot be used stays there until it is put right.
        if self._shown.proxy != preferences.proxy:
            self.proxy.setText(preferences.proxy)
            self.proxy_row.say(None)
        if self._shown.ca_file != preferences.ca_file:
            self.ca_file.line.setText(preferences.ca_file)
            self.ca_row.say(None)
        self._shown = preferences
        self._tell_test()

    def retranslate(self) -> None:
        super().retranslate()
        self.user.setPlaceholderText(t("User name"))
        self.password.setAccessibleName(t("Password for the proxy"))
        self.password.setPlaceholderText(t("Unchanged") if self._user_known else t("Password"))
        self.password.name_eye()
        self.ca_file.retranslate()
        self._tell_test()

    # -- the proxy -------------------------------------------------------------------------------

    def _take_proxy(self) -> None:
        typed = self.proxy.text().strip()
        if typed == self.preferences.proxy:
            return
        try:
            proxy = bootstrap.checked_proxy(typed)
        except UsageError as error:
            fault = error.fault()
            self.proxy_row.say(lambda: said(fault.hint))
            return
        self.proxy.setText(proxy)
        self.prefer({"proxy": proxy})

    def look_up_sign_in(self) -> None:
        """Which user is kept; the password is never shown. In a thread: a keyring may ask."""
        if not self._user_known and not self.user.isModified():
            self._run(self._kept_user, self._show_user, lambda _: None)

    def _kept_user(self) -> str:
        return (self._controller.app.secrets.get(bootstrap.PROXY_SECRET) or "").partition(":")[0]

    def _show_user(self, user: str) -> None:
        typing = self.user.isModified() or self.password.isModified()
        if not typing and not self._sign_in_typed:
            self._user_known = bool(user)
            self.user.setText(user)
            self.retranslate()

    def _take_sign_in(self) -> None:
        if not self.user.isModified() and not self.password.isModified():
            return
        user, password = self.user.text().strip(), self.password.text()
        if ":" in user:
            self.user_row.say(lambda: t("A user name for a proxy has no colon in it."))
            return
        if user and not password and not self._user_known:
            return  # the password is still to come
        self._sign_in_typed = True  # what the keyring still has to tell is older
        self.user.setModified(False)
        self.password.forget()
        self._user_known = bool(user)
        self.retranslate()
        self._run(lambda: self._keep(user, password), lambda _: self._kept(user), self._not_kept)

    def _keep(self, user: str, password: str) -> None:
        secrets = self._controller.app.secrets
        if not user:
            secrets.delete(bootstrap.PROXY_SECRET)
            return
        if not password:
            password = (secrets.get(bootstrap.PROXY_SECRET) or "").partition(":")[2]
        secrets.set(bootstrap.PROXY_SECRET, f"{user}:{password}")

    def _kept(self, user: str) -> None:
        self._apply_again()
        words = (lambda: t("Kept in the system's keyring.")) if user else (lambda: t("Forgotten."))
        self.user_row.say(words, Tint.GOOD)

    def _not_kept(self, fault: Fault) -> None:
        self._apply_again()
        self.user_row.say(
            lambda: t("Kept only until Postflight is closed. {reason}", reason=said(fault.title)),
            Tint.WARN,
        )

    def _apply_again(self) -> None:
        """The same proxy, asked for its secret anew."""
        try:
            self._controller.app.apply(bootstrap.network_of(self.preferences))
        except PostflightError as error:
            fault = error.fault()
            self.proxy_row.say(lambda: said(fault.title))

    # -- the test --------------------------------------------------------------------------------

    def _target(self) -> Connection | None:
        """Whose server is asked: where the last batch went, or the first there is."""
        connections = self._controller.connections()
        wanted = [one for one in connections if one.name == self.preferences.connection]
        return next(iter(wanted or connections), None)

    def _tell_test(self) -> None:
        target = self._target()
        self.test_button.setText(t("Test"))
        self.test_button.setEnabled(target is not None and not self._testing)
        words = t("Add a connection first: the test asks its server.")
        if target is not None:
            words = t("Asks the server of {name} for an answer this way", name=target.name)
        self.test_button.setToolTip(as_it_is(words))

    def test(self) -> None:
        """Asks a server of ours for any answer, the way that is set now."""
        self._take_proxy()
        target = self._target()
        if target is None or (self.proxy_row.said and self.proxy.text() != self.preferences.proxy):
            return
        network = bootstrap.network_of(self.preferences)
        host = urlsplit(target.url).hostname or target.url

        def answered(_: int) -> None:
            self._tested()
            self.proxy_row.say(lambda: t("{host} answers.", host=host), Tint.GOOD)

        def failed(fault: Fault) -> None:
            self._tested()
            self.proxy_row.say(lambda: whole(fault))

        self._testing = True
        self._tell_test()
        self.proxy_row.say(lambda: t("Asking {host} …", host=host), Tint.DIM)
        self._run(lambda: self._controller.app.knock(target, network), answered, failed)

    def _tested(self) -> None:
        self._testing = False
        self._tell_test()

    # -- certificates ----------------------------------------------------------------------------

    def _take_ca_file(self) -> None:
        typed = self.ca_file.line.text().strip()
        if typed == self.preferences.ca_file:
            return

        def usable(path: str) -> None:
            if self.ca_file.line.text().strip() == typed:
                self.prefer({"ca_file": path})

        def failed(fault: Fault) -> None:
            self.ca_row.say(lambda: whole(fault))

        self._run(lambda: bootstrap.checked_authority(typed), usable, failed)

    def _run(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Fault], None]
    ) -> None:
        """One after the other in a thread; nobody hears of it once the page is gone."""

        async def run() -> None:
            async with self._one_at_a_time:
                try:
                    answer = await self._controller.engine.control(work)
                except PostflightError as error:
                    if isValid(self):
                        failed(error.fault())
                    return
            if isValid(self):
                done(answer)

        self._controller.start(run())
