"""Secrets in the environment, in memory and in keyrings of several kinds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring import errors
from keyring.backends import chainer, fail, null

from app.domain.errors import SecretsError
from app.domain.ports import Secrets
from app.store.secrets import (
    CHUNK,
    SERVICE,
    EnvironmentSecrets,
    KeyringSecrets,
    LayeredSecrets,
    Ring,
    SessionSecrets,
    keyring_name,
    variable_of,
)

ROOT = Path(__file__).parents[3]
LONG = "".join(chr(0x4E00 + number % 5000) for number in range(2 * CHUNK + 7))


class Vault:
    """A keyring in memory with Windows' limit: 2560 bytes of UTF-16 per entry."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le", "surrogatepass")) > 2560:
            raise OSError("too long")
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.entries:
            raise errors.PasswordDeleteError(username)
        del self.entries[service, username]


class Broken(Vault):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error


class Refusing(Vault):
    """Takes nothing, and quotes what it was given."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise errors.PasswordSetError(f"cannot keep {password}")


class Lone(chainer.ChainerBackend):
    viable = False  # keyring itself must never choose it
    backends = ()  # type: ignore[assignment]


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def secrets(vault: Vault) -> KeyringSecrets:
    return KeyringSecrets(lambda: vault)


@pytest.mark.parametrize("make", [SessionSecrets, lambda: KeyringSecrets(Vault)])
@pytest.mark.parametrize("value", ["short", "Zürich 航线 🚁", "x" * CHUNK, "x" * (CHUNK + 1), LONG])
def test_what_is_set_is_got_until_it_is_deleted(make: Callable[[], Secrets], value: str) -> None:
    secrets = make()
    assert secrets.get("field") is None
    secrets.set("field", value)
    assert secrets.get("field") == value
    assert secrets.get("other") is None
    secrets.delete("field")
    secrets.delete("field")
    assert secrets.get("field") is None


def test_an_entry_stands_under_our_name(vault: Vault, secrets: KeyringSecrets) -> None:
    secrets.set("field", "value")
    assert vault.entries == {(SERVICE, "field"): "value"}


def test_nothing_of_a_long_value_stays_after_deleting_or_shortening(
    vault: Vault, secrets: KeyringSecrets
) -> None:
    secrets.set("field", LONG)
    assert len(vault.entries) == 4
    secrets.set("field", "short")
    assert vault.entries == {(SERVICE, "field"): "short"}
    secrets.set("field", LONG)
    secrets.delete("field")
    assert vault.entries == {}


def test_a_value_that_looks_like_a_reference_is_kept_as_it_is(secrets: KeyringSecrets) -> None:
    secrets.set("field", "postflight-chunks:3:abc")
    assert secrets.get("field") == "postflight-chunks:3:abc"


def test_a_long_value_with_a_part_missing_or_changed_is_none(
    vault: Vault, secrets: KeyringSecrets
) -> None:
    secrets.set("field", LONG)
    part = next(key for key in vault.entries if key[1] != "field")
    vault.entries[part] = "changed"
    assert secrets.get("field") is None
    del vault.entries[part]
    assert secrets.get("field") is None
    secrets.delete("field")
    assert vault.entries == {}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3 * CHUNK))
def test_every_text_comes_back(value: str) -> None:
    secrets = KeyringSecrets(Vault)
    secrets.set("field", value)
    assert secrets.get("field") == value


def test_the_keyring_is_opened_on_first_use_and_once() -> None:
    opened: list[Vault] = []

    def find() -> Vault:
        opened.append(Vault())
        return opened[-1]

    secrets = KeyringSecrets(find)
    assert not opened
    secrets.set("a", "1")
    assert secrets.get("a") == "1" and secrets.available()
    assert len(opened) == 1


def test_importing_and_making_does_not_even_load_the_keyring() -> None:
    script = (
        "import sys, app.store.secrets as s; s.KeyringSecrets(); sys.exit('keyring' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, Lone])
def test_without_a_keyring_there_are_no_secrets_and_setting_says_why(
    backend: Callable[[], Vault],
) -> None:
    secrets = KeyringSecrets(backend)
    assert not secrets.available()
    assert secrets.get("My field 1") is None
    secrets.delete("My field 1")
    with pytest.raises(SecretsError, match="no keyring") as raised:
        secrets.set("My field 1", "value")
    assert "POSTFLIGHT_SECRET_MY_FIELD_1" in raised.value.hint


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.KeyringLocked("x"), "locked"),
        (errors.InitError("Prompt dismissed"), "locked"),
        (errors.NoKeyringError("x"), "no keyring"),
        (errors.KeyringError("x"), "did not do"),
        (errors.PasswordDeleteError("x"), "did not do"),
        (OSError("x"), "did not do"),
        (RuntimeError("from D-Bus"), "did not do"),
    ],
)
def test_whatever_a_keyring_raises_becomes_ours(error: Exception, words: str) -> None:
    secrets = KeyringSecrets(lambda: Broken(error))
    for use in (
        lambda: secrets.get("a"),
        lambda: secrets.set("a", "b"),
        lambda: secrets.delete("a"),
    ):
        with pytest.raises(SecretsError, match=words) as raised:
            use()
        assert "POSTFLIGHT_SECRET_" in raised.value.hint


def test_a_keyring_that_cannot_be_found_is_an_error_of_ours() -> None:
    def find() -> Vault:
        raise ImportError("no module")

    with pytest.raises(SecretsError):
        KeyringSecrets(find).available()


def test_a_value_never_stands_in_the_error_about_it() -> None:
    with pytest.raises(SecretsError) as raised:
        KeyringSecrets(Refusing).set("a", "hunter2")
    error = raised.value
    assert "hunter2" not in f"{error} {error.hint} {error.details} {error.__cause__}"
    assert error.__suppress_context__


def test_no_secret_stands_in_a_repr(secrets: KeyringSecrets) -> None:
    session = SessionSecrets()
    session.set("a", "hunter2")
    secrets.set("a", "hunter2")
    layered = LayeredSecrets(EnvironmentSecrets({variable_of("a"): "hunter2"}), secrets)
    assert "hunter2" not in f"{session!r}{secrets!r}{layered!r}"


def test_the_variable_is_upper_case_with_underscores() -> None:
    assert variable_of("my field-1.ü") == "POSTFLIGHT_SECRET_MY_FIELD_1__"


def test_the_environment_is_read_and_never_written() -> None:
    secrets = EnvironmentSecrets({"POSTFLIGHT_SECRET_MY_FIELD": "one", "POSTFLIGHT_SECRET_E": ""})
    assert secrets.get("my field") == "one"
    assert secrets.get("e") is None and secrets.get("other") is None
    secrets.delete("my field")
    with pytest.raises(SecretsError, match="POSTFLIGHT_SECRET_MY_FIELD"):
        secrets.set("my field", "two")


def test_the_environment_wins_and_the_keyring_is_written(vault: Vault) -> None:
    layered = LayeredSecrets(
        EnvironmentSecrets({"POSTFLIGHT_SECRET_A": "from outside"}), KeyringSecrets(lambda: vault)
    )
    layered.set("a", "kept")
    layered.set("b", "kept too")
    assert (layered.get("a"), layered.get("b")) == ("from outside", "kept too")
    assert vault.get_password(SERVICE, "a") == "kept"
    layered.delete("a")
    assert vault.get_password(SERVICE, "a") is None


def none() -> Ring:
    return cast(Ring, fail.Keyring())


def test_the_environment_is_enough_where_there_is_no_keyring() -> None:
    environment = EnvironmentSecrets({"POSTFLIGHT_SECRET_A": "from outside"})
    assert LayeredSecrets(environment, KeyringSecrets(none)).get("a") == "from outside"


def test_nobody_reads_while_a_long_value_is_half_written() -> None:
    entered, seen = threading.Event(), threading.Event()

    class Slow(Vault):
        def get_password(self, service: str, username: str) -> str | None:
            if entered.is_set():
                seen.set()
            return super().get_password(service, username)

        def set_password(self, service: str, username: str, password: str) -> None:
            if not entered.is_set():
                entered.set()
                # Only somebody who does not wait for us ends this wait early.
                assert not seen.wait(0.2)
            super().set_password(service, username, password)

    secrets = KeyringSecrets(Slow)
    got: list[str | None] = []
    reader = threading.Thread(target=lambda: (entered.wait(5), got.append(secrets.get("field"))))
    reader.start()
    secrets.set("field", LONG)
    reader.join()
    assert got == [LONG]


# Runs in a process of its own: which keyring there is, is decided once per process.
ROUND_TRIP = textwrap.dedent(
    """
    from app.store.secrets import KeyringSecrets
    secrets = KeyringSecrets()
    long = "Zürich 航线 🚁 " * 400
    for value in ("short", long, "short again"):
        secrets.set("field one", value)
        assert KeyringSecrets().get("field one") == value
    secrets.set("field two", long)
    secrets.delete("field one")
    assert secrets.get("field one") is None
    assert secrets.get("field two") == long
    secrets.delete("field two")
    secrets.delete("field two")
    assert secrets.get("field two") is None
    assert secrets.available()
    """
)


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONUTF8": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_keyring_in_a_file_keeps_secrets(tmp_path: Path) -> None:
    done = run(
        [sys.executable, "-c", ROUND_TRIP],
        PYTHON_KEYRING_BACKEND="keyrings.alt.file.PlaintextKeyring",
        XDG_DATA_HOME=str(tmp_path),
        HOME=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("*.cfg"))


@pytest.mark.parametrize("backend", ["fail", "null"])
def test_a_system_without_a_keyring_is_recognised(tmp_path: Path, backend: str) -> None:
    script = "import app.store.secrets as s; assert not s.KeyringSecrets().available()"
    done = run(
        [sys.executable, "-c", script],
        PYTHON_KEYRING_BACKEND=f"keyring.backends.{backend}.Keyring",
        HOME=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr


def test_the_name_of_a_keyring_that_does_not_load_is_its_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keyring

    def broken() -> None:
        raise RuntimeError("no such bus")

    monkeypatch.setattr(keyring, "get_keyring", broken)
    assert keyring_name() == "RuntimeError: no such bus"


@pytest.mark.skipif(
    not (shutil.which("dbus-run-session") and shutil.which("gnome-keyring-daemon")),
    reason="dbus-run-session and gnome-keyring are not both installed",
)
def test_a_real_secret_service_keeps_secrets(tmp_path: Path) -> None:
    script = str(tmp_path / "script.py")
    Path(script).write_text(ROUND_TRIP, encoding="utf-8")
    unlock = "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1"
    done = run(
        ["dbus-run-session", "--", "sh", "-c", f'{unlock}; "$0" "$1"', sys.executable, script],
        PYTHON_KEYRING_BACKEND="keyring.backends.SecretService.Keyring",
        PYTHONPATH=str(ROOT),
        HOME=str(tmp_path),
        XDG_DATA_HOME=str(tmp_path / "data"),
        XDG_RUNTIME_DIR=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
