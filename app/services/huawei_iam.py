"""The three ways to sign in at Huawei Cloud: an access key, an IAM user, a ready token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import httpx

from app.domain.errors import Leg, NotSignedIn, PostflightError, UsageError
from app.domain.ports import Clock
from app.net.http import Answer, Http, body_text
from app.net.wire import Text, Wire
from app.services.huawei_signing import SigningAuth

_RENEW_BEFORE = 600.0  # seconds: no call starts with a token that could end on the way
_UNKNOWN_LIFE = 3600.0  # seconds, when IAM does not say; it usually gives 24 hours
_CLOCK_SLACK = 300.0  # seconds; the gateway allows 900 (contracts: metastudio 6.2)
_PAUSE = (
    60.0  # seconds: repeated failures lock the account, so a refusal is not tried again at once
)


class Way(Protocol):
    """How calls prove who sends them. Thread-safe."""

    @property
    def words(self) -> str:
        """Who is signed in, for a sentence."""
        ...

    def auth(self) -> httpx.Auth:
        """For one call; may itself ask IAM and raise its errors."""
        ...

    def mended(self, used: httpx.Auth) -> bool:
        """After a refusal: whether the cause is put right, so that one more try makes sense."""
        ...


class TokenAuth(httpx.Auth):
    def __init__(self, token: str) -> None:
        self.token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["X-Auth-Token"] = self.token
        yield request


def checked_secret(secret: Callable[[], str], what: str) -> str:
    """A key or token without the blanks of pasting; NotSignedIn when there is none to send.

    The text itself stands in no error.
    """
    text = secret().strip()
    if text and text.isascii() and text.isprintable():
        return text
    raise _unusable(what)


def _unusable(what: str) -> NotSignedIn:
    return NotSignedIn(
        f"The {what} for Huawei Cloud is missing or was not entered whole.",
        "Enter it again, in one line.",
        leg=Leg.COMPUTER,
    )


class PastedToken:
    """The secret is an X-Auth-Token from somewhere else; nothing can renew it."""

    words = "a token"

    def __init__(self, secret: Callable[[], str]) -> None:
        self._secret = secret

    def auth(self) -> httpx.Auth:
        return TokenAuth(checked_secret(self._secret, "token"))

    def mended(self, used: httpx.Auth) -> bool:
        return False


class AccessKey:
    """The secret is the secret key; calls are signed with the server's time as far as known."""

    words = "an access key"

    def __init__(
        self, access_key: str, secret: Callable[[], str], http: Http, clock: Clock
    ) -> None:
        self._access_key = access_key
        self._secret = secret
        self._http = http
        self._clock = clock
        self._refused: tuple[str, NotSignedIn] | None = None

    def auth(self) -> httpx.Auth:
        secret = checked_secret(self._secret, "secret key")
        if self._refused is not None and self._refused[0] == secret:
            raise _again(self._refused[1])
        return SigningAuth(self._access_key, secret, self._server_time)

    def mended(self, used: httpx.Auth) -> bool:
        """True when the refusal itself told that the signature bore a wrong time."""
        if not isinstance(used, SigningAuth) or used.signed_at is None:
            return False
        return abs(self._server_time() - used.signed_at) > _CLOCK_SLACK

    def gave_up(self, used: httpx.Auth, error: PostflightError) -> None:
        """That secret signs no more: a few refusals lock the key (contracts: metastudio 6.2)."""
        if isinstance(error, NotSignedIn) and isinstance(used, SigningAuth):
            self._refused = (used.secret, error)

    def _server_time(self) -> float:
        return self._clock.now() + (self._http.clock_offset or 0.0)


def _again(error: NotSignedIn) -> NotSignedIn:
    return NotSignedIn(error.title, error.hint, leg=error.leg, details=error.details)


@dataclass(frozen=True, slots=True)
class IamUser:
    """Who asks IAM, and for which project. `project_name` wins over `project_id`."""

    name: str
    domain: str
    project_id: str
    project_name: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    fetched: float  # both in this computer's UTC seconds
    expires: float


