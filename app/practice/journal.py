"""What was asked of the practice cloud, in order, without anything secret."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from app.practice.calls import Call
from app.practice.message import Request

_MOST = 100_000  # entries; older ones make room
_OPEN_HEADERS = frozenset(
    {
        "accept", "content-length", "content-md5", "content-type", "date", "expect", "host",
        "user-agent", "x-amz-content-sha256", "x-amz-date", "x-app-userid", "x-language",
        "x-project-id", "x-project-uuid", "x-request-id", "x-sdk-date", "content-encoding",
        "transfer-encoding",
    }
)  # fmt: skip
_OPEN_PARAMS = frozenset(
    {
        "uploads", "uploadid", "partnumber", "list-type", "prefix", "expires", "x-amz-date",
        "x-amz-expires", "page", "page_size", "usage", "q", "limit", "offset", "name", "mode",
        "asset_id", "asset_state", "asset_type", "prj_authorized_status", "sort_column",
        "sort_type",
    }
)  # fmt: skip
_SECRET_MEMBERS = frozenset({"password", "callback_param"})


@dataclass(slots=True)
class Entry:
    """One request. `status` is None while it is worked on and when no answer was sent."""

    call: Call
    method: str
    path: str  # below the interface's prefix
    params: Mapping[str, str]  # values that may be secret are "***"
    header_names: tuple[str, ...]  # all of them, lower case, sorted
    headers: Mapping[str, str]  # those that hold no secret
    body: Any = None  # a control call's JSON, secret members as "***"
    status: int | None = None
    fault: str = ""  # the fault that fired, in its text form


@dataclass(slots=True)
class Journal:
    """Thread-safe; entries stand in the order of arrival."""

    _entries: deque[Entry] = field(default_factory=lambda: deque[Entry](maxlen=_MOST))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, call: Call, request: Request) -> Entry:
        headers = request.headers
        entry = Entry(
            call,
            request.method,
            request.path,
            {k: v if k.lower() in _OPEN_PARAMS else "***" for k, v in request.pairs},
            tuple(sorted(headers)),
            {name: value for name, value in headers.items() if name in _OPEN_HEADERS},
        )
        with self._lock:
            self._entries.append(entry)
        return entry

    def keep(self, most: int) -> None:
        """From now on older entries than so many make room."""
        with self._lock:
            self._entries = deque(self._entries, most)

    @property
    def entries(self) -> tuple[Entry, ...]:
        with self._lock:
            return tuple(self._entries)

    def calls(self, name: str) -> list[Entry]:
        """All requests of a call, such as "storage.put", or of an interface, as "storage"."""
        return [e for e in self.entries if e.call == name or e.call.partition(".")[0] == name]

    def names(self) -> list[str]:
        return [entry.call.value for entry in self.entries]


def without_secrets(value: Any) -> Any:
    """A copy of a JSON value with passwords and the like replaced."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {
            name: "***" if name in _SECRET_MEMBERS and isinstance(inner, str)
            else without_secrets(inner)
            for name, inner in members.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [without_secrets(inner) for inner in cast("list[Any]", value)]
    return value
