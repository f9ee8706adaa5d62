"""One grant's bucket, spoken to through botocore's S3 client; the only place that builds one."""

# pyright: reportMissingTypeStubs=false
# boto3 and botocore come without types; nothing of theirs leaves this file.

from __future__ import annotations

import io
import logging
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast
from urllib.parse import urlsplit

from app import __version__
from app.domain.errors import (
    BadAnswer,
    ClockWrong,
    Damaged,
    Forbidden,
    KeysExpired,
    Leg,
    PostflightError,
    Refused,
)
from app.domain.placement import Grant, Keys, Storage
from app.domain.ports import Cancel, Clock, DonePart
from app.net.pressure import Pressures
from app.net.server_time import ServerTimes
from app.transfer import s3_errors
from app.transfer.botocore_errors import botocore_error
from app.transfer.cutting import Gate
from app.transfer.digests import base64_of
from app.transfer.etags import Etags, Place
from app.transfer.reader import Load
from app.transfer.transport import Answer, Transport
from app.transfer.wear import Lent, Wear

_KEPT: Final = 8  # clients; one per running batch and one renewal each is already much


@dataclass(frozen=True, slots=True)
class Stored:
    """What a HEAD tells of an object."""

    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class _Call:
    cancel: Cancel
    expires_at: float | None
    lent: Lent


