"""How FlightHub 2 is spoken to: headers, the envelope of its answers, its codes in our words."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import httpx
from pydantic import BaseModel

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    Forbidden,
    Leg,
    NotSignedIn,
    PostflightError,
    Refused,
    Scope,
    ServerBusy,
    ServerFailed,
    UsageError,
)
from app.net.http import Answer, Fine, Http, body_text, usual_refusal, wait_asked
from app.services.flighthub2_wire import Envelope, Head

D = TypeVar("D", bound=BaseModel)

_PREFIX = "/openapi/v0.1"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHORTEST_SECRET = 8  # hiding shorter texts would only garble the server's words

# (contracts: flighthub2 section 2); several numbers come from the predecessor's error page, so
# nothing may depend on them but the choice of words and of waiting or not.
_NOT_SIGNED_IN = frozenset({200401})
_FORBIDDEN = frozenset({200403})
_NO_PROJECT = frozenset({210104, 245008})
_TOO_FREQUENT = frozenset({210429})
_OWN_TROUBLE = frozenset({200500, 210500, 210504, 210318, 228402, 228406, 228500})


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


class BatchRefused(Refused):
    """A plain no that concerns the whole batch and not one file of it."""

    scope = Scope.BATCH


@contextmanager
def for_the_batch() -> Generator[None]:
    """A plain no inside stops the whole batch."""
    try:
        yield
    except Refused as no:
        raise BatchRefused(no.title, no.hint, leg=no.leg, details=no.details) from no


class Api:
    """Calls below `/openapi/v0.1`; thread-safe.

    `secret` is asked once and again after the service did not accept its answer.
    """

    def __init__(self, http: Http, secret: Callable[[], str], project: str) -> None:
        self.http = http
        self.project = project
        self._secret = secret
        self._lock = threading.Lock()
        self._token = ""

    @property
    def who(self) -> str:
        return self.http.who

    def token(self) -> str:
        """The organisation token; NotSignedIn when there is none that could travel in a header."""
        with self._lock:
            token = self._token or self._secret().strip()
            # A header with a line break or a foreign letter fails inside the HTTP library, whose
            # message would show the token.
            if not token or not token.isascii() or not token.isprintable() or " " in token:
                raise NotSignedIn(
                    f"There is no usable organisation token for {self.who} on this computer.",
                    "Copy the token again from the organisation's settings, without blanks.",
                    leg=Leg.COMPUTER,
                )
            self._token = token
            return token

    def read(
        self,
        model: type[D],
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        project: bool = True,
    ) -> D:
        """A call that may be repeated; answers its `data`, with null read as an empty object."""
        answer = self._call(method, path, params=params, project=project)
        return _data(answer, model)

    def once(
        self,
        model: type[D],
        path: str,
        body: Mapping[str, object],
        *,
        hide: Sequence[str] = (),
        one_file: bool = False,
    ) -> D:
        """A POST that must not run twice; AnswerLost whenever it may have taken effect.

        `hide`: secrets of the body, in case the server repeats them. `one_file`: the call is about
        a single file, and the general failure codes mean that file (contracts: flighthub2 6).
        """
        answer = self._call("POST", path, body=body, repeatable=False, hide=hide, one_file=one_file)
        try:
            return _data(answer, model)
        except BadAnswer as error:
            raise AnswerLost(
                error.title, error.hint, leg=error.leg, details=error.details
            ) from error

    def tell(self, method: str, path: str) -> None:
        """A call that may be repeated and whose answer has no content; it may even be empty."""
        answer = self._call(method, path)
        if answer.body.strip():
            _success(answer)

    def alive(self) -> None:
        """The cheapest call that needs the token; it belongs to no project."""
        _success(self._call("GET", "/system_status", project=False))

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        project: bool = True,
        repeatable: bool = True,
        hide: Sequence[str] = (),
        one_file: bool = False,
    ) -> Answer:
        token = self.token()
        headers = {"X-User-Token": token, "X-Language": "en"}
        if project:
            headers["X-Project-Uuid"] = self._project()
        try:
            return self.http.request(
                method,
                _PREFIX + path,
                json=body,
                params=params,
                headers=headers,
                auth=_RequestId(),
                repeatable=repeatable,
                fine=_reading(repeatable, one_file, (token, *hide)),
            )
        except NotSignedIn:
            with self._lock:
                self._token = ""
            raise

    def _project(self) -> str:
        if not self.project:
            raise UsageError(
                f"No {self.who} project is chosen.",
                "Put the project's UUID into the connection (--project).",
            )
        return self.project


def _success(answer: Answer) -> None:
    if answer.read(Head).code != 0:
        raise answer.nonsense("no code")


def _data(answer: Answer, model: type[D]) -> D:
    _success(answer)
    return answer.read(Envelope[model]).data


class _RequestId(httpx.Auth):
    """Another one each time the call goes out."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["X-Request-Id"] = str(uuid.uuid4())
        yield request


