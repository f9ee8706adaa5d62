"""`postflight updates`: whether it looks for newer ones of itself, on or off."""

from __future__ import annotations

from dataclasses import replace

import click

from app import bootstrap
from app.cli import objects, screen
from app.cli.common import AS_JSON, opened
from app.cli.help import Command
from app.domain.release import RELEASES


@click.command(cls=Command, hidden=not RELEASES)
@click.argument("choice", required=False, type=click.Choice(["on", "off"]))
@AS_JSON
def updates(choice: str | None, as_json: bool) -> None:
    """Whether Postflight looks for newer ones of itself; on or off.

    It is the same setting as in the window. Once a day, at the end of a command, the list of
    releases is asked; nothing is downloaded.
    """
    with opened(as_json, exclusive=False) as app:
        wanted = switched(app, choice)
        found = app.updates.known(app.store.preferences.load())
        if as_json:
            newer = {"version": found.version, "page": found.page} if found else None
            objects.say({"event": "result", "updates": wanted, "newer": newer})
        else:
            screen.updates(app.updates.possible, wanted)


def switched(app: bootstrap.App, choice: str | None) -> bool:
    """Whether it is on after `choice`; where nobody can be asked, nothing is kept either."""
    table = app.store.preferences
    before = table.load()
    if choice is not None and app.updates.possible:
        table.save(replace(before, updates=choice == "on"), since=before)
    return app.updates.wanted(table.load())