class Clients:
    """botocore clients by storage and keys; thread-safe.

    botocore signs and reads answers; the sending is ours. Its `before-send` event may answer a
    request in place of its own HTTP session, and so `Transport` carries every request: with the
    system's trust store (botocore's session takes only a file of authorities), interruptible,
    without `Expect: 100-continue`, in large blocks. A refusal leaves the event as our error, so
    that botocore's retries and its redirects to another region never see one.
    """

    def __init__(self, transport: Transport, clock: Clock, pressures: Pressures) -> None:
        self._transport = transport
        self._pressures = pressures
        self._clock = clock
        self._times = ServerTimes(clock)
        self.etags = Etags()
        self._wear = Wear()
        self.blind: set[Place] = set()  # buckets whose keys may not HEAD, as far as we know
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: OrderedDict[tuple[Storage, Keys], Any] = OrderedDict()
        self._local = threading.local()

    def bucket(self, grant: Grant, cancel: Cancel) -> Bucket:
        """The grant's bucket for one thread's calls; KeysExpired when it holds no keys."""
        if grant.storage is None:
            raise BadAnswer(
                "The service named no storage to send to.",
                "Ask its administrator to set up the storage.",
                leg=Leg.SERVICE,
            )
        if grant.keys is None:
            raise KeysExpired(
                "The storage keys are not at hand any more.",
                "Postflight gets new ones and goes on.",
                leg=Leg.STORAGE,
            )
        lent = (grant.storage, grant.keys)
        client = self._client(*lent)
        return Bucket(self, client, grant.storage, _Call(cancel, grant.expires_at, lent))

    def close(self) -> None:
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    @contextmanager
    def calling(self, call: _Call) -> Generator[None]:
        """Calls of this thread belong to `call`; botocore's own errors become ours."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        self._local.call = call
        try:
            yield
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise botocore_error(error) from error
        finally:
            self._local.call = None

    def _client(self, storage: Storage, keys: Keys) -> Any:
        with self._lock:
            found = self._clients.get((storage, keys))
            if found is None:
                found = self._clients[storage, keys] = self._made(storage, keys)
                if len(self._clients) > _KEPT:
                    self._clients.popitem(last=False)[1].close()
            self._clients.move_to_end((storage, keys))
            return found

    def _made(self, storage: Storage, keys: Keys) -> Any:
        # Half a second: paid by the first upload, not by every start of the program.
        import boto3.session
        import botocore.config

        if self._session is None:
            # One for all: a second boto3 session fails to put its methods into the first one's.
            self._session = cast(Any, boto3.session.Session(botocore_session=_session()))
        options: dict[str, Any] = {"addressing_style": storage.addressing.value}
        if storage.endpoint.lower().startswith("https:"):
            # Content-MD5 and TLS protect the body. Over plain HTTP only the signature does.
            options["payload_signing_enabled"] = False
        config = botocore.config.Config(
            signature_version=storage.signature.value,
            s3=options,
            # Without these a checksum trailer goes out, which OSS and OBS refuse
            # (contracts: flighthub2 8.2, metastudio 8.2) and which triples the time over TLS.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"total_max_attempts": 1, "mode": "standard"},
            user_agent=f"Postflight/{__version__}",
        )
        try:
            client = self._session.client(
                "s3",
                region_name=storage.region,
                endpoint_url=storage.endpoint,
                aws_access_key_id=keys.access_key,
                aws_secret_access_key=keys.secret_key,
                aws_session_token=keys.session_token or None,
                config=config,
            )
        except ValueError as error:
            raise botocore_error(error) from error
        client.meta.events.register("before-send.s3", self._send)
        # botocore would sign with this computer's time: it is told not to sign, and we do.
        client.meta.events.register_first("choose-signer.s3", _unsigned)
        client.meta.events.register("before-sign.s3", partial(self._sign, storage, keys))
        return client

    def _sign(self, storage: Storage, keys: Keys, request: Any, **_: Any) -> None:
        from app.transfer.signing import sign

        told = self._times.of(_host_of(request))
        signed_at = self._local.signed_at = told.now()
        sign(request, keys, storage.signature, storage.region, lambda: signed_at)

    def _send(self, request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse
        from urllib3 import HTTPResponse

        call: _Call = self._local.call
        headers = {
            str(name): value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
            # Neither is signed. Expect would cost a round trip, or a second where it is ignored.
            if name.lower() not in ("expect", "content-length")
        }
        body = request.body
        if isinstance(body, (bytes, bytearray)):
            body = _Text(bytes(body))
        host = _host_of(request)
        place = request.url.partition("?")[0]
        writes = request.method in ("PUT", "POST")  # keys may be allowed nothing else
        with self._pressures.of(host).slot(call.cancel.check):
            answer = self._transport.send(request.method, request.url, headers, body, call.cancel)
            self._times.of(host).learn(answer.headers.get("date", ""))
            if answer.status >= 300 or s3_errors.is_error_body(answer):
                denied = writes and answer.status in (401, 403)
                worn = denied and self._wear.ended(call.lent, place)
                raise self._refusal(answer, host, call, worn)
        if writes:
            self._wear.worked(call.lent, place)
        raw = HTTPResponse(io.BytesIO(answer.body), preload_content=False)
        return AWSResponse(request.url, answer.status, answer.headers, raw)

    def _refusal(self, answer: Answer, host: str, call: _Call, worn: bool) -> PostflightError:
        """Whatever a storage calls it: what was signed with a wrong time is signed anew."""
        error = s3_errors.refusal(answer, self._clock.now(), call.expires_at, worn)
        told = self._times.of(host)
        off = told.now() - self._local.signed_at
        if abs(off) < s3_errors.CLOSE or not isinstance(
            error, ClockWrong | Forbidden | KeysExpired
        ):
            return error
        return s3_errors.learned(error, told.offset or 0.0)


def _unsigned(**_: Any) -> Any:
    import botocore

    return botocore.UNSIGNED


def _host_of(request: Any) -> str:
    return urlsplit(str(request.url)).netloc


class _Text:
    """A small body, for example the list of parts; it waits for no gate."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def blocks(self, gate: Gate) -> Iterator[memoryview]:
        yield memoryview(self._data)

    def again(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Bucket:
    """The calls an upload is made of. Each raises PostflightError and repeats nothing."""

    clients: Clients
    client: Any
    storage: Storage
    call: _Call

    @property
    def name(self) -> str:
        return self.storage.bucket

    @property
    def place(self) -> Place:
        return self.storage.endpoint, self.storage.bucket

    def put(self, key: str, content_type: str, load: Load) -> str:
        """Stores one object; answers its etag. The storage refuses bytes of another MD5."""
        answer = self._ask(
            "put_object",
            Key=key,
            ContentType=content_type,
            Body=load.body,
            ContentMD5=base64_of(load.md5),
        )
        return self._etag(answer, load.md5)

    def begin(self, key: str, content_type: str) -> str:
        """Opens a multipart upload; answers its id."""
        answer = self._ask("create_multipart_upload", Key=key, ContentType=content_type)
        upload_id = str(answer.get("UploadId") or "")
        if not upload_id:
            raise BadAnswer(
                "The storage opened an upload without naming it.",
                "Check the storage's address.",
                leg=Leg.STORAGE,
            )
        return upload_id

    def part(self, key: str, upload_id: str, number: int, load: Load) -> str:
        """Stores one part; answers its etag. May be repeated: the last one counts."""
        answer = self._ask(
            "upload_part",
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            Body=load.body,
            ContentMD5=base64_of(load.md5),
        )
        return self._etag(answer, load.md5)

    def complete(self, key: str, upload_id: str, parts: Sequence[DonePart]) -> str:
        """Makes one object of the parts; answers its etag, which radosgw leaves empty."""
        # With quotes: scality/cloudserver PR#6170 tells of storages that insist on them.
        named = [{"PartNumber": part.number, "ETag": f'"{part.etag}"'} for part in parts]
        answer = self._ask(
            "complete_multipart_upload",
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": named},
        )
        return s3_errors.bare_etag(str(answer.get("ETag") or ""))

    def head(self, key: str) -> Stored:
        """What stands there now; Refused when nothing does, Forbidden for write-only keys."""
        answer = self._ask("head_object", Key=key)
        etag = s3_errors.bare_etag(str(answer.get("ETag") or ""))
        return Stored(int(answer.get("ContentLength") or 0), etag)

    def look_for(self, key: str, upload_id: str) -> None:
        """Raises UploadGone when the storage does not know the upload any more."""
        self._ask("list_parts", Key=key, UploadId=upload_id, MaxParts=1)

    def look(self, key: str) -> Stored | None:
        """A HEAD of what was stored just now; None where the keys may only write."""
        if self.place in self.clients.blind:
            return None
        try:
            return self.head(key)
        except s3_errors.NotThere as error:
            raise Damaged(
                "The storage said yes and does not have the file.",
                "Postflight sends the file again.",
                leg=Leg.STORAGE,
                details=error.details,
            ) from error
        except (Refused, Forbidden):
            self.clients.blind.add(self.place)
            return None

    def abort(self, key: str, upload_id: str) -> None:
        """Throws away an upload and its parts; safe to repeat."""
        self._ask("abort_multipart_upload", Key=key, UploadId=upload_id)

    def _etag(self, answer: Mapping[str, Any], md5: str) -> str:
        etag = s3_errors.bare_etag(str(answer.get("ETag") or ""))
        if not etag:
            raise s3_errors.no_etag(urlsplit(self.storage.endpoint).hostname or "")
        self.clients.etags.check(self.place, etag, md5)
        return etag

    def _ask(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        with self.clients.calling(self.call):
            return getattr(self.client, method)(Bucket=self.name, **parameters)


def _session() -> Any:
    """A botocore session that looks at no environment variable, profile or settings file.

    An AWS_PROFILE or AWS_CA_BUNDLE that somebody once set is about other work than ours.
    """
    import botocore.configprovider
    import botocore.session

    # It logs whole requests, with session tokens, at its debug level.
    logger = logging.getLogger("botocore")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    known = cast(Any, botocore.configprovider).BOTOCORE_DEFAUT_SESSION_VARIABLES
    silent = {name: (None, None, row[2], row[3]) for name, row in known.items()}
    silent["config_file"] = silent["credentials_file"] = (None, None, None, None)
    return cast(Any, botocore.session).Session(session_vars=silent)
