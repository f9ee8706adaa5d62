"""DJI's Cloud API for media, as any server may implement it (contracts: cloud-api)."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

from app.domain.errors import FileRefused, Leg, Refused, RemoteError
from app.domain.model import MEDIA, Batch, Connection, Found, Prepared, Sent, Tally
from app.domain.placement import AlreadyThere, Grant, Keys, ObjectTarget, Placement, Why
from app.domain.ports import Clock
from app.net.http import Answer, Http
from app.services.base import (
    Confirmed,
    Finished,
    Limits,
    NoJobs,
    Project,
    WrongOption,
)
from app.services.cloud_api_models import (
    AIRCRAFT_KEY,
    CAMERA_KEY,
    ModelKeys,
    model_keys,
)
from app.services.cloud_api_session import Session
from app.services.cloud_api_wire import (
    LONGEST_NAME,
    LONGEST_PATH,
    Envelope,
    KnownFiles,
    No,
    StorageAccess,
    StorageKeys,
    accepted,
    content_type,
    fast_upload,
    is_half,
    object_key,
    object_prefix,
    seconds_left,
    shaped,
    tiny_fingerprint,
    unclear,
    upload_callback,
)
from app.services.storage import storage_of

_LIMITS: Final = Limits(
    digests_first=True,
    capture=True,
    places_freely=True,
    one_of_a_kind=True,
    survey=200,
    confirm=1,
    confirm_parallel=4,
)
_LARGEST: Final = 10_000 * 5 * 1024**3  # bytes: 10 000 parts of 5 GiB, 48.8 TB
_LACKS_CALL: Final = (404, 405)
# What servers say when a model key is not in their list (contracts: cloud-api 5.2, 6).
_ABOUT_MODELS: Final = re.compile(
    r"enum|model|device|drone|payload|pars|not readable|枚举|型号|机型", re.IGNORECASE
)
_SET_MODELS: Final = (
    "If the server does not know this aircraft or camera, set drone-model and payload-model of "
    "the connection to keys it knows, then retry. The file is stored already."
)
_ASK_ADMINISTRATOR: Final = (
    "Ask the server's administrator to set up its object storage and STS. Nothing is lost."
)
_GROUP_UNUSED: Final = "this server does not use the group callback"


class CloudApi(NoJobs):
    """The conversation of one connection; the group of a batch is ours and never changes."""

    limits = _LIMITS

    def __init__(
        self, connection: Connection, secret: Callable[[], str], http: Http, clock: Clock
    ) -> None:
        """Raises UsageError for a model key of another form. Without a workspace only the
        calls that need one raise it, so that it can be asked for."""
        self._connection = connection
        self._http = http
        self._clock = clock
        self._username = connection.option("username").strip()
        self._workspace = connection.option("workspace").strip()
        self._fallback = ModelKeys(
            _model_option(connection, "drone-model", AIRCRAFT_KEY, "0-77-0"),
            _model_option(connection, "payload-model", CAMERA_KEY, "1-66-0"),
        )
        self._session = Session(http, self._username, secret)

    @property
    def clock_offset(self) -> float | None:
        return self._http.clock_offset

    def sign_in(self) -> str:
        """Asks for nothing in the workspace: an authenticated call that changes nothing."""
        try:
            answer = self._session.post(self._files("tiny-fingerprints"), {"tiny_fingerprints": []})
        except No as no:
            if no.status in _LACKS_CALL:
                raise no.of_batch(
                    f"{no.who} does not know this workspace or is no Cloud API server",
                    "Check the address and the workspace of the connection.",
                ) from None
            raise no.of_batch(
                f"{no.who} refused to answer for this workspace",
                "Check the workspace of the connection, or ask the server's administrator.",
            ) from None
        if accepted(answer) is None:
            raise answer.nonsense()
        return f"Signed in as {self._username}." if self._username else "The token is accepted."

    def projects(self) -> Sequence[Project]:
        """The workspace of the account. Others may be open to it, too: no server that tells one
        tells all (contracts: cloud-api 1.1)."""
        if self._workspace and not self._username:
            return ()  # a pasted token is refreshed for somebody who chooses, and never else
        told = self._session.workspace()
        return (Project(told, told),) if told else ()

    def lane(self, path: str) -> str:
        return MEDIA

    def refuse(self, found: Found) -> FileRefused | None:
        name = unicodedata.normalize("NFC", found.relative.name)
        if found.size == 0:
            return FileRefused("The file is empty.", "Look at it on the card.", leg=Leg.CARD)
        if len(name) > LONGEST_NAME:
            return FileRefused(
                f"The name is too long: {len(name)} of {LONGEST_NAME} characters.",
                "Rename the file.",
            )
        if len(found.path) > LONGEST_PATH:
            return FileRefused(
                f"The path is too long: {len(found.path)} of {LONGEST_PATH} characters.",
                "Drop a folder further inside, or shorten the folders' names.",
            )
        if found.size > _LARGEST:
            return FileRefused("The file is larger than 48.8 TB.", "No storage takes it whole.")
        return None

    def open(self, batch: Batch, lane: str, old: Grant | None) -> Grant:
        asked_at = self._clock.now()  # the answer counts from some time after this
        try:
            answer = self._session.post(f"/storage/api/v1/workspaces/{self._in_path()}/sts")
        except No as no:
            raise no.of_batch(f"{no.who} gave no storage keys", _ASK_ADMINISTRATOR) from None
        access, given = self._access(answer)
        left = seconds_left(given.expire)
        return Grant(
            batch=batch.id,
            lane=lane,
            group=(old.group if old else "") or _group_of(batch),
            prefix=object_prefix(access.object_key_prefix),
            storage=storage_of(
                access.provider, access.endpoint, access.region, access.bucket, self._connection
            ),
            expires_at=None if left is None else asked_at + left,
            keys=Keys(given.access_key_id, given.access_key_secret, given.security_token),
        )

    def survey(self, grant: Grant, files: Sequence[Prepared]) -> frozenset[int]:
        asked = {tiny_fingerprint(item): item.file.id for item in files}
        try:
            answer = self._session.post(
                self._files("tiny-fingerprints"), {"tiny_fingerprints": list(asked)}
            )
        except No:
            return frozenset()  # a hint that this server does not give
        envelope = answer.maybe(Envelope)
        known = shaped(envelope.data, KnownFiles) if envelope else None
        told = known.tiny_fingerprints if known else []
        return frozenset(asked[tiny] for tiny in told if tiny in asked)

    def place(self, grant: Grant, item: Prepared) -> Placement:
        if self._has(item):
            return AlreadyThere("already on the server")
        # The group keeps flights apart: a formatted card starts its names anew, and a PUT replaces.
        return ObjectTarget(
            key=object_key(f"{grant.prefix}{grant.group}/", item.file),
            content_type=content_type(item.file.name),
            single_put=False,
        )

    def confirm(self, grant: Grant, sent: Sequence[Sent]) -> Confirmed:
        """Asks first where a callback went out before: a second one would make a second record,
        and the sample server then answers for that file never again (contracts: cloud-api 2.4).
        """
        done: set[int] = set()
        refused: dict[int, Refused] = {}
        for one in sent:
            no = None if one.asked and self._has(one.prepared) else self._register(grant, one)
            if no is None:
                done.add(one.file.id)
            else:
                refused[one.file.id] = no
        return Confirmed(frozenset(done), refused)

    def forget(self, grant: Grant, remote_id: str, why: Why) -> None:
        """Nothing: a file that is never reported does not exist for the server."""

    def finish(self, batch: Batch, grants: Sequence[Grant], tally: Tally) -> Finished:
        """Totals of the batch, so that a repetition says the same (contracts: cloud-api 2.5)."""
        body: dict[str, object] = {
            "file_group_id": grants[-1].group if grants else _group_of(batch),
            "file_count": tally.total,
            "file_uploaded_count": tally.delivered + tally.skipped,
        }
        try:
            answer = self._session.post(self._media("group-upload-callback"), body)
        except No as no:
            if no.status in _LACKS_CALL:
                return Finished(_GROUP_UNUSED)
            raise no.of_batch(
                f"{no.who} did not accept the end of the batch",
                "Every file is delivered. Resume tells the server again.",
            ) from None
        if accepted(answer):
            return Finished()
        if is_half(answer):
            raise unclear(answer.who, answer.about())
        return Finished(_GROUP_UNUSED)

    def _has(self, item: Prepared) -> bool:
        """Fast-upload; every code but 0 means that the server wants the file."""
        body = fast_upload(item, model_keys(item.capture, self._fallback))
        try:
            answer = self._session.post(self._media("fast-upload"), body)
        except No as no:
            if no.status < 300 or no.status in (*_LACKS_CALL, 422):
                return False
            raise no.of_file(
                f"{no.who} did not say whether it has {item.file.name}", "Retry asks again."
            ) from None
        return accepted(answer) is not None

    def _register(self, grant: Grant, one: Sent) -> Refused | None:
        """The callback, once; the refusal if there is one."""
        keys = model_keys(one.prepared.capture, self._fallback)
        body = upload_callback(one, grant.group, keys)
        try:
            answer = self._session.post(self._media("upload-callback"), body, repeatable=False)
        except No as no:
            if no.status >= 500:
                raise unclear(no.who, no.details) from None
            return no.of_file(
                f"{no.who} did not register {one.file.name}",
                _SET_MODELS
                if _ABOUT_MODELS.search(no.words)
                else "The file is stored already. Ask the server's administrator, then retry.",
            )
        if accepted(answer) is None:
            raise unclear(answer.who, answer.about())
        return None

    def _access(self, answer: Answer) -> tuple[StorageAccess, StorageKeys]:
        envelope = accepted(answer)
        if envelope is None:
            raise answer.nonsense()
        access = shaped(envelope.data, StorageAccess)
        if access is None and isinstance(envelope.data, dict):
            raise answer.nonsense("sts data")
        given = access.credentials if access else None
        if access is None or given is None or not (given.access_key_id and given.access_key_secret):
            # The sample server swallows a failure of its storage (contracts: cloud-api 2.1).
            raise RemoteError(
                f"{self._http.who} gave no storage keys: its STS is not set up.",
                _ASK_ADMINISTRATOR,
                leg=Leg.SERVICE,
                details=answer.about(),
            )
        return access, given

    def _in_path(self) -> str:
        if not self._workspace:
            raise WrongOption(
                "The connection has no workspace.", "Set its workspace.", key="workspace"
            )
        return quote(self._workspace, safe="")

    def _media(self, call: str) -> str:
        return f"/media/api/v1/workspaces/{self._in_path()}/{call}"

    def _files(self, call: str) -> str:
        return self._media(f"files/{call}")


def _group_of(batch: Batch) -> str:
    """The same for every run of a batch on every computer that has its record."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"postflight:batch:{batch.id}"))


def _model_option(connection: Connection, key: str, form: re.Pattern[str], example: str) -> str:
    text = connection.option(key).strip()
    if text and not form.fullmatch(text):
        hint = f"Give it as domain-type-subtype, for example {example}."
        raise WrongOption(f"{text!r} is no {key}.", hint, key=key, words=hint)
    return text
