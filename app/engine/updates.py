"""Whether there is a newer Postflight: asked once a day, remembered, told without insisting."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from app import __version__
from app.domain.errors import PostflightError
from app.domain.ports import Clock, Route
from app.domain.preferences import Preferences
from app.domain.release import Feed, Release, offered

_log: Final = logging.getLogger(__name__)
_DAY: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What `Preferences.releases` keeps. Times are UTC seconds, 0 for never."""

    asked: int = 0
    told: int = 0  # on the command line
    version: str = ""
    page: str = ""
    hidden: str = ""  # the version that the person waved away in the window

    @classmethod
    def read(cls, text: str) -> Memory:
        """What cannot be read was never known."""
        try:
            found: Any = json.loads(text or "{}")
            usual = asdict(cls())
            kept = {key: value for key, value in found.items() if type(value) is type(usual[key])}
            return cls(**kept)
        except (ValueError, KeyError, AttributeError):
            return cls()

    def written(self) -> str:
        return json.dumps(asdict(self))


class Updates:
    """Decides and asks; who owns the preferences keeps what it answers.

    `ask` blocks and is for a thread of its own (see `in_thread`); all else is quick.
    """

    def __init__(
        self, feed: Feed, route: Callable[[], Route], clock: Clock, version: str = __version__
    ) -> None:
        self.feed = feed
        self.version = version
        self._route = route
        self._clock = clock

    @property
    def possible(self) -> bool:
        """False where nobody set an address: then there is nothing to switch on or off."""
        return bool(self.feed)

    def wanted(self, preferences: Preferences) -> bool:
        return self.possible and preferences.updates

    def due(self, preferences: Preferences) -> bool:
        """Also when the clock was put back: else a day could last for years."""
        since = self._clock.now() - Memory.read(preferences.releases).asked
        return self.wanted(preferences) and not 0 <= since < _DAY

    def known(self, preferences: Preferences) -> Release | None:
        """The newer release that was heard of, checked anew: the database is only a file."""
        if not self.wanted(preferences):
            return None
        memory = Memory.read(preferences.releases)
        found = offered(self.feed, memory.version, memory.page)
        return found if found is not None and found.newer_than(self.version) else None

    def ask(self) -> Release | None:
        """What the list of releases tells now; trouble is logged and is never the person's."""
        from app.net.releases import latest  # no start waits for it

        try:
            found = latest(self.feed, self._route(), self._clock)
        except PostflightError as error:
            _log.info("no answer about newer releases: %s %s", error.title, error.details)
            return None
        except Exception:
            _log.exception("a bug where newer releases are asked for")
            return None
        _log.info("the newest release is %s", found.version if found else "not out yet")
        return found

    def in_thread(self, done: Callable[[Release | None], None]) -> threading.Thread:
        """`done` hears the answer in that thread. It keeps nobody from ending: a name server
        that says nothing has no time limit, and nothing is lost with the answer."""

        def run() -> None:
            done(self.ask())

        thread = threading.Thread(target=run, name="pf-update", daemon=True)
        thread.start()
        return thread

    # -- what the owner of the preferences keeps -------------------------------------------------

    def asking(self, preferences: Preferences) -> Preferences:
        """Noted before the answer: who does not answer is not asked again today either."""
        return self._with(preferences, asked=int(self._clock.now()))

    def answered(self, preferences: Preferences, found: Release | None) -> Preferences:
        """No answer leaves what was known."""
        if found is None:
            return preferences
        return self._with(preferences, version=found.version, page=found.page)

    def hidden(self, preferences: Preferences) -> bool:
        memory = Memory.read(preferences.releases)
        return bool(memory.hidden) and memory.hidden == memory.version

    def hide(self, preferences: Preferences, release: Release) -> Preferences:
        return self._with(preferences, hidden=release.version)

    def tellable(self, preferences: Preferences) -> Release | None:
        """What the command line has to tell: once a day."""
        since = self._clock.now() - Memory.read(preferences.releases).told
        return None if 0 <= since < _DAY else self.known(preferences)

    def told(self, preferences: Preferences) -> Preferences:
        return self._with(preferences, told=int(self._clock.now()))

    def _with(self, preferences: Preferences, **changed: Any) -> Preferences:
        memory = replace(Memory.read(preferences.releases), **changed)
        return replace(preferences, releases=memory.written())
