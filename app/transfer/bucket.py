"""One grant's bucket: the calls an upload is made of, and what their answers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from app.domain.errors import BadAnswer, Damaged, Forbidden, Leg, Refused
from app.domain.placement import Storage
from app.domain.ports import DonePart
from app.transfer import s3_errors
from app.transfer.direct import UNSIGNED, Direct
from app.transfer.etags import Place
from app.transfer.exchange import Call, Request
from app.transfer.loading import Load

if TYPE_CHECKING:
    from app.transfer.clients import Clients


@dataclass(frozen=True, slots=True)
class Stored:
    """What a HEAD tells of an object."""

    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """The calls an upload is made of. Each raises PostflightError and repeats nothing."""

    clients: Clients
    storage: Storage
    direct: Direct | None
    call: Call

    @property
    def name(self) -> str:
        return self.storage.bucket

    @property
    def place(self) -> Place:
        return self.storage.endpoint, self.storage.bucket

    @property
    def takes_unseen(self) -> bool:
        """Whether a body may go before its MD5 is known, so that the card is read only once.

        Over TLS nobody can change it on its way, and the etag is to show that it arrived.
        """
        secure = self.direct is not None and self.direct.secure
        return secure and self.clients.etags.expected(self.place)

    def wants_md5(self) -> None:
        """From now on no body goes unseen."""
        self.clients.etags.expect_none(self.place)

    def put(self, key: str, content_type: str, load: Load) -> str:
        """Stores one object; answers its etag. The storage refuses bytes of another MD5."""
        if self.direct is not None:
            return self._put(self.direct, key, "", content_type, load)
        answer = self._ask(
            "put_object",
            Key=key,
            ContentType=content_type,
            Body=load.body,
            ContentMD5=load.content_md5,
        )
        return self._etag(str(answer.get("ETag") or ""), load)

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
        if self.direct is not None:
            query = f"partNumber={number}&uploadId={quote(upload_id, safe='-_.~')}"
            return self._put(self.direct, key, query, "", load)
        answer = self._ask(
            "upload_part",
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            Body=load.body,
            ContentMD5=load.content_md5,
        )
        return self._etag(str(answer.get("ETag") or ""), load)

    def _put(self, direct: Direct, key: str, query: str, content_type: str, load: Load) -> str:
        exchange = self.clients.exchange
        # Over TLS nobody can change the body, and Content-MD5 guards against accidents.
        payload = UNSIGNED if direct.secure else load.sha256 or UNSIGNED
        now = exchange.now_at(direct.host)
        signed = direct.put(key, query, content_type, load.content_md5, payload, now)
        request = Request("PUT", signed.url, direct.host, signed.headers, load.body, now)
        answer = exchange.send(self.call, request)
        return self._etag(answer.headers.get("etag", ""), load)

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

    def _etag(self, told: str, load: Load) -> str:
        etag = s3_errors.bare_etag(told)
        if not etag:
            raise s3_errors.no_etag(urlsplit(self.storage.endpoint).hostname or "")
        self.clients.etags.check(self.place, etag, load.md5, load.unseen)
        return etag

    def _ask(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        client = self.clients.client(*self.call.lent)
        with self.clients.calling(self.call):
            return getattr(client, method)(Bucket=self.name, **parameters)
