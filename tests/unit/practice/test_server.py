"""The sockets: faults as a client meets them, the journal, the clock and the closing."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.practice.calls import Call, Moment
from app.practice.cloud import PracticeCloud
from app.practice.faults import Action, Fault
from app.practice.message import ClientGone
from tests.unit.practice.clients import CloudApi, FlightHub, ask

STATUS = "flighthub2.system_status"


def status_of(cloud: PracticeCloud):
    return FlightHub(cloud).ask("GET", "/system_status")


@pytest.mark.parametrize(
    ("fault", "status", "start"),
    [
        (Fault(STATUS, Action.STATUS, status=502), 502, b""),
        (Fault(STATUS, Action.EMPTY), 200, b""),
        (Fault(STATUS, Action.PAGE), 200, b"<!DOCTYPE html>"),
        (Fault(STATUS, Action.GARBAGE), 200, b'{"code":0,"mess'),
        (Fault(STATUS, Action.REDIRECT), 302, b""),
        (Fault(STATUS, Action.BUSINESS, code="210429"), 200, b'{"code": 210429'),
    ],
)
def test_a_fault_answers_in_the_calls_place_once(
    cloud: PracticeCloud, fault: Fault, status: int, start: bytes
):
    cloud.faults.add(fault)
    got = status_of(cloud)
    assert got.status == status
    assert got.body.startswith(start) and bool(got.body) == bool(start)
    assert status_of(cloud).json == {"code": 0, "message": ""}
    assert cloud.violations == []


def test_a_busy_answer_may_name_a_wait(cloud: PracticeCloud):
    cloud.faults.add(Fault(STATUS, Action.STATUS, status=429, wait=7))
    assert status_of(cloud).headers["retry-after"] == "7"


def test_a_witness_hears_of_each_step_of_a_call(cloud: PracticeCloud):
    heard: list[tuple[str, str]] = []
    cloud.watch(lambda call, moment: heard.append((call.value, moment.value)))
    cloud.faults.add(Fault(STATUS, Action.STATUS, status=502))
    for calls, status in enumerate((502, 200), start=1):
        assert status_of(cloud).status == status
        until = time.monotonic() + 10
        while heard.count((STATUS, "answered")) < calls and time.monotonic() < until:
            time.sleep(0.001)  # the last word comes behind the answer
    steps = ["arrived", "answered", "arrived", "done", "answered"]
    assert heard == [(STATUS, step) for step in steps]


@pytest.mark.parametrize(("moment", "carried_out"), [("arrived", 0), ("done", 1)])
def test_a_witness_may_end_a_call(cloud: PracticeCloud, moment: str, carried_out: int):
    done: list[str] = []

    def witness(call: Call, at: Moment) -> None:
        if at is Moment.DONE:
            done.append(call.value)
        if at == moment:
            raise ClientGone

    cloud.watch(witness)
    with pytest.raises((http.client.HTTPException, OSError)):
        status_of(cloud)
    assert len(done) == carried_out
    assert cloud.violations == []


def test_a_client_that_has_gone_is_no_connection_any_more(cloud: PracticeCloud):
    address = urlsplit(cloud.storage_url)
    with socket.create_connection((str(address.hostname), address.port or 0)):
        until = time.monotonic() + 10
        while cloud.connections != 1 and time.monotonic() < until:
            time.sleep(0.001)
        assert cloud.connections == 1
    while cloud.connections and time.monotonic() < until:
        time.sleep(0.001)
    assert cloud.connections == 0


def test_a_redirect_leads_to_another_host(cloud: PracticeCloud):
    cloud.faults.add(Fault(STATUS, Action.REDIRECT))
    assert urlsplit(status_of(cloud).headers["location"]).hostname == "elsewhere.invalid"


def test_a_huge_answer_is_more_than_ten_megabytes(cloud: PracticeCloud):
    cloud.faults.add(Fault(STATUS, Action.HUGE))
    assert len(status_of(cloud).body) > 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("action", "opened"),
    [(Action.CUT_BEFORE, 0), (Action.CUT_AFTER, 0), (Action.CUT_ANSWER, 1), (Action.TRUNCATE, 1)],
)
def test_a_cut_call_has_happened_or_not(cloud: PracticeCloud, action: Action, opened: int):
    hub = FlightHub(cloud)
    cloud.settings.renewal = "same"
    cloud.faults.add(Fault("flighthub2.upload_callback", action))
    grant = hub.open()
    body = hub.body(grant, [("a.jpg", hub.put(grant, "a.jpg", b"a"))])
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        hub.callback(body)
    assert len(cloud.registrations("flighthub2")) == opened


def test_a_client_that_wants_no_further_request_is_answered_too(cloud: PracticeCloud):
    got = FlightHub(cloud).ask("GET", "/system_status", Connection="close")
    assert (got.code, got.headers["connection"]) == (0, "close")


def test_a_stalled_call_is_late_and_done(cloud: PracticeCloud):
    cloud.faults.add(Fault(STATUS, Action.STALL, seconds=0.2))
    begun = time.monotonic()
    assert status_of(cloud).code == 0
    assert time.monotonic() - begun >= 0.2


def test_a_slow_upload_takes_its_time(cloud: PracticeCloud):
    api = CloudApi(cloud)
    cloud.faults.add(Fault("storage.put", Action.SLOW, rate=100_000))
    begun = time.monotonic()
    api.put("a.jpg", bytes(20_000))
    assert time.monotonic() - begun >= 0.2
    cloud.settings.upload_rate = 100_000
    api.put("b.jpg", bytes(20_000))
    assert time.monotonic() - begun >= 0.4


def test_control_calls_can_be_made_to_take_a_while(cloud: PracticeCloud):
    cloud.settings.control_delay = 0.1
    begun = time.monotonic()
    status_of(cloud)
    assert time.monotonic() - begun >= 0.1


def test_one_connection_serves_many_requests_even_refused_ones(cloud: PracticeCloud):
    parts = urlsplit(cloud.account("flighthub2").url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    with contextlib.closing(connection):
        for headers in ({"X-User-Token": "wrong"}, {"X-User-Token": "wrong too"}):
            connection.request(
                "POST", f"{parts.path}/openapi/v0.1/wayline/finish-upload", b"x" * 70_000, headers
            )
            answer = connection.getresponse()
            assert json.loads(answer.read())["code"] == 200401
            used = connection.sock
        assert used is not None and connection.sock is used


def test_one_connection_goes_on_after_a_refused_upload(cloud: PracticeCloud):
    connection = http.client.HTTPConnection(urlsplit(cloud.storage_url).netloc, timeout=5)
    with contextlib.closing(connection):
        for _ in range(2):
            connection.request("PUT", "/b/k", bytes(300_000))
            answer = connection.getresponse()
            assert (answer.status, b"AccessDenied" in answer.read()) == (403, True)


def test_a_refused_upload_needs_no_body_when_the_client_waits_for_the_go(cloud: PracticeCloud):
    parts = urlsplit(cloud.storage_url)
    head = "PUT /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((str(parts.hostname), parts.port or 0), 5) as plain:
        plain.sendall(head.encode())
        with plain.makefile("rb") as answer:
            assert b" 403 " in answer.readline()
            assert b"connection: close" in answer.read().lower()


def test_a_client_that_hangs_up_in_mid_body_leaves_nothing(cloud: PracticeCloud, tmp_path: Path):
    api = CloudApi(cloud)
    grant = api.sts().data
    params = {"Bucket": grant["bucket"], "Key": f"{grant['object_key_prefix']}/a"}
    url = urlsplit(api.s3(grant).generate_presigned_url("put_object", Params=params))
    head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
    head += "Content-Length: 90000\r\n\r\n"
    with socket.create_connection((str(url.hostname), url.port or 0), 5) as plain:
        plain.sendall(head.encode() + bytes(50_000))
    cloud.close()
    assert list((tmp_path / "cloud").iterdir()) == []
    assert cloud.journal.calls("storage.put")[0].status is None


@pytest.mark.parametrize("end", ["", "\r\n", "\r\nAuthorization: AWS4-HM"])
def test_a_head_that_breaks_off_is_no_request(cloud: PracticeCloud, end: str) -> None:
    parts = urlsplit(cloud.storage_url)
    with socket.create_connection((str(parts.hostname), parts.port or 0), 5) as plain:
        plain.sendall(b"PUT /b/k HTTP/1.1\r\nHost: x" + end.encode())
        plain.shutdown(socket.SHUT_WR)
        with plain.makefile("rb") as answer:
            assert answer.read() == b""
    assert not cloud.journal.entries and cloud.violations == []


def test_the_date_follows_the_servers_clock(cloud: PracticeCloud):
    cloud.settings.offset = -400 * 24 * 3600
    year = time.gmtime(time.time() - 400 * 24 * 3600).tm_year
    assert f" {year} " in status_of(cloud).headers["date"]


def test_an_address_nobody_knows_is_a_breach(cloud: PracticeCloud):
    url = cloud.account("cloud-api").url
    assert ask("GET", f"{url}/media/api/v2/x").status == 404
    assert ask("GET", f"{cloud.plain_url}/guessed/flighthub2/openapi/v0.1/project").status == 404
    assert cloud.violations == [
        "unknown: no such address: GET /media/api/v2/x",
        "unknown: no such address: GET /***",
    ]


def test_every_answer_has_a_request_id(cloud: PracticeCloud):
    assert uuid.UUID(status_of(cloud).headers["x-request-id"])


def test_the_journal_keeps_what_was_asked_and_no_secret(cloud: PracticeCloud):
    api = CloudApi(cloud)
    login = cloud.cloud_api_login
    body = {"username": login.username, "password": login.password, "flag": 2}
    api.ask("/manage/api/v1/login", body)
    api.put("a.jpg", b"data")
    entry = cloud.journal.calls("cloud-api.login")[0]
    assert entry.body == {"username": "pilot", "password": "***", "flag": 2}
    assert entry.status == 200
    assert "x-auth-token" in entry.header_names
    text = repr(cloud.journal.entries)
    grant = api.sts().data["credentials"]
    for secret in (login.password, api.token, grant["security_token"]):
        assert secret not in text
    assert "Signature" not in text
    assert cloud.journal.names() == [
        "cloud-api.login",
        "cloud-api.sts",
        "storage.put",
        "cloud-api.sts",
    ]
    assert len(cloud.journal.calls("cloud-api")) == 3


def test_the_journal_masks_signed_addresses(cloud: PracticeCloud):
    ask("PUT", f"{cloud.storage_url}/b/k?X-Amz-Signature=abc&partNumber=3", b"x")
    entry = cloud.journal.entries[0]
    assert entry.params == {"X-Amz-Signature": "***", "partNumber": "3"}


def test_the_journal_names_the_fault_that_hit(cloud: PracticeCloud):
    cloud.faults.add(Fault(STATUS, Action.STATUS, status=500))
    status_of(cloud)
    assert cloud.journal.entries[0].fault == f"{STATUS}:status=500"
    assert cloud.journal.entries[0].status == 500


def test_accounts_and_logins_hide_their_secrets(cloud: PracticeCloud):
    shown = repr((cloud.accounts, cloud.cloud_api_login, cloud.iam_login))
    for account in cloud.accounts:
        assert account.secret not in shown
    assert cloud.iam_login.password not in shown
    assert [account.service for account in cloud.accounts] == [
        "flighthub2",
        "cloud-api",
        "metastudio",
    ]


def test_closing_ends_stalled_and_idle_connections_at_once(tmp_path: Path):
    cloud = PracticeCloud(tmp_path, rng=random.Random(1)).start()
    cloud.faults.add(Fault(STATUS, Action.STALL, seconds=60))
    parts = urlsplit(cloud.plain_url)
    broken = threading.Event()

    def stalled() -> None:
        with contextlib.suppress(http.client.HTTPException, ConnectionError):
            status_of(cloud)
        broken.set()

    thread = threading.Thread(target=stalled)
    with socket.create_connection((str(parts.hostname), parts.port or 0), 5):
        thread.start()
        while not cloud.faults.fired:
            time.sleep(0.005)
        begun = time.monotonic()
        cloud.close()
        cloud.close()
    thread.join(5)
    assert broken.is_set()
    assert time.monotonic() - begun < 2


def test_two_clouds_do_not_share_tokens_or_ports(tmp_path: Path):
    with PracticeCloud(tmp_path / "1") as one, PracticeCloud(tmp_path / "2") as two:
        assert {a.secret for a in one.accounts}.isdisjoint(a.secret for a in two.accounts)
        assert {a.url for a in one.accounts}.isdisjoint(a.url for a in two.accounts)