def _reading(repeatable: bool, one_file: bool, hide: Sequence[str]) -> Fine:
    def fine(answer: Answer) -> PostflightError | None:
        head = answer.maybe(Head)
        if head is None or not head.code:
            return _no_modelling(answer)
        words = _words(head.message, hide)
        details = f"{answer.about()} code {head.code} {words}".strip()
        if one_file and _is_own_trouble(head.code):
            return _refused(answer, head.code, words, details)
        return _named(answer, head.code, words, details, repeatable)

    return fine


def _words(message: str, hide: Sequence[str]) -> str:
    for secret in hide:
        if len(secret) >= _SHORTEST_SECRET:
            message = message.replace(secret, "[hidden]")
    return body_text(message)


def _no_modelling(answer: Answer) -> PostflightError | None:
    # Whether private installations have open modelling at all is not known (flighthub2 9.13).
    if answer.status != 404 or "/open_model/stores/" not in answer.call:
        return None
    return Refused(
        f"{answer.who} has no open modelling at this address.",
        "Check the address. A private installation may come without open modelling.",
        leg=Leg.SERVICE,
        details=answer.about(),
    )


def _is_own_trouble(code: int) -> bool:
    # Every module of the service ends its own failures in 500 or 504.
    return code in _OWN_TROUBLE or (200_000 <= code < 300_000 and code % 1000 in (500, 504))


def _named(
    answer: Answer, code: int, words: str, details: str, repeatable: bool
) -> PostflightError:
    who, said = answer.who, _quoted(answer.who, words)
    if code in _NOT_SIGNED_IN:
        title = f"{who} did not accept the organisation token."
        hint = "Copy the token again; it works only in the region that issued it."
        return NotSignedIn(title, hint + said, leg=Leg.SERVICE, details=details)
    if code in _FORBIDDEN:
        title = f"{who} gives this token no right on the project."
        hint = "Ask the project's administrator to add the token's owner as a member."
        return Forbidden(title, hint + said, leg=Leg.SERVICE, details=details)
    if code in _NO_PROJECT:
        title, hint = f"{who} does not know this project.", "Choose the project again."
        return Forbidden(title, hint + said, leg=Leg.SERVICE, details=details)
    if code in _TOO_FREQUENT or _is_own_trouble(code):
        return _busy(answer, code, said, details, repeatable)
    if answer.status >= 300 and not isinstance(usual := usual_refusal(answer, repeatable), Refused):
        usual.hint, usual.details = usual.hint + said, details
        return usual
    return _refused(answer, code, words, details)


def _busy(answer: Answer, code: int, said: str, details: str, repeatable: bool) -> PostflightError:
    # "Too frequent" is said at the door; any other failure may come after the work was done.
    if code not in _TOO_FREQUENT and not repeatable:
        title = f"{answer.who} failed while it worked on a call."
        hint = "Postflight looks at what the service has before it repeats anything."
        return AnswerLost(title, hint + said, leg=Leg.SERVICE, details=details)
    wait = wait_asked(answer.headers.get("retry-after", ""), answer.headers.get("date", ""))
    title, hint = f"{answer.who} is busy.", "Postflight waits and goes on by itself."
    kind = ServerBusy if code in _TOO_FREQUENT else ServerFailed
    return kind(title, hint + said, leg=Leg.SERVICE, details=details, wait=wait)


def _refused(answer: Answer, code: int, words: str, details: str) -> Refused:
    return Refused(
        f"{answer.who} refused: {words}" if words else f"{answer.who} refused with code {code}.",
        "Put right what the service says, then try again.",
        leg=Leg.SERVICE,
        details=details,
    )


def _quoted(who: str, words: str) -> str:
    return f" {who} says: {words}" if words else ""
