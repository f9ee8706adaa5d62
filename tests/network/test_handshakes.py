"""Secure connections that must not come about, refused for real on both legs and named.

Certificates of people nobody knows stand in test_inspection.py.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable

import pytest

from app.domain.errors import NetworkError, PostflightError, Untrusted
from app.domain.ports import Route
from tests.helpers.certificates import Certificate, make_certificate
from tests.helpers.scripted import Reply, ScriptedServer
from tests.network.test_inspection import service_leg, storage_leg

# `openssl req` dates nothing back; `openssl ca` does, and wants a place for its books.
_BACK = """[ca]
default_ca = books
[books]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = anybody
[anybody]
commonName = supplied
organizationName = optional
"""

Leg = Callable[[str, Route], None]
BOTH = pytest.mark.parametrize("leg", [service_leg, storage_leg])


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("good"), "127.0.0.1", organisation="Depot")


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory, good: Certificate) -> Certificate:
    """The same key and names; its two days are long over."""
    folder = tmp_path_factory.mktemp("expired")
    (folder / "index.txt").touch()
    (folder / "ca.cnf").write_text(_BACK.format(folder=folder.as_posix()), encoding="utf-8")
    openssl = shutil.which("openssl") or "openssl"
    made, asked = Certificate(folder / "cert.pem", good.key), folder / "asked.pem"
    key, names = str(good.key), str(good.file.parent / "req.cnf")
    ask = ["req", "-new", "-utf8", "-config", names, "-key", key, "-out", str(asked)]
    sign = ["ca", "-batch", "-notext", "-selfsign", "-config", str(folder / "ca.cnf")]
    sign += ["-keyfile", key, "-in", str(asked), "-out", str(made.file), "-extfile", names]
    sign += ["-startdate", "20200101000000Z", "-enddate", "20200103000000Z"]
    for command in (ask, [*sign, "-extensions", "more"]):
        subprocess.run([openssl, *command], check=True, capture_output=True)
    return made


def refusal(leg: Leg, server: ScriptedServer, route: Route, host: str = "") -> PostflightError:
    url = server.url.replace("127.0.0.1", host) if host else server.url
    with pytest.raises(NetworkError) as caught:
        leg(url, route)
    assert server.seen == [], "something was sent over a connection that is not secure"
    error = caught.value
    assert error.title and error.hint and error.leg is not None
    return error


@BOTH
def test_one_that_nobody_signed(leg: Leg, good: Certificate) -> None:
    with ScriptedServer(lambda seen: Reply({})) as server:
        good.secure(server)
        error = refusal(leg, server, Route())
        leg(server.url, Route((str(good.file),)))
    assert type(error) is Untrusted and "signed by Depot" in error.title


@BOTH
def test_one_whose_time_is_over(leg: Leg, expired: Certificate) -> None:
    with ScriptedServer(lambda seen: Reply({})) as server:
        expired.secure(server)
        error = refusal(leg, server, Route((str(expired.file),)))
    assert type(error) is Untrusted and "expired" in error.details
    assert "signed by" not in error.title, "its signer is not to blame"


@BOTH
def test_one_for_another_name(leg: Leg, good: Certificate) -> None:
    with ScriptedServer(lambda seen: Reply({})) as server:
        good.secure(server)
        error = refusal(leg, server, Route((str(good.file),)), "localhost")
    assert type(error) is Untrusted and "localhost" in error.details


@BOTH
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_a_server_that_knows_only_what_was_broken_long_ago(
    leg: Leg, good: Certificate, version: str
) -> None:
    old = good.server_context()
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion[version]
    old.set_ciphers("ALL:@SECLEVEL=0")
    with ScriptedServer(lambda seen: Reply({})) as server:
        good.secure(server, old)
        error = refusal(leg, server, Route((str(good.file),)))
    assert type(error) is not Untrusted
