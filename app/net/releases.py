"""Asks a list of releases for the newest Postflight; its answer is believed in little."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from app.domain.errors import BadAnswer, Leg, UsageError
from app.domain.ports import Clock, Route
from app.domain.release import Feed, Release, offered
from app.net.http import Http
from app.net.proxy import is_this_computer

_PATIENCE: Final = 10.0  # seconds of silence
_WHOLE: Final = 20.0  # seconds for the whole answer: it must not hold a slow link for minutes


class _Latest(BaseModel):
    """What GitHub answers to releases/latest, as far as it is read."""

    tag_name: str = Field(max_length=64)
    html_url: str = Field(max_length=500)
    draft: bool = False
    prerelease: bool = False


def latest(feed: Feed, route: Route, clock: Clock) -> Release | None:
    """The newest release, or None where what is told of is none that may be offered.

    Blocking, at most some 20 seconds once names are resolved; raises PostflightError.
    """
    parts = urlsplit(feed.url)
    if parts.scheme != "https" and not is_this_computer(parts.hostname or ""):
        raise UsageError("The address for newer releases is not an https address.")
    http = Http(
        f"{parts.scheme}://{parts.netloc}",
        "The list of releases",
        route,
        clock,
        _PATIENCE,
        _WHOLE,
    )
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        answer = http.request("GET", path, headers={"Accept": "application/json"})
        told = answer.read(_Latest)
    finally:
        http.close()
    if told.draft or told.prerelease:
        return None
    found = offered(feed, told.tag_name, told.html_url)
    if found is None:
        raise BadAnswer(
            "The list of releases names none that Postflight would offer.",
            "Postflight asks again tomorrow.",
            leg=Leg.SERVICE,
            details=f"{told.tag_name!r} {told.html_url!r}",
        )
    return found
