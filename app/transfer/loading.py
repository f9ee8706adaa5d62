"""What one request sends, with the digests that go with it: each byte is hashed only once."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.errors import Damaged, PostflightError
from app.domain.hashing import Hashes
from app.domain.model import MediaFile
from app.domain.ports import Cancel, Progress
from app.transfer.digests import Digester, Known, base64_of
from app.transfer.pacing import HELD_UP_TO
from app.transfer.reader import Body, Buffers, Held, Source, Streamed, changed


@dataclass(frozen=True, slots=True)
class Load:
    """One request's body with the digests that go with it.

    They are of the bytes that go out where these are held in memory, or are sent unseen. Else they
    are of an earlier look at the file, and the storage compares: Content-MD5 on their way, and its
    etag afterwards.
    """

    file: MediaFile
    source: Source
    body: Body
    offset: int  # of the body in the file
    digests: Digester | Known
    unseen: bool = False  # it is hashed while it goes; nothing is known of it before

    @property
    def md5(self) -> str:
        """Lower-case hex; of an unseen body only after it went."""
        return self.digests.md5()

    @property
    def sha256(self) -> str:
        """The same; "" where nobody wants it."""
        return self.digests.sha256()

    @property
    def content_md5(self) -> str:
        """For the storage to compare with; "" for an unseen body."""
        return "" if self.unseen else base64_of(self.md5)

    def settle(self, etag: str) -> None:
        """After the send: raises FileChanged when the file did not hold still.

        Where the etag shows nothing of what arrived, the bytes are read once more instead.
        """
        self.source.check()
        if not self._as_sent and etag.lower() != self.md5:
            self._look_again()

    def explain(self, error: PostflightError) -> None:
        """After bytes were refused or cut off: raises FileChanged when that explains it."""
        self.source.check()
        if not self._as_sent and isinstance(error, Damaged):
            self._look_again()

    @property
    def _as_sent(self) -> bool:
        """Whether the digests are of the very bytes that went."""
        return self.unseen or isinstance(self.body, Held)

    def _look_again(self) -> None:
        now = Digester(None)
        self.source.digest(self.offset, len(self.body), now)
        if now.md5() != self.md5:
            raise changed(self.file)


@dataclass(slots=True)
class Loader:
    """Makes a `Load` of a piece of the file, from memory where there is enough of it.

    The memory of a load is the loader's, until the next one is made or the loader is left.
    """

    file: MediaFile
    cancel: Cancel
    progress: Progress
    buffers: Buffers
    sha256: str = ""  # of the file, where it is known
    unseen: bool = False  # whether the MD5 of a body need not be known before it goes
    _held: memoryview | None = None

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self.buffers.give_back(held)

    def load(
        self, source: Source, offset: int, size: int, known: str | None, whole: Hashes | None = None
    ) -> Load:
        """`known` is the piece's MD5 as others were told it; FileChanged when it is not so.

        `whole` sees the piece's bytes too, as they go out. A piece of which all is known is sent
        as it is read. Of any other the MD5 must be on the wire before its bytes, unless `unseen`
        ones may go: it is held in memory where there is enough, and else read twice.
        """
        self._give_back()
        sha256 = self.sha256 if whole is None else None
        if known is not None and sha256 != "":
            return self._streamed(source, offset, size, Known(known, sha256 or ""), whole)
        first = Digester(sha256)
        view = self.buffers.lend(size) if size <= HELD_UP_TO else None
        if view is not None:
            self._held = view
            source.fill(view, offset, *((first,) if whole is None else (first, whole)))
        elif self.unseen and known is None and whole is None:
            body = Streamed(source, offset, size, self.progress, first)
            return Load(self.file, source, body, offset, first, unseen=True)
        else:
            source.digest(offset, size, first)
        source.check()
        if known not in (None, first.md5()):
            raise changed(self.file)
        if view is None:
            return self._streamed(source, offset, size, first, whole)
        body = Held(view, self.cancel, self.progress)
        return Load(self.file, source, body, offset, first)

    def _streamed(
        self,
        source: Source,
        offset: int,
        size: int,
        digests: Digester | Known,
        whole: Hashes | None,
    ) -> Load:
        body = Streamed(source, offset, size, self.progress, whole)
        return Load(self.file, source, body, offset, digests)
