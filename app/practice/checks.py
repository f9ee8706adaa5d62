"""Reads a JSON object member by member and collects everything that is wrong with it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection
from typing import Any, cast


class Members:
    """One JSON object under examination. What is missing or wrong reads as "", 0, False or [].

    `problems` holds sentences with the members' full names; parts of the object share it.
    """

    def __init__(self, value: object, where: str = "", problems: list[str] | None = None) -> None:
        self.problems = [] if problems is None else problems
        self._where = where
        self._asked = set[str]()
        self._members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self._complain("", "is no JSON object")

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self._members.get(name) is not None

    def text(
        self,
        name: str,
        least: int = 0,
        most: int | None = None,
        *,
        required: bool = True,
        form: str = "",
        among: Collection[str] = (),
    ) -> str:
        """A string of `least` to `most` characters, in a form or among some words."""
        value = self._get(name, required)
        if value is None:
            return ""
        if not isinstance(value, str):
            return self._complain(name, "is no string") or ""
        if len(value) < least or (most is not None and len(value) > most):
            self._complain(name, f"has {len(value)} characters, not {_span(least, most)}")
        if form and not re.fullmatch(form, value):
            self._complain(name, f"has another form than {form}")
        if among and value not in among:
            self._complain(name, f"is none of {', '.join(sorted(among))}")
        return value

    def whole(
        self, name: str, least: int, most: int | None = None, *, required: bool = True
    ) -> int:
        value = self._get(name, required)
        if value is None:
            return 0
        if not isinstance(value, int) or isinstance(value, bool):
            return self._complain(name, "is no whole number") or 0
        if value < least or (most is not None and value > most):
            self._complain(name, f"is {value}, not {_span(least, most)}")
        return value

    def number(self, name: str, least: float, most: float) -> float:
        value = self._get(name, True)
        if value is None:
            return 0.0
        if not isinstance(value, int | float) or isinstance(value, bool):
            return self._complain(name, "is no number") or 0.0
        if not least <= value <= most:
            self._complain(name, f"is {value}, not {least:g} to {most:g}")
        return float(value)

    def flag(self, name: str, *, required: bool = True) -> bool:
        value = self._get(name, required)
        if value is not None and not isinstance(value, bool):
            self._complain(name, "is no boolean")
        return value is True

    def uuid(self, name: str) -> str:
        value = self.text(name)
        if value and not is_uuid(value):
            self._complain(name, "is no UUID")
        return value

    def part(self, name: str, *, required: bool = True) -> Members | None:
        """A member that is an object itself."""
        value = self._get(name, required)
        if value is None:
            return None
        return Members(value, self._name(name), self.problems)

    def parts(self, name: str, least: int, most: int) -> list[Members]:
        """A member that is a list of objects."""
        items = self.items(name, least, most)
        return [Members(v, f"{self._name(name)}[{i}]", self.problems) for i, v in enumerate(items)]

    def texts(self, name: str, least: int, most: int, longest: int, *, required: bool = True):
        """A member that is a list of strings."""
        items = self.items(name, least, most, required=required)
        if any(not isinstance(item, str) or len(item) > longest for item in items):
            self._complain(name, f"is no list of strings of at most {longest} characters")
        return [item for item in items if isinstance(item, str)]

    def items(self, name: str, least: int, most: int, *, required: bool = True) -> list[object]:
        value = self._get(name, required)
        if value is None:
            return []
        if not isinstance(value, list):
            self._complain(name, "is no list")
            return []
        items = cast("list[object]", value)
        if not least <= len(items) <= most:
            self._complain(name, f"has {len(items)} entries, not {least} to {most}")
        return items

    def check(self, name: str, fine: Callable[[Any], bool], words: str) -> None:
        """A rule of its own for a member that is there."""
        value = self._get(name, False)
        if value is not None and not fine(value):
            self._complain(name, words)

    def nothing_else(self) -> None:
        """Complains about members that were not asked for above."""
        for name in sorted(set(self._members) - self._asked):
            self._complain(name, "is a member nobody knows")

    def complain(self, words: str) -> None:
        self._complain("", words)

    def _get(self, name: str, required: bool) -> Any:
        self._asked.add(name)
        value = self._members.get(name)
        if value is None and required:
            self._complain(name, "is missing")
        return value

    def _name(self, name: str) -> str:
        return ".".join(filter(None, (self._where, name)))

    def _complain(self, name: str, words: str) -> None:
        self.problems.append(f"{self._name(name) or 'the body'} {words}")


def _span(least: int, most: int | None) -> str:
    return f"{least} and more" if most is None else f"{least} to {most}"


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its usual form with dashes."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
