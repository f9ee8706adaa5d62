"""Who we are to a Cloud API server: the token, where it comes from and how it is renewed."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Final

from app.domain.errors import Leg, NetworkError, NotSignedIn, RemoteError, ServerBusy
from app.net.http import Answer, Http, body_text
from app.services.cloud_api_wire import LoggedIn, No, accepted, reading, shaped

_LOGIN: Final = "/manage/api/v1/login"
_REFRESH: Final = "/manage/api/v1/token/refresh"
_WEB, _PILOT = 1, 2  # the two kinds of account; a login names its kind (contracts: cloud-api 1.1)
# The sample server's no to the wrong kind has no code of its own.
_WRONG_KIND: Final = re.compile(r"flag|type|kind|类型", re.IGNORECASE)


class Session:
    """Calls with a token that lives in memory only; thread-safe.

    With a user name the secret is a password and the token comes from a login; without one the
    secret is the token. However many threads find the token refused, one of them renews it.
    """

    def __init__(self, http: Http, username: str, secret: Callable[[], str]) -> None:
        self._http = http
        self._username = username
        self._secret = secret
        self._lock = threading.Lock()
        self._token = ""
        self._kinds = (_WEB, _PILOT)
        self._refusals = 0
        self._refusal = NotSignedIn("")
        self._private: tuple[str, ...] = ()
        self._workspace = ""

    def post(
        self, path: str, body: dict[str, object] | None = None, *, repeatable: bool = True
    ) -> Answer:
        """One call; after 401 once more with a refreshed token, and once with a new login.

        Raises `No` for a plain refusal, NotSignedIn when no way of signing in is left.
        """
        token = self._renewed("", refresh=False)
        for refresh in (True, False):
            try:
                return self._send(path, body, token, repeatable)
            except NotSignedIn:
                token = self._renewed(token, refresh=refresh)
        return self._send(path, body, token, repeatable)

    def workspace(self) -> str:
        """The workspace that the server names when it gives a token, "" when it names none.

        Raises NotSignedIn. A pasted token is proved by nothing here when the server does not
        refresh tokens.
        """
        token = self._renewed("", refresh=False)
        if not self._username:
            self._refreshed(token)
        return self._workspace

    def hide(self, text: str) -> str:
        """`text` without the secrets that this session ever used: servers repeat what they got."""
        for secret in sorted(self._private, key=len, reverse=True):  # one may hold another
            text = text.replace(secret, "…")
        return text

    def _send(
        self, path: str, body: dict[str, object] | None, token: str, repeatable: bool
    ) -> Answer:
        return self._http.request(
            "POST",
            path,
            json=body,
            headers={"x-auth-token": token},
            repeatable=repeatable,
            fine=lambda answer: reading(answer, self.hide),
        )

    def _renewed(self, stale: str, *, refresh: bool) -> str:
        """A token other than `stale`; waits while another thread gets one and shares its luck."""
        refusals = self._refusals
        with self._lock:
            if self._token and self._token != stale:
                return self._token
            if self._refusals != refusals:
                told = self._refusal  # asking again with the same password may lock the account
                raise NotSignedIn(told.title, told.hint, leg=told.leg, details=told.details)
            try:
                self._token = self._fetched(stale, refresh)
            except NotSignedIn as error:
                self._token = ""
                self._refusal = error
                self._refusals += 1
                raise
            return self._token

    def _fetched(self, stale: str, refresh: bool) -> str:
        if refresh and (token := self._refreshed(stale)):
            return self._kept(token)
        if self._username:
            return self._kept(self._logged_in())
        if stale:
            raise NotSignedIn(
                f"{self._http.who} did not accept the token.",
                "Paste a new token into the connection, or give a user name and a password.",
                leg=Leg.SERVICE,
            )
        return self._kept(self._entered())

    def _refreshed(self, stale: str) -> str:
        """Empty when the server does not do it, for whatever reason: there is still the login."""
        try:
            answer = self._send(_REFRESH, None, stale, repeatable=True)
            token = self._token_in(answer)
        except (NetworkError, ServerBusy):
            raise
        except RemoteError:
            return ""
        return token if token != stale else ""

    def _logged_in(self) -> str:
        """The kind of account that was right last time goes first; never more than two tries."""
        password = self._kept(self._entered())
        try:
            return self._token_for(password, self._kinds[0])
        except No as no:
            if not _WRONG_KIND.search(no.words):
                raise self._login_refused(no) from None
        self._kinds = (self._kinds[1], self._kinds[0])
        try:
            return self._token_for(password, self._kinds[0])
        except No as no:
            raise self._login_refused(no) from None

    def _token_for(self, password: str, kind: int) -> str:
        body = {"username": self._username, "password": password, "flag": kind}
        try:
            answer = self._http.request(
                "POST", _LOGIN, json=body, fine=lambda answer: reading(answer, self.hide)
            )
        except NotSignedIn as error:
            raise NotSignedIn(
                f"{self._http.who} did not accept the user name or the password.",
                "Check both in the connection.",
                leg=Leg.SERVICE,
                details=error.details,
            ) from None
        if token := self._token_in(answer):
            return token
        raise answer.nonsense("no access_token")

    def _login_refused(self, no: No) -> NotSignedIn:
        if no.status in (404, 405):
            return NotSignedIn(
                f"{no.who} has no sign-in with a user name.",
                "Clear the user name of the connection and paste a token instead.",
                leg=Leg.SERVICE,
                details=no.details,
            )
        return NotSignedIn(
            no.titled(f"{no.who} refused to sign in"),
            "Check the user name and the password in the connection.",
            leg=Leg.SERVICE,
            details=no.details,
        )

    def _entered(self) -> str:
        """What the person entered. A token copied from a page often ends with a line break."""
        entered = self._secret()
        entered = entered if self._username else entered.strip()
        if entered:
            return entered
        raise NotSignedIn(
            f"There is no token or password for {self._http.who}.",
            "Enter it in the connection.",
            leg=Leg.COMPUTER,
        )

    def _kept(self, secret: str) -> str:
        """Remembers `secret` for `hide`; older ones than these few are in no answer any more."""
        self._private = (*(known for known in self._private if known != secret), secret)[-16:]
        return secret

    def _token_in(self, answer: Answer) -> str:
        envelope = accepted(answer)
        data = shaped(envelope.data, LoggedIn) if envelope else None
        if data is None:
            return ""
        self._workspace = body_text(data.workspace_id).strip() or self._workspace
        return data.access_token.strip()
