"""How requests are signed: the storage's two versions, signed addresses, and SDK-HMAC-SHA256.

Written from the published descriptions alone, so that it judges a client's signer independently.
"""

from __future__ import annotations

import base64
import calendar
import email.utils
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from app.practice.message import Request

NOTHING = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"

# Parts of the query that are signed in the old version, in their order.
_SUB_RESOURCES = (
    "acl", "delete", "location", "partNumber", "policy", "response-content-type", "uploadId",
    "uploads", "versioning",
)  # fmt: skip


@dataclass(slots=True)
class Claim:
    """Who a request says it is from. `proof` computes the signature that a secret would give."""

    access_key: str
    token: str
    signature: str
    proof: Callable[[str], str]
    region: str = ""  # "" where the version knows none
    signed_at: float | None = None  # when a header signature was made
    ends_at: float | None = None  # when a signed address ends
    problems: list[str] = field(default_factory=list[str])


def read_claim(request: Request) -> Claim | None:
    """The storage signature of a request, in whichever version; None when there is none."""
    given = request.header("authorization")
    if given.startswith("AWS4-HMAC-SHA256"):
        return _v4_header(request, given)
    if given.startswith("AWS "):
        return _v2_header(request, given)
    params = request.params
    if "X-Amz-Signature" in params:
        return _v4_address(request, params)
    if "Signature" in params and "AWSAccessKeyId" in params:
        return _v2_address(request, params)
    return None


def _v4_header(request: Request, given: str) -> Claim:
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]*)/s3/aws4_request, ?"
        r"SignedHeaders=([a-z0-9;_.-]+), ?Signature=([0-9a-f]{64})",
        given,
    )
    if found is None:
        return Claim("", "", "", lambda _: "", problems=["Authorization has another form"])
    access_key, day, region, names, signature = found.groups()
    signed, date = names.split(";"), request.header("x-amz-date")
    payload = request.header("x-amz-content-sha256")
    claim = Claim(
        access_key,
        request.header("x-amz-security-token"),
        signature,
        lambda secret: _v4(request, secret, (day, region), signed, date, payload),
        region,
        _compact_time(date),
    )
    claim.problems += _v4_problems(request, signed, day, date)
    return claim


def _v4_problems(request: Request, signed: list[str], day: str, date: str) -> list[str]:
    problems = list[str]()
    if _compact_time(date) is None:
        problems.append("X-Amz-Date is missing or has another form")
    elif not date.startswith(day):
        problems.append("the day in Authorization is not that of X-Amz-Date")
    open_ones = [
        name
        for name in request.headers
        if (name == "host" or name.startswith("x-amz-")) and name not in signed
    ]
    if open_ones:
        problems.append(f"headers are not signed: {', '.join(open_ones)}")
    if not request.header("x-amz-content-sha256"):
        problems.append("X-Amz-Content-SHA256 is missing")
    return problems


def _v4_address(request: Request, params: dict[str, str]) -> Claim:
    scope = params.get("X-Amz-Credential", "").split("/")
    date, length = params.get("X-Amz-Date", ""), params.get("X-Amz-Expires", "")
    signed = params.get("X-Amz-SignedHeaders", "").split(";")
    begun = _compact_time(date)
    if len(scope) != 5 or begun is None or not length.isdigit() or "host" not in signed:
        return Claim("", "", "", lambda _: "", problems=["the signed address has another form"])
    return Claim(
        scope[0],
        params.get("X-Amz-Security-Token", ""),
        params["X-Amz-Signature"],
        lambda secret: _v4(request, secret, (scope[1], scope[2]), signed, date, UNSIGNED),
        scope[2],
        ends_at=begun + int(length),
    )


def _v4(
    request: Request,
    secret: str,
    scope: tuple[str, str],
    signed: list[str],
    date: str,
    payload: str,
) -> str:
    pairs = ((k, v) for k, v in request.pairs if k != "X-Amz-Signature")
    canonical = "\n".join(
        (
            request.method,
            quote(unquote_to_bytes(request.target), safe="/-_.~"),
            _query(pairs),
            *(f"{name}:{' '.join(request.header(name).split())}" for name in signed),
            "",
            ";".join(signed),
            payload,
        )
    )
    day, region = scope
    place = f"{day}/{region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for step in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.digest(key, f"AWS4-HMAC-SHA256\n{date}\n{place}\n{digest}".encode(), "sha256").hex()


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    encoded = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in pairs)
    return "&".join(f"{k}={v}" for k, v in encoded)


