"""What names become: shown, sent, unique where folders do not count, and openable on Windows."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

_STRAY = re.compile(r"[\ud800-\udfff]")  # bytes or halves that are no Unicode
_CONTROL = frozenset({"Cc", "Zl", "Zp"})
# They turn what follows around: "photo<U+202E>gpj.exe" is read as a photo.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WINDOWS_LIMIT = 240  # below 260, because some calls add a short name of their own


def printable(text: str) -> str:
    """`text` on one line and valid as UTF-8: strange characters become U+FFFD."""
    if text.isprintable():
        return text
    return "".join("\ufffd" if _strange(character) else character for character in text)


def sent_name(path: str) -> str:
    """The base name of a shown path as services get it: NFC, strange characters become `_`."""
    base = unicodedata.normalize("NFC", path.rpartition("/")[2])
    return "".join("_" if _strange(c) else c for c in base) or "_"


def digest_of(path: str) -> str:
    """MD5 of a path in lower-case hex; also for names that are no valid Unicode."""
    return hashlib.md5(path.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def numbered(name: str, mark: str) -> str:
    """`mark` put in front of the name's extension."""
    stem, dot, extension = name.rpartition(".")
    return f"{stem}{mark}.{extension}" if dot and stem else f"{name}{mark}"


def key_of(name: str) -> str:
    """What two names share when a card, a computer or a service may take them for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class FlatNames:
    """Unique names for services that keep one flat list.

    DJI numbers files anew in each folder, so equal names in one flight are usual. The first comer
    keeps its name; a later one gets `-` and six digits of its path's MD5, so that the same files
    in the same order always get the same names. `claim` each path once; give the names of files
    claimed earlier as `taken`. Not thread-safe.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {key_of(name) for name in taken}

    def claim(self, path: str) -> str:
        name = sent_name(path)
        chosen, length = name, 6
        while key_of(chosen) in self._taken:
            # Past the digest's end the path itself was claimed twice; a longer tail stays unique.
            digest = digest_of(path)
            tail = digest[:length] + "0" * max(0, length - len(digest))
            chosen, length = numbered(name, f"-{tail}"), length + 2
        self._taken.add(key_of(chosen))
        return chosen


def long_path(path: str, windows: bool) -> str:
    r"""The form of an absolute path that Windows opens beyond 260 characters (`\\?\`).

    Other systems and short paths get back what they gave.
    """
    if not windows or len(path) < _WINDOWS_LIMIT or path.startswith("\\\\?\\"):
        return path
    plain = path.replace("/", "\\")
    if plain.startswith("\\\\"):
        return "\\\\?\\UNC\\" + plain[2:]
    return "\\\\?\\" + plain if plain[1:3] == ":\\" else path


def _strange(character: str) -> bool:
    if character in _TURNING or _STRAY.match(character):
        return True
    return unicodedata.category(character) in _CONTROL
