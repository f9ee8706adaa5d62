"""A real Secret Service, locked and unlocked: the words, and what goes on meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.secretservice,
    pytest.mark.skipif(
        not (shutil.which("dbus-run-session") and shutil.which("gnome-keyring-daemon")),
        reason="dbus-run-session and gnome-keyring are not both installed",
    ),
]

KEEP = """
from app.store.secrets import KeyringSecrets
KeyringSecrets().set("harbour", "first secret")
"""
LOCKED = """
import subprocess
from app.domain.errors import SecretsError
from app.store.secrets import EnvironmentSecrets, KeyringSecrets, LayeredSecrets

secrets = LayeredSecrets(EnvironmentSecrets({}), KeyringSecrets())
for work in (lambda: secrets.get("harbour"), lambda: secrets.set("depot", "second secret")):
    try:
        work()
    except SecretsError as error:
        assert "locked" in error.title and "Unlock it" in error.hint, error.title
        assert "second secret" not in error.details
    else:
        raise SystemExit("a locked keyring gave or took a secret")
assert secrets.get("depot") == "second secret", "not kept for this run"
subprocess.run(
    ["gnome-keyring-daemon", "--replace", "--unlock"],
    input=b"pilot",
    check=True,
    stdout=subprocess.DEVNULL,
)
assert secrets.get("harbour") == "first secret", "the same program goes on after the unlocking"
secrets.set("depot", "second secret")
assert KeyringSecrets().get("depot") == "second secret"
"""


def session(folder: Path, daemon: str, script: str) -> subprocess.CompletedProcess[str]:
    """`script` in a session of its own, with the daemon started by the words `daemon`."""
    file = folder / "script.py"
    file.write_text(textwrap.dedent(script), encoding="utf-8")
    start = f"printf pilot | gnome-keyring-daemon {daemon} --components=secrets >/dev/null 2>&1"
    return subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", f'{start}; "$0" "$1"', sys.executable, str(file)],
        env=os.environ
        | {
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_RUNTIME_DIR": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_locked_keyring_is_named_and_works_when_it_is_unlocked(tmp_path: Path) -> None:
    kept = session(tmp_path, "--unlock", KEEP)
    assert kept.returncode == 0, kept.stderr
    done = session(tmp_path, "--start", LOCKED)
    assert done.returncode == 0, done.stderr
