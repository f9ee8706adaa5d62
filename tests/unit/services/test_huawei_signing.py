"""The signature against the guide's worked example and against Huawei's own signer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import httpx
import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given
from hypothesis import strategies as st

from app.services.huawei_signing import SigningAuth, authorization, signed_date

AK, SK = "AKTESTONLY0001", "not-a-real-secret-key"
NOW = 1_795_187_126.7
UUIDS = st.uuids().map(str)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
KEYS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.~", min_size=1, max_size=12)
PLAIN = st.text("ABCxyz019-_.~", min_size=1, max_size=20)


@dataclass
class _Credentials:
    ak: str = AK
    sk: str = field(default=SK, repr=False)


def _signed(request: httpx.Request, now: float = NOW) -> httpx.Request:
    flow = SigningAuth(AK, SK, lambda: now).auth_flow(request)
    return next(flow)


def _parts(request: httpx.Request) -> tuple[str, list[str], str]:
    algorithm, _, rest = request.headers["authorization"].partition(" ")
    pairs = dict(item.split("=", 1) for item in rest.split(", "))
    assert algorithm == "SDK-HMAC-SHA256" and pairs["Access"] == AK
    return pairs["Access"], pairs["SignedHeaders"].split(";"), pairs["Signature"]


def _huawei(request: httpx.Request, query: list[tuple[str, str]]) -> str:
    """What Huawei's signer writes for the headers that the request says are signed."""
    _, names, _ = _parts(request)
    judged = SdkRequest(
        method=request.method,
        schema="https",
        host=request.headers["host"],
        resource_path=request.url.path,
        query_params=[*query],
        header_params={name: request.headers[name] for name in names},
        body=request.content,
    )
    return Signer(_Credentials()).sign(judged).header_params["Authorization"]


def test_the_worked_example_of_the_signing_guide_comes_out() -> None:
    value = authorization(
        "GET",
        "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs"
        "?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
        {
            "content-type": "application/json",
            "host": "service.region.example.com",
            "x-sdk-date": "20191115T033655Z",
        },
        b"",
        "QTWAOYTTINDUT2QVKYUC",
        "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",  # the guide's own, printed there
    )
    assert value == (
        "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, "
        "SignedHeaders=content-type;host;x-sdk-date, "
        "Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"
    )


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    project=st.uuids().map(lambda value: value.hex),
    ids=st.lists(UUIDS, max_size=3),
    query=st.dictionaries(KEYS, TEXTS, max_size=5),
    body=st.none() | st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans(), max_size=5),
    user=st.none() | st.text("abcXYZ0189 .,;:_-", min_size=1, max_size=20).filter(str.strip),
    port=st.none() | st.integers(1024, 65535),
    now=st.floats(0, 4e9),
)
def test_the_signature_is_the_one_of_huaweis_own_signer(
    method: str,
    project: str,
    ids: list[str],
    query: dict[str, str],
    body: dict[str, object] | None,
    user: str | None,
    port: int | None,
    now: float,
) -> None:
    path = "/".join(["/v1", project, "files", *ids])
    url = f"https://metastudio.example.com{f':{port}' if port else ''}{path}"
    headers = {"Content-Type": "application/json", "X-Project-Id": project}
    if user:
        headers["X-App-UserId"] = user
    request = httpx.Request(
        method,
        url + (f"?{urlencode(query, quote_via=quote)}" if query else ""),
        headers=headers,
        json=body,
    )
    signed = _signed(request, now)
    assert signed.headers["authorization"] == _huawei(signed, list(query.items()))


@given(values=st.lists(PLAIN, min_size=1, max_size=6))
def test_repeated_keys_are_signed_like_huawei_does(values: list[str]) -> None:
    pairs = [("asset_id", value) for value in values]
    request = httpx.Request("GET", f"https://h.example/v1/p/digital-assets?{urlencode(pairs)}")
    signed = _signed(request)
    assert signed.headers["authorization"] == _huawei(signed, pairs)


def test_a_path_in_front_of_the_service_is_signed_too() -> None:
    request = httpx.Request("GET", "https://h.example/gate way/%E4%B8%AD/a:b@c!$&/v1/p/files")
    assert _huawei(_signed(request), []) == request.headers["authorization"]


def test_all_that_matters_is_signed_and_nothing_that_a_proxy_rewrites() -> None:
    headers = {
        "User-Agent": "Postflight/1",
        "Content-Type": "application/json",
        "X-App-UserId": "pilot-1",
        "X-Project-Id": "p",
        "X-Security-Token": "t",
    }
    _, names, _ = _parts(_signed(httpx.Request("POST", "https://h.example/a", headers=headers)))
    assert names == [
        "content-type",
        "host",
        "x-app-userid",
        "x-project-id",
        "x-sdk-date",
        "x-security-token",
    ]


def test_a_request_without_optional_headers_signs_host_and_date() -> None:
    _, names, _ = _parts(_signed(httpx.Request("GET", "https://h.example/a")))
    assert names == ["host", "x-sdk-date"]


def test_the_date_is_utc_to_the_second_and_is_the_one_that_was_signed() -> None:
    auth = SigningAuth(AK, SK, lambda: NOW)
    assert auth.signed_at is None
    request = next(auth.auth_flow(httpx.Request("GET", "https://h.example/")))
    assert request.headers["x-sdk-date"] == signed_date(NOW) == "20261120T150526Z"
    assert auth.signed_at == NOW


@pytest.mark.parametrize(
    ("method", "url", "body", "user", "now"),
    [
        ("PUT", "https://h.example/a/b?c=d", b'{"a":1}', "u", NOW),
        ("POST", "https://h.example/a/c?c=d", b'{"a":1}', "u", NOW),
        ("POST", "https://h.example/a/b?c=e", b'{"a":1}', "u", NOW),
        ("POST", "https://i.example/a/b?c=d", b'{"a":1}', "u", NOW),
        ("POST", "https://h.example/a/b?c=d", b'{"a":2}', "u", NOW),
        ("POST", "https://h.example/a/b?c=d", b'{"a":1}', "v", NOW),
        ("POST", "https://h.example/a/b?c=d", b'{"a":1}', "u", NOW + 1),
    ],
)
def test_whatever_is_changed_changes_the_signature(
    method: str, url: str, body: bytes, user: str, now: float
) -> None:
    def signature(method: str, url: str, body: bytes, user: str, now: float) -> str:
        headers = {"X-App-UserId": user, "Content-Type": "application/json"}
        request = httpx.Request(method, url, content=body, headers=headers)
        return _parts(_signed(request, now))[2]

    usual = signature("POST", "https://h.example/a/b?c=d", b'{"a":1}', "u", NOW)
    assert signature(method, url, body, user, now) != usual


def test_a_body_that_comes_in_pieces_is_signed_as_a_whole() -> None:
    headers = {"Content-Type": "application/json"}
    whole = httpx.Request("POST", "https://h.example/a", content=b'{"a":1}', headers=headers)
    pieces = httpx.Request(
        "POST", "https://h.example/a", content=iter([b'{"a"', b":1}"]), headers=headers
    )
    flow = SigningAuth(AK, SK, lambda: NOW).sync_auth_flow(pieces)
    assert _parts(next(flow))[2] == _parts(_signed(whole))[2]


def test_the_secret_key_stands_nowhere_in_the_request_or_the_object() -> None:
    auth = SigningAuth(AK, SK, lambda: NOW)
    request = next(auth.auth_flow(httpx.Request("POST", "https://h.example/", json={"a": 1})))
    assert SK not in json.dumps(dict(request.headers)) + repr(auth) + repr(request)