def _v2_header(request: Request, given: str) -> Claim:
    access_key, _, signature = given.removeprefix("AWS ").partition(":")
    own_date = request.header("x-amz-date")
    date = own_date or request.header("date")
    signed_date = "" if own_date else date
    parsed = email.utils.parsedate_tz(date)
    claim = Claim(
        access_key,
        request.header("x-amz-security-token"),
        signature,
        lambda secret: hmac_sha1(secret, _v2_text(request, signed_date)),
        signed_at=None if parsed is None else float(email.utils.mktime_tz(parsed)),
    )
    if parsed is None:
        claim.problems.append("Date is missing or has another form")
    return claim


def _v2_address(request: Request, params: dict[str, str]) -> Claim:
    until = params.get("Expires", "")
    if not until.isdigit():
        return Claim("", "", "", lambda _: "", problems=["the signed address has another form"])
    return Claim(
        params["AWSAccessKeyId"],
        params.get("x-amz-security-token", ""),
        params["Signature"],
        lambda secret: hmac_sha1(secret, _v2_text(request, until, params)),
        ends_at=float(until),
    )


def _v2_text(request: Request, date: str, params: dict[str, str] | None = None) -> str:
    extra = {k: v for k, v in (params or {}).items() if k.lower().startswith("x-amz-")}
    own = {k: v for k, v in request.headers.items() if k.startswith("x-amz-")} | extra
    return "\n".join(
        (
            request.method,
            request.header("content-md5"),
            request.header("content-type"),
            date,
            *(f"{name}:{own[name].strip()}" for name in sorted(own)),
            resource(request.target, dict(parse_qsl(request.query, keep_blank_values=True))),
        )
    )


def resource(path: str, params: dict[str, str]) -> str:
    """The path with those parts of the query that the old version signs."""
    named = [f"{k}={params[k]}" if params[k] else k for k in _SUB_RESOURCES if k in params]
    return path + ("?" + "&".join(named) if named else "")


def hmac_sha1(secret: str, text: str) -> str:
    """Base 64, as the old storage version and signed OBS addresses carry it."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()


@dataclass(frozen=True, slots=True)
class SdkClaim:
    """An SDK-HMAC-SHA256 header, taken apart (contracts: metastudio 6.2)."""

    access_key: str
    signed: tuple[str, ...]
    signature: str
    signed_at: float


def read_sdk_claim(request: Request) -> SdkClaim | None:
    """None when the header or its date has another form, or the date is not signed."""
    found = re.fullmatch(
        r"SDK-HMAC-SHA256 Access=([^,]+), SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
        request.header("authorization"),
    )
    moment = _compact_time(request.header("x-sdk-date"))
    if found is None or moment is None:
        return None
    signed = tuple(found[2].split(";"))
    if "x-sdk-date" not in signed or list(signed) != sorted(signed):
        return None
    return SdkClaim(found[1], signed, found[3], moment)


def sdk_canonical(request: Request, claim: SdkClaim) -> str:
    """What is hashed for the signature; the real gateway prints it when it refuses."""
    told = request.header("x-sdk-content-sha256")
    payload = UNSIGNED if told == UNSIGNED else hashlib.sha256(request.load()).hexdigest()
    path = quote(unquote_to_bytes(request.target), safe="/-_.~")
    return "\n".join(
        (
            request.method,
            path if path.endswith("/") else path + "/",
            _query(request.pairs),
            *(f"{name}:{request.header(name).strip()}" for name in claim.signed),
            "",
            ";".join(claim.signed),
            payload,
        )
    )


def sdk_signature(secret: str, date: str, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"SDK-HMAC-SHA256\n{date}\n{digest}"
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def _compact_time(text: str) -> float | None:
    """Seconds of a `YYYYMMDDTHHMMSSZ` time; None when it has another form."""
    if not re.fullmatch(r"\d{8}T\d{6}Z", text):
        return None
    try:
        return float(calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ")))
    except ValueError:
        return None
