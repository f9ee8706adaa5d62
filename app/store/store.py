"""Everything Postflight remembers, as one object with a table each."""

from __future__ import annotations

from pathlib import Path

from app.domain.ports import Clock
from app.store.batches import BatchTable
from app.store.connections import ConnectionTable
from app.store.database import Database
from app.store.files import FileTable
from app.store.grants import GrantTable
from app.store.lists import FileLists
from app.store.parts import PartTable
from app.store.preferences import PreferenceTable

FILE_NAME = "postflight.db"


class Store:
    """Safe from any thread. Whoever changes batches holds the folder's lock (store/lock.py)."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._database = Database(folder / FILE_NAME)
        self.connections = ConnectionTable(self._database, clock)
        self.batches = BatchTable(self._database, clock)
        self.files = FileTable(self._database, clock)
        self.lists = FileLists(self._database)
        self.grants = GrantTable(self._database)
        self.preferences = PreferenceTable(self._database)
        self.parts = PartTable(self._database)

    def recover(self) -> list[str]:
        """Once, after a start: what a crash left moving waits again. Ids of interrupted batches."""
        with self._database.transaction():
            self.files.recover()
            return self.batches.recover()

    def close(self) -> None:
        self._database.close()
