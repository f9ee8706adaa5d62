"""Nobody is followed to another place: a second real server, under another name, hears nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.errors import PostflightError
from app.domain.ports import Cancel, Route
from app.transfer.reader import Held
from app.transfer.throttle import Throttle
from app.transfer.transport import Transport
from tests.helpers.certificates import make_certificate
from tests.helpers.scripted import Reply, ScriptedServer, Seen
from tests.helpers.workbench import SERVICES, workbench
from tests.unit.net.servers import client
from tests.unit.transfer.kit import Moved

STATUSES = (301, 302, 303, 307, 308)


@pytest.fixture
def elsewhere() -> Iterator[ScriptedServer]:
    """Says yes to everything, in the envelope that most would believe."""
    with ScriptedServer(lambda seen: Reply({"code": 0, "data": {}}, headers={"ETag": '"e"'})) as it:
        yield it


def leading_to(url: str, status: int) -> ScriptedServer:
    """Another host name and another port."""
    target = url.replace("127.0.0.1", "localhost")

    def answer(seen: Seen) -> Reply:
        return Reply(b"", status, {"Location": f"{target}{seen.path}", "Refresh": f"0; {target}"})

    return ScriptedServer(answer)


@pytest.mark.parametrize("status", STATUSES)
def test_the_service_leg_follows_nobody(status: int, elsewhere: ScriptedServer) -> None:
    with leading_to(elsewhere.url, status) as server, client(server.url) as http:
        for method, repeatable in (("GET", True), ("POST", True), ("POST", False)):
            with pytest.raises(PostflightError) as caught:
                headers = {"X-Auth-Token": "secret", "Authorization": "secret"}
                http.request(
                    method, "/callback", headers=headers, json={"a": 1}, repeatable=repeatable
                )
            assert "another address" in caught.value.title and caught.value.hint
        assert http.knock() == status
    assert elsewhere.seen == []


@pytest.mark.parametrize("status", STATUSES)
def test_the_storage_leg_follows_nobody(status: int, elsewhere: ScriptedServer) -> None:
    transport = Transport(Route(), 2, Throttle())
    with leading_to(elsewhere.url, status) as server:
        body = Held(memoryview(bytes(5000)), Cancel(), Moved())
        headers = {"Authorization": "secret"}
        assert transport.send("PUT", f"{server.url}/k", headers, body, Cancel()).status == status
    transport.close()
    assert elsewhere.seen == []


def test_a_secure_server_that_leads_to_an_open_one_is_not_followed(
    elsewhere: ScriptedServer, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1")
    route = Route((str(certificate.file),))
    transport = Transport(route, 2, Throttle())
    with leading_to(elsewhere.url, 302) as server:
        certificate.secure(server)
        with client(server.url, route) as http, pytest.raises(PostflightError):
            http.request("POST", "/callback", headers={"X-Auth-Token": "secret"})
        assert transport.send("GET", f"{server.url}/k", {}, None, Cancel()).status == 302
    transport.close()
    assert elsewhere.seen == []


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("service", SERVICES)
async def test_no_call_of_any_service_carries_its_secret_there(
    service: str, status: int, elsewhere: ScriptedServer, tmp_path: Path
) -> None:
    """Sign-in, keys, callback: the batch stops with a sentence that names the redirect."""
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "DJI_0001.JPG").write_bytes(b"photo")
    with leading_to(elsewhere.url, status) as server, workbench(tmp_path) as bench:
        bench.move(service, server.url)
        snapshot = await bench.deliver(service, tmp_path / "card")
        assert server.seen
        reason = snapshot.batch.reason
        assert reason is not None and "another address" in reason.title
    assert elsewhere.seen == []
