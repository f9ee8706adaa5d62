"""What may be asked of a batch in the state it is in, with the words of buttons and menus."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from app.domain.errors import Forbidden, NotSignedIn, SecretsError, Untrusted
from app.domain.model import Batch, Counts
from app.domain.states import ENDED, BatchState
from app.engine.engine import Snapshot
from app.services.base import ServiceSpec
from app.ui.language import nt, t
from app.ui.look.icons import Icon


class Wish(Enum):
    PAUSE = auto()
    RESUME = auto()
    RETRY = auto()
    ACCEPT = auto()
    CHECK = auto()
    CANCEL = auto()
    RECEIPT = auto()
    FOLDER = auto()
    COPY_ID = auto()
    DELETE = auto()
    REMOVE = auto()


# In the order of the menus; a line stands between the groups.
GROUPS: Final = (
    (Wish.PAUSE, Wish.RESUME, Wish.RETRY, Wish.ACCEPT),
    (Wish.RECEIPT, Wish.FOLDER, Wish.COPY_ID),
    (Wish.CANCEL, Wish.DELETE, Wish.REMOVE),
)
ICONS: Final = {
    Wish.PAUSE: Icon.PAUSE,
    Wish.RESUME: Icon.RESUME,
    Wish.RETRY: Icon.RETRY,
    Wish.ACCEPT: Icon.SKIP,
    Wish.CHECK: Icon.PLUG,
    Wish.CANCEL: Icon.CANCEL_CIRCLE,
    Wish.RECEIPT: Icon.RECEIPT,
    Wish.FOLDER: Icon.FOLDER_OPEN,
    Wish.COPY_ID: Icon.COPY,
    Wish.DELETE: Icon.TRASH,
    Wish.REMOVE: Icon.CANCEL,
}
_OF_CONNECTION: Final = frozenset(
    kind.code for kind in (NotSignedIn, Forbidden, Untrusted, SecretsError)
)


def possible(snapshot: Snapshot, spec: ServiceSpec) -> frozenset[Wish]:
    """All that makes sense now; what does not is not shown at all."""
    batch, counts = snapshot.batch, snapshot.counts
    found = {Wish.FOLDER, Wish.COPY_ID}
    if counts.total:
        found.add(Wish.RECEIPT)
    if batch.state in ENDED:
        found.add(Wish.REMOVE)
        # A service that starts no jobs deletes nothing, either.
        if spec.jobs and counts.delivered:
            found.add(Wish.DELETE)
        return frozenset(found)
    found.add(Wish.CANCEL)
    if counts.failed:
        found |= {Wish.RETRY, Wish.ACCEPT}
    if rests(batch):
        if batch.held or not counts.failed:
            found.add(Wish.RESUME)
    else:
        found.add(Wish.PAUSE)
    return frozenset(found)


def rests(batch: Batch) -> bool:
    """It waits for the person's word, or at least takes it."""
    return batch.held or batch.state in (BatchState.PAUSED, BatchState.ATTENTION)


def remedy(snapshot: Snapshot) -> Wish:
    """The one thing that most likely helps a batch which does not go on."""
    reason = snapshot.batch.reason
    if snapshot.counts.failed and snapshot.batch.state is BatchState.ATTENTION:
        return Wish.RETRY
    if reason is not None and reason.code in _OF_CONNECTION:
        return Wish.CHECK
    return Wish.RESUME


def words(wish: Wish, counts: Counts) -> str:
    match wish:
        case Wish.RETRY:
            return nt("Retry {n} file", "Retry {n} files", counts.failed)
        case Wish.ACCEPT:
            return nt("Send without {n} file", "Send without {n} files", counts.failed)
        case _:
            return _plain()[wish]


def _plain() -> dict[Wish, str]:
    return {
        Wish.PAUSE: t("Pause"),
        Wish.RESUME: t("Resume"),
        Wish.CHECK: t("Check the connection"),
        Wish.CANCEL: t("Cancel the batch…"),
        Wish.RECEIPT: t("Save the receipt…"),
        Wish.FOLDER: t("Show the folder"),
        Wish.COPY_ID: t("Copy the batch's id"),
        Wish.DELETE: t("Delete at the service…"),
        Wish.REMOVE: t("Remove from the list…"),
    }
