"""Versions of Postflight, where newer ones are told of, and what of such news can be believed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_VERSION: Final = re.compile(r"v?([0-9]{1,6}(?:\.[0-9]{1,6}){1,3})([-._]?[a-zA-Z][\w.-]{0,40})?")
_LONGEST_LINK: Final = 500  # characters


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Compared number by number; what comes before a release is older than it."""

    numbers: tuple[int, ...]  # without zeros at the end: 1.2 is 1.2.0
    final: bool

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """None for what is no version; a mark of who built it (+something) says nothing."""
        found = _VERSION.fullmatch(text.partition("+")[0])
        if found is None:
            return None
        numbers = [int(number) for number in found[1].split(".")]
        while numbers and not numbers[-1]:
            numbers.pop()
        return cls(tuple(numbers), found[2] is None)


@dataclass(frozen=True, slots=True)
class Feed:
    """`url` is asked and answers one release; the pages it names must be on `host`."""

    url: str = ""
    host: str = ""

    def __bool__(self) -> bool:
        """Whether there is anybody to ask."""
        return bool(self.url and self.host)


# Set by whoever publishes Postflight, together, for example:
# Feed("https://api.github.com/repos/OWNER/postflight/releases/latest", "github.com").
# Empty: nobody is asked, and neither window nor command line shows a switch for it.
RELEASES: Final = Feed()


@dataclass(frozen=True, slots=True)
class Release:
    """A release that may be offered; made by `offered` only, because it comes from a server."""

    version: str  # as a person reads it, without a leading v
    page: str

    def newer_than(self, version: str) -> bool:
        """Also false for a version of our own that is none: nobody is told what nobody knows."""
        mine, its = Version.parse(version), Version.parse(self.version)
        return mine is not None and its is not None and its > mine


def offered(feed: Feed, tag: str, page: str) -> Release | None:
    """None for what comes before a release, for what is no version, and for foreign pages."""
    version = Version.parse(tag)
    if version is None or not version.final or "+" in tag or not _is_page(page, feed.host):
        return None
    return Release(tag.removeprefix("v"), page)


def _is_page(link: str, host: str) -> bool:
    """An https page on exactly this host: what a browser gets must not lead anywhere else."""
    if len(link) > _LONGEST_LINK or not link.isascii() or not link.isprintable():
        return False
    if any(sign in link for sign in ' \\"<>@'):
        return False
    try:
        parts = urlsplit(link)
        return parts.scheme == "https" and parts.netloc == host and bool(host)
    except ValueError:
        return False
