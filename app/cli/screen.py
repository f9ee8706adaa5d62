"""Draws in the terminal: progress bars, closing summaries, lists."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from app.bootstrap import spec_of
from app.cli.speech import nt, said, t
from app.domain import words
from app.domain.errors import CardGone, Fault, PostflightError
from app.domain.model import Connection, FileStatus
from app.domain.naming import printable
from app.domain.release import Release
from app.domain.states import BatchState
from app.engine.engine import Snapshot

if TYPE_CHECKING:
    from app.engine.doctor import Leg
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
            description=t(
                "{title} to {connection}",
                title=_short(batch.title),
                connection=_short(batch.connection),
            ),
            total=counts.bytes_total or None,
            completed=done,
            told=told(snapshot, done, waits),
        )


def _short(text: str, most: int = 26) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def told(snapshot: Snapshot, done: int, waits: str = "") -> str:
    """The line beside a bar; `done` is bytes stored and on their way."""
    if waits:
        return said(waits)
    counts, pulse = snapshot.counts, snapshot.pulse
    if snapshot.batch.state is BatchState.SCANNING:
        return t("reading the folder, {files} so far", files=files(counts.total))
    if snapshot.batch.state is BatchState.FINISHING:
        return t("all sent, the service takes it over")
    settled = counts.delivered + counts.skipped
    parts = [
        t("{n} of {files}", n=settled, files=files(counts.total - counts.dropped)),
        t("{done} of {total}", done=size(done), total=size(counts.bytes_total)),
    ]
    if pulse.speed >= 1:
        parts.append(speed(pulse.speed))
    remaining = pulse.remaining(counts.bytes_total - done)
    if remaining is not None:
        parts.append(t("about {duration} left", duration=said(words.duration(remaining))))
    if counts.failed:
        parts.append(t("{n} not sent", n=counts.failed))
    return " · ".join(parts)


def summary(snapshot: Snapshot, notes: Sequence[str], seconds: float) -> None:
    """The closing summary of one batch."""
    out, batch, counts = console(), snapshot.batch, snapshot.counts
    mark, style = _SYMBOLS.get(batch.state, ("!", "yellow"))
    title = spec_of(batch.service).title
    headline = t(
        "{title} to {connection} ({service}): {state}",
        title=batch.title,
        connection=batch.connection,
        service=title,
        state=said(words.BATCH_WORDS[batch.state]).lower(),
    )
    out.print(Text(f"{symbol(mark)} {headline}", style=f"bold {style}"))
    sent = snapshot.pulse.sent
    taken = t(
        "{tally}; {done} of {total} in {duration}",
        tally=said(words.tally(counts)),
        done=size(counts.bytes_delivered),
        total=size(counts.bytes_total),
        duration=said(words.duration(seconds)),
    )
    rate = [speed(sent / seconds)] if seconds > 0 and sent else []
    out.print(f"  {t(', ').join([taken, *rate])}")
    group_name = spec_of(batch.service).group_name
    for group in snapshot.remote if group_name else ():
        out.print(f"  {group_name}: {group}")
    for job in snapshot.jobs:
        progress = [f"{job.progress} %"] if job.id else []
        state, kind = said(words.JOB_WORDS[job.state]), words.kind(job.kind)
        told = t("{kind} reconstruction: {state}", kind=kind, state=state)
        out.print(f"  {t(', ').join([told, *progress])}")
    for note in notes:
        out.print(f"  {said(note)}", style="dim")
    if batch.reason is not None and batch.state is not BatchState.DELIVERED:
        fault(batch.reason)
        if batch.reason.code == CardGone.code:
            out.print(f"  {t('When it is back:')} postflight resume {batch.id[:8]}")
            out.print(f"  {t('A folder that was moved:')} postflight resume {batch.id[:8]} FOLDER")


def fault(found: Fault) -> None:
    out = console(to_error=True)
    out.print(Text(f"  {said(found.title)}", style="bold"))
    if found.hint:
        out.print(Text(f"  {said(found.hint)}"))
    if found.details:
        out.print(Text(f"  ({found.details})", style="dim"))


def aside(fault: Fault) -> None:
    """What a person should hear and no program waits for: beside the output, with --json too."""
    console(to_error=True).print(Text(whole(fault), style="yellow"))


def newer(found: Release, mine: str) -> None:
    """One line, however long the link: it may be clicked."""
    line = t("Postflight {new} is out; this is {mine}.", new=found.version, mine=mine)
    console(to_error=True).print(Text(f"{line} {found.page}", style="dim"))


def updates(possible: bool, wanted: bool) -> None:
    if not possible:
        told = t("This Postflight has no address to ask, and never looks for newer ones.")
    elif wanted:
        told = t("Postflight asks once a day whether there is a newer one.")
    else:
        told = t("Postflight does not ask for newer ones.")
    console().print(told)


def error(found: PostflightError) -> None:
    out = console(to_error=True)
    out.print(Text(said(found.title), style="bold red"))
    if found.hint:
        out.print(Text(said(found.hint)))
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
            out.print(Text(f"  {status.file.path}: {whole(status.fault)}"))
    if rest:
        out.print(f"  {t('and {n} more:', n=rest)} postflight show {batch}")
    out.print(f"  {t('Again:')} postflight retry {batch}")
    out.print(f"  {t('Without them:')} postflight resume {batch} --accept-missing")


def batches(snapshots: Sequence[Snapshot]) -> None:
    if not snapshots:
        told = t("No batches yet. Send a folder:")
        console().print(f"{told} postflight upload FOLDER --to CONNECTION")
        return
    table = _table(t("Batch"), t("Title"), t("To"), t("State"), t("Files"), t("Size"))
    for item in snapshots:
        batch, counts = item.batch, item.counts
        state = said(words.BATCH_WORDS[batch.state])
        if batch.reason is not None and batch.state is BatchState.PAUSED:
            state = f"{state}: {said(batch.reason.title)}"
        table.add_row(
            batch.id[:8],
            Text(batch.title),
            Text(batch.connection),
            state,
            said(words.tally(counts)),
            size(counts.bytes_total),
        )
    console().print(table)


def show(snapshot: Snapshot, statuses: Sequence[FileStatus], notes: Sequence[str]) -> None:
    """Says how many files more there are than `statuses`."""
    batches([snapshot])
    table = _table(t("File"), t("Size"), t("State"), "Etag", "")
    for status in statuses:
        told = whole(status.fault) if status.fault else said(status.words)
        table.add_row(
            Text(status.file.path),
            size(status.file.size),
            said(words.FILE_WORDS[status.state]),
            status.receipt.etag if status.receipt else "",
            Text(told),
        )
    console().print(table)
    more = snapshot.counts.total - len(statuses)
    if more > 0:
        console().print(t("and {n} more: --json lists all, and so does a receipt.", n=more))
    for note in notes:
        console().print(Text(said(note), style="dim"))
    for job in snapshot.jobs:
        state, kind = said(words.JOB_WORDS[job.state]), words.kind(job.kind)
        console().print(f"{kind}: {state}, {job.progress} % {said(job.words)}".rstrip())


def connections(found: Sequence[Connection]) -> None:
    if not found:
        console().print(f"{t('No connections yet. Add one with:')} postflight connection add")
        return
    table = _table(t("Connection"), t("Service"), t("Address"), t("Options"))
    for item in found:
        options = ", ".join(f"{key} {value}" for key, value in item.options.items())
        table.add_row(Text(item.name), spec_of(item.service).title, item.url, Text(options))
    console().print(table)


def legs(found: Sequence[Leg]) -> None:
    out = console()
    for leg in found:
        mark, style = ("✔", "green") if leg.fault is None else ("✘", "red")
        name = Text(f"{symbol(mark)} {said(leg.name)}: ", style=style)
        out.print(name + Text(said(leg.words)))
        if leg.fault is not None and leg.fault.hint:
            out.print(Text(f"  {said(leg.fault.hint)}"))
        if leg.fault is not None and leg.fault.details:
            out.print(Text(f"  ({leg.fault.details})", style="dim"))


def plan(found: Plan) -> None:
    out = console()
    for file in found.files[:20]:
        out.print(Text(f"  {file.path}  {size(file.size)}"))
    if len(found.files) > 20:
        out.print(f"  {t('and {n} more', n=len(found.files) - 20)}")
    for path, refusal in found.refused:
        told = t("not sent: {path}: {why}", path=path, why=whole(refusal))
        out.print(Text(f"  {told}", style="yellow"))
    for item in found.left_out:
        if not item.fault:
            told = t("left out: {path}: {why}", path=item.path, why=said(item.words))
            out.print(Text(f"  {told}", style="dim"))
    count = files(len(found.files))
    out.print(t("{files}, {size} would be sent.", files=count, size=size(found.size)))


def files(count: int) -> str:
    return nt("{n} file", "{n} files", count)


def size(count: float) -> str:
    return said(words.size(count))


def speed(bytes_per_second: float) -> str:
    return said(words.speed(bytes_per_second))


def whole(found: Fault) -> str:
    """What happened and what can be done, in a row."""
    return f"{said(found.title)} {said(found.hint)}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
