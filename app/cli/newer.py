"""Tells on the command line of a newer Postflight, in one line beside the output."""

from __future__ import annotations

import logging
import sys
from typing import Final, TextIO

from app import bootstrap
from app.cli import screen
from app.domain.errors import PostflightError
from app.domain.release import Release

_log: Final = logging.getLogger(__name__)
_PATIENCE: Final = 3.0  # seconds at the end of the first command of a day


def tell_of_newer(app: bootstrap.App, as_json: bool, stream: TextIO | None = None) -> None:
    """One line beside the output, at most once a day, once the command's own work is done.

    Only where a person reads along: scripts and timers neither ask nor hear of it.
    """
    read_by = stream or sys.stderr
    if as_json or read_by is None or not read_by.isatty():  # pyright: ignore[reportUnnecessaryComparison]
        return
    try:
        _tell(app)
    except PostflightError as error:  # what the command did is done, and its exit code stands
        _log.info("no word about newer releases: %s %s", error.title, error.details)
    except KeyboardInterrupt:  # the person waits no longer, and nothing is undone by that
        _log.info("no word about newer releases: interrupted")


def _tell(app: bootstrap.App) -> None:
    updates, table = app.updates, app.store.preferences
    preferences = table.load()
    if updates.due(preferences):
        _ask(app)
        preferences = table.load()
    if found := updates.tellable(preferences):
        table.save(updates.told(preferences), since=preferences)
        screen.newer(found, updates.version)


def _ask(app: bootstrap.App) -> None:
    """An answer that comes later than a person would wait is not waited for; tomorrow is too."""
    updates, table = app.updates, app.store.preferences
    preferences = table.load()
    asking = updates.asking(preferences)
    table.save(asking, since=preferences)
    heard: list[Release | None] = []
    updates.in_thread(heard.append).join(_PATIENCE)
    if heard:
        table.save(updates.answered(asking, heard[0]), since=asking)
