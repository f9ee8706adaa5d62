"""botocore's S3 clients, one for each bucket and its keys; the only place that builds one."""

# pyright: reportMissingTypeStubs=false
# boto3 and botocore come without types; nothing of theirs leaves this layer.

from __future__ import annotations

import io
import logging
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, cast
from urllib.parse import urlsplit

from app import __version__
from app.domain.errors import BadAnswer, KeysExpired, Leg
from app.domain.placement import Grant, Keys, Storage
from app.domain.ports import Cancel, Clock
from app.net.pressure import Pressures
from app.transfer.botocore_errors import botocore_error
from app.transfer.bucket import Bucket
from app.transfer.cutting import Gate
from app.transfer.direct import Direct, direct
from app.transfer.etags import Etags, Place
from app.transfer.exchange import Call, Exchange, Request
from app.transfer.transport import Transport

_KEPT: Final = 8  # clients; one per running batch and one renewal each is already much


class Clients:
    """botocore clients by storage and keys; thread-safe.

    botocore signs and reads answers; the sending is ours. Its `before-send` event may answer a
    request in place of its own HTTP session, and so `Transport` carries every request: with the
    system's trust store (botocore's session takes only a file of authorities), interruptible,
    without `Expect: 100-continue`, in large blocks. A refusal leaves the event as our error, so
    that botocore's retries and its redirects to another region never see one.
    """

    def __init__(self, transport: Transport, clock: Clock, pressures: Pressures) -> None:
        self.exchange = Exchange(transport, clock, pressures)
        self.etags = Etags()
        self.blind: set[Place] = set()  # buckets whose keys may not HEAD, as far as we know
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: OrderedDict[tuple[Storage, Keys], Any] = OrderedDict()
        self._directs: OrderedDict[tuple[Storage, Keys], Direct | None] = OrderedDict()
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
        return Bucket(
            self, grant.storage, self._direct(*lent), Call(cancel, grant.expires_at, lent)
        )

    def _direct(self, storage: Storage, keys: Keys) -> Direct | None:
        """What signs the puts that botocore is not needed for."""
        found = self._directs.get((storage, keys))
        if found is None:
            with self._lock:
                found = self._directs[storage, keys] = direct(storage, keys)
                if len(self._directs) > _KEPT:
                    self._directs.popitem(last=False)
        return found

    def close(self) -> None:
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    @contextmanager
    def calling(self, call: Call) -> Generator[None]:
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

    def client(self, storage: Storage, keys: Keys) -> Any:
        """botocore's, made when it is first needed."""
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

        signed_at = self._local.signed_at = self.exchange.now_at(_host_of(request))
        sign(request, keys, storage.signature, storage.region, lambda: signed_at)

    def _send(self, request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse
        from urllib3 import HTTPResponse

        headers = {
            str(name): value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
            # Neither is signed. Expect would cost a round trip, or a second where it is ignored.
            if name.lower() not in ("expect", "content-length")
        }
        body = request.body
        if isinstance(body, (bytes, bytearray)):
            body = _Text(bytes(body))
        signed = Request(
            request.method, request.url, _host_of(request), headers, body, self._local.signed_at
        )
        answer = self.exchange.send(self._local.call, signed)
        raw = HTTPResponse(io.BytesIO(answer.body), preload_content=False)
        return AWSResponse(request.url, answer.status, answer.headers, raw)


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
