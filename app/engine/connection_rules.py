"""What can be known of a connection's settings without asking anybody: name, address, options."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.errors import UsageError
from app.domain.model import Connection
from app.domain.ports import PROXY_SECRET, Route, SystemClock
from app.net.address import checked_url
from app.services.base import Field, ServiceSpec, WrongOption
from app.services.registry import spec_of

CA_FILE = Field(  # of every connection, whatever its service
    "ca-file", "Certificate file", "a PEM file with an authority to trust besides the system's",
    advanced=True,
)  # fmt: skip
_LONGEST_NAME = 100  # characters


def check_connection(connection: Connection) -> None:
    """UsageError when an option is missing, unknown to the service, or not one of its choices."""
    spec = spec_of(connection.service)
    for wrong in (*_wrong_name(connection.name), *_wrong_options(connection, spec)):
        raise wrong


def wrong_settings(connection: Connection) -> tuple[WrongOption, ...]:
    """All that can be known to be wrong without the network, for a form to show at once.

    The service's own checks come when the rest is right, and name one at a time.
    """
    spec = spec_of(connection.service)
    wrong = [
        *_wrong_name(connection.name),
        *_wrong_address(connection.url),
        *_wrong_options(connection, spec),
    ]
    if not wrong:
        from app.net.http import Http  # only now: no start waits for it

        http = Http(connection.url, spec.title, Route(), SystemClock())
        try:
            spec.build(connection, str, http, SystemClock())
        except WrongOption as error:
            wrong.append(error)
        finally:
            http.close()
    return tuple(wrong)


def _wrong_name(name: str) -> Iterator[WrongOption]:
    hint = "Choose another name for it."
    if not name.strip():
        yield WrongOption("A connection needs a name.", hint, key="name")
    elif name.casefold() == PROXY_SECRET:  # or it would be told the other's secret
        yield WrongOption(f"A connection cannot be called {name}.", hint, key="name")
    elif not name.isprintable() or len(name) > _LONGEST_NAME:
        yield WrongOption(
            f"A name has at most {_LONGEST_NAME} characters, all of them visible.", hint, key="name"
        )


def _wrong_address(url: str) -> Iterator[WrongOption]:
    try:
        checked_url(url)
    except UsageError as error:
        yield WrongOption(error.title, error.hint, key="url", words=error.hint)


def _wrong_options(connection: Connection, spec: ServiceSpec) -> Iterator[WrongOption]:
    known = {item.key: item for item in spec.fields}
    for key, value in connection.options.items():
        if key == CA_FILE.key:
            continue
        if key not in known:
            yield WrongOption(f"{spec.title} has no option --{key}.", key=key)
            continue
        choices, many = known[key].choices, known[key].many
        words = [part.strip() for part in value.split(",")] if many else [value]
        if choices and any(word not in choices for word in words):
            hint = f"It may be: {', '.join(choices)}."
            yield WrongOption(f"--{key} cannot be {value}.", hint, key=key, words=hint)
    for item in spec.fields:
        if item.required and not connection.option(item.key).strip():
            hint = f"{item.title}: {item.help}."
            yield WrongOption(f"{spec.title} needs --{item.key}.", hint, key=item.key)