class _Life(Wire):
    expires_at: datetime | None = None


class _Issued(Wire):
    token: _Life = _Life()


class _Fault(Wire):
    message: Text = ""


class _Problem(Wire):
    """IAM's own form and the gateway's."""

    error: _Fault = _Fault()
    error_msg: Text = ""


class IamTokens:
    """The secret is an IAM user's password; tokens are kept until shortly before they end.

    One thread asks at a time and the others wait for its token (contracts: metastudio 6.1).
    """

    def __init__(self, user: IamUser, secret: Callable[[], str], iam: Http, clock: Clock) -> None:
        self._user = user
        self._secret = secret
        self._iam = iam
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._refusal: tuple[str, float, NotSignedIn] | None = None

    @property
    def words(self) -> str:
        return f"IAM user {self._user.name}"

    def auth(self) -> httpx.Auth:
        with self._lock:
            token, now = self._token, self._clock.now()
            if token is None or not token.fetched <= now < token.expires - _RENEW_BEFORE:
                token = self._token = self._ask()
            return TokenAuth(token.value)

    def mended(self, used: httpx.Auth) -> bool:
        """True when a token that had served for a while is dropped, or another thread renewed it.

        A password change ends tokens early; a fresh token that is refused has another cause.
        """
        with self._lock:
            token = self._token
            if token is None or not isinstance(used, TokenAuth) or token.value != used.token:
                return True
            if self._clock.now() - token.fetched < _PAUSE:
                return False
            self._token = None
            return True

    def _ask(self) -> _Token:
        password = self._secret()
        if not password:
            raise _unusable("password")
        if self._refusal is not None:
            refused, at, error = self._refusal
            if refused == password and 0 <= self._clock.now() - at < _PAUSE:
                raise NotSignedIn(error.title, error.hint, leg=error.leg, details=error.details)
        try:
            answer = self._iam.request(
                "POST",
                "/v3/auth/tokens",
                params={"nocatalog": "1"},
                json=self._question(password),
                headers={"Content-Type": "application/json;charset=utf8"},
                fine=_iam_refusal,
            )
        except NotSignedIn as error:
            self._refusal = (password, self._clock.now(), error)
            raise
        self._refusal = None
        return self._issued(answer)

    def _question(self, password: str) -> dict[str, object]:
        user = self._user
        project = {"name": user.project_name} if user.project_name else {"id": user.project_id}
        who = {"name": user.name, "password": password, "domain": {"name": user.domain}}
        identity = {"methods": ["password"], "password": {"user": who}}
        return {"auth": {"identity": identity, "scope": {"project": project}}}

    def _issued(self, answer: Answer) -> _Token:
        value = answer.headers.get("x-subject-token", "")
        if not value:
            raise answer.nonsense("no X-Subject-Token")
        now = self._clock.now()
        ends = answer.read(_Issued).token.expires_at
        if ends is None:
            return _Token(value, now, now + _UNKNOWN_LIFE)
        aware = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
        # `ends` is on IAM's clock, everything here on this computer's.
        return _Token(value, now, aware.timestamp() - (self._iam.clock_offset or 0.0))


def _iam_refusal(answer: Answer) -> PostflightError | None:
    if answer.status not in (400, 401, 403, 404):
        return None
    problem = answer.maybe(_Problem) or _Problem()
    said = body_text(problem.error.message or problem.error_msg)
    details = f"{answer.about()} {said}".strip()
    if answer.status == 401:
        return NotSignedIn(
            "Huawei IAM did not accept the user name or the password.",
            "Check user, account (domain) and password; five wrong tries lock the account.",
            leg=Leg.SERVICE,
            details=details,
        )
    return UsageError(
        "Huawei IAM gives no token for this user and project.",
        "Check user, account (domain), project and the IAM address of the connection.",
        leg=Leg.SERVICE,
        details=details,
    )
