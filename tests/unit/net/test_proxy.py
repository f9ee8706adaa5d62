"""Conversations through a proxy: ours, the system's, one that asks who we are, none at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from app.domain.errors import NotSignedIn, Offline, UsageError
from app.domain.ports import Route
from app.net.http import Http
from app.net.proxy import checked_proxy, is_this_computer, proxy_for
from tests.helpers.certificates import Certificate, make_certificate
from tests.helpers.proxy import ProxyServer, port_of
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.net.servers import client, failure

SECRET = "pilot:p@ss:wörd"
CLOUD = "http://cloud.invalid:8080/api"


@pytest.fixture
def cloud() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda seen: Reply({"by": "cloud"})) as server:
        yield server


@pytest.fixture
def proxy(cloud: ScriptedServer) -> Iterator[ProxyServer]:
    with ProxyServer({"cloud.invalid": port_of(cloud.url)}) as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "cloud.invalid")


class Secret:
    """Counts how often it is asked for."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return self.value


# -- addresses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("  ", ""),
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        (" HTTP://Proxy.Example:3128/ ", "http://proxy.example:3128"),
        ("proxy.example:8080", "http://proxy.example:8080"),
        ("10.0.0.1:80", "http://10.0.0.1:80"),
        ("http://[fd00::1]:3128", "http://[fd00::1]:3128"),
    ],
)
def test_a_proxy_is_written_one_way(text: str, expected: str) -> None:
    assert checked_proxy(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "http://proxy.example",
        "proxy",
        "https://proxy.example:3128",
        "socks5://proxy.example:1080",
        "http://proxy.example:3128/path",
        "http://proxy.example:3128?x=1",
        "http://proxy.example:70000",
        "http://proxy.example:0",
        "http://:3128",
        "http://pro xy:3128",
        "http://proxy..example:3128",
        "http://proxy.example:3128\r\nX: y",
    ],
)
def test_what_is_no_proxy_is_refused_at_once(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_proxy(text)
    assert "http://host:port" in caught.value.hint


def test_a_password_in_a_proxys_address_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        checked_proxy("http://pilot:hunter2@proxy.example:3128")
    error = caught.value
    assert "hunter2" not in f"{error.title}{error.hint}{error.details}"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "demo.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"]
)
def test_what_never_leaves_this_computer_goes_through_no_proxy(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert is_this_computer(host)
    assert proxy_for(Route(), "http", host) is None
    assert proxy_for(Route(proxy="http://127.0.0.1:9"), "http", host) is None


def test_a_cloud_on_this_computer_is_reached_whatever_the_system_says(
    cloud: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with client(cloud.url) as http:
        assert http.request("GET", "/").status == 200


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost.example", "127.0.0.1.example", "fd00::1"])
def test_what_only_looks_like_this_computer_goes_through_the_proxy(host: str) -> None:
    found = proxy_for(Route(proxy="http://127.0.0.1:9"), "http", host)
    assert found is not None and found.name == "127.0.0.1:9"


# -- our own


def test_a_plain_call_goes_through_the_proxy_and_the_cloud_does_not_see_the_sign_in(
    cloud: ScriptedServer, proxy: ProxyServer
) -> None:
    proxy.user = SECRET
    with client(CLOUD, Route(proxy=proxy.url, sign_in=lambda: SECRET)) as http:
        assert http.request("POST", "/v1", json={"a": 1}).body == b'{"by": "cloud"}'
    assert proxy.asked == ["POST http://cloud.invalid:8080/api/v1"]
    (seen,) = cloud.seen
    assert seen.headers["host"] == "cloud.invalid:8080"
    assert "proxy-authorization" not in seen.headers


def test_a_secure_call_goes_through_a_tunnel(
    cloud: ScriptedServer, proxy: ProxyServer, certificate: Certificate
) -> None:
    certificate.secure(cloud)
    proxy.user = SECRET
    route = Route((str(certificate.file),), proxy.url, lambda: SECRET)
    with client("https://cloud.invalid/api", route) as http:
        assert http.request("GET", "/v1").status == 200
        assert http.sibling("https://cloud.invalid:444", "Other").knock() == 200
    assert proxy.asked == ["CONNECT cloud.invalid:443", "CONNECT cloud.invalid:444"]
    assert "proxy-authorization" not in cloud.seen[0].headers


def test_every_file_of_authorities_is_trusted(
    cloud: ScriptedServer,
    proxy: ProxyServer,
    certificate: Certificate,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    certificate.secure(cloud)
    other = make_certificate(tmp_path_factory.mktemp("other"), "other.invalid")
    files = (str(other.file), str(certificate.file))
    with client("https://cloud.invalid", Route(files, proxy.url)) as http:
        assert http.knock() == 200
    with client("https://cloud.invalid", Route(files[:1], proxy.url)) as http:
        assert "certificate" in failure(http).title


def test_the_secret_is_asked_for_once_and_only_when_it_is_needed(proxy: ProxyServer) -> None:
    secret = Secret("")
    with client(CLOUD, Route(proxy=proxy.url, sign_in=secret)) as http:
        assert secret.asked == 0
        http.request("GET", "/")
        http.request("GET", "/")
    assert secret.asked == 1
    assert proxy.signed_in == ["", ""]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_to_know_who_asks_is_named_and_asked_again_with_the_secret(
    scheme: str, cloud: ScriptedServer, proxy: ProxyServer, certificate: Certificate
) -> None:
    if scheme == "https":
        certificate.secure(cloud)
    proxy.user = SECRET
    secret = Secret("pilot:wrong")
    route = Route((str(certificate.file),), proxy.url, secret)
    with client(f"{scheme}://cloud.invalid", route) as http:
        error = failure(http, fine=lambda answer: AssertionError("not the cloud's answer"))
        assert type(error) is NotSignedIn
        assert proxy.name in error.title and "settings" in error.hint
        assert "wrong" not in f"{error.title}{error.hint}{error.details}"
        assert type(failure(http, repeatable=False)) is NotSignedIn
        secret.value = SECRET
        assert http.request("GET", "/").status == 200


def test_a_proxy_nobody_told_us_of_is_heard_too() -> None:
    with ScriptedServer(lambda seen: Reply(status=407)) as server, client(server.url) as http:
        error = failure(http)
        with pytest.raises(NotSignedIn):
            http.knock()
    assert type(error) is NotSignedIn and "way to Cloud" in error.title


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        name = f"127.0.0.1:{taken.getsockname()[1]}"
    with client(f"{scheme}://cloud.invalid", Route(proxy=f"http://{name}")) as http:
        error = failure(http, repeatable=False)
    assert type(error) is Offline
    assert name in error.title and "Cloud" in error.title and "proxy" in error.hint


def test_no_secret_stands_in_what_is_printed() -> None:
    route = Route(proxy="http://127.0.0.1:9", sign_in=lambda: SECRET)
    found = proxy_for(route, "http", "cloud.invalid")
    assert found is not None and found.user() == ("pilot", "p@ss:wörd")
    assert "p@ss" not in repr(route) + repr(found)


# -- the system's


def test_the_systems_proxy_is_taken_with_its_sign_in(
    proxy: ProxyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://me:p%40ss@{proxy.name}")
    with client(CLOUD) as http:
        assert http.request("GET", "/").status == 200
    assert proxy.signed_in == ["me:p@ss"]


def test_our_own_proxy_wins_over_the_systems(
    proxy: ProxyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "cloud.invalid")
    with client(CLOUD, Route(proxy=proxy.url)) as http:
        assert http.request("GET", "/").status == 200


def test_a_laptop_that_moved_finds_the_proxy_of_its_new_place(
    proxy: ProxyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "127.0.0.1:9")
    with client(CLOUD) as http:
        assert "127.0.0.1:9" in failure(http).title
        monkeypatch.setenv("http_proxy", proxy.url)
        assert http.request("GET", "/").status == 200


@pytest.mark.parametrize(
    "address", ["SOCKS5://me:secret@127.0.0.1:9", "http://me:secret@127.0.0.1:port", "http://"]
)
def test_a_proxy_of_the_system_that_cannot_be_used_is_said(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", address)
    with client(CLOUD) as http:
        error = failure(http)
    assert type(error) is UsageError
    assert "proxy" in error.title and "secret" not in f"{error.title}{error.details}"


# -- another way, without a restart


def _says(body: str) -> ScriptedServer:
    return ScriptedServer(lambda seen: Reply(body))


def test_after_a_change_of_the_route_later_calls_go_the_new_way(proxy: ProxyServer) -> None:
    with (
        _says("new") as other,
        ProxyServer({"cloud.invalid": port_of(other.url)}) as new,
        client(CLOUD, Route(proxy=proxy.url)) as http,
    ):
        sibling = http.sibling(CLOUD, "Other")
        assert b"cloud" in http.request("GET", "/").body + sibling.request("GET", "/").body
        http.reroute(Route(proxy=new.url))
        assert http.request("GET", "/").body == sibling.request("GET", "/").body == b"new"
        assert http.sibling(CLOUD, "Third").request("GET", "/").body == b"new"


def test_a_call_under_way_ends_as_it_began_when_the_route_changes() -> None:
    there, go_on = threading.Event(), threading.Event()

    def answer(seen: Seen) -> Reply:
        there.set()
        go_on.wait(10)
        return Reply("old")

    answers: list[bytes] = []
    with ScriptedServer(answer) as server, client(server.url) as http:
        thread = threading.Thread(target=_ask, args=(http, answers))
        thread.start()
        there.wait(10)
        http.reroute(Route(proxy="http://127.0.0.1:9"))
        http.close()
        go_on.set()
        thread.join()
    assert answers == [b"old"]


def test_a_route_may_change_while_the_secret_is_asked_for(proxy: ProxyServer) -> None:
    asking, go_on = threading.Event(), threading.Event()

    def slow_secret() -> str:
        asking.set()
        go_on.wait(10)
        return ""

    answers: list[bytes] = []
    with (
        _says("new") as other,
        ProxyServer({"cloud.invalid": port_of(other.url)}) as new,
        client(CLOUD, Route(proxy=proxy.url, sign_in=slow_secret)) as http,
    ):
        thread = threading.Thread(target=_ask, args=(http, answers))
        thread.start()
        asking.wait(10)
        http.reroute(Route(proxy=new.url))
        go_on.set()
        thread.join()
        assert answers == [b'{"by": "cloud"}']
        assert http.request("GET", "/").body == b"new"


def _ask(http: Http, answers: list[bytes]) -> None:
    answers.append(http.request("POST", "/", repeatable=False).body)
