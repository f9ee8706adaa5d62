"""Walks dropped folders and files, and says of everything it meets whether it is part of it."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import Final

from app.domain.errors import CardGone, FileGone, FileUnreadable, Leg, UsageError
from app.domain.model import Found
from app.domain.naming import digest_of, long_path, numbered, printable
from app.domain.os_errors import translate_os_error
from app.domain.ports import Cancel

WINDOWS: Final = os.name == "nt"

# What systems and players leave on cards. Everything a drone writes is kept, side files too
# (contracts: cloud-api 8.2); dot files cover macOS's `._*`, `.DS_Store`, `.Trashes` and the like.
_JUNK: Final = frozenset(
    {
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "system volume information",
        "$recycle.bin",
        "recycler",
        "lost.dir",
        "lost+found",
    }
)
_JUNCTION: Final = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT: a link that is_symlink() denies
_KINDS: Final = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)

SYSTEM_WORDS: Final = "It belongs to the computer or the card, not to the flight."
CHOICE_WORDS: Final = "The chosen patterns leave it out."


@dataclass(frozen=True, slots=True)
class Choice:
    """Shell patterns against a file's shown path and its name, upper and lower case alike.

    `*` also matches `/`. A file is taken when some `include` (or none is given) and no `exclude`
    matches.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something met and not taken. `fault`: it may be media, but could not be read."""

    path: str
    words: str
    fault: bool


def walk(roots: Sequence[Path], choice: Choice, cancel: Cancel) -> Iterator[Found | LeftOut]:
    """Everything below `roots` (folders or single files), in the same order each time.

    The roots are checked at once, the walking happens while iterating; blocking, one thread.
    Paths start at the root when there is one folder, else at the roots' names. Links are followed
    after everything else and each folder is walked once, so that loops end. Raises UsageError,
    CardGone (also later, when a card is pulled), FileUnreadable, and Cancelled.
    """
    if not roots:
        raise UsageError("There is nothing to send.", "Name a folder or some files.")
    folders = [_is_folder(root) for root in roots]
    return _Walk(roots, folders, choice, cancel).run()


def opened_as(path: Path) -> str:
    """How `path` is given to the system: absolute, beyond 260 characters too on Windows."""
    return long_path(os.path.abspath(path), WINDOWS)  # noqa: PTH100  # resolve() follows links


@dataclass(frozen=True, slots=True)
class _Root:
    index: int
    path: Path
    prefix: str  # shown in front, "" or ending with a slash
    is_file: bool


@dataclass(frozen=True, slots=True)
class _Folder:
    root: _Root
    relative: Path
    shown: str  # "" or ending with a slash
    real: str  # without links


@dataclass(frozen=True, slots=True)
class _Link:
    folder: _Folder  # the folder it points to, shown where the link stands
    holder: str  # the real folder the link stands in


class _Walk:
    def __init__(
        self, roots: Sequence[Path], folders: Sequence[bool], choice: Choice, cancel: Cancel
    ) -> None:
        self._names = _Names()
        self._roots = _named(roots, folders)
        self._chosen = _Chosen(choice)
        self._cancel = cancel
        self._seen: set[str] = set()  # real folders walked and real single files
        self._links: list[_Link] = []

    def run(self) -> Iterator[Found | LeftOut]:
        for root in self._roots:
            if not root.is_file:
                real = _real(root.path)
                yield from self._tree(_Folder(root, Path(), root.prefix, real))
        while self._links:
            yield from self._follow(self._links.pop(0))
        for root in self._roots:
            if root.is_file:
                yield from self._single(root)

    def _single(self, root: _Root) -> Iterator[Found | LeftOut]:
        real = _real(root.path)
        shown = self._names.claim(root.path.name)
        if real in self._seen or _key(os.path.dirname(real)) in self._seen:  # noqa: PTH120
            yield LeftOut(shown, "It is already part of this batch.", False)
            return
        self._seen.add(real)
        try:
            found = os.stat(opened_as(root.path))  # noqa: PTH116
        except OSError as error:
            raise translate_os_error(error, root.path) from error
        yield self._judged(root, Path(), root.path.name, shown, found)

    def _follow(self, link: _Link) -> Iterator[Found | LeftOut]:
        target = link.folder.real
        if link.holder == target or link.holder.startswith(target.rstrip(os.sep) + os.sep):
            words = "It is a link to a folder that it stands in itself."
            yield LeftOut(link.folder.shown.rstrip("/"), words, False)
        else:
            yield from self._tree(link.folder)

    def _tree(self, top: _Folder) -> Iterator[Found | LeftOut]:
        waiting = [top]
        while waiting:
            self._cancel.check()
            folder = waiting.pop()
            if folder.real in self._seen:
                words = "Its content is already part of this batch."
                yield LeftOut(folder.shown.rstrip("/") or folder.root.path.name, words, False)
                continue
            self._seen.add(folder.real)
            below: list[_Folder] = []
            yield from self._listed(folder, below)
            waiting.extend(reversed(below))

    def _listed(self, folder: _Folder, below: list[_Folder]) -> Iterator[Found | LeftOut]:
        try:
            with os.scandir(opened_as(folder.root.path / folder.relative)) as entries:
                listed = sorted(entries, key=lambda entry: (entry.name.casefold(), entry.name))
        except OSError as error:
            yield self._unreadable(error, folder.root, folder.shown.rstrip("/"))
            return
        for entry in listed:
            self._cancel.check()
            shown = self._names.claim(folder.shown + entry.name)
            if _is_junk(entry.name):
                yield LeftOut(shown, SYSTEM_WORDS, False)
                continue
            try:
                answer = self._entry(folder, entry, shown, below)
            except OSError as error:
                answer = self._unreadable(error, folder.root, shown)
            if answer is not None:
                yield answer

    def _entry(
        self, folder: _Folder, entry: os.DirEntry[str], shown: str, below: list[_Folder]
    ) -> Found | LeftOut | None:
        found = entry.stat(follow_symlinks=False)
        link = stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION
        if link:
            try:
                found = os.stat(entry.path)  # noqa: PTH116
            except OSError:
                return LeftOut(shown, "It is a link that leads nowhere.", False)
        relative = folder.relative / entry.name
        if not stat.S_ISDIR(found.st_mode):
            return self._judged(folder.root, relative, entry.name, shown, found)
        if link:
            target = _Folder(folder.root, relative, shown + "/", _real(Path(entry.path)))
            self._links.append(_Link(target, folder.real))
        else:
            real = _key(os.path.join(folder.real, entry.name))  # noqa: PTH118
            below.append(_Folder(folder.root, relative, shown + "/", real))
        return None

    def _judged(
        self, root: _Root, relative: Path, name: str, shown: str, found: os.stat_result
    ) -> Found | LeftOut:
        if not stat.S_ISREG(found.st_mode):
            kind = next((words for test, words in _KINDS if test(found.st_mode)), "something else")
            return LeftOut(shown, f"It is no file but {kind}.", False)
        if _is_junk(name):
            return LeftOut(shown, SYSTEM_WORDS, False)
        if not self._chosen.takes(shown, name):
            return LeftOut(shown, CHOICE_WORDS, False)
        return Found(root.index, relative, shown, found.st_size, found.st_mtime_ns)

    def _unreadable(self, error: OSError, root: _Root, shown: str) -> LeftOut:
        """One unreadable entry is a fault; a vanished root ends the walk, or half a flight passes
        for a whole one."""
        if _is_folder(root.path) and _is_empty(root.path):
            raise _not_there(root.path, error)  # what an unmounted card leaves
        known = translate_os_error(error, shown or root.path)
        return LeftOut(shown or printable(root.path.name), known.title, True)


def _named(roots: Sequence[Path], folders: Sequence[bool]) -> list[_Root]:
    made: list[_Root] = []
    prefixes = _Names()
    for index, (path, is_folder) in enumerate(zip(roots, folders, strict=True)):
        name = path.name or path.drive.strip(":\\/") or "card"
        alone = not is_folder or len(roots) == 1
        made.append(_Root(index, path, "" if alone else prefixes.claim(name) + "/", not is_folder))
    return made


class _Names:
    """Shown names: valid text, each only once; what had to change carries a digest of its path."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, path: str) -> str:
        shown = printable(path)
        if shown != path:
            shown = numbered(shown, f"-{digest_of(path)[:6]}")
        chosen, number = shown, 2
        while chosen in self._taken:
            chosen, number = numbered(shown, f" ({number})"), number + 1
        self._taken.add(chosen)
        return chosen


