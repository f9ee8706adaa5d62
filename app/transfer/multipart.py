"""A large file as one object in parts, resumable part by part from our own record."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace

from app.domain.card_time import same_time
from app.domain.errors import (
    Damaged,
    FileGone,
    FileUnreadable,
    Forbidden,
    LocalError,
    NetworkError,
    PostflightError,
    Refused,
    RemoteError,
    ServerBusy,
    UploadGone,
)
from app.domain.model import MediaFile, Proof, Receipt
from app.domain.placement import Grant, ObjectTarget
from app.domain.ports import DonePart, OpenUpload
from app.transfer.bucket import Bucket, Stored
from app.transfer.clients import Clients
from app.transfer.digests import Digester, Whole, multipart_etag, of_whole
from app.transfer.lanes import Lane
from app.transfer.loading import Load
from app.transfer.pacing import part_count, part_size
from app.transfer.proving import Proved, prove
from app.transfer.reader import Buffers, Held, Source, changed
from app.transfer.transfer import Counted, Stop, Transfer


@dataclass(frozen=True, slots=True)
class Plan:
    """What the uploads of all files share: where parts run, and how large they are."""

    pool: ThreadPoolExecutor  # at least as many threads as the lane has places
    lane: Lane
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
            digester = of_whole(transfer.md5, transfer.sha256)
            try:
                parts = self._send_all(upload, Whole(digester))
                source.check()
                if transfer.md5 not in (None, digester.md5()):
                    raise changed(transfer.file)
                proved = self._completed(upload, parts, digester.md5())
            except UploadGone:
                transfer.ledger.clear()
                raise
        return Receipt(
            proved.etag, digester.md5(), target.key, target.remote_id, digester.sha256(),
            proved.proof, proved.sized,
        )  # fmt: skip

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

    def _send_all(self, upload: OpenUpload, whole: Whole) -> list[DonePart]:
        """Keeps a few parts on their way, begun in their order.

        Returns or raises only when no part of this file is on its way any more, so that nobody
        writes to the ledger behind the caller's back.
        """
        earlier = {part.number: part for part in self._transfer.ledger.parts()}
        left = deque(range(1, part_count(upload.size, upload.part_size) + 1))
        parts: list[DonePart] = []
        running: set[Future[DonePart]] = set()
        first: BaseException | None = None
        while True:
            while first is None and left and self._has_place(upload, bool(running)):
                number = left.popleft()
                running.add(self._plan.pool.submit(self._part, upload, number, earlier, whole))
            if not running:
                break
            finished, running = wait(running, None, FIRST_COMPLETED)
            for future in finished:
                error = future.exception()
                if error is None:
                    parts.append(future.result())
                else:
                    first = first or self._failed(error)
        if first is not None:
            raise first
        return sorted(parts, key=lambda part: part.number)

    def _has_place(self, upload: OpenUpload, may_wait: bool) -> bool:
        """Takes a place for a part; waits for one only where no part of this file is on its way,
        whose end would be waited for as well."""
        lane, size = self._plan.lane, min(upload.part_size, upload.size)
        if may_wait:
            return lane.try_enter(size)
        lane.enter(size, self._stop.check)
        return True

    def _failed(self, error: BaseException) -> BaseException:
        # Parts under way still count for the next run: also of a card that was pulled, as their
        # bytes have been read. Not when the file is another one, or the upload is gone, or the
        # error is a bug.
        if isinstance(error, FileGone | FileUnreadable):
            return error
        if not isinstance(error, PostflightError) or isinstance(error, LocalError | UploadGone):
            self._stop.set()
        return error

    def _part(
        self, upload: OpenUpload, number: int, earlier: dict[int, DonePart], whole: Whole
    ) -> DonePart:
        """Sends one part unless the storage has it; runs in a part thread."""
        try:
            return self._carried(upload, number, earlier, whole)
        except BaseException:
            whole.give_up()
            raise
        finally:
            self._plan.lane.leave()

    def _carried(
        self, upload: OpenUpload, number: int, earlier: dict[int, DonePart], whole: Whole
    ) -> DonePart:
        file = self._transfer.file
        offset = (number - 1) * upload.part_size
        size = min(upload.part_size, upload.size - offset)
        bucket = self._plan.clients.bucket(self._grant, self._stop)
        with Source(file, self._stop) as source, self._plan.buffers.needed(size) as view:
            sent = Digester(None)
            source.fill(view, offset, sent)
            whole.add(number, view)
            md5 = sent.md5()
            old = earlier.get(number)
            # Compared with what is on the card now: a file may change and keep size and time.
            if old is not None and old.md5 == md5 and old.size == size:
                self._progress.moved(size)
                return old
            body = Held(view, self._stop, self._progress)
            load = Load(file, source, body, offset, sent)
            etag = bucket.part(upload.key, upload.upload_id, number, load)
            load.settle(etag)
        part = DonePart(number, size, etag, md5)
        self._transfer.ledger.done(part)
        return part

    def _completed(self, upload: OpenUpload, parts: list[DonePart], md5: str) -> Proved:
        expected = multipart_etag(part.md5 for part in parts)
        # rclone names the MD5 of the content.
        proofs = {expected: Proof.PARTS, md5: Proof.ETAG}
        try:
            etag = self._bucket.complete(upload.key, upload.upload_id, parts)
        except (UploadGone, NetworkError, ServerBusy) as error:
            # An earlier completion whose answer was lost looks like this too. The upload is asked
            # for first: it may become the object between the two questions.
            reason = self._reason(upload, error)
            stored = self._stored(upload.key, reason)
            if stored is None or stored.size != upload.size:
                raise reason from error
            # An older object of the same key and size must not pass for ours.
            proof = proofs.get(stored.etag.lower())
            if proof is None:
                raise reason from error
            return Proved(stored.etag, proof, True)
        try:
            self._plan.clients.etags.check_parts(self._bucket.place, etag, expected)
            proved = prove(self._bucket, upload.key, upload.size, etag, proofs)
        except Damaged:
            self._transfer.ledger.clear()  # the upload has become the object that is wrong
            raise
        # Where nobody told the tag, the one of S3's rule is what the service can be told.
        return proved if proved.etag else replace(proved, etag=expected)

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


def _is_of(upload: OpenUpload, file: MediaFile) -> bool:
    """Whether the upload is of this very file, in parts that a storage takes."""
    same = upload.size == file.size and same_time(upload.modified_ns, file.modified_ns)
    return same and upload.part_size >= part_size(file.size, upload.part_size)


def drop(bucket: Bucket, upload: OpenUpload) -> None:
    """Throws an upload away as far as that is possible; the storage expires the rest by itself."""
    if upload.bucket == bucket.name:
        with suppress(RemoteError, NetworkError):
            bucket.abort(upload.key, upload.upload_id)
