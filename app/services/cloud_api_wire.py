"""The Cloud API's messages: how its answers are read, and what is told of each file."""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, TypeVar, cast

from pydantic import BeforeValidator, Field, ValidationError

from app.domain.errors import (
    AnswerLost,
    Forbidden,
    Leg,
    NotSignedIn,
    PostflightError,
    Refused,
    RemoteError,
)
from app.domain.model import Capture, Digests, MediaFile, Prepared, Sent
from app.net.http import Answer, body_text
from app.net.wire import Listed, Text, Wire
from app.services.cloud_api_models import ModelKeys

W = TypeVar("W", bound=Wire)
Hide = Callable[[str], str]

LONGEST_NAME: Final = 100  # characters, a column of the sample server (contracts: cloud-api 2.4)
LONGEST_PATH: Final = 1000  # likewise
_LONGEST_KEY: Final = 512  # characters, the strictest server known (contracts: cloud-api 2.1)
_LONGEST_KEY_BYTES: Final = 1024  # of UTF-8, S3's own limit
_LONGEST_SERIAL: Final = 32  # characters, a column of the sample server

_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_TIME_IN_NAME: Final = re.compile(r"DJI_(\d{14})(?!\d)", re.IGNORECASE)
_MISSION: Final = re.compile(r"DJI_\d{12}_\d{3}(?!\d)", re.IGNORECASE)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_CONTENT_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
}


def _object_or_nothing(value: Any) -> Any:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _text_only(value: Any) -> str:
    return value if isinstance(value, str) else ""


Secret = Annotated[Text, Field(repr=False)]


class Envelope(Wire):
    """Around every answer of a server that keeps to the documents; `code` 0 is success.

    Some pages call `code` a text (contracts: cloud-api 1).
    """

    code: str
    data: Any = Field(default=None, repr=False)


class StorageKeys(Wire):
    access_key_id: Secret = ""
    access_key_secret: Secret = ""
    security_token: Secret = ""
    expire: Any = None  # seconds left; anything else is as good as not said


class StorageAccess(Wire):
    """`data` of sts; no member is promised (contracts: cloud-api 2.1)."""

    bucket: Text = ""
    endpoint: Text = ""
    region: Text = ""
    provider: Text = ""
    object_key_prefix: Text = ""
    credentials: Annotated[StorageKeys | None, BeforeValidator(_object_or_nothing)] = None


class LoggedIn(Wire):
    """`data` of login and token/refresh (contracts: cloud-api 1.1)."""

    access_token: Secret = ""
    workspace_id: Annotated[str, BeforeValidator(_text_only)] = ""


class KnownFiles(Wire):
    """`data` of tiny-fingerprints; its order means nothing (contracts: cloud-api 2.3)."""

    tiny_fingerprints: Listed[str] = Field(default_factory=list[str])


class _Words(Wire):
    """Where servers put their reasons: in the envelope, or in `detail` without one."""

    message: Any = None
    detail: Any = None


class No(Refused):
    """A plain no, kept as it came until the call that got it says what it means.

    It never leaves this service.
    """

    def __init__(self, answer: Answer, code: str, words: str) -> None:
        details = answer.about() + (f" code {code}" if code else "")
        super().__init__(f"{answer.who} refused the call.", leg=Leg.SERVICE, details=details)
        self.who = answer.who
        self.status = answer.status
        self.words = words

    def titled(self, what: str) -> str:
        """`what` as a sentence, with the server's own words when it has any."""
        return f"{what}: {self.words}" if self.words else f"{what}."

    def of_batch(self, what: str, hint: str) -> RemoteError:
        return RemoteError(self.titled(what), hint, leg=Leg.SERVICE, details=self.details)

    def of_file(self, what: str, hint: str) -> Refused:
        return Refused(self.titled(what), hint, leg=Leg.SERVICE, details=self.details)


