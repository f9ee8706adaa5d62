"""`postflight receipt`, `verify` and `diagnostics`: what proves a delivery, what support sees."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.text import Text

from app import __version__, bootstrap
from app.cli import objects, screen
from app.cli.common import AS_JSON, opened
from app.cli.delivery import report
from app.cli.help import Command
from app.cli.speech import nt, said, t
from app.domain.clearance import Clearance, Unsafe
from app.domain.errors import Cancelled, PostflightError, StoreError, UsageError
from app.domain.ports import Cancel, SystemClock
from app.evidence import diagnostics as zipped
from app.evidence import receipt as receipts
from app.evidence.receipt import Evidence, Finding, Format, Verdict
from app.evidence.target import as_text, check_file_name
from app.evidence.verifying import verify as verified
from app.paths import Paths
from app.speech import verdicts
from app.speech.catalogue import later

_PATH = click.Path(path_type=Path, readable=False)
_MOST = 20  # differences of one kind that are printed
_FINDINGS = {
    Finding.MISSING: later("missing"),
    Finding.CHANGED: later("changed"),
    Finding.UNREADABLE: later("not readable"),
    Finding.UNDELIVERED: later("not delivered"),
    Finding.ADDITIONAL: later("additional"),
}


@click.command(cls=Command)
@click.argument("batch", metavar="BATCH|FOLDER")
@click.option("--format", "formats", metavar="json,csv,html", help="One, or several with commas.")
@click.option("-o", "--output", "target", type=_PATH, metavar="FILE", help="Where to write it.")
@click.option(
    "--check", "receipt_file", type=_PATH, metavar="FILE", help="Compare FOLDER with this receipt."
)
@AS_JSON
def receipt(
    batch: str,
    formats: str | None,
    target: Path | None,
    receipt_file: Path | None,
    as_json: bool,
) -> None:
    """The evidence of a batch: files, sizes, digests, etags, keys, times, exceptions.

    Without -o it is printed. An earlier receipt is replaced, any other file is not. With --check a
    folder is read again and compared with a JSON receipt: 0 when it holds exactly what was
    delivered, else 1.
    """
    if receipt_file is not None:
        sys.exit(_check(receipt_file, Path(batch), as_json))
    with opened(as_json, exclusive=False) as app:
        if target is not None:
            check_file_name(target)
        chosen = _formats(formats, target)
        if target is None and (len(chosen) > 1 or (as_json and chosen != [Format.JSON])):
            raise UsageError("-o is missing.", "Name the file to write: -o FILE.")
        found = app.store.batches.find(batch)
        evidence = receipts.collect(app.store, found.id, app.clock, __version__)
        if target is None:
            _print(evidence, chosen[0], as_json)
        else:
            _save(evidence, _targets(chosen, target), as_json)


def _formats(said: str | None, target: Path | None) -> list[Format]:
    if said is None:
        if target is None:
            return [Format.JSON]
        form = receipts.format_of(target)
        if form is None:
            raise UsageError(
                f"The format of {target.name} is not clear.",
                "Name a file that ends in .json, .csv or .html, or add --format.",
            )
        return [form]
    wanted = dict.fromkeys(part.strip().lower() for part in said.split(","))
    if unknown := [part for part in wanted if part not in set(Format)]:
        raise UsageError(
            f"--format cannot be {unknown[0] or 'empty'}.", f"It may be: {', '.join(Format)}."
        )
    return [Format(part) for part in wanted]


def _targets(chosen: Sequence[Format], target: Path) -> dict[Format, Path]:
    """Several formats share the name and differ in its ending."""
    if len(chosen) == 1:
        return {chosen[0]: target}
    stem = target.stem if receipts.format_of(target) else target.name
    return {form: target.with_name(f"{stem}.{form}") for form in chosen}


def _print(evidence: Evidence, form: Format, as_json: bool) -> None:
    if as_json:
        made = json.loads(receipts.as_json(evidence))
        objects.say({"event": "result", "batch": evidence.batch.id, "receipt": made})
        return
    with as_text(sys.stdout.buffer) as stream:
        receipts.write(evidence, form, stream)


def _save(evidence: Evidence, targets: dict[Format, Path], as_json: bool) -> None:
    for form, target in targets.items():
        receipts.save(evidence, form, target)
    if as_json:
        objects.say(
            {
                "event": "result",
                "batch": evidence.batch.id,
                "digest": receipts.digest(evidence),
                "written": [
                    {"format": form.value, "path": str(target)} for form, target in targets.items()
                ],
            }
        )
        return
    exceptions = sum(1 for _ in evidence.exceptions())
    values = {"n": evidence.delivered, "files": screen.files(len(evidence.files))}
    for target in targets.values():
        told = t("{file} is written: {n} of {files} delivered.", file=target, **values)
        if exceptions:
            told = t(
                "{file} is written: {n} of {files} delivered, {not_sent} not sent.",
                file=target,
                not_sent=exceptions,
                **values,
            )
        screen.console().print(Text(told))


def _check(receipt_file: Path, folder: Path, as_json: bool) -> int:
    try:
        with _Reading(enabled=not as_json and sys.stderr.isatty()) as reading:
            verdict = receipts.check(receipt_file, folder, Cancel(), reading.draw)
    except PostflightError as error:
        return report(error, as_json)
    except KeyboardInterrupt:
        return report(Cancelled("Stopped.", "Nothing was changed."), as_json)
    if as_json:
        objects.say(_verdict_object(verdict))
    else:
        _show(verdict)
    return 0 if verdict.good else 1


class _Reading:
    """One bar for the bytes that are read again."""

    def __init__(self, enabled: bool) -> None:
        self._progress = Progress(
            TextColumn(t("Reading")),
            BarColumn(bar_width=24),
            DownloadColumn(),
            console=screen.console(to_error=True),
            disable=not enabled,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> _Reading:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def draw(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)


def _verdict_object(verdict: Verdict) -> objects.Object:
    return {
        "event": "result",
        "batch": verdict.batch,
        "title": verdict.title,
        "good": verdict.good,
        "intact": verdict.intact,
        "same": verdict.same,
        "same_size": verdict.same_size,
        "left_out": verdict.left_out,
        "differences": [
            {"path": item.path, "finding": item.finding.value, "words": item.words}
            for item in verdict.differences
        ],
    }


@click.command(cls=Command)
@click.argument("batch", metavar="BATCH")
@click.argument("folder", type=_PATH)
@AS_JSON
def verify(batch: str, folder: Path, as_json: bool) -> None:
    """Read the card again and say whether it may be erased.

    FOLDER is what was sent, wherever the card is now. Every file is read past the computer's
    memory and compared with what was delivered: 0 when all that is on the card is safe, else 1.
    """
    with opened(as_json, exclusive=False) as app:
        found = app.store.batches.find(batch)
        try:
            with _Reading(enabled=not as_json and sys.stderr.isatty()) as reading:
                clearance = verified(app.store, app.clock, found.id, folder, Cancel(), reading.draw)
        except KeyboardInterrupt:
            raise Cancelled("Stopped.", "Nothing was changed.") from None
    if as_json:
        objects.say(_clearance_object(clearance))
    else:
        _show_clearance(clearance)
    sys.exit(0 if clearance.clear else 1)


def _clearance_object(found: Clearance) -> objects.Object:
    return {
        "event": "result",
        "batch": found.batch,
        "title": found.title,
        "clear": found.clear,
        "verdict": verdicts.headline(found, verdicts.english),
        "safe": found.safe,
        "recognised": found.recognised,
        "elsewhere": found.elsewhere,
        "from_memory": found.from_memory,
        "reasons": [
            {
                "why": why.value,
                "files": count,
                "words": verdicts.reason(why, count, verdicts.english),
            }
            for why, count in found.reasons()
        ],
        "unsafe": [
            {"path": item.path, "why": item.why.value, "words": item.words} for item in found.unsafe
        ],
    }


def _show_clearance(found: Clearance) -> None:
    out = screen.console()
    mark, style = ("✔", "green") if found.clear else ("!", "yellow")
    out.print(Text(f"{screen.symbol(mark)} {verdicts.headline(found, nt)}", style=f"bold {style}"))
    if not found.clear:
        out.print(f"  {t('{files} safe', files=screen.files(found.safe))}")
        for why, count in found.reasons()[1:]:
            out.print(f"  {verdicts.reason(why, count, nt)}")
    for remark in verdicts.remarks(found, nt):
        out.print(f"  {remark}")
    for why in dict.fromkeys(item.why for item in found.unsafe):
        _show_unsafe(item for item in found.unsafe if item.why is why)


def _show_unsafe(items: Iterable[Unsafe]) -> None:
    found = list(items)
    for item in found[:_MOST]:
        screen.console().print(Text(f"  {item.path}  {said(item.words)}"))
    if len(found) > _MOST:
        screen.console().print(f"  {t('and {n} more', n=len(found) - _MOST)}")


def _show(verdict: Verdict) -> None:
    out = screen.console()
    mark, style = ("✔", "green") if verdict.good else ("!", "yellow")
    told = t("the folder is what was delivered") if verdict.good else t("not the same")
    out.print(Text(f"{screen.symbol(mark)} {verdict.title}: {told}", style=f"bold {style}"))
    for line in _said_counts(verdict):
        out.print(f"  {line}")
    for finding, name in _FINDINGS.items():
        found = [item for item in verdict.differences if item.finding is finding]
        for item in found[:_MOST]:
            out.print(Text(f"  {t(name)}: {item.path}  {said(item.words)}"))
        if len(found) > _MOST:
            more = t("and {n} more {finding}", n=len(found) - _MOST, finding=t(name))
            out.print(f"  {more}")
    if verdict.differences and not verdict.same:
        told = t("The batch was sent from: {folders}", folders=", ".join(verdict.roots))
        out.print(Text(f"  {told}"))


def _said_counts(verdict: Verdict) -> Iterable[str]:
    files = screen.files
    if not verdict.intact:
        yield t("The receipt itself was changed after it was made; do not rely on it.")
    yield t("{files} with the size and digests of the receipt", files=files(verdict.same))
    if verdict.same_size:
        count = files(verdict.same_size)
        yield t("{files} compared by size only: no digest is known", files=count)
    if verdict.left_out:
        yield t("{files} outside the batch's own patterns", files=files(verdict.left_out))


@click.command(cls=Command)
@click.option(
    "-o", "--output", "target", type=_PATH, required=True, metavar="FILE", help="The zip to write."
)
@AS_JSON
def diagnostics(target: Path, as_json: bool) -> None:
    """A zip for support: redacted logs, states and numbers; no secret, no photo, no file name.

    An earlier one is replaced, any other file is not. It is also made when Postflight's own
    database does not open.
    """
    paths = Paths.find()
    try:
        names = _zip(paths, target)
    except PostflightError as error:
        sys.exit(report(error, as_json))
    if as_json:
        objects.say({"event": "result", "path": str(target), "entries": names})
        return
    screen.console().print(Text(t("{file} is written:", file=target)))
    for name in names:
        screen.console().print(Text(f"  {name}"))


def _zip(paths: Paths, target: Path) -> list[str]:
    try:
        app = bootstrap.build(paths, exclusive=False)
    except StoreError as error:
        return zipped.write(paths, None, target, SystemClock(), error.fault())
    try:
        return zipped.write(paths, app.store, target, app.clock)
    finally:
        app.close()
