"""How files are cut: into requests, parts and blocks, and what of them is held in memory."""

from __future__ import annotations

from typing import Final

MIB: Final = 1024 * 1024

SINGLE_UP_TO: Final = 64 * MIB  # larger files go in parts, where the service allows parts
HELD_UP_TO: Final = 16 * MIB  # larger single bodies are streamed, so that memory stays small
# Bytes of bodies in memory: six photos of 12 MiB, and beside them six usual parts.
MEMORY: Final = 80 * MIB
MEMORY_FOR_PARTS: Final = 48 * MIB
SMALLEST_PART: Final = 5 * MIB  # S3 refuses smaller ones, except the last
USUAL_PART: Final = 8 * MIB
MOST_PARTS: Final = 9_000  # S3 takes 10,000

# One socket send. botocore's own 16 KiB sends reach 2.1 GB/s of loopback where 1 MiB ones reach
# 5.1; over TLS, whole uploads in 256 KiB sends cost 2 to 3 % more CPU than in 1 MiB ones, and as
# much as a `bytearray` body in one send. Larger ones are not better for slow links: a send must
# end as a whole within the transport's 60 s of silence, and so 5 KB/s are still enough here.
SEND: Final = 256 * 1024


def part_size(size: int, wanted: int = 0) -> int:
    """Bytes of every part but the last, in whole MiB when it had to grow for `MOST_PARTS`.

    `wanted` replaces the usual 8 MiB; it is never taken below what S3 accepts.
    """
    part = max(wanted or USUAL_PART, SMALLEST_PART)
    needed = -(-size // MOST_PARTS)
    return part if part >= needed else -(-needed // MIB) * MIB


def part_count(size: int, part: int) -> int:
    """An empty file is one empty part."""
    return max(1, -(-size // part))
