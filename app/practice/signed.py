"""PUTs to the addresses that MetaStudio signed: OBS's old query signature, checked in earnest."""

from __future__ import annotations

import hmac
from urllib.parse import quote, urlencode

from app.practice.answers import no
from app.practice.assets import CloudFile
from app.practice.calls import Call
from app.practice.core import Core
from app.practice.intake import receive
from app.practice.message import Refused, Reply, Request, Route
from app.practice.shelf import Shelf
from app.practice.signatures import hmac_sha1, resource

BUCKET = "practice-metastudio"


class SignedPuts:
    """Makes addresses and answers for them (contracts: metastudio section 4)."""

    bucket = BUCKET

    def __init__(self, core: Core, shelf: Shelf, storage_url: str) -> None:
        self._core = core
        self._shelf = shelf
        self._storage_url = storage_url
        self._access_key = core.letters(20)
        self._secret = core.text(30)
        self._files: dict[str, CloudFile] = {}

    def addresses(self, file: CloudFile) -> list[str]:
        """One address, or one per part when the file has an upload id."""
        self._files[file.key] = file
        ends = str(int(self._core.now() + self._core.settings.address_live))
        if not file.upload:
            return [self._address(file, ends, {}, file.md5, file.content_type)]
        return [
            self._address(file, ends, {"partNumber": str(n), "uploadId": file.upload}, "", "")
            for n in range(1, file.count + 1)
        ]

    def _address(
        self, file: CloudFile, ends: str, part: dict[str, str], md5: str, kind: str
    ) -> str:
        path = f"/{BUCKET}/{quote(file.key)}"
        signature = hmac_sha1(self._secret, _text(md5, kind, ends, path, part))
        query = {"AccessKeyId": self._access_key, "Expires": ends, "Signature": signature, **part}
        return f"{self._storage_url}{path}?{urlencode(query, quote_via=quote, safe='')}"

    def route(self, request: Request, key: str) -> Route:
        part = "partNumber" in request.params
        call = Call.MS_PUT_PART if part else Call.MS_PUT
        return Route(call, lambda r: self._put(r, key), streams=True)

    def _put(self, request: Request, key: str) -> Reply:
        file = self._admitted(request, key)
        number = request.params.get("partNumber")
        upload = self._shelf.upload(BUCKET, key, file.upload) if number else None
        if file.state != "CREATING" or (number and upload is None):
            words = "bytes for a file that is no longer being uploaded"
            raise no(404, "NoSuchUpload", words, breach=words)
        received = receive(request, self._shelf)
        if upload is not None and number is not None:
            stored = self._shelf.add_part(upload, int(number), received)
        else:
            stored = self._shelf.keep(BUCKET, key, received)
        return Reply(200, b"", {"ETag": f'"{stored.etag}"'})

    def _admitted(self, request: Request, key: str) -> CloudFile:
        if request.method != "PUT":
            raise _wrong(f"a {request.method} to an address signed for PUT")
        extra = [n for n in ("authorization", "x-auth-token", "x-sdk-date") if n in request.headers]
        if extra:
            words = f"headers that must not go to the storage: {', '.join(extra)}"
            raise no(400, "InvalidArgument", words, breach=words)
        params, file = request.params, self._files.get(key)
        ends = params.get("Expires", "")
        if params.get("AccessKeyId") != self._access_key or file is None or not ends.isdigit():
            raise no(403, "InvalidAccessKeyId", "Unknown address.", breach="an unknown address")
        part = {n: params[n] for n in ("partNumber", "uploadId") if n in params}
        self._check_signature(request, part, ends)
        if self._core.now() > int(ends):
            raise no(403, "AccessDenied", "Request has expired")
        return file

    def _check_signature(self, request: Request, part: dict[str, str], ends: str) -> None:
        md5, kind = request.header("content-md5"), request.header("content-type")
        if part and self._core.settings.part_headers == "any":
            md5 = kind = ""
        ours = hmac_sha1(self._secret, _text(md5, kind, ends, request.target, part))
        if not hmac.compare_digest(ours.encode(), request.params.get("Signature", "").encode()):
            raise _wrong(f"not the signed Content-MD5, Content-Type or address ({kind!r})")


def _text(md5: str, kind: str, ends: str, path: str, part: dict[str, str]) -> str:
    return "\n".join(("PUT", md5, kind, ends, resource(path, part)))


def _wrong(words: str) -> Refused:
    return no(403, "SignatureDoesNotMatch", "The signature does not match.", breach=words)
