"""Who may call MetaStudio: SDK-HMAC-SHA256 signatures, IAM tokens, and the limit of calls."""

from __future__ import annotations

import hmac
from collections import deque
from datetime import UTC, datetime

from app.practice.calls import Call
from app.practice.checks import Members
from app.practice.core import Core
from app.practice.keys import SKEW
from app.practice.message import Refused, Reply, Request, json_reply
from app.practice.signatures import SdkClaim, read_sdk_claim, sdk_canonical, sdk_signature

DOMAIN = "practice"
USER = "practice-user"
REGION = "practice-1"
_MOST_FAILURES, _LOCKED_FOR = 5, 300.0  # contracts: metastudio 6.2
_TOKEN_LIVES = 24 * 3600.0


def refused(status: int, code: str, message: str, breach: str = "") -> Refused:
    """A no in MetaStudio's form."""
    return Refused(problem(status, code, message), breach)


def problem(status: int, code: str, message: str) -> Reply:
    return json_reply({"error_code": code, "error_msg": message}, status)


class Gate:
    """One project with one access key and one IAM user; called with the core's lock held."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.project = core.uuid().replace("-", "")
        self.access_key = core.letters(20)
        self.secret = core.text(30)
        self.password = core.text(12)
        self._tokens: dict[str, float] = {}
        self._failures = 0
        self._locked_until = 0.0
        self._recent: deque[float] = deque()

    def check(self, request: Request) -> None:
        """Refuses a request that nobody vouches for, or one too many."""
        given, token = request.header("authorization"), request.header("x-auth-token")
        if not given and not token:
            raise refused(401, "MSS.00000001", "Unauthorized", "neither a signature nor a token")
        if given.startswith("SDK-HMAC-SHA256"):
            self._check_signature(request)
        elif self._tokens.get(token, 0.0) <= self._core.now():
            raise refused(401, "APIGW.0301", "Incorrect IAM authentication information")
        user = request.header("x-app-userid")
        if not user.isascii():
            raise refused(400, "MSS.00000003", "Invalid parameter", "X-App-UserId is not ASCII")
        if request.header("x-project-id") not in ("", self.project):
            raise refused(400, "MSS.00010009", "project", "X-Project-Id is another project")
        self._check_pace()

    def _check_signature(self, request: Request) -> None:
        core = self._core
        if core.now() < self._locked_until:
            words = "went on with an access key that is locked after refused signatures"
            raise refused(401, "APIGW.0301", "The access key is locked.", words)
        claim = read_sdk_claim(request)
        if claim is None:
            words = "Authorization or X-Sdk-Date has another form"
            raise refused(401, "APIGW.0301", words, words)
        if abs(core.now() - claim.signed_at) > SKEW:
            raise refused(401, "APIGW.0301", "The request's X-Sdk-Date is too far off.")
        canonical = sdk_canonical(request, claim)
        if not self._is_right(claim, canonical, request.header("x-sdk-date")):
            self._failed()
            shown = canonical.replace("\n", "|")
            raise refused(401, "APIGW.0301", f"verify aksk signature fail: {shown}")
        self._failures = 0

    def _is_right(self, claim: SdkClaim, canonical: str, date: str) -> bool:
        ours = sdk_signature(self.secret, date, canonical)
        return claim.access_key == self.access_key and hmac.compare_digest(ours, claim.signature)

    def _failed(self) -> None:
        self._failures += 1
        if self._failures > _MOST_FAILURES:
            self._failures, self._locked_until = 0, self._core.now() + _LOCKED_FOR

    def _check_pace(self) -> None:
        most, now = self._core.settings.throttle, self._core.now()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if most is not None and len(self._recent) >= most:
            raise refused(429, "APIGW.0308", "The throttling threshold has been reached")
        self._recent.append(now)

    def expire_tokens(self) -> None:
        with self._core.lock:
            self._tokens.clear()

    def sign_in(self, request: Request) -> Reply:
        """POST /v3/auth/tokens (contracts: metastudio 6.1)."""
        name, password, domain, scope = self._read_sign_in(Members(request.json()))
        if (name, password, domain) != (USER, self.password, DOMAIN):
            raise _iam_refused(401, "The username or password is wrong.")
        if scope not in (self.project, REGION):
            raise _iam_refused(401, "The project does not exist.")
        token = self._core.text(300)
        ends = self._core.now() + _TOKEN_LIVES
        self._tokens[token] = ends
        project = {"id": self.project, "name": REGION}
        told = {"issued_at": iso(self._core.now()), "expires_at": iso(ends), "project": project}
        return json_reply({"token": told}, 201, X_Subject_Token=token)

    def _read_sign_in(self, body: Members) -> tuple[str, str, str, str]:
        auth = body.part("auth")
        identity = auth.part("identity") if auth else None
        scope = auth.part("scope") if auth else None
        project = scope.part("project") if scope else None
        user = domain = None
        if identity is not None:
            if identity.items("methods", 1, 1) != ["password"]:
                identity.complain("has other methods than password")
            way = identity.part("password")
            user = way.part("user") if way else None
            domain = user.part("domain") if user else None
        if project is not None and not (project.has("name") or project.has("id")):
            project.complain("names neither name nor id")
        read = (
            user.text("name", 1) if user else "",
            user.text("password", 1) if user else "",
            domain.text("name", 1) if domain else "",
            "" if project is None
            else project.text("id", required=False) or project.text("name", required=False),
        )  # fmt: skip
        if body.problems:
            words = "; ".join(body.problems)
            raise _iam_refused(400, words, words)
        return read

    def projects(self, request: Request) -> Reply:
        """GET /v3/projects, by which the id of a region's project is found."""
        wanted = request.params.get("name", REGION)
        found = [{"id": self.project, "name": REGION}] if wanted == REGION else []
        return json_reply({"projects": found})


def _iam_refused(status: int, words: str, breach: str = "") -> Refused:
    told = {"code": status, "message": words, "title": "Unauthorized"}
    return Refused(json_reply({"error": told}, status), breach)


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


OPEN_CALLS = frozenset({Call.MS_TOKEN})
