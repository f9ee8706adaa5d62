"""What shall go wrong, and when: rules that tests, the demo and a support person add."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from app.practice.calls import BYTES, Call


class Action(StrEnum):
    """What happens to a call. The text form gives the value after `=`, where there is one."""

    STATUS = "status"  # =503: answered with this HTTP status, `wait` becomes Retry-After
    BUSINESS = "business"  # =210429: refused with this code in the interface's own form
    EMPTY = "empty"  # 200 without a body
    PAGE = "page"  # 200 with a web page, as a hotel's Wi-Fi answers
    GARBAGE = "garbage"  # 200 with JSON that ends in the middle
    HUGE = "huge"  # 200 with 11 MB of JSON
    REDIRECT = "redirect"  # 302 to another host
    CUT_BEFORE = "cut-before"  # hung up before the body is read
    CUT_AFTER = "cut-after"  # hung up when the body was read; nothing happened
    CUT_ANSWER = "cut-answer"  # done, and then hung up: the answer is lost
    LOST = "lost"  # =504: done, but a proxy's page with this status comes instead of the answer
    LATE = "late"  # =0.5: a proxy gives up and says 504, and so many seconds later it is done
    TRUNCATE = "truncate"  # done, and half of the answer is sent
    STALL = "stall"  # =20: silent for so many seconds, then done
    SLOW = "slow"  # =50000: reads the body at so many bytes per second
    EXPIRE = "expire"  # all storage keys end now, then the call goes on
    FORGET = "forget"  # all multipart uploads are forgotten, then the call goes on
    DAMAGE = "damage"  # a byte changes on the way, where digests still notice
    DAMAGE_SILENT = "damage-silent"  # a byte changes after the digests were checked
    WRONG_ETAG = "wrong-etag"  # stored well, but the answer names another etag


_VALUES = {
    Action.STATUS: "status",
    Action.LOST: "status",
    Action.BUSINESS: "code",
    Action.STALL: "seconds",
    Action.LATE: "seconds",
    Action.SLOW: "rate",
}
_NUMBERS = {"status": int, "wait": int, "seconds": float, "rate": float}
_ON_BYTES = frozenset({Action.DAMAGE, Action.DAMAGE_SILENT})
_ON_ETAGS = BYTES | {Call.S3_COMPLETE}


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule. `where` is a call's name or a pattern as "storage.*".

    The first `after` matching calls pass, the next `times` are hit; 0 hits all of them. With
    `about` only requests whose path holds that text match.
    """

    where: str
    action: Action
    times: int = field(default=1, kw_only=True)
    after: int = field(default=0, kw_only=True)
    about: str = field(default="", kw_only=True)
    status: int = field(default=503, kw_only=True)
    wait: int | None = field(default=None, kw_only=True)  # seconds, for Retry-After
    code: str = field(default="", kw_only=True)
    seconds: float = field(default=0.0, kw_only=True)
    rate: float = field(default=0.0, kw_only=True)  # bytes per second

    def __post_init__(self) -> None:
        calls = {call for call in Call if fnmatchcase(call.value, self.where)}
        if not calls:
            names = ", ".join(call.value for call in Call)
            raise ValueError(f"no call is named {self.where!r}; there are {names}")
        fitting = _fitting(self.action)
        if not calls & fitting:
            raise ValueError(f"{self.action.value} does not fit {self.where}")
        if self.times < 0 or self.after < 0:
            raise ValueError("times and after are counted from 0")
        if self.action is Action.SLOW and self.rate <= 0:
            raise ValueError("slow needs a rate in bytes per second")

    def matches(self, call: Call, path: str) -> bool:
        return (
            fnmatchcase(call.value, self.where)
            and call in _fitting(self.action)
            and self.about in path
        )

    def __str__(self) -> str:
        """The form that `FaultPlan.parse` reads."""
        text = f"{self.where}:{self.action.value}"
        if self.action in _VALUES:
            text += f"={_plain(getattr(self, _VALUES[self.action]))}"
        if self.wait is not None:
            text += f",wait={self.wait}"
        if self.about:
            text += f",about={self.about}"
        text += f"*{self.times}" if self.times != 1 else ""
        return text + (f"@{self.after}" if self.after else "")


