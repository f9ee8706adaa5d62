"""The one HTTP client for conversations: trust, limits, the clock's offset, errors in our words."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from app import __version__
from app.domain.errors import (
    AnswerLost,
    BadAnswer,
    Forbidden,
    Leg,
    NetworkError,
    NotSignedIn,
    Offline,
    PostflightError,
    Refused,
    ServerBusy,
    ServerFailed,
    TimedOut,
    Untrusted,
    UsageError,
)
from app.domain.ports import Clock, Route
from app.net import tls
from app.net.address import checked_url
from app.net.bounds import PACKED, WHOLE, BoundedTransport, TooLarge, body_of, within
from app.net.certificate import untrusted
from app.net.pressure import Pressure
from app.net.proxy import Proxy, proxy_for, wants_sign_in
from app.net.server_time import ServerTime, http_date
from app.net.session import Extensions, Session

_ANSWER_TIME, _CONNECT_TIME = 30.0, 10.0  # seconds
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_FAILED = frozenset({500, 502, 504})
_NOTHING_HAPPENED = frozenset({425, 429, 503})  # refused at the door: safe to send again

M = TypeVar("M", bound=BaseModel)
Fine = Callable[["Answer"], PostflightError | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `who` is the server's name for sentences, `call` the method and path."""

    who: str
    call: str
    status: int
    headers: Mapping[str, str] = field(repr=False)  # lower-case names; may hold a token
    body: bytes = field(repr=False)  # may hold keys

    def read(self, model: type[M]) -> M:
        """The body as `model`; BadAnswer when it is something else."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            raise self.nonsense(str(error.errors(include_input=False, include_url=False))) from None

    def maybe(self, model: type[M]) -> M | None:
        """The body as `model`, or None when it is empty, HTML or of another shape."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError:
            return None

    def nonsense(self, details: str = "") -> BadAnswer:
        looks_like_page = self.body.lstrip()[:1] == b"<"
        hint = (
            "A web page came back: sign in to this Wi-Fi, or check the address and the proxy."
            if looks_like_page
            else "Postflight changed nothing. Check the address of the connection."
        )
        return BadAnswer(
            f"{self.who} gave an answer that Postflight does not understand.",
            hint,
            leg=Leg.SERVICE,
            details=f"{self.about()} {details}".strip(),
        )

    def about(self) -> str:
        """Call, status and request id for details and logs; holds no secret."""
        request_id = self.headers.get("x-request-id", "")
        return f"{self.call} {self.status}" + (f" request {request_id}" if request_id else "")


