"""Where Postflight keeps its records, its log and its pictures on the three systems."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from app.domain.errors import DiskFull, Leg, UsageError
from app.domain.os_errors import translate_os_error

HOME: Final = "POSTFLIGHT_HOME"
_NAME: Final = "Postflight"


@dataclass(frozen=True, slots=True)
class Paths:
    """`data` holds the database and the lock, `logs` the log; `resources` came with the program."""

    data: Path
    logs: Path
    resources: Path

    @classmethod
    def find(cls, environment: Mapping[str, str] = os.environ) -> Paths:
        """From POSTFLIGHT_HOME, else where the system wants them; makes nothing yet."""
        # Beside `app` in a checkout and in a frozen program alike.
        resources = Path(__file__).resolve().parent.parent / "resources"
        if home := environment.get(HOME):
            try:
                folder = Path(home).expanduser().absolute()
            except RuntimeError as error:
                raise _unusable(home, str(error)) from error
            return cls(folder, folder / "logs", resources)
        return cls(
            platformdirs.user_data_path(_NAME, appauthor=False),
            platformdirs.user_log_path(_NAME, appauthor=False),
            resources,
        )

    def create(self) -> None:
        """Makes what is missing, readable by this user only; safe to repeat. Raises UsageError."""
        for folder in (self.data, self.logs):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise _not_made(folder, error) from error
            # Root may write anywhere, and Windows' own attribute says little: ask by doing.
            if not os.access(folder, os.W_OK | os.X_OK):
                raise _unusable(str(folder), "not writable")


def _not_made(folder: Path, error: OSError) -> UsageError | DiskFull:
    known = translate_os_error(error, folder)
    return known if isinstance(known, DiskFull) else _unusable(str(folder), known.details)


def _unusable(folder: str, details: str) -> UsageError:
    return UsageError(
        f"Postflight cannot keep its records in {folder}.",
        f"Give it a folder it may write in with {HOME}.",
        leg=Leg.COMPUTER,
        details=details,
    )
