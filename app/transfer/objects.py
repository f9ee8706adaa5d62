"""A file as one object by one plain PUT."""

from __future__ import annotations

from app.domain.errors import Damaged, NetworkError, Refused
from app.domain.model import Proof, Receipt
from app.domain.placement import ObjectTarget
from app.transfer.bucket import Bucket
from app.transfer.loading import Load, Loader
from app.transfer.proving import prove
from app.transfer.reader import Buffers, Source
from app.transfer.transfer import Counted, Transfer


def put(
    bucket: Bucket, target: ObjectTarget, transfer: Transfer, progress: Counted, buffers: Buffers
) -> Receipt:
    """Stores the file and answers the storage's own etag, which etags.py has judged."""
    file = transfer.file
    loader = Loader(file, transfer.cancel, progress, buffers, transfer.sha256, bucket.takes_unseen)
    with loader, Source(file, transfer.cancel) as source:
        load = loader.load(source, 0, file.size, transfer.md5)
        try:
            etag = _sent(bucket, target, load)
        except Refused:
            if not load.unseen:
                raise
            # For example a bucket with a lock on its objects takes nothing without Content-MD5.
            bucket.wants_md5()
            progress.take_back()
            loader.unseen = False
            load = loader.load(source, 0, file.size, transfer.md5)
            etag = _sent(bucket, target, load)
        load.settle(etag)
    proved = prove(bucket, target.key, file.size, etag, {load.md5: Proof.ETAG})
    return Receipt(
        proved.etag, load.md5, target.key, target.remote_id, load.sha256,
        proved.proof, proved.sized,
    )  # fmt: skip


def _sent(bucket: Bucket, target: ObjectTarget, load: Load) -> str:
    try:
        return bucket.put(target.key, target.content_type, load)
    except (Damaged, NetworkError) as error:
        load.explain(error)
        raise
