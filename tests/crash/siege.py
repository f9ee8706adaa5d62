"""Kills the program again and again while it delivers one flight, and judges what became of it."""

from __future__ import annotations

import base64
import hashlib
import random
import shutil
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.states import BatchState, FileState
from app.practice.calls import BYTES, Call, Moment
from app.practice.cloud import PracticeAccount, PracticeCloud
from app.practice.journal import Entry
from app.practice.message import ClientGone
from tests.helpers.program import Program

_PART = 8 * 1024 * 1024  # what the program cuts large files into
LANDED: list[str] = []  # every kill of this run of the tests that came while the program lived
_STORED = (FileState.SENT, FileState.CONFIRMED, FileState.SKIPPED)


@dataclass(frozen=True)
class Blow:
    """A kill at one call: at the first of its kind in a run, or when `passing` have gone by."""

    call: Call
    moment: Moment
    passing: int = 0
    later: float = 0.0  # seconds that the program lives on, while the call waits

    def __str__(self) -> str:
        return f"{self.call.value} {self.moment.value} +{self.passing}"


@dataclass(frozen=True)
class Record:
    """What the queue held when the program was dead, and how many calls there had been."""

    batch: str  # id, "" when nothing was recorded yet
    state: str
    done: frozenset[str]  # MD5 of every file and every part that was recorded as stored
    calls: int


