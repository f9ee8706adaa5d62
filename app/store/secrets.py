"""Secrets from the environment and the system's keyring, behind the Secrets port."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol, cast

from app.domain.errors import Leg, SecretsError
from app.domain.ports import Secrets

SERVICE: Final = "postflight"
# Windows keeps at most 2560 bytes in UTF-16 per entry; a character may take four.
CHUNK: Final = 600
_CHUNKED: Final = "postflight-chunks:"


class Ring(Protocol):
    """The part of a keyring backend that is used here."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def variable_of(name: str) -> str:
    """The environment variable that may hold the secret `name`."""
    return "POSTFLIGHT_SECRET_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


class SessionSecrets:
    """Kept in memory until the program ends; thread-safe."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        self._values[name] = value

    def delete(self, name: str) -> None:
        self._values.pop(name, None)


class EnvironmentSecrets:
    """Read-only secrets of whoever started the program; an empty variable counts as none."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment

    def get(self, name: str) -> str | None:
        return self._environment.get(variable_of(name)) or None

    def set(self, name: str, value: str) -> None:
        raise SecretsError(
            f"Postflight cannot change {variable_of(name)}.",
            "Set the variable where Postflight is started.",
            leg=Leg.COMPUTER,
        )

    def delete(self, name: str) -> None:
        """Nothing of ours to delete."""


class LayeredSecrets:
    """The environment wins; what is set or deleted goes to the keyring.

    What the keyring does not take is raised, and kept for as long as the program runs: a window
    without a keyring can work until it is closed.
    """

    def __init__(self, environment: Secrets, keyring: Secrets) -> None:
        self._environment = environment
        self._keyring = keyring
        self._for_this_run = SessionSecrets()

    def get(self, name: str) -> str | None:
        for layer in (self._environment, self._for_this_run, self._keyring):
            if (found := layer.get(name)) is not None:
                return found
        return None

    def set(self, name: str, value: str) -> None:
        self._for_this_run.set(name, value)
        self._keyring.set(name, value)
        self._for_this_run.delete(name)

    def delete(self, name: str) -> None:
        self._for_this_run.delete(name)
        self._keyring.delete(name)


class KeyringSecrets:
    """The system's keyring, opened on first use only, because opening may ask for a password.

    Blocking and thread-safe. Without a keyring there are no secrets to get or delete, and `set`
    raises. Long values are kept in several entries; a half-written one reads as none.
    """

    def __init__(self, backend: Callable[[], Ring] | None = None) -> None:
        self._find = backend or _system_keyring
        self._backend: Ring | None = None
        self._lock = threading.Lock()

    def available(self) -> bool:
        """Whether this computer has a keyring at all; opens it. Raises SecretsError."""
        with self._lock, _translated():
            return _usable(self._opened())

    def get(self, name: str) -> str | None:
        with self._lock, _translated():
            backend = self._opened()
            return _joined(backend, name) if _usable(backend) else None

    def set(self, name: str, value: str) -> None:
        # Whatever a backend says while it holds the value might quote it.
        with self._lock, _translated(quote=False):
            backend = self._opened()
            if not _usable(backend):
                raise _no_keyring(name)
            _remove_chunks(backend, name)
            _write(backend, name, value)

    def delete(self, name: str) -> None:
        with self._lock, _translated():
            backend = self._opened()
            if _usable(backend):
                _remove_chunks(backend, name)
                _remove(backend, name)

    def _opened(self) -> Ring:
        if self._backend is None:
            self._backend = self._find()
        return self._backend


def _system_keyring() -> Ring:
    import keyring

    return cast(Ring, keyring.get_keyring())


def keyring_name() -> str:
    """What would keep secrets here, for support; asks for no password."""
    try:
        return type(_system_keyring()).__module__
    except Exception as error:  # as in _translated
        return f"{type(error).__name__}: {error}"


def _usable(backend: Ring) -> bool:
    from keyring.backends import chainer, fail, null

    if isinstance(backend, chainer.ChainerBackend):
        return bool(backend.backends)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return not isinstance(backend, (fail.Keyring, null.Keyring))


def _write(backend: Ring, name: str, value: str) -> None:
    if len(value) <= CHUNK and not value.startswith(_CHUNKED):
        backend.set_password(SERVICE, name, value)
        return
    pieces = [value[start : start + CHUNK] for start in range(0, len(value), CHUNK)]
    for number, piece in enumerate(pieces, 1):
        backend.set_password(SERVICE, _entry(name, number), piece)
    # Last, so that a crash in between leaves entries that nothing points to.
    backend.set_password(SERVICE, name, f"{_CHUNKED}{len(pieces)}:{_check(value)}")


def _joined(backend: Ring, name: str) -> str | None:
    head = backend.get_password(SERVICE, name)
    count, check = _chunks_of(head)
    if not count:
        return head
    pieces = [backend.get_password(SERVICE, _entry(name, n)) for n in range(1, count + 1)]
    value = "".join(piece or "" for piece in pieces)
    return value if _check(value) == check else None


def _chunks_of(head: str | None) -> tuple[int, str]:
    count, _, check = (head or "").removeprefix(_CHUNKED).partition(":")
    if head is None or not head.startswith(_CHUNKED) or not count.isdecimal():
        return 0, ""
    return int(count), check


def _remove_chunks(backend: Ring, name: str) -> None:
    count, _ = _chunks_of(backend.get_password(SERVICE, name))
    for number in range(1, count + 1):
        _remove(backend, _entry(name, number))


def _remove(backend: Ring, entry: str) -> None:
    # Backends disagree on whether deleting nothing is an error.
    if backend.get_password(SERVICE, entry) is not None:
        backend.delete_password(SERVICE, entry)


def _entry(name: str, number: int) -> str:
    return f"{name} part {number}"


def _check(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@contextmanager
def _translated(*, quote: bool = True) -> Generator[None]:
    """Whatever a keyring raises becomes a SecretsError.

    Backends let through errors of D-Bus, the Windows API and the macOS framework that share no
    base class, hence Exception.
    """
    try:
        yield
    except SecretsError:
        raise
    except Exception as error:
        raise _known(error, quote) from (error if quote else None)


def _known(error: Exception, quote: bool) -> SecretsError:
    from keyring import errors

    kind = type(error).__name__
    details = f"{kind}: {error}" if quote else kind
    if isinstance(error, errors.NoKeyringError):
        return _no_keyring("NAME")
    if isinstance(error, (errors.KeyringLocked, errors.InitError)):
        return SecretsError(
            "The keyring of this computer is locked or does not open.",
            "Unlock it when the computer asks, then try again, or give the secret in"
            f" {variable_of('')}<NAME>.",
            leg=Leg.COMPUTER,
            details=details,
        )
    return SecretsError(
        "The keyring of this computer did not do what Postflight asked.",
        f"Try again, or give the secret in {variable_of('')}<NAME>.",
        leg=Leg.COMPUTER,
        details=details,
    )


def _no_keyring(name: str) -> SecretsError:
    return SecretsError(
        "This computer has no keyring where Postflight could keep a secret.",
        f"Give the secret in the environment variable {variable_of(name)}, or set up a keyring.",
        leg=Leg.COMPUTER,
    )