class Http:
    """One server's client; thread-safe, keeps connections. `who` names the server in sentences.

    Redirects are never followed, so that tokens do not travel to another host.
    """

    def __init__(
        self,
        base_url: str,
        who: str,
        route: Route,
        clock: Clock,
        patience: float = _ANSWER_TIME,
        whole: float = WHOLE,
    ) -> None:
        """`patience`: seconds of silence after which an answer counts as lost; `whole`: seconds
        after which it does so though bytes come."""
        self.who = who
        self._patience, self._whole = patience, whole
        self._timeout = httpx.Timeout(patience, connect=min(patience, _CONNECT_TIME))
        self.base_url = checked_url(base_url)
        self._route = route
        self._proxy: Proxy | None = None
        self._clock = clock
        self._session = Session(self._opened)
        self._pressure = Pressure()
        self._siblings: list[Http] = []
        self._lock = threading.Lock()
        self.time = ServerTime(clock)

    @property
    def clock_offset(self) -> float | None:
        """Seconds the server is ahead of us; None: not told."""
        return self.time.offset

    def sibling(self, base_url: str, who: str) -> Http:
        """A client on the same route for another server of the same connection.

        It is closed and led another way together with this one.
        """
        with self._lock:
            made = Http(base_url, who, self._route, self._clock, self._patience, self._whole)
            self._siblings.append(made)
        return made

    def reroute(self, route: Route) -> None:
        """Later calls go that way, the siblings' too; those under way end as they began."""
        with self._lock:
            self._route = route
            siblings = tuple(self._siblings)
        self._session.drop()
        for sibling in siblings:
            sibling.reroute(route)

    def close(self) -> None:
        """Drops all connections, the siblings' too; a later call opens new ones."""
        self._session.drop()
        with self._lock:
            siblings = tuple(self._siblings)
        for sibling in siblings:
            sibling.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        repeatable: bool = True,
        fine: Fine | None = None,
    ) -> Answer:
        """Sends once and answers, or raises a PostflightError.

        `repeatable` False marks calls that must not run twice: when it is not known whether such
        a call took effect, AnswerLost is raised. `fine` looks at every answer below 300 and at
        every refusal, and may name the service's own error; its None means the usual reading.
        """
        call = f"{method} {path}"
        with self._pressure.slot():
            answer = self._exchanged(method, path, call, json, params, headers, auth, repeatable)
            if fine is not None and (error := fine(answer)) is not None:
                raise error
            if answer.status >= 300:
                raise usual_refusal(answer, repeatable)
        return answer

    def _exchanged(
        self,
        method: str,
        path: str,
        call: str,
        json: object | None,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        auth: httpx.Auth | None,
        repeatable: bool,
    ) -> Answer:
        with self._translated(call, repeatable):
            # Spaces as %20: a plus sign means something else to servers that check a signature.
            query = f"?{urlencode(params, quote_via=quote)}" if params else ""
            url = self.base_url + path + query

            def send(client: httpx.Client, extensions: Extensions) -> Answer:
                request = client.build_request(
                    method, url, json=json, headers=headers, extensions=extensions
                )
                return self._send(client, request, auth, call)

            answer = self._session.ask(send, again=repeatable)
        self.time.learn(answer.headers.get("date", ""))
        return answer

    def knock(self) -> int:
        """The status of any answer at all from the base address; proves the way and the clock."""
        with self._translated("GET /", repeatable=True), self._session.use() as client:
            request = client.build_request("GET", self.base_url)
            answer = self._send(client, request, None, "GET /")
        self.time.learn(answer.headers.get("date", ""))
        return answer.status

    def _send(
        self, client: httpx.Client, request: httpx.Request, auth: httpx.Auth | None, call: str
    ) -> Answer:
        with within(self._whole):
            response = client.send(request, auth=auth, stream=True)
            try:
                body = body_of(response)
            except TooLarge:
                raise BadAnswer(
                    f"{self.who} gave an answer of more than 10 MB.",
                    "Check the address of the connection.",
                    leg=Leg.SERVICE,
                    details=call,
                ) from None
            finally:
                response.close()
        if response.status_code == 407:
            raise self._proxy_refused()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(self.who, call, response.status_code, headers, body)

    def _opened(self) -> httpx.Client:
        # Without https the context is never used; an empty one trusts nobody and is quick.
        secure = self.base_url.startswith("https:")
        route, parts = self._route, urlsplit(self.base_url)
        context = tls.context(route) if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        proxy = self._proxy = proxy_for(route, parts.scheme, parts.hostname or "")
        return httpx.Client(
            transport=BoundedTransport(context, proxy and _through(proxy, route)),
            # The environment's proxies are read by `proxy_for`, which also asks the system.
            trust_env=False,
            timeout=self._timeout,
            follow_redirects=False,
            headers={"User-Agent": f"Postflight/{__version__}", "Accept-Encoding": PACKED},
        )

    @contextmanager
    def _translated(self, call: str, repeatable: bool) -> Generator[None]:
        """httpx's and ssl's exceptions become ours; tests/unit/net lists httpx's tree."""
        try:
            yield
        except httpx.ProxyError as e:
            if str(e).startswith("407"):  # to CONNECT, which httpx answers itself
                raise self._proxy_refused() from None
            raise self._not_reached(e, call) from e
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as e:
            raise self._not_reached(e, call) from e
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as e:
            raise UsageError(
                f"The address of {self.who} cannot be used.", details=f"{call}: {e}"
            ) from e
        except (UnicodeEncodeError, httpx.LocalProtocolError) as e:
            raise self._unsendable(e, call) from None  # the cause repeats the value, a token even
        except httpx.TransportError as e:
            # Connections die together, while a laptop sleeps for one: no other is tried in vain.
            self._session.drop()
            timed_out = isinstance(e, httpx.TimeoutException)
            raise self._cut_off(f"{call}: {type(e).__name__} {e}", timed_out, repeatable) from e
        except httpx.HTTPError as e:
            raise BadAnswer(
                f"{self.who} gave an answer that Postflight does not understand.",
                "Check the address of the connection.",
                leg=Leg.SERVICE,
                details=f"{call}: {type(e).__name__} {e}",
            ) from e

    def _proxy_refused(self) -> PostflightError:
        self._session.drop()  # the next one asks for the secret again
        return wants_sign_in(self._proxy, self.who)

    def _not_reached(self, error: httpx.TransportError, call: str) -> NetworkError:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return self._untrusted(cause, call)
            cause = cause.__cause__ or cause.__context__
        if not self._route.proxy:
            self._session.drop()  # a laptop that moved may have another proxy now
        title = f"{self.who} cannot be reached."
        hint = "Postflight keeps everything and tries again. Check the network and the address."
        if self._proxy is not None:
            title = f"{self.who} cannot be reached through the proxy {self._proxy.name}."
            hint = "Postflight keeps everything and tries again. Check the network and the proxy."
        return Offline(title, hint, leg=Leg.NETWORK, details=f"{call}: {error}")

    def _untrusted(self, failure: ssl.SSLCertVerificationError, call: str) -> Untrusted:
        parts = urlsplit(self.base_url)
        return untrusted(
            self.who, failure, call, parts.hostname or "", parts.port or 443, self._proxy
        )

    def _unsendable(self, error: Exception, call: str) -> PostflightError:
        if isinstance(error, UnicodeEncodeError) and error.encoding == "utf-8":
            return Refused(
                f"A name holds characters that cannot be sent to {self.who}.",
                "Rename the file.",
                leg=Leg.COMPUTER,
                details=call,
            )
        return UsageError(
            f"A setting for {self.who} holds characters that cannot be sent.",
            "Enter the token and the names of the connection again, in one line each.",
            details=call,
        )

    def _cut_off(self, details: str, timed_out: bool, repeatable: bool) -> PostflightError:
        hint = "Postflight keeps everything and tries again."
        if not repeatable:
            title = f"The answer of {self.who} was lost on the way."
            hint = "Postflight looks at what the service has before it repeats anything."
            return AnswerLost(title, hint, leg=Leg.NETWORK, details=details)
        if timed_out:
            title = f"{self.who} did not answer in time."
            return TimedOut(title, hint, leg=Leg.NETWORK, details=details)
        title = f"The connection to {self.who} broke off."
        return NetworkError(title, hint, leg=Leg.NETWORK, details=details)