@dataclass
class Siege:
    """One flight on its way to one account; `strike` and `strike_at` start the program anew."""

    cloud: PracticeCloud
    account: PracticeAccount
    program: Program
    card: Path
    flight: Mapping[str, bytes]
    after_kill: Callable[[Path], None] = lambda home: None  # what else befalls the folder
    struck: list[str] = field(default_factory=list[str])
    records: list[Record] = field(default_factory=list[Record])
    _process: subprocess.Popen[str] | None = None
    _killed: bool = False
    _carried_out: Counter[Call] = field(default_factory=Counter[Call])

    def strike(self, blow: Blow) -> bool:
        """Runs the program until the blow falls; False when it ended without such a call."""
        left, lock = [blow.passing], threading.Lock()

        def witness(call: Call, moment: Moment) -> None:
            self._count(call, moment)
            if (call, moment) != (blow.call, blow.moment):
                return
            with lock:
                left[0] -= 1
                if left[0] != -1:
                    return
            time.sleep(blow.later)
            self._kill()
            if moment is Moment.ARRIVED:
                raise ClientGone  # it went under with the client

        self.cloud.watch(witness)
        return self._run_until_killed(str(blow))

    def strike_at(self, seconds: float, from_first_call: bool) -> bool:
        """The same at a time, counted from the first call or from the start of the process."""
        called = threading.Event()

        def witness(call: Call, moment: Moment) -> None:
            self._count(call, moment)
            called.set()

        def execute() -> None:
            if from_first_call:
                called.wait(30)
            time.sleep(seconds)
            self._kill()

        self.cloud.watch(witness)
        since = "first call" if from_first_call else "start"
        return self._run_until_killed(f"{seconds:.3f} s from the {since}", execute)

    def strike_when(self, due: Callable[[], bool], words: str) -> bool:
        """The same as soon as `due` says so."""

        def execute() -> None:
            process = self._process
            while process is not None and process.poll() is None and not due():
                time.sleep(0.001)
            self._kill()

        self.cloud.watch(self._count)
        return self._run_until_killed(words, execute)

    def rows(self) -> int:
        """Files in the queue, asked while the program runs; 0 before there is one."""
        address = f"file:{self.program.home / 'postflight.db'}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True)) as database:
                return database.execute("SELECT count(*) FROM file").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def _count(self, call: Call, moment: Moment) -> None:
        if moment is Moment.DONE:
            self._carried_out[call] += 1

    def _kill(self) -> None:
        process = self._process
        assert process is not None
        if process.poll() is None:
            self._killed = True
            process.kill()
            process.wait(30)

    def _run_until_killed(self, words: str, executioner: Callable[[], None] = lambda: None) -> bool:
        self._process, self._killed = self.program.start(*self._words(), "--json"), False
        thread = threading.Thread(target=executioner)
        thread.start()
        out, err = self._process.communicate(timeout=120)
        thread.join()
        assert "Traceback" not in out + err, f"{self}, {words}:\n{out}\n{err}"
        if self._killed:
            self.struck.append(words)
            LANDED.append(words)
            self.after_kill(self.program.home)
        else:
            assert self._process.returncode == 0, f"{self}:\n{out}\n{err}"
        self._settle()
        self.records.append(self.look())
        return self._killed

    def _words(self) -> tuple[str, ...]:
        if self.records and self.records[-1].batch:
            return ("resume",)
        return ("upload", str(self.card), "--to", self.account.name)

    def _settle(self) -> None:
        """What was out when the program died ends at the server before the next start."""
        until = time.monotonic() + 30
        while self.cloud.connections:
            assert time.monotonic() < until, "a dead client's connection stays open"
            time.sleep(0.005)

    def look(self) -> Record:
        """Reads a copy: the program itself must find its files as the kill left them."""
        calls = len(self.cloud.journal.entries)
        nothing = Record("", "", frozenset(), calls)
        if not (self.program.home / "postflight.db").exists():
            return nothing
        copy = self.card.parent / "copy"
        copy.mkdir(exist_ok=True)
        for name in ("postflight.db", "postflight.db-wal"):
            (copy / name).unlink(missing_ok=True)
            if (self.program.home / name).exists():
                shutil.copyfile(self.program.home / name, copy / name)
        with closing(sqlite3.connect(copy / "postflight.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            if not database.execute("PRAGMA user_version").fetchone()[0]:
                return nothing
            sql = "SELECT id, state FROM batch ORDER BY created_at DESC LIMIT 1"
            batch = database.execute(sql).fetchone()
            sql = "SELECT md5 FROM file WHERE state IN (?, ?, ?) UNION SELECT md5 FROM part"
            done = frozenset(row[0] for row in database.execute(sql, _STORED))
        return Record(batch[0], batch[1], done, calls) if batch else nothing

    def deliver(self, resent: bool = False) -> None:
        """Undisturbed from here to the end; `resent` allows that stored parts are sent again."""
        self.cloud.watch(self._count)
        if not self.records or self.records[-1].state != BatchState.DELIVERED:
            ended = self.program.run(*self._words(), "--json")
            assert ended.code == 0, f"{self}: {ended}"
            self.records.append(self.look())
        assert self.records[-1].state == BatchState.DELIVERED, self
        self._settle()
        self._check_arrived()
        if not resent:
            self._check_nothing_again()

    def _check_arrived(self) -> None:
        """Exactly the bytes, each told once, no job started twice, no contract broken."""
        service = self.account.service
        delivered = sorted(path.read_bytes() for _, path in self.cloud.arrivals(service))
        assert delivered == sorted(self.flight.values()), f"{self}: other bytes arrived"
        told = {entry.name: entry.times for entry in self.cloud.registrations(service)}
        assert set(told.values()) == {1}, f"{self}: told twice: {told}"
        assert len(told) == len(self.flight), self
        assert self.cloud.violations == [], f"{self}: {self.cloud.violations}"
        assert self._carried_out[Call.FH_START] <= 1, f"{self}: started again"

    def _check_nothing_again(self) -> None:
        """No file and no part that the queue had as stored at a kill was sent after it."""
        entries = self.cloud.journal.entries
        sent = {_md5_of(entry) for entry in entries if entry.call in BYTES}
        pieces = {hashlib.md5(body).hexdigest(): _pieces(body) for body in self.flight.values()}
        assert set().union(*pieces.values()) <= sent, "the journal does not know what was sent"
        for record in self.records:
            done = set().union(*(pieces.get(md5, {md5}) for md5 in record.done))
            later = {_md5_of(e) for e in entries[record.calls :] if e.call in BYTES}
            assert not done & later, f"{self}: sent again what was stored"

    def __str__(self) -> str:
        return f"{self.account.service}, killed at {self.struck}"


def _md5_of(entry: Entry) -> str:
    return base64.b64decode(entry.headers["content-md5"]).hex()


def _pieces(body: bytes) -> set[str]:
    """MD5 of each request that carries a part of the file."""
    size = _PART if len(body) > 8 * _PART else len(body)
    return {hashlib.md5(body[at : at + size]).hexdigest() for at in range(0, len(body), size)}


def random_moment(rng: random.Random) -> tuple[float, bool]:
    """For `strike_at`: mostly while calls are made, sometimes while the program starts."""
    if rng.random() < 0.8:
        return rng.uniform(0, 0.8), True
    return rng.uniform(0.05, 1.2), False
