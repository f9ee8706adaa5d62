"""The list of releases is asked over real connections; whatever it answers does no harm."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import BadAnswer, NetworkError, PostflightError, Untrusted, UsageError
from app.domain.ports import Route
from app.domain.release import Feed, Release
from app.net.releases import latest
from tests.helpers.certificates import make_certificate
from tests.helpers.proxy import ProxyServer
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.net.servers import At, raw_server

PAGE = "https://code.example/flight/releases/tag/v0.2.0"
TOLD: dict[str, Any] = {
    "tag_name": "v0.2.0",
    "html_url": PAGE,
    "draft": False,
    "prerelease": False,
    "body": "words " * 200,
    "assets": [{"name": "x"}],
}


def asked(reply: Reply) -> tuple[Release | None, list[Seen]]:
    with ScriptedServer(lambda _: reply) as server:
        feed = Feed(server.url + "/repos/o/p/releases/latest?x=1", "code.example")
        return latest(feed, Route(), At()), server.seen


def test_the_newest_release_is_read() -> None:
    found, seen = asked(Reply(TOLD))
    assert found == Release("0.2.0", PAGE)
    assert [(one.method, one.path, one.query) for one in seen] == [
        ("GET", "/repos/o/p/releases/latest", {"x": "1"})
    ]
    assert seen[0].headers["user-agent"].startswith("Postflight/")
    told = {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert seen[0].headers.keys() == told, "nothing of this computer or its person"


@pytest.mark.parametrize("mark", ["draft", "prerelease"])
def test_what_is_not_released_is_not_offered(mark: str) -> None:
    assert asked(Reply({**TOLD, mark: True}))[0] is None


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>sign in</html>", b"[]", b"null", b"{}", b'{"tag_name": 7, "html_url": 8}',
     b"\xff\xfe", b"[" * 100_000, {**TOLD, "tag_name": "v" + "9" * 9000},
     {**TOLD, "html_url": "https://evil.example/"}, {**TOLD, "tag_name": "0.3.0rc1"},
     b'{"tag_name": "' + b"x" * 11_000_000 + b'"}'],
)  # fmt: skip
def test_nonsense_is_an_error_and_nothing_else(body: Any) -> None:
    with pytest.raises(BadAnswer):
        asked(Reply(body))


@pytest.mark.parametrize("status", [301, 302, 304, 401, 403, 404, 429, 500, 503])
def test_a_refusal_is_an_error_and_no_redirect_is_followed(status: int) -> None:
    with ScriptedServer(lambda _: Reply(TOLD)) as other:
        reply = Reply(TOLD, status, {"Location": other.url})
        with pytest.raises(PostflightError):
            asked(reply)
        assert not other.seen


def test_an_answer_that_breaks_off_is_an_error() -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{"
    with raw_server(cut) as url, pytest.raises(NetworkError):
        latest(Feed(url, "code.example"), Route(), At())


def test_nobody_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with pytest.raises(NetworkError):
        latest(Feed(f"http://127.0.0.1:{port}/x", "code.example"), Route(), At())


def test_an_address_without_tls_is_never_asked() -> None:
    with pytest.raises(UsageError):
        latest(Feed("http://code.example/latest", "code.example"), Route(), At())


def test_the_way_and_the_trust_are_those_of_all_connections(tmp_path: Path) -> None:
    """A file of the person's own authority, and the proxy of the settings with its sign-in."""
    certificate = make_certificate(tmp_path, "api.example")
    with ScriptedServer(lambda _: Reply(TOLD)) as server:
        certificate.secure(server)
        port = int(server.url.rpartition(":")[2])
        with ProxyServer({"api.example": port}, user="mara:secret") as proxy:
            feed = Feed("https://api.example/latest", "code.example")
            way = Route((), proxy.url, lambda: "mara:secret")
            with pytest.raises(Untrusted):
                latest(feed, way, At())
            trusting = Route((str(certificate.file),), proxy.url, lambda: "mara:secret")
            assert latest(feed, trusting, At()) == Release("0.2.0", PAGE)
            assert set(proxy.asked) == {"CONNECT api.example:443"}
