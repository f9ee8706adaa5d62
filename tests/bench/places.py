"""Where the benchmarks send to: a storage that only answers, and a real one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.practice.settings import Elsewhere
from tests.helpers.certificates import make_certificate
from tests.helpers.stores.ceph import Ceph
from tests.helpers.stores.store import BUCKET, REGION

HERE = Path(__file__).parent
_ROOM = 48 * 1024**3  # bytes that the real one may take
_LIFE = 86_400.0  # seconds that its keys live


@dataclass(frozen=True)
class Place:
    """A storage with the bucket `media`."""

    url: str
    authority: str = ""  # PEM file to trust, "" on plain HTTP
    access_key: str = "practice"
    secret: str = field(default="nobody-checks-it", repr=False)
    real: bool = False  # keys are checked, and objects kept

    def lent(self) -> Elsewhere:
        """As a service is to lend it."""
        return Elsewhere(self.url, BUCKET, REGION, self.access_key, self.secret, "", _LIFE)


@contextmanager
def sink(
    folder: Path,
    tls: bool,
    address: str = "127.0.0.1",
    within: Sequence[str] = (),
    expected: str = "",
) -> Iterator[Place]:
    """Built from sink.c and running until the block ends; `within`: words before its command;
    `expected`: the MD5 that it would find, had it the processor of a storage."""
    program = folder / "sink"
    build = ["gcc", "-O2", "-pthread", "-o", program, HERE / "sink.c", "-lssl", "-lcrypto"]
    subprocess.run(build, check=True)
    words: list[str] = []
    authority = ""
    if tls:
        made = make_certificate(folder, address)
        words, authority = [str(made.file), str(made.key)], str(made.file)
    with subprocess.Popen(
        [*within, program, address, *words, *([expected] if expected else ())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        port = process.stdout.readline().strip()
        yield Place(f"http{'s' if tls else ''}://{address}:{port}", authority)
        process.stdin.close()


@contextmanager
def radosgw(folder: Path) -> Iterator[Place]:
    """Ceph's gateway with one disk; what it kept is gone after the block."""
    store = Ceph(folder / "ceph", _ROOM)
    try:
        yield Place(store.url, "", store.owner.access_key, store.owner.secret_key, True)
    finally:
        store.stop()
