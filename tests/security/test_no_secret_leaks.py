"""Deliveries by the real program with recognisable secrets, all loggers at their most talkative,
with a crash in the middle; then every byte that it left anywhere is searched for them."""

from __future__ import annotations

import base64
import re
import signal
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from app import bootstrap
from app.domain.preferences import Preferences
from app.paths import HOME, Paths
from app.practice.cloud import PracticeAccount, PracticeCloud
from tests.helpers.flights import write_flight
from tests.helpers.program import Program, program_for
from tests.helpers.scripted import Reply, ScriptedServer
from tests.helpers.workbench import SERVICES

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="a process's arguments are read from /proc"
)

# More than Postflight ever asks for: the libraries' own headers and signatures are told as well.
TALKATIVE = """
import faulthandler, logging, sys, threading, time

def loud():
    while True:
        for name in ("", *logging.root.manager.loggerDict):
            logging.getLogger(name or None).setLevel(1)
        time.sleep(0.02)

faulthandler.enable()
threading.Thread(target=loud, daemon=True).start()
del sys.argv[1:5]
from app.__main__ import main
main()
"""
PROXY_PASSWORD = "pr0xy-Passw0rd-Zebra"
# Whatever a signature is called, what stands behind it must have been taken out.
SIGNED = re.compile(
    rb"(?i)(?:x-amz-signature|x-amz-security-token|[?&]signature|accesskeyid)=(?!\*\*\*|&|\s)"
    rb"[^\s&\"']{8,}"
)


def forms(secret: str) -> Iterator[bytes]:
    """As it stands, quoted for an address, and in base64 at each of the three offsets."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    for pad in range(3):
        text = base64.b64encode(b"x" * pad + secret.encode())
        yield text[4 if pad else 0 : -4]


def search(where: str, content: bytes, secrets: Iterable[str]) -> None:
    for secret in secrets:
        for form in forms(secret):
            assert form not in content, f"a secret stands in {where}: {form!r}"
    found = SIGNED.search(content)
    assert found is None, f"a signature stands in {where}: {found and found[0]!r}"


def search_files(folder: Path, secrets: Iterable[str]) -> int:
    """SQLite and its log as bytes, the contents of zips, everything else as it is."""
    count = 0
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    search(f"{path.name}/{name}", archive.read(name), secrets)
        elif path.is_file() and not path.is_socket():
            search(path.name, path.read_bytes(), secrets)
        count += 1
    return count


def talkative(program: Program, folder: Path) -> Program:
    driver = folder / "talkative.py"
    driver.write_text(TALKATIVE, encoding="utf-8")
    program.wrapper = [sys.executable, "-P", str(driver)]
    return program


def crashed(program: Program, cloud: PracticeCloud, words: list[str]) -> tuple[bytes, bytes]:
    """What the process showed of itself while it ran, and what it said when it crashed."""
    cloud.settings.upload_rate = 150_000
    with program.start(*words) as process:
        until = time.monotonic() + 120
        while not (cloud.journal.calls("storage.put") or cloud.journal.calls("metastudio.put")):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.02)
        shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.send_signal(signal.SIGABRT)
        out, err = process.communicate()
    cloud.settings.upload_rate = None
    assert process.returncode == -signal.SIGABRT and "Current thread" in err
    return shown, (out + err).encode()


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_is_left_anywhere(cloud: PracticeCloud, service: str, tmp_path: Path) -> None:
    account = next(item for item in cloud.accounts if item.service == service)
    write_flight(tmp_path / "card", 6, 20_000, 60_000)
    program = talkative(program_for(cloud, tmp_path / "home", [service]), tmp_path)
    upload = ["upload", str(tmp_path / "card"), "--to", account.name, "--title", "Field"]
    shown, crash = crashed(program, cloud, upload)
    out = tmp_path / "home" / "out"
    out.mkdir()
    said = [
        program.run("resume", "--json"),
        program.run("show", "Field"),
        program.run("connection", "test", account.name),
        program.run("receipt", "Field", "--format", "json,csv,html", "-o", str(out / "receipt")),
        program.run("diagnostics", "-o", str(out / "support.zip")),
    ]
    assert [ended.code for ended in said] == [0] * 5, said
    secrets = {account.secret, *cloud.secrets_given()}
    assert len(cloud.secrets_given()) >= (2 if service != "metastudio" else 0)
    search("the arguments", shown, secrets)
    search("the crash", crash, secrets)
    for ended in said:
        search("the output", (ended.out + ended.err).encode(), secrets)
    log = (tmp_path / "home" / "logs" / "postflight.log").read_bytes()
    assert b" DEBUG " in log and b"app.transfer.transport PUT /" in log
    assert search_files(tmp_path / "home", secrets) > 6


def test_a_refused_secret_is_not_repeated(cloud: PracticeCloud, tmp_path: Path) -> None:
    """Neither the service's nor the proxy's, and neither by the libraries below."""
    account: PracticeAccount = cloud.accounts[0]
    program = talkative(program_for(cloud, tmp_path / "home", [account.service]), tmp_path)
    wrong = "Wr0ng-Token-Gazelle"
    program.environment[bootstrap.variable_of(account.name)] = wrong
    ended = [program.run("connection", "test", account.name)]
    with ScriptedServer(lambda seen: Reply("no", 407)) as proxy:
        app = bootstrap.build(Paths.find({HOME: str(tmp_path / "home")}), exclusive=True)
        app.store.preferences.save(Preferences(proxy=proxy.url))
        app.close()
        program.environment[bootstrap.variable_of("proxy")] = f"pilot:{PROXY_PASSWORD}"
        # Not on loopback, or it would go without the proxy.
        far = PracticeAccount(
            account.service, "far", "http://cloud.example", account.options, wrong
        )
        program.environment[bootstrap.variable_of("far")] = wrong
        program.add(far)
        ended.append(program.run("connection", "test", "far"))
        assert proxy.seen, ended[-1].out + ended[-1].err
        assert "proxy-authorization" in proxy.seen[0].headers
    for item in ended:
        assert item.code in (3, 4)
        search("the output", (item.out + item.err).encode(), {wrong, PROXY_PASSWORD})
    search_files(tmp_path / "home", {wrong, PROXY_PASSWORD, f"pilot:{PROXY_PASSWORD}"})


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for form in forms("Recognisable-Secret-01"):
        (tmp_path / "file").write_bytes(b"GET /x " + form + b" 200")
        with pytest.raises(AssertionError):
            search_files(tmp_path, {"Recognisable-Secret-01"})
    with pytest.raises(AssertionError):
        search("a log", b"PUT /a?X-Amz-Signature=0123456789abcdef", ())