class _Chosen:
    def __init__(self, choice: Choice) -> None:
        self._include = _pattern(choice.include)
        self._exclude = _pattern(choice.exclude)

    def takes(self, path: str, name: str) -> bool:
        if self._include is None and self._exclude is None:
            return True
        folded, base = _folded(path), _folded(printable(name))
        included = self._include is None or _any(self._include, folded, base)
        return included and not (self._exclude is not None and _any(self._exclude, folded, base))


def _pattern(globs: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(translate(_folded(glob)) for glob in globs)) if globs else None


def _any(pattern: re.Pattern[str], path: str, name: str) -> bool:
    return bool(pattern.match(path) or pattern.match(name))


def _folded(text: str) -> str:
    # macOS may hand out decomposed letters that nobody types into a pattern.
    return unicodedata.normalize("NFC", text).casefold()


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _JUNK


def _real(path: Path) -> str:
    return _key(os.path.realpath(opened_as(path)))


def _key(path: str) -> str:
    return os.path.normcase(path)


def _is_folder(root: Path) -> bool:
    try:
        found = os.stat(opened_as(root))  # noqa: PTH116
        if stat.S_ISDIR(found.st_mode):
            os.scandir(opened_as(root)).close()
    except OSError as error:
        known = translate_os_error(error, root)
        if isinstance(known, FileGone):
            raise _not_there(root, error) from error
        name = printable(str(root))
        raise FileUnreadable(
            f"{name} cannot be read.", known.hint, leg=known.leg, details=known.details
        ) from error
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        raise UsageError(
            f"{printable(str(root))} is neither a folder nor a file.",
            "Name a folder with media, or the files themselves.",
            leg=Leg.COMPUTER,
        )
    return stat.S_ISDIR(found.st_mode)


def _is_empty(folder: Path) -> bool:
    with os.scandir(opened_as(folder)) as entries:
        return next(entries, None) is None


def _not_there(root: Path, error: OSError) -> CardGone:
    return CardGone(
        f"{printable(str(root))} is not there.",
        "Check the path, put the card in or connect the drive, then try again.",
        leg=Leg.CARD,
        details=translate_os_error(error, root).details,
    )
