"""Everything that can go wrong, as one tree of errors written for pilots.

PostflightError                      title: what happened; hint: what the person can do
├── UsageError                       wrong use: path, option, name            (exit 2)
├── LocalError                       this computer or the card                (exit 1)
│   ├── FileGone                     the file is not where it was
│   │   └── CardGone                 nor is the whole card: the batch waits for it
│   ├── FileChanged                  it changed while it was being sent
│   ├── FileUnreadable               the card or the system refused to read it
│   ├── FileRefused                  empty, too large, name too long: never sent
│   ├── DiskFull                     no room for Postflight's own records
│   └── StoreError                   Postflight's own database
│       ├── StoreTooNew              written by a newer Postflight
│       ├── StoreDamaged             not readable as a database
│       └── StoreLocked              another Postflight works in the same folder
├── SecretsError                     the system keyring                       (exit 2)
├── NetworkError                     the way between here and there           (exit 4)
│   ├── Offline                      no connection at all
│   ├── TimedOut                     connected, then silence
│   └── Untrusted                    the certificate is not trusted
├── RemoteError                      the service or the storage answered      (exit 3)
│   ├── ServerBusy                   asks for patience (429, 503); may name a wait
│   │   └── ServerFailed             trouble of its own (500, 502, 504): wait, but no slower
│   ├── AnswerLost                   the call may have taken effect: look before repeating
│   ├── NotSignedIn                  token, password or key refused
│   ├── Forbidden                    signed in, but without the right
│   ├── ClockWrong                   this computer's clock is too far off
│   │   └── ClockLearned             ... and by how much is known now: sign anew and go on
│   ├── KeysExpired                  storage keys ended: renew and go on
│   ├── KeysTooShort                 they end before a flight that needs one group is sent
│   ├── UploadGone                   the storage forgot a multipart upload: start the file anew
│   ├── Damaged                      bytes changed on the way; the storage refused them
│   ├── Refused                      a plain no with a reason, about one file or one call
│   └── BadAnswer                    the answer makes no sense
└── Cancelled                        the person stopped it                    (exit 130)

Foreign exceptions become these at the border: net/http.py, transfer/, store/, media/. Anything
else that is raised is a bug and is not caught below the top.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from app.domain.naming import printable


class Retry(Enum):
    """Whether trying again helps, and how."""

    NEVER = "never"  # the same call will fail the same way
    NOW = "now"  # after the cause is put right (new keys, new upload), costs no attempt
    LATER = "later"  # with growing waits
    PERSON = "person"  # only after somebody did something


class Leg(Enum):
    """Where it failed; every sentence names it."""

    COMPUTER = "this computer"
    CARD = "the card"
    NETWORK = "the network"
    STORAGE = "the storage"
    SERVICE = "the service"


class Scope(Enum):
    """How far an error reaches: one file fails alone, a batch error stops the whole batch."""

    FILE = "file"
    BATCH = "batch"


class PostflightError(Exception):
    """Base of all expected errors. `details` holds codes and request ids, never secrets."""

    code: ClassVar[str] = "error"
    retry: ClassVar[Retry] = Retry.NEVER
    scope: ClassVar[Scope] = Scope.BATCH
    exit_code: ClassVar[int] = 1

    def __init__(self, title: str, hint: str = "", *, leg: Leg | None = None, details: str = ""):
        # Servers, names and systems have a say in all three, and none may move a cursor.
        self.title, self.hint, self.details = map(printable, (title, hint, details))
        super().__init__(self.title)
        self.leg = leg

    def fault(self) -> Fault:
        return Fault(self.code, self.title, self.hint, self.details)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as it is remembered and shown: what the database and `--json` hold."""

    code: str
    title: str
    hint: str = ""
    details: str = ""


def _kind_of(code: str) -> type[PostflightError] | None:
    """The class of the tree that a remembered fault came from."""
    kinds = [PostflightError]
    while kinds:
        kind = kinds.pop()
        if kind.code == code:
            return kind
        kinds += kind.__subclasses__()
    return None


