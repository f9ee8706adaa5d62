"""`postflight connection`: the service accounts that media goes to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from app import bootstrap
from app.cli import objects, screen
from app.cli.common import AS_JSON, opened
from app.cli.help import Group
from app.cli.speech import said, t
from app.domain.errors import SecretsError, UsageError
from app.domain.model import Connection


@click.group(cls=Group)
def connection() -> None:
    """The service accounts that media goes to."""


def _service_options(command: Callable[..., None]) -> Callable[..., None]:
    """One option for each field a service declares; services may share a field's name."""
    seen: dict[str, tuple[list[str], str]] = {}
    for spec in bootstrap.SPECS:
        for item in spec.fields:
            choices = f" ({', '.join(item.choices)})" if item.choices else ""
            services, _ = seen.setdefault(item.key, ([], f"{item.help}{choices}"))
            services.append(spec.id)
    for key, (services, text) in reversed(seen.items()):
        option = click.option(
            f"--{key}", f"field_{key.replace('-', '_')}", help=f"{'/'.join(services)}: {text}"
        )
        command = option(command)
    return command


@connection.command("add")
@click.argument("name")
@click.option(
    "--service",
    required=True,
    type=click.Choice([spec.id for spec in bootstrap.SPECS]),
    help="Which kind of service it is.",
)
@click.option("--url", required=True, help="The service's address.")
@click.option("--ca-file", help="A PEM file with an authority to trust besides the system's.")
@click.option("--secret-stdin", is_flag=True, help="Read the secret from standard input.")
@_service_options
@AS_JSON
def connection_add(
    name: str,
    service: str,
    url: str,
    ca_file: str | None,
    secret_stdin: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Add a connection or replace the one of that name. The secret goes to the system's keyring."""
    options = {key[6:].replace("_", "-"): value for key, value in fields.items() if value}
    if ca_file:
        options["ca-file"] = str(Path(ca_file).absolute())
    with opened(as_json, exclusive=False) as app:
        added = Connection(name, service, url.strip().rstrip("/"), MappingProxyType(options))
        bootstrap.check_connection(added)
        app.service(added)
        secret = _read_secret(app, added, secret_stdin)
        words = f"{name} is added. Try it with: postflight connection test {name}"
        told = f"{t('{name} is added. Try it with:', name=name)} postflight connection test {name}"
        try:
            app.add_connection(added, secret)
        except SecretsError as error:
            words = f"{name} is added, but its secret is not kept: {error.title} {error.hint}"
            told = t(
                "{name} is added, but its secret is not kept: {why}",
                name=name,
                why=screen.whole(error.fault()),
            )
        if as_json:
            objects.say({"event": "result", "connection": name, "words": words})
        else:
            screen.console().print(told)


def _read_secret(app: bootstrap.App, added: Connection, secret_stdin: bool) -> str:
    what = bootstrap.spec_of(added.service).secret
    variable = bootstrap.variable_of(added.name)
    if secret_stdin:
        secret = sys.stdin.readline().strip()
    elif os.environ.get(variable):
        return ""
    elif sys.stdin.isatty():
        secret = click.prompt(
            t("The {secret}", secret=said(what)), hide_input=True, err=True
        ).strip()
    else:
        secret = ""
    if not secret:
        raise UsageError(
            f"No {what} was given.", f"Pipe it in with --secret-stdin, or set {variable}."
        )
    return secret


@connection.command("list")
@AS_JSON
def connection_list(as_json: bool) -> None:
    """Every connection; secrets are never shown."""
    with opened(as_json, exclusive=False) as app:
        found = app.store.connections.all()
        if not as_json:
            screen.connections(found)
            return
        objects.say(
            {
                "connections": [
                    {
                        "name": item.name,
                        "service": item.service,
                        "url": item.url,
                        "options": dict(item.options),
                    }
                    for item in found
                ]
            }
        )


@connection.command("test")
@click.argument("name")
@AS_JSON
def connection_test(name: str, as_json: bool) -> None:
    """Walk the legs of a connection and name the one that fails."""
    with opened(as_json, exclusive=False) as app:
        legs = list(app.test(app.store.connections.get(name)))
        if as_json:
            objects.say(
                {
                    "event": "result",
                    "connection": name,
                    "legs": [
                        {
                            "name": leg.name,
                            "ok": leg.fault is None,
                            "words": leg.words,
                            "error": objects.fault_object(leg.fault),
                        }
                        for leg in legs
                    ],
                }
            )
        else:
            screen.legs(legs)
        last = legs[-1].fault
        sys.exit(0 if last is None else bootstrap.exit_code_of(last.code))


@connection.command("remove")
@click.argument("name")
@AS_JSON
def connection_remove(name: str, as_json: bool) -> None:
    """Forget a connection and its secret; batches stay in the history."""
    with opened(as_json, exclusive=False) as app:
        removed = app.remove_connection(name)
        if as_json:
            objects.say({"event": "result", "connection": removed.name})
        else:
            screen.console().print(t("{name} is removed.", name=removed.name))
