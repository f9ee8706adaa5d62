"""A large file as one object in parts, resumable part by part from our own record."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass

from app.domain.card_time import same_time
from app.domain.errors import (
    Forbidden,
    LocalError,
    NetworkError,
    PostflightError,
    Refused,
    RemoteError,
    ServerBusy,
    UploadGone,
)
from app.domain.model import MediaFile, Receipt
from app.domain.placement import Grant, ObjectTarget
from app.domain.ports import DonePart, OpenUpload
from app.transfer.bucket import Bucket, Clients, Stored
from app.transfer.digests import multipart_etag
from app.transfer.pacing import part_count, part_size
from app.transfer.reader import Buffers, Held, Load, Source, changed, new_md5
from app.transfer.transfer import Counted, Stop, Transfer


@dataclass(frozen=True, slots=True)
class Plan:
    """What the uploads of all files share: where parts run, and how large they are."""

    pool: ThreadPoolExecutor
    at_once: int
    buffers: Buffers
    clients: Clients


class Multipart:
    """One file's upload in parts; `run` is called once, from a file thread.

    A crash or an error at any point leaves the ledger such that the next run goes on. After
    success the ledger is left as it is: whoever stores the receipt clears it in the same step,
    so that a crash in between finds the finished object instead of starting anew.
    """

    def __init__(
        self,
        plan: Plan,
        grant: Grant,
        target: ObjectTarget,
        transfer: Transfer,
        progress: Counted,
        part_size: int,
    ) -> None:
        self._plan = plan
        self._grant = grant
        self._target = target
        self._transfer = transfer
        self._progress = progress
        self._part_size = part_size
        self._stop = Stop(transfer.cancel)
        self._bucket = plan.clients.bucket(grant, self._stop)

    def run(self) -> Receipt:
        transfer, target = self._transfer, self._target
        with Source(transfer.file, self._stop) as source:
            upload = self._opened()
            # An edit within the two seconds of a card's clock is found only by reading again.
            known = transfer.md5 if source.as_scanned else None
            whole = _Whole(source, transfer.file.size, known)
            try:
                parts = self._send_all(upload, whole)
                source.check()
                if transfer.md5 not in (None, whole.md5()):
                    raise changed(transfer.file)
                etag = self._completed(upload, parts, whole.md5())
            except UploadGone:
                transfer.ledger.clear()
                raise
        return Receipt(etag, whole.md5(), target.key, target.remote_id)

    def _opened(self) -> OpenUpload:
        ledger, file = self._transfer.ledger, self._transfer.file
        place = (self._bucket.name, self._target.key)
        old = ledger.upload()
        if old is not None:
            # Parts stay as large as they were: what is sent counts, whatever was set meanwhile.
            if (old.bucket, old.key) == place and _is_of(old, file):
                return old
            drop(self._bucket, old)
            ledger.clear()
        upload_id = self._bucket.begin(self._target.key, self._target.content_type)
        upload = OpenUpload(upload_id, *place, self._part_size, file.size, file.modified_ns)
        ledger.begin(upload)
        return upload

    def _send_all(self, upload: OpenUpload, whole: _Whole) -> list[DonePart]:
        """Keeps a few parts on their way; this thread hashes the whole file meanwhile.

        Returns or raises only when no part of this file is on its way any more, so that nobody
        writes to the ledger behind the caller's back.
        """
        earlier = {part.number: part for part in self._transfer.ledger.parts()}
        count = part_count(upload.size, upload.part_size)
        numbers = iter(range(1, count + 1))
        parts: list[DonePart] = []
        running: set[Future[DonePart]] = set()
        first: BaseException | None = None
        while True:
            while first is None and len(running) < self._plan.at_once:
                number = next(numbers, None)
                if number is None:
                    break
                running.add(self._plan.pool.submit(self._part, upload, number, earlier))
            if not running:
                break
            first = first or self._hashed(whole)
            busy = first is None and not whole.done
            finished, running = wait(running, 0 if busy else None, FIRST_COMPLETED)
            for future in finished:
                error = future.exception()
                if error is None:
                    parts.append(future.result())
                else:
                    first = first or self._failed(error)
        if first is not None:
            raise first
        whole.finish()
        return sorted(parts, key=lambda part: part.number)

    def _hashed(self, whole: _Whole) -> BaseException | None:
        try:
            whole.step()
        except PostflightError as error:
            return self._failed(error)
        return None

    def _failed(self, error: BaseException) -> BaseException:
        # Parts under way still count for the next run, unless the file or the upload is gone;
        # or the error is a bug.
        if not isinstance(error, PostflightError) or isinstance(error, LocalError | UploadGone):
            self._stop.set()
        return error

    def _part(self, upload: OpenUpload, number: int, earlier: dict[int, DonePart]) -> DonePart:
        """Sends one part unless the storage has it; runs in a part thread."""
        file = self._transfer.file
        offset = (number - 1) * upload.part_size
        size = min(upload.part_size, upload.size - offset)
        bucket = self._plan.clients.bucket(self._grant, self._stop)
        with Source(file, self._stop) as source:
            view, digest = self._plan.buffers.take(size), new_md5()
            source.fill(view, offset, digest)
            md5 = digest.hexdigest()
            old = earlier.get(number)
            # Compared with what is on the card now: a file may change and keep size and time.
            if old is not None and old.md5 == md5 and old.size == size:
                self._progress.moved(size)
                return old
            load = Load(file, source, Held(view, self._stop, self._progress), md5)
            etag = bucket.part(upload.key, upload.upload_id, number, load)
            load.settle()
        part = DonePart(number, size, etag, md5)
        self._transfer.ledger.done(part)
        return part

    def _completed(self, upload: OpenUpload, parts: list[DonePart], md5: str) -> str:
        expected = multipart_etag(part.md5 for part in parts)
        try:
            etag = self._bucket.complete(upload.key, upload.upload_id, parts)
        except (UploadGone, NetworkError, ServerBusy) as error:
            # An earlier completion whose answer was lost looks like this too. The upload is asked
            # for first: it may become the object between the two questions.
            reason = self._reason(upload, error)
            stored = self._stored(upload.key, reason)
            if stored is None or stored.size != upload.size:
                raise reason from error
            # rclone names the MD5 of the content there. An older object of the same key and
            # size must not pass for ours.
            if stored.etag.lower() not in (expected, md5):
                raise reason from error
            return stored.etag
        return etag or expected

    def _reason(self, upload: OpenUpload, error: PostflightError) -> PostflightError:
        """The error, or UploadGone in its place: radosgw 16.2 answers the completion of an upload
        that it does not know with 500 InternalError, for ever (speaking of one in progress)."""
        if isinstance(error, ServerBusy):
            try:
                self._bucket.look_for(upload.key, upload.upload_id)
            except UploadGone as gone:
                return gone
            except (RemoteError, NetworkError):
                return error  # keys that may only write; or busy with this too
        return error

    def _stored(self, key: str, error: PostflightError) -> Stored | None:
        try:
            return self._bucket.head(key)
        except (Refused, Forbidden):
            return None  # nothing there, or keys that may only write
        except (RemoteError, NetworkError) as unknown:
            # Could not ask: that is not the same as gone.
            raise (unknown if isinstance(error, UploadGone) else error) from error


class _Whole:
    """The MD5 of the whole file, hashed piece by piece unless it is known."""

    _STEP = 8 * 1024 * 1024

    def __init__(self, source: Source, size: int, known: str | None) -> None:
        self._source = source
        self._known = known
        self._digest = new_md5()
        self._left = self._pieces(size)
        self.done = known is not None

    def step(self) -> None:
        if not self.done and next(self._left, None) is None:
            self.done = True

    def finish(self) -> None:
        while not self.done:
            self.step()

    def md5(self) -> str:
        return self._known or self._digest.hexdigest()

    def _pieces(self, size: int) -> Iterator[bool]:
        buffer = memoryview(bytearray(min(self._STEP, size)))
        for at in range(0, size, self._STEP):
            self._source.fill(buffer[: min(self._STEP, size - at)], at, self._digest)
            yield True


def _is_of(upload: OpenUpload, file: MediaFile) -> bool:
    """Whether the upload is of this very file, in parts that a storage takes."""
    same = upload.size == file.size and same_time(upload.modified_ns, file.modified_ns)
    return same and upload.part_size >= part_size(file.size, upload.part_size)


def drop(bucket: Bucket, upload: OpenUpload) -> None:
    """Throws an upload away as far as that is possible; the storage expires the rest by itself."""
    if upload.bucket == bucket.name:
        with suppress(RemoteError, NetworkError):
            bucket.abort(upload.key, upload.upload_id)
