"""The storage: as much S3, path style, as an uploader needs, strict where real storages are."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from app.practice.answers import group, no, refusal, tag, told
from app.practice.calls import Call
from app.practice.core import Core
from app.practice.intake import check_small_body, receive
from app.practice.keys import GrantedKey, KeyRing
from app.practice.message import Reply, Request, Route
from app.practice.shelf import Shelf, Stored, Upload
from app.practice.signatures import UNSIGNED

MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Target:
    bucket: str
    key: str
    upload_id: str = ""


class SignedAddresses(Protocol):
    """Who answers for PUTs to addresses that a service signed itself."""

    bucket: str

    def route(self, request: Request, key: str) -> Route: ...


Act = Callable[[Request, Target, GrantedKey], Reply]


class Objects:
    """The storage's interface. Keys may write under their prefix and little else."""

    def __init__(self, core: Core, keys: KeyRing, shelf: Shelf, signed: SignedAddresses) -> None:
        self._core = core
        self._keys = keys
        self._shelf = shelf
        self._signed = signed

    def route(self, request: Request) -> Route | None:
        bucket, _, key = unquote(request.target).lstrip("/").partition("/")
        request.path = f"/{bucket}/{key}"
        if bucket == self._signed.bucket:
            return self._signed.route(request, key)
        params = request.params
        found = self._find(request.method, key, params)
        if found is None or not bucket:
            return None
        call, act = found
        target = Target(bucket, key, params.get("uploadId", ""))
        streams = call in (Call.S3_PUT, Call.S3_PART)
        return Route(call, lambda r: self._admitted(r, target, act), streams)

    def problem(self, request: Request, code: str) -> Reply:
        status = 503 if code in ("SlowDown", "ServiceUnavailable") else 400
        return refusal(500 if code == "InternalError" else status, code, "As the fault asked for.")

    def _find(self, method: str, key: str, params: dict[str, str]) -> tuple[Call, Act] | None:
        if not key:
            return {
                ("GET", True): (Call.S3_UPLOADS, self._uploads),
                ("GET", False): (Call.S3_LIST, self._list),
            }.get((method, "uploads" in params))
        return {
            ("PUT", "partNumber"): (Call.S3_PART, self._part),
            ("PUT", ""): (Call.S3_PUT, self._put),
            ("POST", "uploads"): (Call.S3_INITIATE, self._initiate),
            ("POST", "uploadId"): (Call.S3_COMPLETE, self._complete),
            ("DELETE", "uploadId"): (Call.S3_ABORT, self._abort),
            ("DELETE", ""): (Call.S3_DELETE, self._delete),
            ("GET", "uploadId"): (Call.S3_PARTS, self._parts),
            ("GET", ""): (Call.S3_GET, self._get),
            ("HEAD", ""): (Call.S3_HEAD, self._get),
        }.get((method, next((n for n in _KINDS if n in params), "")))

    def _admitted(self, request: Request, target: Target, act: Act) -> Reply:
        key = self._keys.admit(request)
        if target.key and not key.covers(target.bucket, target.key):
            words = "the keys are for another place"
            raise no(403, "AccessDenied", "Access Denied.", breach=words)
        self._check_hash_form(request)
        return act(request, target, key)

    def _check_hash_form(self, request: Request) -> None:
        hashed = request.header("x-amz-content-sha256")
        chunked = "aws-chunked" in request.header("content-encoding")
        if hashed.startswith("STREAMING-") or chunked or request.header("x-amz-trailer"):
            words = "aws-chunked bodies and trailers are not taken (contracts: flighthub2 8.1)"
            raise no(400, "InvalidArgument", "0017-00000804", breach=words)
        own = [n for n in request.headers if n.startswith(("x-amz-checksum-", "x-amz-sdk-check"))]
        taken = self._core.settings.aws_checksums or request.method in ("GET", "HEAD")
        if own and not taken:
            words = f"checksum headers only AWS knows: {', '.join(own)}"
            raise no(400, "InvalidArgument", words, breach=words)
        if hashed and hashed != UNSIGNED and not re.fullmatch("[0-9a-f]{64}", hashed):
            words = "X-Amz-Content-SHA256 is neither a digest nor UNSIGNED-PAYLOAD"
            raise no(400, "InvalidArgument", words, breach=words)

    def _put(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        stored = self._shelf.keep(target.bucket, target.key, receive(request, self._shelf))
        return Reply(200, b"", {"ETag": f'"{stored.etag}"'})

    def _initiate(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        check_small_body(request)
        if not key.multipart:
            words = "these keys are for plain PUTs, since the callback wants a plain PUT's etag"
            raise no(403, "AccessDenied", "Access Denied.", breach=words)
        upload = self._shelf.begin(target.bucket, target.key)
        where = tag("Bucket", target.bucket) + tag("Key", target.key)
        return told("InitiateMultipartUploadResult", where, tag("UploadId", upload.id))

    def _part(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        upload = self._upload(target)
        number = request.params["partNumber"]
        if not number.isdigit() or not 1 <= int(number) <= MOST_PARTS:
            raise no(400, "InvalidArgument", "partNumber", breach=f"part number {number!r}")
        received = receive(request, self._shelf)
        # The upload may have been forgotten while the part was on its way.
        self._upload(target)
        part = self._shelf.add_part(upload, int(number), received)
        return Reply(200, b"", {"ETag": f'"{part.etag}"'})

    def _complete(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        check_small_body(request)
        upload = self._upload(target)
        parts = self._named_parts(upload, request.load())
        small = [p for p in parts[:-1] if p.size < self._core.settings.smallest_part]
        if small:
            words = f"a part of {small[0].size} bytes that is not the last"
            raise no(400, "EntityTooSmall", "A part is too small.", breach=words)
        stored = self._shelf.assemble(upload, parts)
        etag = "" if self._core.settings.empty_complete_etag else f'"{stored.etag}"'
        where = tag("Bucket", target.bucket) + tag("Key", target.key)
        return told("CompleteMultipartUploadResult", where, tag("ETag", etag))

    def _named_parts(self, upload: Upload, body: bytes) -> list[Stored]:
        named = list[Stored]()
        last = 0
        for element in re.findall(r"<Part>(.*?)</Part>", body.decode("utf-8", "replace"), re.S):
            number = re.search(r"<PartNumber>\s*(\d+)\s*</PartNumber>", element)
            etag = re.search(r"<ETag>\s*(.*?)\s*</ETag>", element, re.S)
            if number is None or etag is None:
                raise no(400, "MalformedXML", "The list is not well-formed.", breach="parts' XML")
            if int(number[1]) <= last:
                words = "the parts are not in ascending order"
                raise no(400, "InvalidPartOrder", words, breach=words)
            last = int(number[1])
            part = upload.parts.get(last)
            if part is None or part.etag != html.unescape(etag[1]).strip('"'):
                words = f"part {last} was never sent, or has another etag"
                raise no(400, "InvalidPart", words, breach=words)
            named.append(part)
        if not named:
            raise no(400, "MalformedXML", "The list is empty.", breach="no parts to complete")
        return named

    def _abort(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        self._shelf.abort(self._upload(target))
        return Reply(204)

    def _delete(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        words = "the keys do not allow to delete"
        raise no(403, "AccessDenied", "Access Denied.", breach=words)

    def _parts(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        self._check_reads()
        upload = self._upload(target)
        params = request.params
        most, after = _most(params, "max-parts"), int(params.get("part-number-marker") or 0)
        every = [(n, p) for n, p in sorted(upload.parts.items()) if n > after]
        shown = every[:most]
        return told(
            "ListPartsResult",
            tag("Bucket", target.bucket) + tag("Key", target.key) + tag("UploadId", upload.id),
            tag("IsTruncated", str(len(every) > most).lower()),
            tag("NextPartNumberMarker", shown[-1][0] if shown else after),
            *(
                group(
                    "Part",
                    (tag("PartNumber", n), tag("ETag", f'"{p.etag}"'), tag("Size", p.size)),
                )
                for n, p in shown
            ),
        )

    def _uploads(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        prefix = self._list_prefix(request, target, key)
        found = self._shelf.uploads(target.bucket, prefix)
        return told(
            "ListMultipartUploadsResult",
            tag("Bucket", target.bucket) + tag("IsTruncated", "false"),
            *(group("Upload", (tag("Key", u.key), tag("UploadId", u.id))) for u in found),
        )

    def _list(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        prefix, params = self._list_prefix(request, target, key), request.params
        after = params.get("continuation-token", "")
        every = [s for s in self._shelf.listed(target.bucket, prefix) if s.key > after]
        most = _most(params, "max-keys")
        cut = len(every) > most
        return told(
            "ListBucketResult",
            tag("Name", target.bucket) + tag("Prefix", prefix) + tag("KeyCount", len(every[:most])),
            tag("IsTruncated", str(cut).lower()),
            tag("NextContinuationToken", every[most - 1].key) if cut else "",
            *(
                group(
                    "Contents",
                    (tag("Key", s.key), tag("ETag", f'"{s.etag}"'), tag("Size", s.size)),
                )
                for s in every[:most]
            ),
        )

    def _list_prefix(self, request: Request, target: Target, key: GrantedKey) -> str:
        self._check_reads()
        prefix = request.params.get("prefix", "")
        if not key.covers(target.bucket, prefix):
            words = "the keys are for another place"
            raise no(403, "AccessDenied", "Access Denied.", breach=words)
        return prefix

    def _get(self, request: Request, target: Target, key: GrantedKey) -> Reply:
        self._check_reads()
        stored = self._shelf.find(target.bucket, target.key)
        if stored is None:
            raise no(404, "NoSuchKey", "The key does not exist.")
        headers = {"ETag": f'"{stored.etag}"', "Content-Length": str(stored.size)}
        return Reply(200, b"", headers, file=stored.path)

    def _check_reads(self) -> None:
        if not self._core.settings.reads:
            raise no(403, "AccessDenied", "Access Denied.")

    def _upload(self, target: Target) -> Upload:
        upload = self._shelf.upload(target.bucket, target.key, target.upload_id)
        if upload is None:
            raise no(404, "NoSuchUpload", "The upload does not exist.")
        return upload


_KINDS = ("partNumber", "uploadId", "uploads")


def _most(params: dict[str, str], name: str) -> int:
    text = params.get(name, "1000")
    return max(1, min(int(text) if text.isdigit() else 1000, 1000))
