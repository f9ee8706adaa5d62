"""How calls to MetaStudio are made: the connection's options, sign-in, headers and pace."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from app.domain.errors import ClockWrong, NotSignedIn
from app.domain.model import Connection
from app.domain.ports import Clock
from app.net.http import Answer, Http
from app.net.pace import Pace
from app.services.base import WrongOption
from app.services.huawei_iam import AccessKey, IamTokens, IamUser, PastedToken, Way
from app.services.metastudio_errors import Throttled, refusal
from app.services.metastudio_fields import FIELDS

# Each of the three calls a file needs has a limit of its own, 10 in the largest published table
# (contracts: metastudio 5). They alternate, so all together may go at three times that; the pace
# learns smaller figures from refusals.
PER_SECOND: Final = 30.0
_ANYTHING: Final = r".+"


class Calls:
    """One project's calls; thread-safe. UsageError when an option of the connection is no use."""

    def __init__(
        self,
        connection: Connection,
        secret: Callable[[], str],
        http: Http,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._project = _checked(connection, "project-id", r"[A-Za-z0-9_-]{1,64}")
        self._http = http
        self._pace = pace
        # GET and DELETE have the type too, as with Huawei's client (contracts: metastudio 2).
        self._headers = {"Content-Type": "application/json"}
        if connection.option("app-user-id").strip():
            self._headers["X-App-UserId"] = _checked(connection, "app-user-id", r"[ -~]+")
        self._way = _way(connection, self._project, secret, http, clock)
        if isinstance(self._way, AccessKey):
            self._headers["X-Project-Id"] = self._project

    @property
    def words(self) -> str:
        return f"project {self._project} with {self._way.words}"

    @property
    def clock_offset(self) -> float | None:
        return self._http.clock_offset

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return self._signed("GET", path, None, params)

    def delete(self, path: str, params: Mapping[str, str]) -> Answer:
        return self._signed("DELETE", path, None, params)

    def post(self, path: str, body: Mapping[str, object]) -> Answer:
        """Waits for its turn. No POST may run twice blindly: AnswerLost when it may have run."""
        begun = self._pace.wait_turn()
        try:
            answer = self._signed("POST", path, body, None)
        except Throttled:
            self._pace.refused(begun)
            raise
        self._pace.accepted()
        return answer

    def _signed(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        params: Mapping[str, str] | None,
    ) -> Answer:
        repeatable = method != "POST"
        send = partial(
            self._http.request,
            method,
            f"/v1/{self._project}{path}",
            json=body,
            params=params,
            headers=self._headers,
            repeatable=repeatable,
            fine=lambda answer: refusal(answer, repeatable),
        )
        used = self._way.auth()
        try:
            return send(auth=used)
        except (NotSignedIn, ClockWrong) as error:
            # Once only: refusals in a row lock an access key (contracts: metastudio 6.2).
            if not self._way.mended(used):
                if isinstance(self._way, AccessKey):
                    self._way.gave_up(used, error)
                raise
        return send(auth=self._way.auth())


def _checked(connection: Connection, key: str, allowed: str) -> str:
    text = connection.option(key).strip()
    if re.fullmatch(allowed, text):
        return text
    raise WrongOption(
        f"The option {key} of a Huawei MetaStudio connection is missing or not usable.",
        next(field.help for field in FIELDS if field.key == key),
        key=key,
    )


def _way(
    connection: Connection, project: str, secret: Callable[[], str], http: Http, clock: Clock
) -> Way:
    if connection.option("access-key").strip():
        key = _checked(connection, "access-key", r"[!-~]+")
        return AccessKey(key, secret, http, clock)
    if not connection.option("username").strip():
        return PastedToken(secret)
    user = IamUser(
        name=connection.option("username").strip(),
        domain=_checked(connection, "domain", _ANYTHING),
        project_id=project,
        project_name=connection.option("region-project").strip(),
    )
    iam = http.sibling(_checked(connection, "iam-url", _ANYTHING), "Huawei IAM")
    return IamTokens(user, secret, iam, clock)
