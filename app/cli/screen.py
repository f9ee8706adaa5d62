"""Draws in the terminal: progress bars, closing summaries, lists."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from app.bootstrap import spec_of
from app.domain import words
from app.domain.errors import CardGone, Fault, PostflightError
from app.domain.model import Connection, FileStatus
from app.domain.naming import printable
from app.domain.release import Release
from app.domain.states import BatchState
from app.engine.doctor import Leg
from app.engine.engine import Snapshot
from app.engine.scanning import Plan

_SYMBOLS = {
    BatchState.DELIVERED: ("✔", "green"),
    BatchState.ATTENTION: ("!", "yellow"),
    BatchState.CANCELLED: ("–", "dim"),
    BatchState.EMPTY: ("–", "dim"),
}


class _Terminal(Console):
    """Shows words as they are, whoever wrote them: brackets are no markup, and nothing in them
    reaches the terminal as a command."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for piece in super().render(renderable, options):
            yield piece if piece.control else piece._replace(text=_harmless(piece.text))


def _harmless(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def console(to_error: bool = False) -> Console:
    return _Terminal(stderr=to_error, highlight=False, soft_wrap=True, markup=False, emoji=False)


def symbol(name: str) -> str:
    """Terminals of old Windows code pages have no tick; a plain letter then stands for it."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        name.encode(encoding)
    except UnicodeEncodeError:
        return {"✔": "+", "✘": "x", "–": "-"}.get(name, "?")
    return name


class Bars:
    """One bar a batch: words first, then the bar."""

    def __init__(self, enabled: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[told]}", markup=False),
            console=console(to_error=True),
            disable=not enabled,
            transient=True,
            refresh_per_second=8,
        )
        self._tasks: dict[str, int] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def draw(self, snapshot: Snapshot, waits: str = "") -> None:
        """`waits`: what all of the batch waits for, as a sentence."""
        counts, pulse, batch = snapshot.counts, snapshot.pulse, snapshot.batch
        task = self._tasks.get(batch.id)
        if task is None:
            task = self._progress.add_task("", total=None, told="")
            self._tasks[batch.id] = task
        done = min(counts.bytes_stored + pulse.moving, counts.bytes_total)
        self._progress.update(
            self._tasks[batch.id],  # pyright: ignore[reportArgumentType]
            description=f"{_short(batch.title)} to {_short(batch.connection)}",
            total=counts.bytes_total or None,
            completed=done,
            told=told(snapshot, done, waits),
        )


def _short(text: str, most: int = 26) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def told(snapshot: Snapshot, done: int, waits: str = "") -> str:
    """The line beside a bar; `done` is bytes stored and on their way."""
    if waits:
        return waits
    counts, pulse = snapshot.counts, snapshot.pulse
    if snapshot.batch.state is BatchState.SCANNING:
        return f"reading the folder, {words.files(counts.total)} so far"
    if snapshot.batch.state is BatchState.FINISHING:
        return "all sent, the service takes it over"
    settled = counts.delivered + counts.skipped
    parts = [
        f"{settled} of {words.files(counts.total - counts.dropped)}",
        f"{words.size(done)} of {words.size(counts.bytes_total)}",
    ]
    if pulse.speed >= 1:
        parts.append(words.speed(pulse.speed))
    remaining = pulse.remaining(counts.bytes_total - done)
    if remaining is not None:
        parts.append(f"about {words.duration(remaining)} left")
    if counts.failed:
        parts.append(f"{counts.failed} not sent")
    return " · ".join(parts)


def summary(snapshot: Snapshot, notes: Sequence[str], seconds: float) -> None:
    """The closing summary of one batch."""
    out, batch, counts = console(), snapshot.batch, snapshot.counts
    mark, style = _SYMBOLS.get(batch.state, ("!", "yellow"))
    title = spec_of(batch.service).title
    headline = f"{symbol(mark)} {batch.title} to {batch.connection} ({title}): "
    out.print(Text(headline + words.BATCH_WORDS[batch.state].lower(), style=f"bold {style}"))
    sent = snapshot.pulse.sent
    rate = f", {words.speed(sent / seconds)}" if seconds > 0 and sent else ""
    sizes = f"{words.size(counts.bytes_delivered)} of {words.size(counts.bytes_total)}"
    out.print(f"  {words.tally(counts)}; {sizes} in {words.duration(seconds)}{rate}")
    group_name = spec_of(batch.service).group_name
    for group in snapshot.remote if group_name else ():
        out.print(f"  {group_name}: {group}")
    for job in snapshot.jobs:
        progress = f", {job.progress} %" if job.id else ""
        out.print(
            f"  {words.kind(job.kind)} reconstruction: {words.JOB_WORDS[job.state]}{progress}"
        )
    for note in notes:
        out.print(f"  {note}", style="dim")
    if batch.reason is not None and batch.state is not BatchState.DELIVERED:
        fault(batch.reason)
        if batch.reason.code == CardGone.code:
            out.print(f"  When it is back: postflight resume {batch.id[:8]}")
            out.print(f"  A folder that was moved: postflight resume {batch.id[:8]} FOLDER")


def fault(found: Fault) -> None:
    out = console(to_error=True)
    out.print(Text(f"  {found.title}", style="bold"))
    if found.hint:
        out.print(Text(f"  {found.hint}"))
    if found.details:
        out.print(Text(f"  ({found.details})", style="dim"))


def aside(fault: Fault) -> None:
    """What a person should hear and no program waits for: beside the output, with --json too."""
    console(to_error=True).print(Text(f"{fault.title} {fault.hint}", style="yellow"))


def newer(found: Release, mine: str) -> None:
    """One line, however long the link: it may be clicked."""
    line = f"Postflight {found.version} is out; this is {mine}: {found.page}"
    console(to_error=True).print(Text(line, style="dim"))


def updates(possible: bool, wanted: bool) -> None:
    if not possible:
        words = "This Postflight has no address to ask, and never looks for newer ones."
    elif wanted:
        words = "Postflight asks once a day whether there is a newer one."
    else:
        words = "Postflight does not ask for newer ones."
    console().print(words)


def error(found: PostflightError) -> None:
    out = console(to_error=True)
    out.print(Text(found.title, style="bold red"))
    if found.hint:
        out.print(Text(found.hint))
    if found.details:
        out.print(Text(f"({found.details})", style="dim"))


def trouble(statuses: Iterable[FileStatus], batch: str, most: int = 10) -> None:
    """The files that need the person, merged after the first few."""
    out, rest = console(), 0
    for number, status in enumerate(s for s in statuses if s.fault is not None):
        if number >= most:
            rest += 1
            continue
        if status.fault is not None:
            out.print(Text(f"  {status.file.path}: {status.fault.title} {status.fault.hint}"))
    if rest:
        out.print(f"  and {rest} more: postflight show {batch}")
    out.print(f"  Again: postflight retry {batch}")
    out.print(f"  Without them: postflight resume {batch} --accept-missing")


def batches(snapshots: Sequence[Snapshot]) -> None:
    if not snapshots:
        console().print("No batches yet. Send a folder: postflight upload FOLDER --to CONNECTION")
        return
    table = _table("Batch", "Title", "To", "State", "Files", "Size")
    for item in snapshots:
        batch, counts = item.batch, item.counts
        state = words.BATCH_WORDS[batch.state]
        if batch.reason is not None and batch.state is BatchState.PAUSED:
            state = f"{state}: {batch.reason.title}"
        table.add_row(
            batch.id[:8],
            Text(batch.title),
            Text(batch.connection),
            state,
            words.tally(counts),
            words.size(counts.bytes_total),
        )
    console().print(table)


def show(snapshot: Snapshot, statuses: Sequence[FileStatus], notes: Sequence[str]) -> None:
    """Says how many files more there are than `statuses`."""
    batches([snapshot])
    table = _table("File", "Size", "State", "Etag", "")
    for status in statuses:
        said = f"{status.fault.title} {status.fault.hint}" if status.fault else status.words
        table.add_row(
            Text(status.file.path),
            words.size(status.file.size),
            words.FILE_WORDS[status.state],
            status.receipt.etag if status.receipt else "",
            Text(said),
        )
    console().print(table)
    more = snapshot.counts.total - len(statuses)
    if more > 0:
        console().print(f"and {more} more: --json lists all, and so does a receipt.")
    for note in notes:
        console().print(Text(note, style="dim"))
    for job in snapshot.jobs:
        told = f"{words.kind(job.kind)}: {words.JOB_WORDS[job.state]}, {job.progress} % {job.words}"
        console().print(told.rstrip())


def connections(found: Sequence[Connection]) -> None:
    if not found:
        console().print("No connections yet. Add one with: postflight connection add")
        return
    table = _table("Connection", "Service", "Address", "Options")
    for item in found:
        options = ", ".join(f"{key} {value}" for key, value in item.options.items())
        table.add_row(Text(item.name), spec_of(item.service).title, item.url, Text(options))
    console().print(table)


def legs(found: Sequence[Leg]) -> None:
    out = console()
    for leg in found:
        mark, style = ("✔", "green") if leg.fault is None else ("✘", "red")
        out.print(Text(f"{symbol(mark)} {leg.name}: ", style=style) + Text(leg.words))
        if leg.fault is not None and leg.fault.hint:
            out.print(Text(f"  {leg.fault.hint}"))
        if leg.fault is not None and leg.fault.details:
            out.print(Text(f"  ({leg.fault.details})", style="dim"))


def plan(found: Plan) -> None:
    out = console()
    for file in found.files[:20]:
        out.print(Text(f"  {file.path}  {words.size(file.size)}"))
    if len(found.files) > 20:
        out.print(f"  and {len(found.files) - 20} more")
    for path, said in found.refused:
        out.print(Text(f"  not sent: {path}: {said.title} {said.hint}", style="yellow"))
    for item in found.left_out:
        if not item.fault:
            out.print(Text(f"  left out: {item.path}: {item.words}", style="dim"))
    out.print(f"{words.files(len(found.files))}, {words.size(found.size)} would be sent.")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
