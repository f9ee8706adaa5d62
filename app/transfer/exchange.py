"""A request to a storage and its answer: when it may go, what time it is there, what a no means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.errors import ClockWrong, Forbidden, KeysExpired, PostflightError
from app.domain.ports import Cancel, Clock
from app.net.pressure import Pressures
from app.net.server_time import ServerTimes
from app.transfer import s3_errors
from app.transfer.cutting import Blocks
from app.transfer.transport import Answer, Transport
from app.transfer.wear import Lent, Wear


@dataclass(frozen=True, slots=True)
class Call:
    """On whose behalf a request goes out."""

    cancel: Cancel
    expires_at: float | None
    lent: Lent


@dataclass(frozen=True, slots=True)
class Request:
    """A signed request. `host` is the address's, `signed_at` by the storage's clock."""

    method: str
    url: str
    host: str
    headers: Mapping[str, str]
    body: Blocks | None
    signed_at: float


class Exchange:
    """Thread-safe; repeats nothing."""

    def __init__(self, transport: Transport, clock: Clock, pressures: Pressures) -> None:
        self._transport = transport
        self._pressures = pressures
        self._clock = clock
        self._times = ServerTimes(clock)
        self._wear = Wear()

    def now_at(self, host: str) -> float:
        """UTC seconds there, to sign with; this computer's clock may be wrong."""
        return self._times.of(host).now()

    def send(self, call: Call, request: Request) -> Answer:
        """Only a yes; any other answer is raised as the error that it means."""
        place = request.url.partition("?")[0]
        writes = request.method in ("PUT", "POST")  # keys may be allowed nothing else
        with self._pressures.of(request.host).slot(call.cancel.check):
            answer = self._transport.send(
                request.method, request.url, request.headers, request.body, call.cancel
            )
            self._times.of(request.host).learn(answer.headers.get("date", ""))
            if answer.status >= 300 or s3_errors.is_error_body(answer):
                denied = writes and answer.status in (401, 403)
                worn = denied and self._wear.ended(call.lent, place)
                raise self._refusal(answer, request, call, worn)
        if writes:
            self._wear.worked(call.lent, place)
        return answer

    def _refusal(self, answer: Answer, request: Request, call: Call, worn: bool) -> PostflightError:
        """Whatever a storage calls it: what was signed with a wrong time is signed anew."""
        error = s3_errors.refusal(answer, self._clock.now(), call.expires_at, worn)
        told = self._times.of(request.host)
        off = told.now() - request.signed_at
        if abs(off) < s3_errors.CLOSE or not isinstance(
            error, ClockWrong | Forbidden | KeysExpired
        ):
            return error
        return s3_errors.learned(error, told.offset or 0.0)