def reading(answer: Answer, hide: Hide) -> PostflightError | None:
    """HTTP status first, then the envelope if there is any, then its code.

    None: success, an answer without an envelope, or a refusal with the usual meaning.
    """
    if answer.status in _BUSY or answer.status == 401 or 300 <= answer.status < 400:
        return None
    envelope = answer.maybe(Envelope)
    code = body_text(hide(envelope.code), 40) if envelope else ""
    words = _words_of(answer, hide)
    about = answer.about() + (f" code {code}" if code else "")
    if answer.status == 403 or (answer.status < 300 and code == "403"):
        return Forbidden(
            f"{answer.who} refused access" + (f": {words}" if words else "."),
            "Check the workspace of the connection, or ask its administrator for the right.",
            leg=Leg.SERVICE,
            details=about,
        )
    if answer.status < 300 and code == "401":
        return NotSignedIn(
            f"{answer.who} did not accept the sign-in" + (f": {words}" if words else "."),
            "Check the token, or the user name and the password.",
            leg=Leg.SERVICE,
            details=about,
        )
    if answer.status < 300 and (envelope is None or code == "0"):
        return None
    return No(answer, code, words)


def _words_of(answer: Answer, hide: Hide) -> str:
    """The server's reason. Validation errors repeat what was sent, so only their texts are kept."""
    told = answer.maybe(_Words)
    if told is None:
        return ""
    said = told.message if isinstance(told.message, str) and told.message else told.detail
    if isinstance(said, list):
        texts = [
            str(cast("dict[str, Any]", part).get("msg", ""))
            for part in cast("list[Any]", said)
            if isinstance(part, dict)
        ]
        said = "; ".join(text for text in texts if text)
    # Secrets go before the text is cut: half of one would no longer be recognised.
    return body_text(hide(said)).rstrip(".") if isinstance(said, str) else ""


def accepted(answer: Answer) -> Envelope | None:
    """The envelope of a success; None when there is none. BadAnswer for a web page."""
    if answer.body.lstrip()[:1] == b"<":
        raise answer.nonsense()
    return answer.maybe(Envelope)


def is_half(answer: Answer) -> bool:
    """Whether the answer began as JSON and ends in the middle."""
    if answer.body.lstrip()[:1] != b"{":
        return False
    try:
        json.loads(answer.body)
    except (ValueError, RecursionError):
        return True
    return False


def unclear(who: str, details: str) -> AnswerLost:
    """A callback was answered, and not in a way that says what became of it."""
    return AnswerLost(
        f"{who} did not say whether it registered what it was told.",
        "Postflight looks at what the service has before it repeats anything.",
        leg=Leg.SERVICE,
        details=details,
    )


def shaped(data: Any, model: type[W]) -> W | None:
    """`data` of an envelope as `model`, None when it is something else."""
    try:
        return model.model_validate(data)
    except ValidationError:
        return None


def seconds_left(expire: Any) -> float | None:
    """How long keys last, None when the server does not say anything to rely on.

    Zero and tiny numbers mean that it does not know (design: reliability 3.6); more than a year
    is a date that should have been a duration.
    """
    try:
        seconds = float(expire)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 60 < seconds <= 366 * 86_400 else None


def object_prefix(told: str) -> str:
    """Servers write it with and without slashes (contracts: cloud-api 2.1); joined with one."""
    bare = told.strip().strip("/")
    return f"{bare}/" if bare else ""


