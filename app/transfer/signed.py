"""A file to addresses that were signed for it: used byte for byte, with exactly their headers."""

from __future__ import annotations

from urllib.parse import urlsplit

from urllib3.util import SKIP_HEADER

from app.domain.errors import (
    BadAnswer,
    Damaged,
    Forbidden,
    KeysExpired,
    Leg,
    NetworkError,
    PostflightError,
    UploadGone,
)
from app.domain.model import Proof, Receipt
from app.domain.placement import SignedPart, SignedPut
from app.domain.ports import Clock
from app.net.pressure import Pressures
from app.transfer import s3_errors
from app.transfer.digests import hex_of, of_whole
from app.transfer.etags import Etags
from app.transfer.loading import Load, Loader
from app.transfer.reader import Buffers, Source, changed
from app.transfer.transfer import Counted, Transfer
from app.transfer.transport import Transport


class Signed:
    """Sends to signed addresses; thread-safe."""

    def __init__(
        self, transport: Transport, clock: Clock, buffers: Buffers, pressures: Pressures
    ) -> None:
        self._transport = transport
        self._pressures = pressures
        self._clock = clock
        self._buffers = buffers
        self._etags = Etags()

    def put(self, placement: SignedPut, transfer: Transfer, progress: Counted) -> Receipt:
        """Stores the file. UploadGone when an address is not valid any more: place it anew.

        FileChanged when the file has another MD5 than the service was told.
        """
        file, parts = transfer.file, placement.parts
        _check_parts(parts, file.size)
        loader = Loader(file, transfer.cancel, progress, self._buffers, transfer.sha256)
        whole = of_whole(transfer.md5, transfer.sha256) if len(parts) > 1 else None
        etag = md5 = sha256 = ""
        checked = bool(parts)
        with loader, Source(file, transfer.cancel) as source:
            for part in parts:
                known = _declared(part) or (transfer.md5 if len(parts) == 1 else None)
                load = loader.load(source, part.offset, part.size, known, whole)
                if len(parts) == 1 and transfer.md5 not in (None, load.md5):
                    raise changed(file)
                etag = self._send(part, load, transfer)
                md5, sha256 = load.md5, load.sha256
                # The tag proves this piece; else its Content-MD5 does, where it may be sent.
                checked = checked and (etag.lower() == md5 or _declared(part) is not None)
            source.check()  # a piece sent early may have changed since
        proof = Proof.CHECKED if checked else None
        if whole is not None:
            md5, sha256 = whole.md5(), whole.sha256()
            if transfer.md5 not in (None, md5):
                raise changed(file)
        elif etag.lower() == md5:
            proof = Proof.ETAG
        # Nothing else may be asked of a signed address, so only such a tag proves the size too.
        sized = proof is Proof.ETAG
        return Receipt(etag, md5, "", placement.remote_id, sha256, proof, sized)

    def _send(self, part: SignedPart, load: Load, transfer: Transfer) -> str:
        # An address is signed together with the headers it was given with (contracts:
        # metastudio 4); what urllib3 would add on its own is left out.
        headers = {"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER}
        headers.update(
            (name, value) for name, value in part.headers if name.lower() != "content-length"
        )
        try:
            with self._pressures.of(urlsplit(part.url).netloc).slot(transfer.cancel.check):
                answer = self._transport.send("PUT", part.url, headers, load.body, transfer.cancel)
                if answer.status >= 300:
                    raise _refusal(s3_errors.refusal(answer, self._clock.now(), None))
        except (Damaged, NetworkError) as error:
            load.explain(error)
            raise
        etag = s3_errors.bare_etag(answer.headers.get("etag", ""))
        load.settle(etag)
        if not etag:
            raise s3_errors.no_etag(answer.host)
        self._etags.check((answer.host, _bucket_of(part.url)), etag, load.md5)
        return etag


def _bucket_of(url: str) -> str:
    """The first step of the path: the bucket, or a folder where the host name is the bucket."""
    return urlsplit(url).path.split("/")[1:2][0] if urlsplit(url).path.strip("/") else ""


def _refusal(error: PostflightError) -> PostflightError:
    # An address lives for a day (contracts: metastudio 3.2) and cannot be renewed. What its
    # end looks like is not documented; AccessDenied is likely.
    ended = isinstance(error, KeysExpired) or (
        isinstance(error, Forbidden) and "AccessDenied" in error.details
    )
    if not ended:
        return error
    return UploadGone(
        "The address to send this file to has ended.",
        "Postflight asks the service for a new one.",
        leg=Leg.STORAGE,
        details=error.details,
    )


def _declared(part: SignedPart) -> str | None:
    for name, value in part.headers:
        if name.lower() == "content-md5":
            return hex_of(value)
    return None


def _check_parts(parts: tuple[SignedPart, ...], size: int) -> None:
    at = 0
    for part in parts:
        if part.offset != at:
            break
        at += part.size
    else:
        if parts and at == size:
            return
    raise BadAnswer(
        "The service's addresses for this file do not cover it.",
        "Choose Retry; if it stays so, ask the service's administrator.",
        leg=Leg.SERVICE,
        details=f"{len(parts)} addresses, {at} of {size} bytes",
    )
