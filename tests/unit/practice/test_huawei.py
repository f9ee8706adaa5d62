"""MetaStudio's signatures, with Huawei's own client and signer as the foreign side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from app.practice.cloud import PracticeCloud
from tests.unit.practice.clients import Got, ask


def test_the_vendors_own_client_gets_through_all_calls(cloud: PracticeCloud, tmp_path: Path):
    account = cloud.account("metastudio")
    told = {
        "url": cloud.plain_url,
        "project": account.options["project-id"],
        "access_key": account.options["access-key"],
        "secret": account.secret,
    }
    # A home of its own, no proxy and no netrc: the client heeds them all.
    fenced = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    fenced |= {**home, "NO_PROXY": "127.0.0.1", "NETRC": str(tmp_path / "none")}
    script = Path(__file__).with_name("sdk_client.py")
    done = subprocess.run(
        [sys.executable, str(script)],
        input=json.dumps(told),
        env=fenced,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    created = answers.pop("created")
    assert created[:2] == [201, True] and created[2].startswith(cloud.storage_url)
    assert answers == {
        "second": [400, "MSS.10001008", True],
        "confirmed": 200,
        "shown": ["Flight \u00e4\u98de", "CREATING", "CANCELLED"],
        "listed": [1, True],
        "large": 2,
        "gone": [400, "MSS.10001001", True],
        "wrong secret": [401, "APIGW.0301", True],
    }
    assert cloud.violations == [
        "metastudio.create-file: a second MAIN file for one asset",
    ]


class Signed:
    """Requests signed by Huawei's signer, to be spoiled before they are sent."""

    def __init__(self, cloud: PracticeCloud) -> None:
        self.account = cloud.account("metastudio")

    def request(self, method: str, path: str, body: str = "", **named: Any) -> Any:
        parts = urlsplit(f"{self.account.url}/v1/{self.account.options['project-id']}{path}")
        secret = named.pop("secret", self.account.secret)
        ak = self.account.options["access-key"]
        request: Any = SdkRequest(
            method=method,
            schema="http",
            host=parts.netloc,
            resource_path=parts.path,
            query_params=named.pop("query", []),
            header_params={"Content-Type": "application/json", **named.pop("headers", {})},
            body=body,
        )
        moment = named.pop("moment", datetime.now(UTC))
        request.header_params["X-Sdk-Date"] = moment.strftime("%Y%m%dT%H%M%SZ")
        return Signer(SimpleNamespace(ak=ak, sk=secret)).sign(request)

    def send(self, request: Any) -> Got:
        url = f"http://{request.host}{request.uri}"
        body = request.body if isinstance(request.body, bytes) else request.body.encode()
        return ask(request.method, url, body or None, request.header_params)


@pytest.fixture
def signed(cloud: PracticeCloud) -> Signed:
    return Signed(cloud)


BODY = json.dumps({"asset_name": "Flight", "asset_type": "IMAGE"})


def test_a_signed_call_under_the_prefix_is_taken(signed: Signed, cloud: PracticeCloud):
    assert signed.send(signed.request("POST", "/digital-assets", BODY)).status == 200
    query = [("limit", "5"), ("name", "Fl ight+\u00e4"), ("asset_id", "b"), ("asset_id", "a")]
    got = signed.send(signed.request("GET", "/digital-assets", query=query))
    assert (got.status, cloud.violations) == (200, [])


def test_a_changed_body_breaks_the_signature(signed: Signed, cloud: PracticeCloud):
    request = signed.request("POST", "/digital-assets", BODY)
    request.body = BODY.replace("Flight", "Fright")
    got = signed.send(request)
    assert (got.status, got.json["error_code"]) == (401, "APIGW.0301")
    assert "POST|/" in got.json["error_msg"]
    assert cloud.violations == []


@pytest.mark.parametrize(("minutes", "status"), [(-14, 200), (14, 200), (-16, 401), (16, 401)])
def test_a_date_may_be_a_quarter_of_an_hour_off(signed: Signed, minutes: int, status: int):
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    request = signed.request("GET", "/digital-assets", moment=moment)
    assert signed.send(request).status == status


def test_the_servers_clock_may_be_the_one_that_is_off(signed: Signed, cloud: PracticeCloud):
    cloud.settings.offset = 3600
    assert signed.send(signed.request("GET", "/digital-assets")).status == 401
    later = datetime.now(UTC) + timedelta(hours=1)
    assert signed.send(signed.request("GET", "/digital-assets", moment=later)).status == 200
    assert cloud.violations == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("x-sdk-date", "x-sdk-data"),
        lambda text: text.replace("Signature=", "Signature=x"),
        lambda text: text.replace(", ", ","),
    ],
)
def test_the_header_has_one_form_and_signs_its_date(
    signed: Signed, cloud: PracticeCloud, spoil: Any
):
    request = signed.request("GET", "/digital-assets")
    request.header_params["Authorization"] = spoil(request.header_params["Authorization"])
    assert signed.send(request).status == 401
    assert "another form" in cloud.violations[0]


def test_a_secret_that_goes_on_being_wrong_locks_the_key(signed: Signed, cloud: PracticeCloud):
    for _ in range(6):
        assert signed.send(signed.request("GET", "/digital-assets", secret="wrong")).status == 401
    assert cloud.violations == []
    assert signed.send(signed.request("GET", "/digital-assets")).status == 401
    assert "locked" in cloud.violations[0]
    cloud.settings.offset = 301
    later = datetime.now(UTC) + timedelta(seconds=301)
    assert signed.send(signed.request("GET", "/digital-assets", moment=later)).status == 200


def test_refused_signatures_are_forgiven_by_a_right_one(signed: Signed):
    wrong = [signed.request("GET", "/digital-assets", secret="wrong") for _ in range(8)]
    right = signed.request("GET", "/digital-assets")
    answers = [signed.send(request).status for request in (*wrong[:4], right, *wrong[4:], right)]
    assert answers == [401] * 4 + [200] + [401] * 4 + [200]


def test_another_access_key_is_refused(signed: Signed):
    request = signed.request("GET", "/digital-assets")
    access_key = signed.account.options["access-key"]
    given = request.header_params["Authorization"]
    request.header_params["Authorization"] = given.replace(access_key, "A" * 20)
    assert signed.send(request).status == 401
