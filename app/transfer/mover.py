"""Moves one file to its placement, whatever kind of placement that is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import urlsplit

from app.domain.errors import BadAnswer, Leg, NetworkError, RemoteError
from app.domain.model import Receipt
from app.domain.placement import Addressing, Grant, ObjectTarget, SignedPut, Storage
from app.domain.ports import Cancel, Clock, OpenUpload, Route, SystemClock, Tuning
from app.net.pressure import Pressures
from app.transfer import objects, s3_errors
from app.transfer.clients import Clients
from app.transfer.lanes import Lanes
from app.transfer.multipart import Multipart, Plan, drop
from app.transfer.pacing import SINGLE_UP_TO, part_size
from app.transfer.reader import Buffers
from app.transfer.signed import Signed
from app.transfer.throttle import Throttle
from app.transfer.transfer import Counted, Transfer
from app.transfer.transport import Transport


class Mover:
    """The way of all bytes. Every method blocks and may be called from several threads.

    How much goes at once is for whoever calls to keep to (`lanes.files`), and for parts is kept
    here. Bodies take no more memory than pacing.py says, however many go.
    Nothing is repeated here: the caller repeats `place` when the error says so, and an upload in
    parts then goes on from the transfer's ledger.
    """

    def __init__(
        self,
        route: Route,
        throttle: Throttle | None = None,
        lanes: Lanes | None = None,
        part_size: int = 0,
        single_up_to: int = SINGLE_UP_TO,
        clock: Clock | None = None,
    ) -> None:
        """Without `lanes`, and with zero for `part_size`: as many and as large as usual."""
        self._lanes = lanes or Lanes.of(Tuning())
        self._part_size = part_size
        self._single_up_to = single_up_to
        self._clock = clock or SystemClock()
        most = self._lanes.files.most + self._lanes.parts.most
        self._transport = Transport(route, most, throttle or Throttle())
        pressures = Pressures()
        self._clients = Clients(self._transport, self._clock, pressures)
        self._buffers = Buffers()
        self._signed = Signed(self._transport, self._clock, self._buffers, pressures)
        self._pool = ThreadPoolExecutor(self._lanes.parts.most, thread_name_prefix="pf-part")
        self._plan = Plan(self._pool, self._lanes.parts, self._buffers, self._clients)

    def reroute(self, route: Route) -> None:
        """Later requests go that way; those under way end as they began."""
        self._transport.reroute(route)

    def close(self) -> None:
        """Waits for parts under way; set the stop signs of running transfers first."""
        self._pool.shutdown()
        self._clients.close()
        self._transport.close()

    def place(
        self, grant: Grant, placement: ObjectTarget | SignedPut, transfer: Transfer
    ) -> Receipt:
        """Stores the file and answers what the storage said of it.

        Raises PostflightError only. Progress adds up to the file's size on success and to
        nothing otherwise. KeysExpired, Cancelled and every NetworkError leave the ledger, so
        that the next call goes on; UploadGone has cleared it. After success the caller clears
        it when the receipt is stored.
        """
        size = transfer.file.size
        in_parts = self._goes_in_parts(placement, size)
        lane = self._lanes.parts if in_parts else self._lanes.files
        progress = Counted(transfer.progress, lane)
        try:
            with self._lanes.in_parts() if in_parts else lane.request(size):
                if isinstance(placement, SignedPut):
                    return self._signed.put(placement, transfer, progress)
                return self._place_object(grant, placement, transfer, progress)
        except BaseException:
            progress.take_back()
            raise

    def abandon(self, grant: Grant, target_key: str, upload: OpenUpload) -> None:
        """Throws away the parts of an upload that will not go on; best effort, safe to repeat."""
        with suppress(RemoteError, NetworkError):
            self._clients.bucket(grant, Cancel()).abort(target_key, upload.upload_id)

    def probe(self, storage: Storage) -> None:
        """Reaches the storage without writing or signing anything; any answer will do.

        Raises NetworkError and its kin, and ServerBusy.
        """
        parts = urlsplit(storage.endpoint)
        host = parts.netloc
        if storage.addressing is Addressing.VIRTUAL:
            host = f"{storage.bucket}.{host}"
        answer = self._transport.send("HEAD", f"{parts.scheme}://{host}/", {}, None, Cancel())
        if answer.status == 511 or answer.status >= 500:
            raise s3_errors.refusal(answer, self._clock.now(), None)

    def _goes_in_parts(self, placement: ObjectTarget | SignedPut, size: int) -> bool:
        may = isinstance(placement, ObjectTarget) and not placement.single_put
        return may and size > self._single_up_to

    def _place_object(
        self, grant: Grant, target: ObjectTarget, transfer: Transfer, progress: Counted
    ) -> Receipt:
        if target.climbs:
            raise _leads_out(target.key)
        if self._goes_in_parts(target, transfer.file.size):
            part = part_size(transfer.file.size, self._part_size)
            return Multipart(self._plan, grant, target, transfer, progress, part).run()
        bucket = self._clients.bucket(grant, transfer.cancel)
        old = transfer.ledger.upload()
        if old is not None:  # of an earlier placement that went in parts
            drop(bucket, old)
            transfer.ledger.clear()
        return objects.put(bucket, target, transfer, progress, self._buffers)


def _leads_out(key: str) -> BadAnswer:
    return BadAnswer(
        "The service named a place in the storage that leads out of it.",
        "Nothing was sent there. Ask its administrator to check the storage settings.",
        leg=Leg.SERVICE,
        details=key[:300],
    )
