"""What a person may set for the whole program; everything else is decided by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    SYSTEM = "system"
    ENGLISH = "en"
    CHINESE = "zh_CN"


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Closing(StrEnum):
    """What the window's close button does while something is being sent."""

    ASK = "ask"
    TRAY = "tray"
    QUIT = "quit"


class LogLevel(StrEnum):
    USUAL = "usual"
    DETAILED = "detailed"


@dataclass(frozen=True, slots=True)
class Hours:
    """A daily span in minutes after midnight, local time; it may go over midnight."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True, slots=True)
class Preferences:
    """Kept in the database (store/preferences.py). Zero and empty mean: as Postflight sees fit."""

    language: Language = Language.SYSTEM
    theme: Theme = Theme.SYSTEM
    closing: Closing = Closing.ASK
    keep_awake: bool = True
    notify: bool = True
    updates: bool = True  # ask once a day whether there is a newer Postflight, and tell of it
    limit: int = 0  # bytes a second for everything together
    limit_hours: Hours | None = None  # None: the limit holds all day
    proxy: str = ""  # http://host:port, without user and password: those are a secret
    ca_file: str = ""  # PEM, trusted for every connection besides its own
    files_at_once: int = 0
    parts_at_once: int = 0
    part_size: int = 0  # bytes
    log_level: LogLevel = LogLevel.USUAL
    connection: str = ""  # where the last batch went
    window: str = ""  # place and size, as the window itself wrote them
    releases: str = ""  # what is known of newer ones, as engine/updates.py wrote it

    def limit_at(self, minute: int) -> int:
        """Bytes a second at this minute after midnight; 0: no limit."""
        if self.limit_hours is not None and not self.limit_hours.holds(minute):
            return 0
        return self.limit
