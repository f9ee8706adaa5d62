"""The commands of `postflight` and their options."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import click

from app import __version__, bootstrap
from app.cli import objects, screen, speech
from app.cli.arguments import has_screen
from app.cli.common import AS_JSON, opened
from app.cli.connections import connection
from app.cli.delivery import Delivery, report
from app.cli.help import Group
from app.cli.speech import nt, said, t
from app.cli.updates import updates
from app.domain.errors import PostflightError, UsageError
from app.domain.ports import Cancel
from app.engine.context import Patience
from app.engine.engine import Order
from app.paths import HOME, Paths
from app.services.base import wanted_jobs

# Opens the window for these folders, or with the practice cloud; answers the exit code.
OpenWindow = Callable[[Sequence[Path], bool], int]


_MOST_SHOWN = 200  # files in a table for a person; of 100,000 it would take a minute to draw
_EVIDENCE = frozenset({"diagnostics", "receipt", "verify"})


class _Commands(Group):
    """Imports what only some commands need when one of them is called, or help is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted((*super().list_commands(ctx), *_EVIDENCE))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _EVIDENCE:
            return getattr(import_module("app.cli.evidence"), cmd_name)
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="postflight")
def postflight() -> None:
    """Gets a drone flight's media into the cloud and proves that it arrived.

    Alone, or with folders, it opens the window.

    Exit codes: 0 all delivered, 1 some files were not delivered, 2 wrong use, 3 the service or the
    storage refused, 4 the network was gone before the end, 130 interrupted and resumable.
    """


# -- sending -------------------------------------------------------------------------------------


@postflight.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False))
@click.option("--to", "connection", required=True, metavar="NAME", help="The connection to use.")
@click.option("--title", default="", help="What the batch is called; normally the folder's name.")
@click.option("--include", multiple=True, metavar="GLOB", help="Only files that match.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="No files that match.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--wait-job", is_flag=True, help="Also wait for the reconstruction to end.")
@AS_JSON
def upload(
    paths: tuple[Path, ...],
    connection: str,
    title: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    dry_run: bool,
    wait_job: bool,
    as_json: bool,
) -> None:
    """Send folders and files, and wait for the end.

    They are queued, uploaded and registered with the service. Ctrl-C keeps everything for later:
    postflight resume.
    """
    with opened(as_json, exclusive=True) as app:
        target = app.store.connections.get(connection)
        jobs = wanted_jobs(target, bootstrap.spec_of(target.service).jobs)
        order = Order(target.name, paths, title, include, exclude, jobs)
        check_paths(paths)
        if dry_run:
            _dry_run(app, order, as_json)
            return
        batch = app.engine.add(order)
        sys.exit(asyncio.run(Delivery(app.engine, as_json, wait_job).run([batch.id])))


def check_paths(paths: tuple[Path, ...]) -> None:
    """Said before anything is stored: a mistyped path is wrong use, not a batch."""
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"There is no {path}.", "Check the path; is the card plugged in?")


def _dry_run(app: bootstrap.App, order: Order, as_json: bool) -> None:
    plan = asyncio.run(app.engine.plan(order, Cancel()))
    if not as_json:
        screen.plan(plan)
        return
    objects.say(
        {
            "event": "plan",
            "files": [{"path": file.path, "size": file.size} for file in plan.files],
            "bytes": plan.size,
            "refused": [
                {"path": path, "error": objects.fault_object(fault)} for path, fault in plan.refused
            ],
            "left_out": [{"path": item.path, "words": item.words} for item in plan.left_out],
        }
    )


@postflight.command()
@click.argument("batch", required=False)
@click.argument("folder", required=False, type=click.Path(path_type=Path, readable=False))
@click.option("--wait-job", is_flag=True, help="Also wait for the reconstruction to end.")
@click.option(
    "--accept-missing", is_flag=True, help="Finish without the files that could not be sent."
)
@AS_JSON
def resume(
    batch: str | None, folder: Path | None, wait_job: bool, accept_missing: bool, as_json: bool
) -> None:
    """Continue unfinished batches.

    All of them, or the one named by its id or title. A card is found wherever it was put in;
    FOLDER says where a folder is that was moved.
    """
    with opened(as_json, exclusive=True) as app:
        engine = app.engine
        if accept_missing and batch is None:
            raise UsageError("--accept-missing needs the batch.", "See: postflight batches")
        chosen = [engine.find(batch)] if batch else engine.unfinished()
        if folder is not None:
            check_paths((folder,))
            asyncio.run(engine.take_from(chosen[0].id, folder))
        if accept_missing:
            engine.accept_missing(chosen[0].id)
        if not chosen and not as_json:
            screen.console().print(t("Nothing to continue: every batch is finished."))
        delivery = Delivery(engine, as_json, wait_job)
        sys.exit(asyncio.run(delivery.run([item.id for item in chosen])))