def _through(proxy: Proxy, route: Route) -> httpx.Proxy:
    context = tls.context(route) if proxy.secure else None
    return httpx.Proxy(proxy.url, auth=proxy.user(), ssl_context=context)


def usual_refusal(answer: Answer, repeatable: bool) -> PostflightError:
    """What an answer of 300 and above means when the service has no reading of its own."""
    who, details = answer.who, answer.about()
    if answer.status < 400:
        return BadAnswer(
            f"{who} sends Postflight to another address.",
            "Put the right address into the connection; passwords never follow a redirect.",
            leg=Leg.SERVICE,
            details=details,
        )
    if answer.status == 401:
        title, hint = f"{who} did not accept the sign-in.", "Check the token or password."
        return NotSignedIn(title, hint, leg=Leg.SERVICE, details=details)
    if answer.status == 403:
        title, hint = f"{who} refused access.", "Ask its administrator for the right to upload."
        return Forbidden(title, hint, leg=Leg.SERVICE, details=details)
    if answer.status in _BUSY:
        return _busy(answer, repeatable)
    if answer.status >= 500:
        title, hint = f"{who} has a problem of its own.", "Ask who runs it; nothing is lost."
        return Refused(title, hint, leg=Leg.SERVICE, details=details)
    title = f"{who} refused the call."
    return Refused(title, "Check the address and the project.", leg=Leg.SERVICE, details=details)


def _busy(answer: Answer, repeatable: bool) -> PostflightError:
    if not repeatable and answer.status not in _NOTHING_HAPPENED:
        return AnswerLost(
            f"{answer.who} failed while it worked on a call.",
            "Postflight looks at what the service has before it repeats anything.",
            leg=Leg.SERVICE,
            details=answer.about(),
        )
    failed = answer.status in _FAILED
    title = f"{answer.who} has a problem of its own." if failed else f"{answer.who} is busy."
    return (ServerFailed if failed else ServerBusy)(
        title,
        "Postflight waits and goes on by itself.",
        leg=Leg.SERVICE,
        details=answer.about(),
        wait=wait_asked(answer.headers.get("retry-after", ""), answer.headers.get("date", "")),
    )


def wait_asked(retry_after: str, date: str = "") -> float | None:
    """Seconds from a Retry-After header, at most an hour; dates count from the server's clock."""
    if retry_after.strip().isdecimal():
        return min(float(retry_after), 3600.0)
    until, now = http_date(retry_after), http_date(date)
    if until is None or now is None:
        return None
    return min(max(until - now, 0.0), 3600.0)


def body_text(value: Any, most: int = 200) -> str:
    """A server's own words made safe to print: one line, no control characters, cut short."""
    line = "".join(c if c.isprintable() else " " for c in str(value))
    return " ".join(line.split())[:most]