def object_key(prefix: str, file: MediaFile) -> str:
    """Folder and name below the prefix, NFC; the folder gives way when the key gets too long."""
    folder = "/".join(_folders(file))
    name = _nfc(file.name)
    key = f"{prefix}{folder}/{name}" if folder else f"{prefix}{name}"
    if _fits(key):
        return key
    mark = hashlib.sha256(folder.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    while folder and not _fits(f"{prefix}{folder}-{mark}/{name}"):
        folder = folder[:-1]
    folder = folder.rstrip("/. ")
    return f"{prefix}{folder}-{mark}/{name}" if folder else f"{prefix}{mark}/{name}"


def _fits(key: str) -> bool:
    return (
        len(key) <= _LONGEST_KEY and len(key.encode("utf-8", "surrogatepass")) <= _LONGEST_KEY_BYTES
    )


def _folders(file: MediaFile) -> list[str]:
    parts = (_nfc(part) for part in file.folder.split("/"))
    return [part for part in parts if part not in ("", ".", "..")]


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def content_type(name: str) -> str:
    return _CONTENT_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


def business_path(file: MediaFile) -> str:
    """The mission folder's bare name, else the last folder's (contracts: cloud-api 5.6)."""
    folders = _folders(file)
    missions = [name for name in folders if _MISSION.match(name)]
    return (missions or folders or [""])[-1]


def tiny_fingerprint(item: Prepared) -> str:
    """32 hex digits and the shot's local time without zero padding (contracts: cloud-api 4)."""
    shot = (
        _time_in_name(item.file.name)
        or (item.capture and item.capture.taken)
        or _modified(item.file)
    )
    time = "_".join(str(part) for part in shot.timetuple()[:6])
    return f"{_digests(item).quick}_{time}"


def _digests(item: Prepared) -> Digests:
    if item.digests is None:
        raise ValueError("Limits.digests_first promises digests")
    return item.digests


def fast_upload(item: Prepared, keys: ModelKeys) -> dict[str, object]:
    """The question whether the server has the file (contracts: cloud-api 2.2)."""
    return {
        "fingerprint": _digests(item).md5.upper(),
        "name": _nfc(item.file.name),
        "path": business_path(item.file),
        "ext": _ext(item, keys),
    }


def _ext(item: Prepared, keys: ModelKeys) -> dict[str, object]:
    serial = item.capture.drone_serial if item.capture else ""
    return {
        "drone_model_key": keys.aircraft,
        "payload_model_key": keys.camera,
        "is_original": True,
        "tinny_fingerprint": tiny_fingerprint(item),
        "sn": serial[:_LONGEST_SERIAL],
    }


def upload_callback(sent: Sent, group: str, keys: ModelKeys) -> dict[str, object]:
    """What is told of a stored file (contracts: cloud-api 2.4).

    `result` is never anything but 0: servers record a file as theirs whatever the number says.
    """
    item = sent.prepared
    return {
        "result": 0,
        **fast_upload(item, keys),
        "object_key": sent.receipt.key,
        "sub_file_type": 1 if item.capture and item.capture.panorama else 0,
        "ext": {"file_group_id": group, **_ext(item, keys)},
        "metadata": _metadata(item),
    }


def _metadata(item: Prepared) -> dict[str, object]:
    """Complete for every file: strict servers refuse a callback without any one member."""
    capture = item.capture or Capture()
    position = capture.position
    return {
        "absolute_altitude": _number(capture.absolute_altitude),
        "relative_altitude": _number(capture.relative_altitude),
        "gimbal_yaw_degree": _number(capture.gimbal_yaw),
        "created_time": _created_time(item),
        "shoot_position": {
            "lat": _number(position.latitude if position else None),
            "lng": _number(position.longitude if position else None),
        },
    }


def _number(value: float | None) -> float:
    return float(value) if value is not None and math.isfinite(value) else 0.0


def _created_time(item: Prepared) -> str:
    """`YYYY-MM-DDTHH:MM:SS+HH:MM`: no fraction, zone in minutes (contracts: cloud-api 5.1)."""
    taken = item.capture.taken if item.capture else None
    shot = taken or _time_in_name(item.file.name) or _modified(item.file)
    offset = shot.utcoffset() or timedelta()
    zone = timezone(timedelta(minutes=round(offset / timedelta(minutes=1))))
    # The clock on the aircraft is kept, only the zone's odd seconds go.
    return shot.replace(tzinfo=zone).isoformat(timespec="seconds")


def _time_in_name(name: str) -> datetime | None:
    """The local clock that DJI writes into file names, in this computer's zone."""
    found = _TIME_IN_NAME.search(name)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], "%Y%m%d%H%M%S").astimezone()
    except (ValueError, OSError, OverflowError):
        return None


def _modified(file: MediaFile) -> datetime:
    try:
        time = _EPOCH + timedelta(seconds=file.modified_ns // 1_000_000_000)
    except OverflowError:
        return _EPOCH
    try:
        return time.astimezone()
    except (ValueError, OSError, OverflowError):
        return time  # Windows knows no local time before 1970
