"""Folders of flight media to send, small enough for a test and as odd as a card is."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

# Photos of real flights, where they lie beside the checkout.
REAL = Path(__file__).resolve().parents[3] / "shared" / "media"

# NFD on purpose: what a Mac writes on a card.
NAMES = (
    "DCIM/DJI_202605031009_004_north-field/DJI_20260503101112_{n:04}_V.JPG",
    "DCIM/DJI_202605031009_004_north-field/DJI_20260503101112_{n:04}_T.JPG",
    "DCIM/DJI_202605031109_005_北面田地/DJI_20260503111112_{n:04}_V.JPG",
    "DCIM/100MEDIA/照片_{n:04}.jpg",
    "DCIM/100MEDIA/sunset 🌅 {n:04}.JPG",
    "DCIM/100MEDIA/Cafe\u0301 {n:04}.mp4",
    "DCIM/200MEDIA/DJI_{n:04}.JPG",
    "DCIM/201MEDIA/DJI_{n:04}.JPG",
)


def write_flight(
    folder: Path, count: int, smallest: int, largest: int, seed: int = 1
) -> Mapping[str, bytes]:
    """`count` files of random bytes; path with forward slashes to content."""
    rng = random.Random(seed)
    written: dict[str, bytes] = {}
    for number in range(count):
        path = NAMES[number % len(NAMES)].format(n=number // len(NAMES) + 1)
        content = rng.randbytes(rng.randint(smallest, largest))
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        written[path] = content
    return written