def _fitting(action: Action) -> frozenset[Call]:
    if action in _ON_BYTES:
        return BYTES
    return _ON_ETAGS if action is Action.WRONG_ETAG else frozenset(Call)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(slots=True)
class _Rule:
    fault: Fault
    seen: int = 0
    fired: int = 0

    @property
    def spent(self) -> bool:
        return bool(self.fault.times) and self.fired >= self.fault.times

    @property
    def due(self) -> bool:
        return self.seen > self.fault.after and not self.spent


@dataclass(frozen=True, slots=True)
class Fired:
    call: Call
    path: str
    fault: Fault


class FaultPlan:
    """Thread-safe. The oldest rule that is due hits a call; a call is hit by one rule at most."""

    def __init__(self, *faults: Fault) -> None:
        self._lock = threading.Lock()
        self._rules = [_Rule(fault) for fault in faults]
        self._fired: list[Fired] = []

    @classmethod
    def parse(cls, text: str) -> FaultPlan:
        """A plan from rules as `storage.put:status=503,wait=2*3@1`, parted by `;`.

        `*3` is how often, `@1` how many calls pass first, `wait` and `about` are options. Raises
        ValueError with what is wrong.
        """
        return cls(*parse_faults(text))

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._rules += [_Rule(fault) for fault in faults]

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, call: Call, path: str) -> Fault | None:
        """The fault that hits this call, counted as fired."""
        with self._lock:
            matching = [rule for rule in self._rules if rule.fault.matches(call, path)]
            for rule in matching:
                rule.seen += 1
            hit = next((rule for rule in matching if rule.due), None)
            if hit is None:
                return None
            hit.fired += 1
            self._fired.append(Fired(call, path, hit.fault))
            return hit.fault

    @property
    def fired(self) -> tuple[Fired, ...]:
        with self._lock:
            return tuple(self._fired)

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """Rules that have hits left, endless ones included."""
        with self._lock:
            return tuple(rule.fault for rule in self._rules if not rule.spent)

    def __str__(self) -> str:
        with self._lock:
            return "; ".join(str(rule.fault) for rule in self._rules)


_RULE = re.compile(
    r"(?P<where>[^:\s]+)\s*:\s*(?P<action>[a-z-]+)(?:=(?P<value>[^,*@]+))?"
    r"(?P<options>(?:,[a-z]+=[^,*@]+)*)(?:\*(?P<times>\d+))?(?:@(?P<after>\d+))?"
)


def parse_faults(text: str) -> tuple[Fault, ...]:
    """The rules of `FaultPlan.parse`, for adding to a plan that is in use."""
    return tuple(_parsed(rule.strip()) for rule in text.split(";") if rule.strip())


def _parsed(text: str) -> Fault:
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no rule; write call:action=value,option=value*times@after")
    try:
        action = Action(found["action"])
    except ValueError:
        names = ", ".join(Action)
        raise ValueError(f"no action is named {found['action']!r}; there are {names}") from None
    settings = dict[str, str]()
    if found["value"] is not None:
        if action not in _VALUES:
            raise ValueError(f"{action.value} takes no value")
        settings[_VALUES[action]] = found["value"]
    for option in filter(None, found["options"].split(",")):
        name, _, value = option.partition("=")
        if name not in ("wait", "about"):
            raise ValueError(f"no option is named {name!r}; there are wait, about")
        settings[name] = value
    values = {k: _NUMBERS[k](v) if k in _NUMBERS else v for k, v in settings.items()}
    return Fault(
        found["where"],
        action,
        times=int(found["times"] or "1"),
        after=int(found["after"] or 0),
        **values,  # pyright: ignore[reportArgumentType]  names and types are checked above
    )
