"""Everything Postflight remembers, as one object with a table each."""

from __future__ import annotations

from pathlib import Path

from app.domain.ports import Clock
from app.store.batches import BatchTable
from app.store.connections import ConnectionTable
from app.store.copies import copy_is_old, keep_copy
from app.store.database import Database, hold_room
from app.store.files import FileTable
from app.store.grants import GrantTable
from app.store.lists import FileLists
from app.store.networks import NetworkTable
from app.store.parts import PartTable
from app.store.preferences import PreferenceTable

FILE_NAME = "postflight.db"


class Store:
    """Safe from any thread. Whoever changes batches holds the folder's lock (store/lock.py)."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._database = Database(folder / FILE_NAME)
        self._clock = clock
        self.connections = ConnectionTable(self._database, clock)
        self.batches = BatchTable(self._database, clock)
        self.files = FileTable(self._database, clock)
        self.lists = FileLists(self._database)
        self.grants = GrantTable(self._database)
        self.networks = NetworkTable(self._database, clock)
        self.preferences = PreferenceTable(self._database)
        self.parts = PartTable(self._database)

    def recover(self) -> list[str]:
        """Once, after a start: what a crash left moving waits again. Ids of interrupted batches."""
        hold_room(self._database.path)
        with self._database.transaction():
            self.files.recover()
            interrupted = self.batches.recover()
        return interrupted

    def keep_daily_copy(self) -> None:
        """`keep_copy`, unless there is one of this day. Blocking, for a second."""
        if copy_is_old(self._database.path, self._clock.now()):
            keep_copy(self._database)

    def keep_copy(self) -> None:
        """A copy of everything as it is now, for the day when the database is damaged."""
        keep_copy(self._database)

    def close(self) -> None:
        self._database.close()
