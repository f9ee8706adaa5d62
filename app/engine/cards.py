"""One batch's cards: whether they are there, and where they went."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from app.domain.errors import CardGone, UsageError
from app.domain.model import Batch, FoundAt
from app.domain.naming import printable
from app.engine.mounted import Tops
from app.media.card import Landmark, Place, Presence, card_gone, find, presence, stands
from app.store.store import Store

_log = logging.getLogger(__name__)

_MARKS: Final = 8  # to twice as many, spread over all files of a place


class Cards:
    """Every method blocks and is called in the disk thread.

    `gone` is what a run found out: nothing more is read while it is set.
    """

    def __init__(self, store: Store, batch_id: str, tops: Tops) -> None:
        self.gone: CardGone | None = None
        self._store = store
        self._batch = batch_id
        self._tops = tops
        self._places: list[Place] | None = None

    def look(self) -> CardGone | None:
        """What is not there, if anything; for the moment when a file is missing or another one."""
        places = self._known()
        for place in places:
            how = presence(place)
            if how is not Presence.THERE:
                return card_gone(place.folder, how)
        folders = {place.folder for place in places}
        for root in self._store.batches.get(self._batch).roots:
            if not {root, root.parent} & folders and not stands(root):
                return card_gone(root, Presence.AWAY)
        return None

    def look_again(self) -> CardGone | None:
        """The same, with the files that were found since."""
        self._places = None
        return self.look()

    def look_for(self) -> CardGone | None:
        """Before a run: what is missing is looked for on the other cards, and the batch takes it
        from there. What is still missing, if anything."""
        batch = self._store.batches.get(self._batch)
        parted = batch.reason is not None and batch.reason.code == CardGone.code
        if not parted and all(stands(root) for root in batch.roots):
            return None
        missing = [place for place in self._known() if presence(place) is not Presence.THERE]
        if missing:
            self._take_from(batch, self._found(missing, self._tops()))
        return self.look()

    def move(self, folder: Path) -> None:
        """The person says where the card is now. UsageError when its files are not there."""
        batch = self._store.batches.get(self._batch)
        moved = self._found(self._known(), [folder.absolute()])
        if not self._known() and len(batch.roots) == 1:  # nothing was read yet: their word counts
            moved = {batch.roots[0]: folder.absolute()}
        if not moved:
            raise UsageError(
                f"{printable(str(folder))} does not hold the files of this batch.",
                "Name the folder that was sent, where it is now.",
            )
        self._take_from(batch, moved)

    def _found(self, places: Iterable[Place], tops: Sequence[Path]) -> dict[Path, Path]:
        found = {place.folder: find(place, tops) for place in places}
        return {old: new for old, new in found.items() if new is not None}

    def _take_from(self, batch: Batch, moved: dict[Path, Path]) -> None:
        roots: dict[int, Path] = {}
        for number, root in enumerate(batch.roots):
            if root in moved:
                roots[number] = moved[root]
            elif root.parent in moved:
                roots[number] = moved[root.parent] / root.name
            elif not stands(root) and (beside := _beside(root, moved)):
                roots[number] = beside
        roots = {number: root for number, root in roots.items() if root != batch.roots[number]}
        if not roots:
            return
        self._store.batches.relocate(batch.id, roots)
        self._places = None
        # Without the path: receipts tell the notes, and not where things are on this computer.
        words = "The card was found at another place; the batch goes on from there."
        self._store.batches.note(batch.id, words)

    def _known(self) -> list[Place]:
        if self._places is None:
            self._places = _places(self._store.lists.found(self._batch))
        return self._places


def _beside(root: Path, moved: Mapping[Path, Path]) -> Path | None:
    """Where a folder of which nothing was read is now: beside one that moved with it."""
    for old, new in moved.items():
        same = 0
        while same < min(len(old.parts), len(new.parts)) - 1:
            if old.parts[-1 - same] != new.parts[-1 - same]:
                break
            same += 1
        before, now = old, new
        for _ in range(same):
            before, now = before.parent, now.parent
        if root.is_relative_to(before) and stands(now / root.relative_to(before)):
            return now / root.relative_to(before)
    return None


def _places(files: Iterable[FoundAt]) -> list[Place]:
    """A few files of each place, spread over it: a card is emptied folder by folder."""
    spreads: dict[Path, _Spread] = {}
    for file in files:
        alone = file.relative == Path()  # sent by itself: its folder is what may vanish
        folder = file.root.parent if alone else file.root
        relative = Path(file.root.name) if alone else file.relative
        mark = Landmark(relative, file.size, file.modified_ns)
        spreads.setdefault(folder, _Spread()).add(mark)
    return [Place(folder, tuple(spread.marks)) for folder, spread in spreads.items()]


class _Spread:
    """Keeps every n-th of what is added, with n doubling as it fills."""

    def __init__(self) -> None:
        self.marks: list[Landmark] = []
        self._every = 1
        self._seen = 0

    def add(self, mark: Landmark) -> None:
        if self._seen % self._every == 0:
            self.marks.append(mark)
            if len(self.marks) > 2 * _MARKS:
                self.marks = self.marks[::2]
                self._every *= 2
        self._seen += 1