@postflight.command()
@click.argument("batch")
@AS_JSON
def retry(batch: str, as_json: bool) -> None:
    """Send again what could not be sent."""
    with opened(as_json, exclusive=True) as app:
        found = app.engine.find(batch)
        app.engine.retry(found.id)
        sys.exit(asyncio.run(Delivery(app.engine, as_json).run([found.id])))


@postflight.command()
@click.argument("batch")
@click.option(
    "--delete", is_flag=True, help="Also delete at the service what was delivered and built."
)
@AS_JSON
def cancel(batch: str, delete: bool, as_json: bool) -> None:
    """Give a batch up.

    Nothing more is sent, and a running reconstruction is stopped.
    """
    with opened(as_json, exclusive=True) as app:
        found = app.engine.find(batch)
        asyncio.run(app.engine.cancel(found.id, delete))
        _say_batch(app, found.id, as_json)


# -- looking -------------------------------------------------------------------------------------


@postflight.command()
@AS_JSON
def batches(as_json: bool) -> None:
    """What there is: every batch with its state."""
    with opened(as_json, exclusive=False) as app:
        snapshots = [app.engine.snapshot(batch.id) for batch in app.engine.batches()]
        if as_json:
            objects.say({"batches": [objects.batch_object(item) for item in snapshots]})
        else:
            screen.batches(snapshots)


@postflight.command()
@click.argument("batch")
@AS_JSON
def show(batch: str, as_json: bool) -> None:
    """Each file of a batch: state, etag, error; of very many those that need you first."""
    with opened(as_json, exclusive=False) as app:
        engine = app.engine
        found = engine.find(batch)
        snapshot, notes = engine.snapshot(found.id), engine.notes(found.id)
        if as_json:
            files = [objects.file_object(status) for status in engine.files(found.id)]
            objects.say({"batch": objects.batch_object(snapshot, notes), "files": files})
        else:
            screen.show(snapshot, engine.foremost_files(found.id, _MOST_SHOWN), notes)


def _say_batch(app: bootstrap.App, batch_id: str, as_json: bool) -> None:
    snapshot, notes = app.engine.snapshot(batch_id), app.engine.notes(batch_id)
    if as_json:
        objects.say({"event": "result", "batch": objects.batch_object(snapshot, notes)})
    else:
        screen.batches([snapshot])
        for note in notes:
            screen.console().print(said(note))


# -- trying it -----------------------------------------------------------------------------------


@postflight.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, readable=False))
@click.option("--terminal", is_flag=True, help="In the terminal, even where there is a screen.")
@AS_JSON
@click.pass_obj
def demo(
    open_window: OpenWindow | None, folder: Path | None, terminal: bool, as_json: bool
) -> None:
    """Try it: no account, no network.

    Delivers a sample flight, or FOLDER, to the practice cloud on this computer.
    """
    try:
        if folder is not None:
            check_paths((folder,))
        if open_window is not None and has_screen(os.environ) and not (terminal or as_json):
            sys.exit(open_window([folder] if folder else [], True))
        with tempfile.TemporaryDirectory(prefix="postflight-demo-") as home:
            sys.exit(_demo(Path(home), folder, as_json))
    except PostflightError as error:
        sys.exit(report(error, as_json))


def _demo(home: Path, folder: Path | None, as_json: bool) -> int:
    with bootstrap.practice(home / "cloud") as stage:
        app = bootstrap.build(
            Paths.find({HOME: str(home / "postflight")}),
            exclusive=True,
            secrets=stage.secrets,
            patience=Patience(import_first=0.1, job_first=0.2),  # the practice cloud is quick
        )
        try:
            flight = folder or stage.sample_flight(home / "card")
            if not as_json:
                _introduce(stage, flight)
            ids: list[str] = []
            for item in stage.connections:
                app.store.connections.save(item)
                # A folder of one's own may hold too few photos for a reconstruction.
                jobs = bootstrap.spec_of(item.service).jobs[:2] if folder is None else ()
                ids.append(app.engine.add(Order(item.name, (flight,), jobs=jobs)).id)
            return asyncio.run(Delivery(app.engine, as_json, wait_job=True).run(ids))
        finally:
            app.close()


def _introduce(stage: bootstrap.Practice, flight: Path) -> None:
    told = nt(
        "The practice cloud runs at {address}. Sending {flight} to {n} service.",
        "The practice cloud runs at {address}. Sending {flight} to {n} services.",
        len(stage.connections),
        address=stage.address,
        flight=flight.name,
    )
    screen.console().print(told)


postflight.add_command(connection)
postflight.add_command(updates)


def main(open_window: OpenWindow | None = None) -> None:
    """Runs the command of sys.argv. Without `open_window` the demo stays in the terminal."""
    speech.use(speech.chosen())
    postflight(prog_name="postflight", obj=open_window)
