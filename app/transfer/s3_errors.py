"""What a storage's refusals mean: one table from S3's codes and statuses to our errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import defusedxml.ElementTree as ElementTree
from defusedxml.common import DefusedXmlException

from app.domain.errors import (
    BadAnswer,
    ClockLearned,
    ClockWrong,
    Damaged,
    Forbidden,
    KeysExpired,
    Leg,
    PostflightError,
    Refused,
    ServerBusy,
    ServerFailed,
    UploadGone,
)
from app.net.http import body_text, wait_asked
from app.transfer.transport import Answer

# Seconds a signature may be off before it is suspected; AWS, OSS and OBS allow 15 minutes
# (contracts: flighthub2 8.1).
CLOSE: Final = 5 * 60


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no yes, read once. `now` and `expires_at` in UTC seconds."""

    answer: Answer
    code: str  # S3's, "" where the body holds none
    message: str
    request_id: str
    now: float
    expires_at: float | None
    worn: bool  # the same keys were good for writing a moment ago

    @property
    def host(self) -> str:
        return self.answer.host

    def details(self) -> str:
        parts = (f"{self.answer.status} {self.code}".strip(), self.message)
        request = f"request {self.request_id}" if self.request_id else ""
        return " ".join(part for part in (*parts, request) if part)

    def expired(self) -> bool:
        return self.worn or (self.expires_at is not None and self.now >= self.expires_at)


class NotThere(Refused):
    """There is no such object."""


Reading = Callable[[Refusal], PostflightError]


def refusal(
    answer: Answer, now: float, expires_at: float | None, worn: bool = False
) -> PostflightError:
    """The error for an answer of 300 and above, or for an `<Error>` that came with a 200."""
    seen = _read(answer, now, expires_at, worn)
    reading = _BY_CODE.get(seen.code) or _BY_STATUS.get(answer.status)
    if reading is None:
        reading = _failed if answer.status >= 500 else _refused
    return reading(seen)


def is_error_body(answer: Answer) -> bool:
    """S3 may complete an upload with status 200 and an `<Error>` as the body."""
    return b"<Error" in answer.body[:512]


