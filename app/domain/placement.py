"""Grants and placements: what a service allows, and where the bytes of one file go."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.naming import printable


class Addressing(StrEnum):
    """Whether the bucket stands in the path or in the host name of the storage's address."""

    PATH = "path"
    VIRTUAL = "virtual"


class Signature(StrEnum):
    """botocore's names of the two signature versions."""

    V4 = "s3v4"
    V2 = "s3"


@dataclass(frozen=True, slots=True)
class Keys:
    """Temporary storage keys. Never written anywhere but the keyring, never printed."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Storage:
    """An S3-compatible bucket and how it wants to be spoken to."""

    endpoint: str  # with scheme
    region: str
    bucket: str
    addressing: Addressing
    signature: Signature = Signature.V4


@dataclass(frozen=True, slots=True)
class Grant:
    """What a service handed out for one lane of a batch: the remote group, keys with their end.

    `keys` is None after a restart without a keyring: such a grant still registers what was sent
    under it, but sends nothing more. `memo` is the service's own text, given back unchanged.
    """

    batch: str
    lane: str
    group: str  # the service's id of the remote group, "" where there is none
    prefix: str = ""  # where keys start, or a key template; only the service reads it
    memo: str = field(default="", repr=False)
    storage: Storage | None = None
    expires_at: float | None = None  # this computer's UTC seconds; None: unknown
    keys: Keys | None = field(default=None, repr=False)
    id: int = 0  # row number, 0 before it is stored


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """The service has the file; nothing is sent."""

    words: str
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class ObjectTarget:
    """An object in the grant's bucket. `single_put`: the service wants the tag of one plain PUT."""

    key: str
    content_type: str
    single_put: bool
    remote_id: str = ""

    @property
    def climbs(self) -> bool:
        """Whether a server or a proxy that tidies paths up could put it somewhere else."""
        parts = self.key.replace("\\", "/").split("/")
        return ".." in parts or "." in parts or printable(self.key) != self.key


@dataclass(frozen=True, slots=True)
class SignedPart:
    """One signed address with the headers it insists on, for `size` bytes from `offset`."""

    url: str = field(repr=False)  # whoever has it may write: a secret
    headers: tuple[tuple[str, str], ...]
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class SignedPut:
    """One or more signed addresses, to be used byte for byte as they came."""

    parts: tuple[SignedPart, ...]
    remote_id: str


Placement = AlreadyThere | ObjectTarget | SignedPut


class Why(StrEnum):
    """Why a placement is given up."""

    FAILED = "failed"
    CANCELLED = "cancelled"
    AGAIN = "again"  # the file is placed anew, for example because its signed address was lost
