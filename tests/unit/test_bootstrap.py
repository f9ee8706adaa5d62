"""What a person sets for the whole program reaches what it is meant for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import md5
from pathlib import Path

import pytest

from app import bootstrap
from app.bootstrap import PROXY_SECRET, Network, Tuning
from app.domain.errors import NotSignedIn, PostflightError, UsageError
from app.domain.model import Batch, Connection
from app.domain.states import BatchState
from app.engine.engine import Order
from app.paths import HOME, Paths
from app.store.secrets import SessionSecrets
from app.store.store import FILE_NAME
from tests.helpers.certificates import make_certificate
from tests.helpers.flights import write_flight
from tests.helpers.proxy import ProxyServer, port_of
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.unit.transfer.kit import MIB, as_scanned, grant_for, make_file, move_of, target

DEPOT = Connection("depot", "cloud-api", "http://cloud.invalid", {"workspace": "w"})
SIGN_IN = "pilot:p@ss"

Build = Callable[..., bootstrap.App]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    with ExitStack() as closing:

        def made(**more: object) -> bootstrap.App:
            secrets = SessionSecrets()
            secrets.set(DEPOT.name, "token of the depot")
            secrets.set(PROXY_SECRET, SIGN_IN)
            paths = Paths.find({HOME: str(tmp_path / "home")})
            given = {"exclusive": False, "secrets": secrets, **more}
            app = bootstrap.build(paths, **given)  # pyright: ignore[reportArgumentType]
            closing.callback(app.close)
            return app

        yield made


def _etag(seen: Seen) -> dict[str, str]:
    return {"ETag": f'"{md5(seen.body).hexdigest()}"'}


@pytest.fixture
def cloud() -> Iterator[ScriptedServer]:
    """Refuses every conversation, and stores whatever is put."""

    def answer(seen: Seen) -> Reply:
        return Reply(headers=_etag(seen)) if seen.method == "PUT" else Reply(status=404)

    with ScriptedServer(answer) as server:
        yield server


@pytest.fixture
def proxy(cloud: ScriptedServer) -> Iterator[ProxyServer]:
    port = port_of(cloud.url)
    with ProxyServer({"cloud.invalid": port, "storage.invalid": port}, SIGN_IN) as server:
        yield server


def _talk(app: bootstrap.App) -> PostflightError:
    with pytest.raises(PostflightError) as caught:
        app.service(DEPOT).sign_in()
    return caught.value


def _send(app: bootstrap.App, folder: Path) -> None:
    grant = grant_for("http://storage.invalid")
    app._mover(DEPOT).place(grant, target(), move_of(make_file(folder, 10)))


def test_conversations_and_bytes_go_through_the_proxy_signed_in(
    build: Build, proxy: ProxyServer, tmp_path: Path
) -> None:
    app = build(network=Network(proxy=f" {proxy.name} "))
    assert "proxy" not in _talk(app).title
    _send(app, tmp_path)
    assert " http://cloud.invalid/" in proxy.asked[0]
    assert " http://storage.invalid/" in proxy.asked[-1]
    assert set(proxy.signed_in) == {SIGN_IN}


def test_what_is_set_later_holds_without_a_restart(
    build: Build, proxy: ProxyServer, tmp_path: Path
) -> None:
    app = build(network=Network(proxy="127.0.0.1:9"))
    service = app.service(DEPOT)
    with pytest.raises(PostflightError) as caught:
        service.sign_in()
    assert "127.0.0.1:9" in caught.value.title
    with pytest.raises(PostflightError):
        _send(app, tmp_path)
    app.secrets.set(PROXY_SECRET, "pilot:wrong")
    app.apply(Network(proxy=proxy.url))
    assert isinstance(_talk(app), NotSignedIn)
    with pytest.raises(NotSignedIn):
        _send(app, tmp_path)
    app.secrets.set(PROXY_SECRET, SIGN_IN)
    app.apply(Network(proxy=proxy.url))
    with pytest.raises(PostflightError) as caught:
        service.sign_in()
    assert "127.0.0.1:9" not in caught.value.title
    assert not isinstance(caught.value, NotSignedIn)
    _send(app, tmp_path)


def test_a_certificate_file_holds_for_every_connection(build: Build, tmp_path: Path) -> None:
    app = build(network=Network(ca_file=str(tmp_path / "office.pem")))
    options = {"workspace": "w", "ca-file": str(tmp_path / "own.pem")}
    for given in ({"workspace": "w"}, options):
        secure = Connection(DEPOT.name, DEPOT.service, "https://127.0.0.1:9", given)
        with pytest.raises(UsageError) as caught:
            app.service(secure).sign_in()
        assert "office.pem" in caught.value.title
        storage = grant_for("https://127.0.0.1:9").storage
        assert storage is not None
        with pytest.raises(UsageError) as caught:
            app._mover(secure).probe(storage)
        assert "office.pem" in caught.value.title


@pytest.mark.parametrize("bad", ["socks5://x:1", "http://me:secret@proxy:3128", "proxy"])
def test_a_bad_proxy_is_refused_at_once_and_changes_nothing(
    build: Build, proxy: ProxyServer, bad: str
) -> None:
    with pytest.raises(UsageError) as caught:
        build(network=Network(proxy=bad))
    assert "secret" not in caught.value.title
    app = build(network=Network(proxy=proxy.url))
    with pytest.raises(UsageError):
        app.apply(Network(proxy=bad))
    _talk(app)
    assert proxy.asked


@pytest.mark.parametrize("name", ["proxy", "Proxy", "PROXY"])
def test_no_connection_has_the_name_of_the_proxys_secret(build: Build, name: str) -> None:
    app = build()
    with pytest.raises(UsageError) as caught:
        app.add_connection(Connection(name, DEPOT.service, DEPOT.url, DEPOT.options), "token")
    assert name in caught.value.title
    assert app.secrets.get(PROXY_SECRET) == SIGN_IN


NO_JSON = {"project": "01234567-89ab-cdef-0123-456789abcdef", "parameters-2d": "{"}


@pytest.mark.parametrize(
    ("wrong", "keys"),
    [
        (DEPOT, []),
        (Connection(" ", "cloud-api", "depot", {}), ["name", "url", "workspace"]),
        (Connection("Proxy", "cloud-api", DEPOT.url, {"workspace": "  "}), ["name", "workspace"]),
        (Connection("a\tb", "cloud-api", DEPOT.url, {"workspace": "w", "x": "1"}), ["name", "x"]),
        (Connection("a" * 101, "metastudio", DEPOT.url, {}), ["name", "project-id"]),
        (Connection("d", "metastudio", "http://u:p@h", {"project-id": "p"}), ["url"]),
        (Connection("d", "flighthub2", DEPOT.url, {"project": "x"}), ["project"]),
        (Connection("d", "flighthub2", DEPOT.url, NO_JSON), ["parameters-2d"]),
        (
            Connection("d", "flighthub2", DEPOT.url, {"reconstruct": "2d,4d", "project": "x"}),
            ["reconstruct"],
        ),
        (
            Connection("d", "metastudio", DEPOT.url, {"project-id": "p", "username": "u"}),
            ["domain"],
        ),
    ],
)
def test_wrong_settings_are_named_by_their_fields(wrong: Connection, keys: list[str]) -> None:
    found = bootstrap.wrong_settings(wrong)
    assert [one.key for one in found] == keys
    assert all(one.title for one in found)


def test_what_is_wrong_is_also_refused_when_it_is_added(build: Build) -> None:
    app = build()
    for name in ("", "a\nb"):
        with pytest.raises(UsageError):
            app.add_connection(Connection(name, DEPOT.service, DEPOT.url, DEPOT.options), "token")
    with pytest.raises(UsageError, match="needs --workspace"):
        app.add_connection(Connection("d", DEPOT.service, DEPOT.url, {}), "token")
    assert app.store.connections.all() == []


def test_a_proxy_can_be_tried_before_it_is_applied(build: Build, proxy: ProxyServer) -> None:
    app = build()
    assert app.knock(DEPOT, Network(proxy=proxy.url)) == 404
    with pytest.raises(NotSignedIn):
        app.knock(DEPOT, Network(proxy=proxy.url), "pilot:wrong")
    assert proxy.signed_in[0] == SIGN_IN
    seen = len(proxy.asked)
    with pytest.raises(PostflightError):
        app.knock(DEPOT, Network())
    assert len(proxy.asked) == seen


def test_all_movers_share_one_limit(build: Build, cloud: ScriptedServer, tmp_path: Path) -> None:
    app = build()
    own = str(make_certificate(tmp_path, "storage.invalid").file)
    other = Connection("other", DEPOT.service, DEPOT.url, {"ca-file": own})
    assert app._mover(DEPOT) is app._mover(DEPOT) is not app._mover(other)
    app.throttle.limit = 100

    def send(connection: Connection) -> None:
        file = make_file(tmp_path, 1000, connection.name)
        app._mover(connection).place(grant_for(cloud.url), target(), move_of(file))

    threads = [threading.Thread(target=send, args=(each,)) for each in (DEPOT, other)]
    for thread in threads:
        thread.start()
    threading.Event().wait(0.5)
    assert [seen.body for seen in cloud.seen if seen.method == "PUT"] == []
    app.throttle.limit = 0
    for thread in threads:
        thread.join()
    assert [len(seen.body) for seen in cloud.seen] == [1000, 1000]


def test_parts_are_as_large_and_as_many_at_once_as_was_set(build: Build, tmp_path: Path) -> None:
    now, most, sizes = [0], [0], []
    lock = threading.Lock()

    def answer(seen: Seen) -> Reply:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
            if seen.method == "PUT":
                sizes.append(len(seen.body))
        threading.Event().wait(0.05)
        with lock:
            now[0] -= 1
        if seen.method == "HEAD":
            return Reply(status=403)  # keys that may only write
        return Reply("<X><UploadId>u</UploadId><ETag>e</ETag></X>", headers=_etag(seen))

    sparse = tmp_path / "large.mp4"
    with sparse.open("wb") as file:
        file.truncate(65 * MIB)
    app = build(tuning=Tuning(parts_at_once=1, part_size=33 * MIB))
    with ScriptedServer(answer) as server:
        place = target(single=False)
        app._mover(DEPOT).place(grant_for(server.url), place, move_of(as_scanned(sparse)))
    assert sizes == [33 * MIB, 32 * MIB] and most == [1]


async def test_files_at_once_are_as_many_as_was_set(tmp_path: Path) -> None:
    seen: set[int] = set()
    write_flight(tmp_path / "card", 12, 10, 1_000_000)
    with bootstrap.practice(tmp_path / "cloud") as stage:
        paths = Paths.find({HOME: str(tmp_path / "home")})
        tuning = Tuning(files_at_once=2)
        app = bootstrap.build(paths, exclusive=True, secrets=stage.secrets, tuning=tuning)
        connection = next(each for each in stage.connections if each.service == "cloud-api")
        app.store.connections.save(connection)
        batch = app.engine.add(Order(connection.name, (tmp_path / "card",)))
        running = asyncio.create_task(app.engine.run([batch.id]))
        while not running.done():
            seen.add(app.lanes.files.running)
            await asyncio.sleep(0)
        app.close()
    assert max(seen) == 2


def test_a_large_database_that_was_closed_well_is_only_opened_and_mended_when_that_fails(
    tmp_path: Path,
) -> None:
    paths = Paths.find({HOME: str(tmp_path / "home")})
    app = bootstrap.build(paths, exclusive=True)
    app.store.connections.save(DEPOT)
    app.store.batches.add(
        Batch("b", "flight", DEPOT.name, DEPOT.service, (tmp_path,), BatchState.SCANNING)
    )
    words = "x" * 1000
    for _ in range(5_000):
        app.store.batches.note("b", words)
    app.store.keep_copy()
    app.close()
    file = paths.data / FILE_NAME
    assert file.stat().st_size > 4 * MIB
    app = bootstrap.build(paths, exclusive=True)
    assert app.told == ()
    app.close()
    with file.open("r+b") as raw:
        raw.write(b"no database any more")
    app = bootstrap.build(paths, exclusive=True)
    assert [fault.code for fault in app.told] == ["store-rebuilt"]
    assert len(app.store.batches.notes("b")) == 5_000
    app.close()
