"""Every command of the command line, and the paragraphs that its help is made of."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from app import bootstrap
from app.cli.main import postflight


def all_commands(
    command: click.Command = postflight, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Words after `postflight`, and the command they name; hidden ones too."""
    yield path, command
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            assert below is not None
            yield from all_commands(below, (*path, name))


def help_paragraphs() -> set[str]:
    """As msgid: on one line. The services' fields have theirs among the engine's sentences."""
    fields = {f"--{item.key}" for spec in bootstrap.SPECS for item in spec.fields}
    found: set[str] = set()
    for _, command in all_commands():
        texts = inspect.cleandoc(command.help or "").split("\n\n")
        for option in command.params:
            if isinstance(option, click.Option) and not fields & set(option.opts):
                texts.append(option.help or "")
        found |= {" ".join(text.split()) for text in texts}
    # Of click, and said where its other words are.
    return found - {"", "Show the version and exit."}
