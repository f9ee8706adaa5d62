"""What shows that the storage holds what was sent: its etag, else the size it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.errors import Damaged, Leg
from app.domain.model import Proof
from app.transfer.bucket import Bucket


@dataclass(frozen=True, slots=True)
class Proved:
    etag: str
    proof: Proof
    sized: bool


def prove(bucket: Bucket, key: str, size: int, etag: str, proofs: Mapping[str, Proof]) -> Proved:
    """`proofs`: what each tag that could only be of these bytes would show.

    A tag that proves the bytes costs nothing more. Any other is followed by one HEAD, which may
    know the right tag and must know the right size; keys that may only write are not asked twice.
    """
    if proof := proofs.get(etag.lower()):
        return Proved(etag, proof, True)
    stored = bucket.look(key)
    if stored is None:
        return Proved(etag, Proof.CHECKED, False)
    if stored.size != size:
        raise Damaged(
            "The storage holds another number of bytes than the card.",
            "Postflight sends the file again.",
            leg=Leg.STORAGE,
            details=f"{stored.size} bytes of {size}",
        )
    if proof := proofs.get(stored.etag.lower()):
        return Proved(stored.etag, proof, True)
    return Proved(etag or stored.etag, Proof.CHECKED, True)
