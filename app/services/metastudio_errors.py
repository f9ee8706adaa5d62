"""What MetaStudio's refusals mean: its own codes and those of the gateway before it."""

from __future__ import annotations

import re
from typing import Final

from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    ClockWrong,
    Forbidden,
    Leg,
    NotSignedIn,
    PostflightError,
    Refused,
    ServerBusy,
    ServerFailed,
)
from app.net.http import Answer, body_text, wait_asked
from app.net.wire import Text, Wire

BAD_PARAMETER: Final = frozenset({"MSS.00000002", "MSS.00000003", "MSS.10000003"})
NAME_TAKEN: Final = "MSS.10001005"

# Codes are compared whole: nine-digit variants mean something else (contracts: metastudio 5).
_NOT_SIGNED_IN: Final = frozenset({"MSS.00000001", "MSS.00010008", "APIGW.0301", "APIG.0301"})
_THROTTLED: Final = frozenset({"APIGW.0308", "APIG.0308"})
_WRONG_PROJECT: Final = "MSS.00010009"
_NO_SUCH_CALL: Final = frozenset({"MSS.00010003", "MSS.00010004"})
_SERVER_FAULT: Final = "MSS.00000004"
_TRY_AGAIN: Final = "MSS.10001006"  # creating the asset failed: nothing was made
_WORDS: Final = {
    "MSS.10001001": "the asset is not there any more",
    "MSS.10001003": "the file has no type",
    "MSS.10001004": "the file is not there any more",
    NAME_TAKEN: "an asset with this name is there already",
    "MSS.10001007": "the file is too large",
    "MSS.10001008": "the asset has a main file already",
}
# "signature expired, signature time:…, server time:…" is what the gateway says.
_CLOCK: Final = re.compile(
    r"\b(signature|request|date|time|timestamp)\b.*\b(expired|out of range|skew\w*|too far)\b",
    re.IGNORECASE,
)


class Said(Refused):
    """A plain no of MetaStudio: `word` is its code, `text` what it said."""

    def __init__(self, title: str, hint: str, *, details: str, word: str, text: str) -> None:
        super().__init__(title, hint, leg=Leg.SERVICE, details=details)
        self.word = word
        self.text = text


class Throttled(ServerBusy):
    """Busy because of us: too many calls a second."""


class _Problem(Wire):
    error_code: Text = ""
    error_msg: Text = ""
    request_id: Text = ""


def refusal(answer: Answer, repeatable: bool) -> PostflightError | None:
    """The error an answer stands for; None leaves it to the usual reading."""
    if answer.status < 400:
        return None
    problem = answer.maybe(_Problem) or _Problem()
    code = body_text(problem.error_code)
    details = f"{answer.about()} {code}".strip()
    if problem.request_id and "x-request-id" not in answer.headers:
        details += f" request {body_text(problem.request_id)}"
    if code in _NOT_SIGNED_IN or answer.status == 401:
        return _not_signed_in(answer.who, problem.error_msg, details)
    if code in _THROTTLED or answer.status == 429:
        return Throttled(
            f"{answer.who} asks for fewer calls a second.",
            "Postflight slows down and goes on by itself.",
            leg=Leg.SERVICE,
            details=details,
            wait=_wait(answer),
        )
    if code == _WRONG_PROJECT or answer.status == 403:
        return _forbidden(answer.who, code, details)
    if code in (_SERVER_FAULT, _TRY_AGAIN) or answer.status >= 500:
        return _fault(answer, code, repeatable, details)
    return _no(answer, code, problem.error_msg, details)


def _not_signed_in(who: str, text: str, details: str) -> PostflightError:
    # After a bad signature the gateway repeats the whole request, so its text stays out of sight.
    said = body_text(re.split(r"canonical|\|", text)[0])
    if _CLOCK.search(said) and "token" not in said.lower():
        return ClockWrong(
            f"This computer's clock is too far off for {who}.",
            "Let the computer set date and time by itself, then go on.",
            leg=Leg.COMPUTER,
            details=f"{details} {said}",
        )
    if "reach the limit" in said:
        hint = "Too many refusals locked the key: put it right, wait five minutes, then go on."
    else:
        hint = "Check the access key and its secret key, the password or the token."
    return NotSignedIn(f"{who} did not accept the sign-in.", hint, leg=Leg.SERVICE, details=details)


def _forbidden(who: str, code: str, details: str) -> Forbidden:
    if code == _WRONG_PROJECT:
        return Forbidden(
            f"The project of this connection is not the one {who} signed in.",
            "Check the project id, and that it is of the same region as the address.",
            leg=Leg.SERVICE,
            details=details,
        )
    return Forbidden(
        f"{who} refused access.",
        "Ask the account's administrator for the right to upload assets (IAM).",
        leg=Leg.SERVICE,
        details=details,
    )


def _fault(answer: Answer, code: str, repeatable: bool, details: str) -> PostflightError:
    # 503 is a refusal at the door, before anything was done.
    busy = answer.status == 503
    if repeatable or busy or code == _TRY_AGAIN:
        return (ServerBusy if busy else ServerFailed)(
            f"{answer.who} has a problem of its own.",
            "Postflight waits and goes on by itself.",
            leg=Leg.SERVICE,
            details=details,
            wait=_wait(answer),
        )
    return _lost(f"{answer.who} failed while it worked on a call.", details)


def lost(answer: Answer) -> AnswerLost:
    """For an answer that does not say what became of a call."""
    title = f"{answer.who} did not say whether it registered what it was told."
    return _lost(title, answer.about())


def _lost(title: str, details: str) -> AnswerLost:
    hint = "Postflight looks at what the service has before it repeats anything."
    return AnswerLost(title, hint, leg=Leg.SERVICE, details=details)


def _no(answer: Answer, code: str, text: str, details: str) -> PostflightError | None:
    said = body_text(text)
    # An id that is not known is a 400 here, so a 404 means a wrong address.
    if code in _NO_SUCH_CALL or answer.status == 404:
        return BadAnswer(
            f"{answer.who} does not know the call.",
            "Check the address of the connection, and the proxy.",
            leg=Leg.SERVICE,
            details=f"{details} {said}".strip(),
        )
    if not code:
        return None
    return Said(
        f"{answer.who} refused: {_WORDS.get(code) or said or code}.",
        "Retry it, or look at the asset in the console.",
        details=f"{details} {said}".strip(),
        word=code,
        text=said,
    )


def _wait(answer: Answer) -> float | None:
    return wait_asked(answer.headers.get("retry-after", ""), answer.headers.get("date", ""))
