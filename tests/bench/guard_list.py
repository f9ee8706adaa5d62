"""The guards that are worth a look at their tests: each with the code that is the guard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guard:
    """`code` stands once in `file`; with `instead` in its place at least one of `tests` fails."""

    promise: str
    file: str
    code: str
    instead: str
    tests: tuple[str, ...]


GUARDS = (
    Guard(
        "crash: a callback is marked before it goes out",
        "app/engine/registrar.py",
        "            self._files.asked(sent.file.id for _, sent in due)\n", "",
        ("tests/contract/test_callbacks.py",),
    ),
    Guard(
        "crash: a lost answer is looked for before a job is started again",
        "app/engine/finishing.py",
        "job.state is JobState.ASKING for job in known.values()", "False for _ in known",
        ("tests/contract/test_callbacks.py", "tests/crash/test_at_calls.py"),
    ),
    Guard(
        "crash: a finished part is in the record",
        "app/transfer/multipart.py", "        self._transfer.ledger.done(part)\n", "",
        ("tests/unit/transfer/test_multipart.py", "tests/unit/transfer/test_multipart_resume.py"),
    ),
    Guard(
        "crash: files are gathered when keys brought a new group",
        "app/engine/batch_run.py", "self._gather(newest)  #", "pass  #",
        ("tests/crash/test_at_a_renewal.py",),
    ),
    Guard(
        "crash: what is stored is written down though the next file is slow",
        "app/engine/handful.py",
        "_SOON: Final = 0.1 ", "_SOON: Final = 999 ",
        ("tests/engine/test_handful.py",),
    ),
    Guard(
        "crash: of a handful in trouble the others wait again",
        "app/engine/handful.py", "self._files.requeue_moving(item.file.id)", "pass",
        ("tests/engine/test_handful.py",),
    ),
    Guard(
        "crash: of a stopped batch only what was told is in doubt",
        "app/engine/registrar.py", "self._not_in_doubt(sent)  #", "pass  #",
        ("tests/engine/test_registrar.py",),
    ),
    Guard(
        "crash: what went back to the start meanwhile is not told",
        "app/engine/registrar.py",
        "async with self.busy:\n"
        "            # Looked for only now: "
        "who held `busy` may have sent files back to the start.\n"
        "            due = self._due()\n",
        "due = self._due()\n        async with self.busy:\n",
        ("tests/engine/test_registrar.py",),
    ),
    Guard(
        "service: no more callbacks are out than it takes",
        "app/engine/registrar.py",
        "asyncio.Semaphore(self._service.limits.confirm_parallel)", "asyncio.Semaphore(99)",
        ("tests/engine/test_registrar.py",),
    ),
    Guard(
        "service: a question does not wait behind callbacks",
        "app/engine/pools.py", "_CONTROL: Final = 8", "_CONTROL: Final = 4",
        ("tests/engine/test_registrar.py",),
    ),
    Guard(
        "service: equal bytes in one handful are not told side by side",
        "app/engine/handful.py", "if not self._alone.may_go(item):", "if False:",
        ("tests/contract/test_ways.py",),
    ),
    Guard(
        "service: what waits for its twin is taken again",
        "app/engine/handful.py",
        "                self._files.requeue_moving(one.item.file.id)\n", "                pass\n",
        ("tests/contract/test_ways.py",),
    ),
    Guard(
        "service: what it has is skipped with the digest it knows it by",
        "app/store/files.py",
        "self.save_prepared([item for item, _ in sent if item.digests or item.capture])", "pass",
        ("tests/engine/test_handful.py",),
    ),
    Guard(
        "service: a file that cannot be read spoils no survey",
        "app/engine/preparing.py", "with suppress(PostflightError):", "if True:",
        ("tests/engine/test_sending.py",),
    ),
    Guard(
        "hot path: what is signed is what botocore would sign",
        "app/transfer/direct.py", "safe='/~'", "safe='/~+'",
        ("tests/unit/transfer/test_direct.py",),
    ),
    Guard(
        "hot path: a header cannot become two",
        "app/transfer/wire.py",
        'text.count("\\n") != len(lines) + 1 or text.count("\\r") != len(lines) + 1', "False",
        ("tests/unit/transfer/test_wire.py",),
    ),
    Guard(
        "hot path: bytes behind an answer are no next answer",
        "app/transfer/wire.py", "keep = len(body) == length and", "keep =",
        ("tests/unit/transfer/test_wire.py",),
    ),
    Guard(
        "hot path: a file that changed between its two passes is noticed",
        "app/transfer/digests.py",
        'self._md5 if self.sha256() == self._known else ""', "self._md5",
        ("tests/unit/transfer/test_reader.py",),
    ),
    Guard(
        "power: what matters waits for the disk",
        "app/store/database.py", "'FULL' if durable else 'NORMAL'", "'NORMAL'",
        ("tests/crash/test_power.py",),
    ),
    Guard(
        "retry: a network that is gone makes the batch wait",
        "app/engine/weather.py",
        "            except Offline as error:\n                self._lost(error)\n",
        "            except Offline:\n                raise\n",
        ("tests/engine/test_network_gone.py", "tests/unit/engine/test_weather.py"),
    ),
    Guard(
        "retry: a throttled server is asked less at once",
        "app/net/pressure.py", "max(self._out // 2, 1)", "self._most",
        ("tests/unit/net/test_pressure.py",),
    ),
    Guard(
        "retry: the wait a server asked for wins",
        "app/domain/retry.py", "error.wait is not None", "error.wait is None and False",
        ("tests/unit/domain/test_retry.py",),
    ),
    Guard(
        "retry: progress resets the count",
        "app/engine/attempts.py", "if progress() != before:", "if False:",
        ("tests/unit/engine/test_attempts.py",),
    ),
    Guard(
        "retry: a learnt clock signs the next request",
        "app/transfer/exchange.py", "s3_errors.learned(error, told.offset or 0.0)", "error",
        ("tests/unit/transfer/test_mover.py",),
    ),
    Guard(
        "grants: one renewal, however many ask",
        "app/engine/grants.py", "if self._current.get(stale.lane, stale).id == stale.id:",
        "if True:",
        ("tests/engine/test_grants.py", "tests/engine/test_run.py"),
    ),
    Guard(
        "grants: what fails ahead of need is asked for later",
        "app/engine/grants.py", "self._rests[old.lane] = self._context.monotonic() + rest", "pass",
        ("tests/engine/test_grants.py",),
    ),
    Guard(
        "grants: a refused secret key signs no more",
        "app/services/metastudio_calls.py", "self._way.gave_up(used, error)", "pass",
        ("tests/engine/test_grants.py",),
    ),
    Guard(
        "network: a kept connection that died while idle costs no attempt",
        "app/transfer/transport.py", "if not _died_idle(error, method, first):", "if True:",
        ("tests/network/test_dead_connections.py",),
    ),
    Guard(
        "grants: keys that wrote and are refused have ended",
        "app/transfer/wear.py", "return self._refused[place] == lent", "return False",
        ("tests/unit/transfer/test_wear.py", "tests/unit/transfer/test_objects.py"),
    ),
    Guard(
        "integrity: an etag of other bytes is damage",
        "app/transfer/etags.py", "        raise _damaged(etag, md5)\n", "        return\n",
        ("tests/unit/transfer/test_etags.py", "tests/contract/test_integrity.py"),
    ),
    Guard(
        "integrity: what is stored has the card's length",
        "app/transfer/proving.py", "if stored.size != size:", "if False:",
        ("tests/unit/transfer/test_integrity.py",),
    ),
    Guard(
        "integrity: a file rewritten with its old time is noticed",
        "app/transfer/reader.py", "opened.st_ctime_ns != self._began.st_ctime_ns", "False",
        ("tests/unit/transfer/test_integrity.py",),
    ),
    Guard(
        "integrity: a part counts only with the bytes that are on the card now",
        "app/transfer/multipart.py", "old.md5 == md5 and old.size == size", "old.size == size",
        ("tests/unit/transfer/test_multipart_resume.py",),
    ),
    Guard(
        "card: clocks and zones send nothing again",
        "app/domain/card_time.py",
        "return apart <= _FARTHEST + _SLACK and min(beside, _QUARTER_HOUR - beside) <= _SLACK",
        "return apart == beside == 0",
        ("tests/unit/transfer/test_reader.py", "tests/unit/media/test_fingerprint.py"),
    ),
    Guard(
        "card: a card that is gone parks the batch",
        "app/engine/cards.py", "            if how is not Presence.THERE:\n",
        "            if False:\n",
        ("tests/unit/media/test_card.py", "tests/contract/test_card.py"),
    ),
    Guard(
        "callbacks: a plain no after a lost answer does not clear the doubt",
        "app/engine/registrar.py", "for item in sent if not item.asked]", "for item in sent]",
        ("tests/contract/test_callbacks.py",),
    ),
    Guard(
        "callbacks: an answer of somebody else is no acknowledgement",
        "app/services/metastudio.py",
        "            answer.read(Wire)\n", "            pass\n",
        ("tests/contract/test_callbacks.py",),
    ),
    Guard(
        "callbacks: credentials follow no redirect",
        "app/net/http.py", "follow_redirects=False", "follow_redirects=True",
        ("tests/network/test_redirects.py",),
    ),
    Guard(
        "network: who signed an untrusted certificate is named",
        "app/net/http.py", "from app.net.certificate import untrusted\n",
        "from app.net.certificate import untrusted as _u\n\n\ndef untrusted(*a, **k):\n"
        "    error = _u(*a, **k)\n    error.title = error.details = ''\n    return error\n\n\n",
        ("tests/network/test_inspection.py",),
    ),
    Guard(
        "local: a commit that fails leaves nothing open",
        "app/store/database.py",
        "                yield self._connection\n                self._connection.commit()\n"
        "            except BaseException:\n",
        "                yield self._connection\n            except BaseException:\n",
        ("tests/unit/store/test_database.py",),
    ),
    Guard(
        "local: a newer schema is refused",
        "app/store/database.py", "if present > newest:", "if False:",
        ("tests/unit/store/test_database.py",),
    ),
    Guard(
        "local: damage is found at the start",
        "app/store/mending.py", "def _damage(path: Path) -> str | None:\n",
        "def _damage(path: Path) -> str | None:\n    return None\n\n\ndef _unused(path: Path):\n",
        ("tests/unit/store/test_mending.py",),
    ),
    Guard(
        "security: the log is redacted",
        "app/log.py", "redact(super().format(record))", "super().format(record)",
        ("tests/unit/test_log.py",),
    ),
    Guard(
        "security: answers are bounded",
        "app/net/bounds.py", "if len(packed) > MAX_ANSWER:", "if False:",
        ("tests/unit/net/test_http_answers.py",),
    ),
    Guard(
        "security: no cell of a receipt is a formula",
        "app/evidence/sheet.py", "if text.startswith(_FORMULA)", "if False",
        ("tests/unit/evidence/test_receipt.py",),
    ),
    Guard(
        "evidence: what the service deleted keeps the card",
        "app/evidence/verifying.py", "    if batch.deleted_at is not None:\n", "    if False:\n",
        ("tests/contract/test_verify.py",),
    ),
    Guard(
        "evidence: what the card has and no batch keeps the card",
        "app/evidence/verifying.py", "        return True\n\n\ndef _known",
        "        return False\n\n\ndef _known",
        ("tests/contract/test_verify.py",),
    ),
    Guard(
        "evidence: a changed receipt is told",
        "app/evidence/comparing.py", "digest_of(parsed) == receipt.digest", "True",
        ("tests/unit/evidence/test_comparing.py",),
    ),
    Guard(
        "window: a card reader that does not answer keeps no window alive",
        "app/ui/main.py", "        _leave_in_any_case()\n", "",
        ("tests/e2e/test_window_program.py",),
    ),
    Guard(
        "window: no thread collects garbage",
        "app/ui/system/awake.py", "keep.running(on_fail=\"pass\", dbus_adapter=Bus)",
        "keep.running(on_fail=\"pass\")",
        ("tests/ui/system/test_awake.py",),
    ),
    Guard(
        "window: no thread holds what belongs to Qt",
        "app/ui/relay.py", "self._told = WeakMethod(told)", "self._told = lambda: told",
        ("tests/ui/test_relay.py",),
    ),
    Guard(
        "line: what has to be sent again does not count",
        "app/transfer/lanes.py", "            self._bytes += amount\n",
        "            self._bytes += max(amount, 0)\n",
        ("tests/unit/transfer/test_lanes.py",),
    ),
    Guard(
        "line: no request outlives its signature",
        "app/transfer/lanes.py", "min(self._climb.limit, self._cap)", "self._climb.limit",
        ("tests/unit/transfer/test_lanes.py",),
    ),
    Guard(
        "line: no more parts at once than there is memory for",
        "app/transfer/lanes.py", " and (self._running + 1) * size <= MEMORY_FOR_PARTS", "",
        ("tests/unit/transfer/test_lanes.py",),
    ),
    Guard(
        "line: nothing is learned while few places are in use",
        "app/transfer/lanes.py", "_FULL: Final = 0.6 ", "_FULL: Final = 0.0 ",
        ("tests/unit/transfer/test_lanes.py",),
    ),
    Guard(
        "line: a body for which there is no memory is sent from the card",
        "app/transfer/reader.py", "return None if crowded else", "return",
        ("tests/unit/transfer/test_reader.py",),
    ),
    Guard(
        "line: a window waits until each place had its turns",
        "app/transfer/lanes.py", "_TURNS_TO_SETTLE, _TURNS = 2, 8",
        "_TURNS_TO_SETTLE, _TURNS = 0, 1",
        ("tests/unit/transfer/test_lanes.py",),
    ),
    Guard(
        "line: fewer at once are not taken until much is lost",
        "app/transfer/climb.py", "rate >= self._peak * _COSTS", "rate >= self._rate * _COSTS",
        ("tests/unit/transfer/test_lanes.py",),
    ),
    Guard(
        "bytes: what no etag shows is read again",
        "app/transfer/loading.py",
        "if not self._as_sent and etag.lower() != self.md5:", "if False:",
        ("tests/unit/transfer/test_integrity.py",),
    ),
    Guard(
        "bytes: a file that is another one than was told is known for it",
        "app/transfer/loading.py",
        "if not self._as_sent and isinstance(error, Damaged):", "if False:",
        ("tests/unit/transfer/test_integrity.py",),
    ),
    Guard(
        "bytes: only over TLS does a body go unseen",
        "app/transfer/bucket.py", "return secure and self.clients", "return self.clients",
        ("tests/unit/transfer/test_unseen.py",),
    ),
    Guard(
        "bytes: an unseen body is proved by its tag alone",
        "app/transfer/etags.py", "                if unseen:\n", "                if False:\n",
        ("tests/unit/transfer/test_unseen.py",),
    ),
    Guard(
        "bytes: after another tag than its own, the storage compares",
        "app/transfer/etags.py", "            habit.expected = False\n", "",
        ("tests/unit/transfer/test_unseen.py",),
    ),
    Guard(
        "bytes: a storage that takes nothing without its MD5 gets it",
        "app/transfer/objects.py", "            if not load.unseen:\n", "            if True:\n",
        ("tests/unit/transfer/test_unseen.py",),
    ),
    Guard(
        "bytes: what went once more is not hashed twice",
        "app/transfer/reader.py",
        "self._before.copy().each  # if", "self._hashes.each  # if",
        ("tests/unit/transfer/test_reader.py",),
    ),
    Guard(
        "bytes: memory is lent to one body at a time",
        "app/transfer/reader.py", "self._free.pop(place)", "self._free[place]",
        ("tests/unit/transfer/test_reader.py",),
    ),
    Guard(
        "line: what was learned of a network is kept",
        "app/engine/known_networks.py", "lanes.move_to(name, *networks.at_once(name))",
        "lanes.move_to(name, 0, 0)",
        ("tests/engine/test_known_networks.py",),
    ),
)  # fmt: skip