def _read(answer: Answer, now: float, expires_at: float | None, worn: bool = False) -> Refusal:
    told: dict[str, str] = {}
    try:
        root = ElementTree.fromstring(answer.body) if answer.body.strip() else None
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        root = None
    if root is not None and _local(root.tag) == "Error":
        told = {_local(child.tag): (child.text or "").strip() for child in root}
    request_id = told.get("RequestId", "") or answer.headers.get("x-amz-request-id", "")
    return Refusal(
        answer,
        code=body_text(told.get("Code", ""), 80),
        message=body_text(told.get("Message", "")),
        request_id=body_text(request_id, 80),
        now=now,
        expires_at=expires_at,
        worn=worn,
    )


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _keys_expired(seen: Refusal) -> PostflightError:
    return KeysExpired(
        "The storage keys have ended.",
        "Postflight gets new ones and goes on.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _denied(seen: Refusal) -> PostflightError:
    # radosgw and OSS answer this, and not ExpiredToken, when a session token has ended; our own
    # clock decides, or what the keys did before (measured with radosgw: 403 AccessDenied).
    if seen.expired():
        return _keys_expired(seen)
    return Forbidden(
        f"The storage at {seen.host} does not let us write there.",
        "Ask the service's administrator whether the upload keys may write to this place.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _signature(seen: Refusal) -> PostflightError:
    # Swift's answer to a key that it does not know, as one that was taken back.
    if seen.expired():
        return _keys_expired(seen)
    return Forbidden(
        f"The storage at {seen.host} did not accept the signature of the upload.",
        "The keys or the storage's region are wrong, or something on the way changes requests. "
        "If it stays so, try the connection's other signature version (storage-signature).",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _clock(seen: Refusal) -> ClockWrong:
    return ClockWrong(
        "This computer's clock is too far off for the storage.",
        "Set date, time and time zone of this computer to automatic; then retry.",
        leg=Leg.COMPUTER,
        details=seen.details(),
    )


def _busy(seen: Refusal) -> PostflightError:
    return ServerBusy(
        f"The storage at {seen.host} is busy.",
        "Postflight waits and goes on by itself.",
        leg=Leg.STORAGE,
        details=seen.details(),
        wait=_wait(seen),
    )


def _failed(seen: Refusal) -> PostflightError:
    return ServerFailed(
        f"The storage at {seen.host} has a problem of its own.",
        "Postflight tries again; if it stays so, ask who runs the storage.",
        leg=Leg.STORAGE,
        details=seen.details(),
        wait=_wait(seen),
    )


def _wait(seen: Refusal) -> float | None:
    headers = seen.answer.headers
    return wait_asked(headers.get("retry-after", ""), headers.get("date", ""))


def learned(error: PostflightError, offset: float) -> ClockLearned:
    """For a refusal of what was signed with a wrong time, once the storage has told its own."""
    way = "behind" if offset > 0 else "ahead of"
    return ClockLearned(
        f"This computer's clock is {abs(offset) / 60:.0f} minutes {way} the storage's.",
        "Postflight counts with the storage's time and goes on.",
        leg=Leg.COMPUTER,
        details=error.details,
    )


def _damaged(seen: Refusal) -> PostflightError:
    return Damaged(
        "The file was damaged on the way; the storage refused it.",
        "Postflight sends it again.",
        leg=Leg.NETWORK,
        details=seen.details(),
    )


def _gone(seen: Refusal) -> PostflightError:
    return UploadGone(
        "The storage has forgotten the upload of this file.",
        "Postflight starts the file anew.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _no_bucket(seen: Refusal) -> PostflightError:
    return Forbidden(
        f"The storage at {seen.host} has no bucket of the name that the service gave.",
        "Ask the service's administrator to check its storage settings.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _wrong_address(seen: Refusal) -> PostflightError:
    return Forbidden(
        f"The storage at {seen.host} wants to be addressed in another way.",
        "Set the connection's storage-addressing (path or virtual), or ask the service's "
        "administrator to check endpoint and region of its storage.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _full(seen: Refusal) -> PostflightError:
    return Forbidden(
        f"The storage at {seen.host} is full.",
        "Ask the service's administrator for more room; then retry.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _closed_account(seen: Refusal) -> PostflightError:
    return Forbidden(
        f"The account behind the storage at {seen.host} is closed or in arrears.",
        "Ask the service's administrator.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _too_large(seen: Refusal) -> PostflightError:
    return Refused(
        "The file is larger than the storage takes.",
        "Split the recording, or send it another way.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _bad_name(seen: Refusal) -> PostflightError:
    return Refused(
        "The file's name is too long for the storage, or holds characters it does not take.",
        "Rename the file, or put it into a folder with a shorter name.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _not_there(seen: Refusal) -> PostflightError:
    known = _refused(seen)
    return NotThere(known.title, known.hint, leg=known.leg, details=known.details)


def _refused(seen: Refusal) -> PostflightError:
    return Refused(
        f"The storage at {seen.host} refused the file.",
        "Choose Retry; if it stays so, give these details to the service's administrator.",
        leg=Leg.STORAGE,
        details=seen.details(),
    )


def _sent_elsewhere(seen: Refusal) -> PostflightError:
    return BadAnswer(
        f"The way to the storage at {seen.host} leads to another page.",
        "Sign in to this Wi-Fi with a web browser, or check the proxy.",
        leg=Leg.NETWORK,
        details=seen.details(),
    )


def _rows(*rows: tuple[Reading, Iterable[str]]) -> dict[str, Reading]:
    return {code: reading for reading, codes in rows for code in codes}


# By code, whatever the status: ExpiredToken comes as 400 (milaboratory/platforma PR#1476) and as
# 403, BadDigest as 400. Names of AWS, and those of OSS, OBS, MinIO and Ceph where they differ.
_BY_CODE: Final = _rows(
    (
        _keys_expired,
        (
            "ExpiredToken",
            "ExpiredTokenException",
            "SecurityTokenExpired",
            "InvalidSecurityToken",
            "InvalidToken",
            "TokenRefreshRequired",
            "RequestExpired",
            "InvalidAccessKeyId",
        ),
    ),
    (_denied, ("AccessDenied", "AllAccessDisabled", "Forbidden", "UnauthorizedAccess")),
    (_signature, ("SignatureDoesNotMatch", "AuthorizationHeaderMalformed")),
    (_clock, ("RequestTimeTooSkewed",)),
    (
        _busy,
        (
            "SlowDown",
            "SlowDownRead",
            "SlowDownWrite",
            "ServiceUnavailable",
            "Throttling",
            "ThrottlingException",
            "RequestLimitExceeded",
            "TooManyRequests",
            "RequestTimeout",
            "OperationAborted",
        ),
    ),
    (_failed, ("InternalError", "XMinioServerNotInitialized")),
    (
        _damaged,
        (
            "BadDigest",
            "InvalidDigest",
            "XAmzContentSHA256Mismatch",
            "XAmzContentChecksumMismatch",
            "IncompleteBody",
        ),
    ),
    # InvalidPart: the storage has other parts than our record says; only a new upload helps.
    # NoSuchKey: radosgw's word for an upload it forgot, when its parts are asked for. The calls
    # about whole objects never meet it, as the answer to a HEAD has no body.
    (_gone, ("NoSuchUpload", "NoSuchKey", "InvalidPart", "InvalidPartOrder")),
    (_no_bucket, ("NoSuchBucket", "InvalidBucketName")),
    (
        _wrong_address,
        (
            "PermanentRedirect",
            "TemporaryRedirect",
            "Redirect",
            "IllegalLocationConstraintException",
            "SecondLevelDomainForbidden",
            "VirtualHostDomainRequired",
        ),
    ),
    (_full, ("QuotaExceeded", "InsufficientStorageSpace", "XMinioStorageFull", "NoSpaceLeft")),
    (
        _closed_account,
        ("AccountProblem", "NotSignedUp", "UserDisable", "InArrearOrInsufficientBalance"),
    ),
    (_too_large, ("EntityTooLarge", "MaxSizeExceeded", "MaxMessageLengthExceeded")),
    (
        _bad_name,
        (
            "KeyTooLongError",
            "KeyTooLong",
            "InvalidObjectName",
            "InvalidURI",
            "XMinioInvalidObjectName",
        ),
    ),
)

# Where the body names no code that is known.
_BY_STATUS: Final[dict[int, Reading]] = {
    301: _sent_elsewhere,
    302: _sent_elsewhere,
    303: _sent_elsewhere,
    307: _sent_elsewhere,
    308: _sent_elsewhere,
    401: _denied,
    403: _denied,
    404: _not_there,
    408: _busy,
    413: _too_large,
    425: _busy,
    429: _busy,
    503: _busy,
    507: _full,
    511: _sent_elsewhere,
}


def no_etag(host: str) -> BadAnswer:
    return BadAnswer(
        f"The storage at {host} said yes without naming what it stored.",
        "A page of this Wi-Fi may have answered in its place: sign in with a web browser, "
        "or check the storage's address.",
        leg=Leg.STORAGE,
        details="no ETag",
    )


def bare_etag(text: str) -> str:
    """An etag without its quotes, case kept."""
    return text.strip().strip('"')