def exit_code_of(code: str) -> int:
    """The exit code of a remembered fault; 1 for codes that are no class of the tree."""
    kind = _kind_of(code)
    return kind.exit_code if kind else 1


def passes_by_itself(code: str) -> bool:
    """Whether a remembered fault only needs time: the network, a busy server."""
    kind = _kind_of(code)
    return kind is not None and kind.retry is Retry.LATER


class UsageError(PostflightError):
    code = "usage"
    exit_code = 2


class LocalError(PostflightError):
    code = "local"
    scope = Scope.FILE


class FileGone(LocalError):
    code = "file-gone"
    retry = Retry.PERSON


class CardGone(FileGone):
    """The card or folder as a whole is not there, or another one is in its place."""

    code = "card-gone"
    scope = Scope.BATCH


class FileChanged(LocalError):
    """Sent again from the start, once its size and time hold still."""

    code = "file-changed"
    retry = Retry.LATER


class FileUnreadable(LocalError):
    code = "file-unreadable"
    retry = Retry.PERSON


class FileRefused(LocalError):
    code = "file-refused"


class DiskFull(LocalError):
    code = "disk-full"
    retry = Retry.PERSON
    scope = Scope.BATCH


class StoreError(LocalError):
    code = "store"
    scope = Scope.BATCH


class StoreTooNew(StoreError):
    code = "store-too-new"


class StoreDamaged(StoreError):
    code = "store-damaged"


class StoreLocked(StoreError):
    code = "store-locked"
    exit_code = 2


class SecretsError(PostflightError):
    code = "secrets"
    retry = Retry.PERSON
    exit_code = 2


class NetworkError(PostflightError):
    code = "network"
    retry = Retry.LATER
    exit_code = 4


class Offline(NetworkError):
    code = "offline"


class TimedOut(NetworkError):
    code = "timed-out"


class Untrusted(NetworkError):
    code = "untrusted"
    retry = Retry.PERSON


class RemoteError(PostflightError):
    code = "remote"
    exit_code = 3


class ServerBusy(RemoteError):
    """`wait` is the number of seconds the server asked for, or None."""

    code = "busy"
    retry = Retry.LATER

    def __init__(
        self,
        title: str,
        hint: str = "",
        *,
        leg: Leg | None = None,
        details: str = "",
        wait: float | None = None,
    ):
        super().__init__(title, hint, leg=leg, details=details)
        self.wait = wait


class ServerFailed(ServerBusy):
    """Nothing that going slower would help."""

    code = "server-failed"


class AnswerLost(RemoteError):
    """The request went out and no usable answer came back; it may have taken effect."""

    code = "answer-lost"
    retry = Retry.LATER
    exit_code = 4


class NotSignedIn(RemoteError):
    code = "not-signed-in"
    retry = Retry.PERSON


class Forbidden(RemoteError):
    code = "forbidden"
    retry = Retry.PERSON


class ClockWrong(RemoteError):
    code = "clock"
    retry = Retry.PERSON


class ClockLearned(ClockWrong):
    code = "clock-learned"
    retry = Retry.NOW


class KeysExpired(RemoteError):
    code = "keys-expired"
    retry = Retry.NOW


class KeysTooShort(RemoteError):
    code = "keys-too-short"
    retry = Retry.PERSON


class UploadGone(RemoteError):
    code = "upload-gone"
    retry = Retry.NOW
    scope = Scope.FILE


class Damaged(RemoteError):
    code = "damaged"
    retry = Retry.LATER
    scope = Scope.FILE


class Refused(RemoteError):
    code = "refused"
    scope = Scope.FILE


class BadAnswer(RemoteError):
    code = "bad-answer"


class Cancelled(PostflightError):
    code = "cancelled"
    exit_code = 130
