"""Every command in the documents is carried out, in the order in which a reader meets it."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.practice.cloud import PracticeCloud
from app.practice.sample import write_sample_flight
from tests.helpers.documents import DOCUMENTS, ROOT, commands, links
from tests.helpers.program import Ended, Program

RUN = "python3 run.py"
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
RELEASE = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
# What cannot be carried out here, and why that is no loss.
ELSEWHERE = {
    f"{RUN} test": "it would run itself; .ci/run does it",
    f"{RUN} screenshots DIR": "five minutes of pictures that only a person can look at",
    f"{RUN} package": "the release workflow does it",
    "bash .ci/run": "it would run itself",
    "gh attestation verify": "needs the repository that released it",
}
SECRET = "POSTFLIGHT_SECRET_{}"


def elsewhere(command: str) -> bool:
    return command in ELSEWHERE or command.startswith("gh attestation verify")


class Reader:
    """Carries out the README with the practice cloud in the place of real services."""

    def __init__(self, folder: Path, cloud: PracticeCloud) -> None:
        self.folder = folder
        self.cloud = cloud
        self.program = Program(folder / "home")
        self.program.environment["PATH"] = os.defpath
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            self.program.environment.pop(name, None)
        self.card = write_sample_flight(folder / "card", 6)
        (self.card / "DJI_20260614101500_0090_V.JPG").touch()  # something needs the person
        self.batch = ""

    def meant(self, words: Sequence[str]) -> list[str]:
        """The reader's own names where the document has examples."""
        told = list(words)
        if told[:2] == ["connection", "add"]:
            told = self._account(told)
        swapped = {"/media/card/DCIM": str(self.card), "3f2a": self.batch}
        return [swapped.get(word, word) for word in told]

    def _account(self, words: list[str]) -> list[str]:
        service = words[words.index("--service") + 1]
        account = self.cloud.account(service)
        options, secret = dict(account.options), account.secret
        if "--username" in words:
            login = self.cloud.cloud_api_login
            options["username"], secret = login.username, login.password
        for at, word in enumerate(words[:-1]):
            if word == "--url":
                words[at + 1] = account.url
            elif word.removeprefix("--") in options:
                words[at + 1] = options[word.removeprefix("--")]
        self.program.environment[SECRET.format(words[2].upper())] = secret
        return words

    def run(self, command: str) -> Ended:
        words = self.meant(shlex.split(command.removeprefix(RUN)))
        if not words:
            return self._window()
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            ended = self.program.run(*words)
        finally:
            os.chdir(before)
        if words[0] == "upload" and not self.batch and "--dry-run" not in words:
            (batch,) = self.program.run("batches", "--json").lines[0]["batches"]
            self.batch = batch["id"][:8]
        return ended

    def _window(self) -> Ended:
        """Opened, and closed by the system once it stands."""
        self.program.environment["QT_QPA_PLATFORM"] = "offscreen"
        with self.program.start() as process:
            log = self.program.home / "postflight.db"
            end = time.monotonic() + 60
            while not log.exists() and time.monotonic() < end:
                time.sleep(0.1)
            time.sleep(3)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out, err)


@pytest.fixture
def reader(tmp_path: Path, cloud: PracticeCloud) -> Iterator[Reader]:
    yield Reader(tmp_path / "reader", cloud)


@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="a window is not ended by a signal there")
def test_a_pilot_who_types_all_of_the_readme_gets_what_it_promises(reader: Reader) -> None:
    told: dict[str, Ended] = {}
    for command in commands("README.md"):
        if not elsewhere(command):
            told[command] = ended = reader.run(command)
            # 1: a photo is empty, and waits for the person; never wrong use or a refusal.
            assert ended.code in (0, 1), (command, ended)
    code = {command.removeprefix(RUN).strip(): ended.code for command, ended in told.items()}
    assert code[""] == code["demo"] == code["connection test harbour"] == 0
    assert code["resume 3f2a --accept-missing"] == 0
    assert code["upload /media/card/DCIM --to harbour"] == 1, "one photo is empty"
    assert code["retry 3f2a"] == 0, "the person wants it all the same"
    assert "Clear to erase" in told[f"{RUN} verify 3f2a /media/card/DCIM"].out
    for name in ("field.html", "field.json", "field.csv", "support.zip"):
        assert (reader.folder / name).stat().st_size > 1000, name
    delivered = {service for service in ("flighthub2", "cloud-api", "metastudio")
                 if reader.cloud.delivered(service)}  # fmt: skip
    assert len(delivered) == 3
    # The test of a connection asks for addresses that are none, to see that the server answers.
    assert not [one for one in reader.cloud.violations if not one.startswith("unknown: ")]


@pytest.mark.parametrize("document", DOCUMENTS[1:])
def test_the_commands_for_developers_do_what_they_say(document: str, tmp_path: Path) -> None:
    for command in commands(document):
        if elsewhere(command):
            continue
        if command.startswith("sha256sum"):
            _check_sums(command, tmp_path)
        elif command.startswith(f"{RUN} test "):
            words = shlex.split(command.removeprefix(f"{RUN} test"))
            paths = [word for word in words if word.startswith("tests/")]
            assert paths and all((ROOT / path).exists() for path in paths), command
            listed = [sys.executable, "-m", "pytest", "--collect-only", *words]
            assert subprocess.run(listed, cwd=ROOT, capture_output=True).returncode == 0, command
        else:
            assert f"{command}\n" in CI, f"{command} is in no script that is run"


def _check_sums(command: str, folder: Path) -> None:
    (folder / "Postflight.deb").write_bytes(b"x")
    line = subprocess.run(["sha256sum", "Postflight.deb"], cwd=folder, capture_output=True)
    (folder / "SHA256SUMS").write_bytes(line.stdout + b"0" * 64 + b"  elsewhere.dmg\n")
    assert subprocess.run(shlex.split(command), cwd=folder, capture_output=True).returncode == 0
    (folder / "Postflight.deb").write_bytes(b"y")
    assert subprocess.run(shlex.split(command), cwd=folder, capture_output=True).returncode == 1


def test_what_is_left_out_here_is_really_carried_out_elsewhere() -> None:
    shown = {command for document in DOCUMENTS for command in commands(document)}
    for command in ELSEWHERE:
        assert any(one.startswith(command) for one in shown), f"{command} is in no document"
    assert f"{RUN} test -q" in CI and "run.py package" in RELEASE


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    assert not [one for one in links(document) if not (folder / one).exists()]


def test_what_the_architecture_names_is_there() -> None:
    text = (ROOT / "app" / "README.md").read_text(encoding="utf-8")
    named = {one for one in re.findall(r"`([\w./]+(?:\.py|/))`", text) if "/" in one}
    there = [ROOT, ROOT / "app", ROOT / "app" / "ui"]
    gone = [one for one in named if not any((base / one).exists() for base in there)]
    assert not gone and len(named) > 15
