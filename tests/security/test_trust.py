"""Nothing in the program may switch the verification of certificates off."""

from __future__ import annotations

import ast
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.practice.cloud import PracticeCloud

APP = Path(__file__).resolve().parents[2] / "app"
FORBIDDEN_NAMES = {
    "CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context", "_create_stdlib_context",
    "InsecureRequestWarning", "disable_warnings", "PROTOCOL_TLS",
}  # fmt: skip
VERIFYING = {
    "verify",
    "check_hostname",
    "verify_mode",
    "cert_reqs",
    "assert_hostname",
    "verify_ssl",
}


# To name who signed what is not trusted, one handshake trusts anybody; not a byte is sent after it
# (tests/network/test_inspection.py).
LOOKING = ["certificate.py: CERT_NONE", "certificate.py: check_hostname"]


def faults(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in FORBIDDEN_NAMES:
                yield name
            case ast.Constant(value=str(text)) if text in FORBIDDEN_NAMES:
                yield text
            case ast.keyword(arg=str(name), value=ast.Constant(value=value)):
                if name in VERIFYING and value in (False, None, "CERT_NONE"):
                    yield name
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.Constant(value=value)):
                if name in VERIFYING and not value:
                    yield name
            case _:
                continue


def test_no_line_switches_verification_off() -> None:
    paths = [*sorted(APP.rglob("*.py")), APP.parent / "run.py"]
    found = [f"{p.name}: {f}" for p in paths for f in faults(p.read_text(encoding="utf-8"))]
    assert sorted(found) == LOOKING


@pytest.mark.parametrize(
    "line",
    [
        "httpx.Client(verify=False)", "context.check_hostname = False",
        "context.verify_mode = ssl.CERT_NONE", "PoolManager(cert_reqs='CERT_NONE')",
        "session.client('s3', verify=None)", "ssl._create_unverified_context()",
        "urllib3.disable_warnings()", "getattr(ssl, 'CERT_NONE')",
    ],
)  # fmt: skip
def test_the_walk_sees_every_way(line: str) -> None:
    assert list(faults(line))


def test_the_practice_cloud_is_on_loopback_behind_a_random_word(tmp_path: Path) -> None:
    words: set[str] = set()
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        with PracticeCloud(tmp_path / str(number)) as cloud:
            for account in cloud.accounts:
                host, _, path = account.url.removeprefix("http://").partition("/")
                assert host.startswith("127.0.0.1:")
                words.add(path.partition("/")[0])
            port = int(cloud.accounts[0].url.removeprefix("http://").split("/")[0].split(":")[1])
            with pytest.raises(OSError), socket.create_connection((_own_address(), port), 2):
                pass
    assert len(words) == 3 and all(len(word) >= 12 for word in words)


def _own_address() -> str:
    """An address of this machine that is not loopback's usual one."""
    return "127.0.0.2"


def test_the_context_of_every_client_verifies() -> None:
    from app.domain.ports import Route
    from app.net import tls

    made = tls.context(Route())
    assert made.verify_mode is ssl.CERT_REQUIRED and made.check_hostname
