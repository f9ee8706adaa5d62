"""What every command shares: the `--json` option, and Postflight's folder while it runs."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

import click

from app import bootstrap
from app.cli import screen
from app.cli.delivery import report
from app.cli.newer import tell_of_newer
from app.domain.errors import PostflightError
from app.paths import Paths

# What a command ends with when nothing hurries the person and the network is not in doubt.
_WELL = (None, 0, 1)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


@contextmanager
def opened(as_json: bool, exclusive: bool) -> Generator[bootstrap.App]:
    """Postflight's folder for one command; expected errors become a sentence and an exit code."""
    try:
        app = bootstrap.build(Paths.find(), exclusive=exclusive)
        try:
            for fault in app.told:
                screen.aside(fault)
            try:
                yield app
            except SystemExit as ended:
                if ended.code in _WELL:
                    tell_of_newer(app, as_json)
                raise
            tell_of_newer(app, as_json)
        finally:
            app.close()
    except PostflightError as error:
        sys.exit(report(error, as_json))
